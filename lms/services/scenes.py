"""Practice scenes: which there are, a person's runs of them, and each reply as it is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from courses.course import Course
from courses.simulator.play import Play, play
from courses.simulator.scenario import Scene, Turn
from lms.db.learning import Course as CourseRow
from lms.db.scenes import SceneMove, SceneRun
from lms.domain.errors import Invalid, NotFound
from lms.services import statements
from lms.services.catalogue import CourseCache, Loaded
from lms.services.progress import Learner
from lms.services.statements import Run


@dataclass(frozen=True)
class SceneLine:
    """A scene, and how far the person is with it."""

    scene: Scene
    course: Course
    best: float | None
    """The best score of a finished run, 0..1."""
    times: int
    """Runs that came to an end."""
    open: UUID | None
    """The run that can be gone on with."""


@dataclass(frozen=True)
class RunView:
    """A run as its page shows it."""

    uuid: UUID
    scene: Scene
    course: Course
    play: Play


_CURRENT = (
    select(CourseRow.current_version_id)
    .where(CourseRow.current_version_id.is_not(None))
    .order_by(CourseRow.slug)
)


def scene_lines(session: Session, cache: CourseCache, *, person_id: int) -> tuple[SceneLine, ...]:
    """Answer every scene of the published courses with the person's runs of it."""
    done = {
        (course_id, scene_id): (best, times)
        for course_id, scene_id, best, times in session.execute(
            select(SceneRun.course_id, SceneRun.scene_id, func.max(SceneRun.score), func.count())
            .where(SceneRun.person_id == person_id, SceneRun.outcome.is_not(None))
            .group_by(SceneRun.course_id, SceneRun.scene_id)
        )
    }
    going = {
        (course_id, scene_id): uuid
        for course_id, scene_id, uuid in session.execute(
            select(SceneRun.course_id, SceneRun.scene_id, SceneRun.uuid).where(
                SceneRun.person_id == person_id, SceneRun.finished_at.is_(None)
            )
        )
    }
    lines: dict[str, SceneLine] = {}
    for loaded in _current(session, cache):
        for scene in loaded.course.shelf.scenes.values():
            key = (loaded.course_id, scene.id)
            best, times = done.get(key, (None, 0))
            line = SceneLine(scene, loaded.course, best, times, going.get(key))
            lines.setdefault(scene.id, line)
    return tuple(lines.values())


def scene_line(session: Session, cache: CourseCache, *, scene_id: str, person_id: int) -> SceneLine:
    """Answer one scene. Raises NotFound."""
    for line in scene_lines(session, cache, person_id=person_id):
        if line.scene.id == scene_id:
            return line
    raise NotFound(f"there is no scene {scene_id!r}")


def suggested(session: Session, cache: CourseCache, *, person_id: int) -> SceneLine | None:
    """Answer the scene to play next: one that is open, else not yet played, else the weakest."""
    lines = scene_lines(session, cache, person_id=person_id)
    return min(lines, key=lambda line: (line.open is None, line.times > 0, line.best or 0.0), default=None)


def start(
    session: Session,
    cache: CourseCache,
    *,
    scene_id: str,
    person_id: int,
    again: bool,
    now: datetime,
    new_id: Callable[[], UUID],
) -> UUID:
    """Answer the open run of a scene, or a new one; `again` gives the open one up once something was said.

    Raises NotFound.
    """
    loaded = _with_scene(session, cache, scene_id)
    found = _open_run(session, loaded, scene_id, person_id)
    if found is not None and again and _moves(session, found):
        found.finished_at = now
        session.flush()
        found = None
    if found is None:
        run = SceneRun(
            uuid=new_id(),
            person_id=person_id,
            course_id=loaded.course_id,
            course_version_id=loaded.version_id,
            scene_id=scene_id,
            started_at=now,
        )
        try:
            with session.begin_nested():
                session.add(run)
        except IntegrityError:
            # The same form sent twice at once: the other one made the run.
            found = _open_run(session, loaded, scene_id, person_id)
            if found is None:
                raise
        else:
            found = run
    return found.uuid


def run_view(
    session: Session, cache: CourseCache, *, scene_id: str, run_uuid: UUID, person_id: int
) -> RunView:
    """Answer a run of the person's own. Raises NotFound."""
    run = _run(session, scene_id=scene_id, run_uuid=run_uuid, person_id=person_id)
    return _view(session, cache, run)


def give_reply(
    session: Session,
    cache: CourseCache,
    *,
    scene_id: str,
    run_uuid: UUID,
    number: int,
    reply_id: str,
    learner: Learner,
    now: datetime,
    new_id: Callable[[], UUID],
) -> bool:
    """Keep the reply to the turn of this number (from 1), and end the run with it where it leads to an end.

    A reply that was given already stays as it was. Answers whether it was kept. Raises NotFound and Invalid.
    """
    run = _run(session, scene_id=scene_id, run_uuid=run_uuid, person_id=learner.person_id, locked=True)
    before = _view(session, cache, run)
    if number != len(before.play.moves) + 1 or before.play.turn is None:
        return False
    turn: Turn = before.play.turn
    if turn.reply(reply_id) is None:
        raise Invalid("reply", "expected one of the replies of this turn")
    session.add(SceneMove(run_id=run.id, number=number, turn_id=turn.id, reply_id=reply_id, given_at=now))
    choices = [move.reply.id for move in before.play.moves]
    played = play(before.scene, [*choices, reply_id])
    about = Run(course=before.course)
    said = [
        statements.replied(
            learner.speaker, about, at=now, run_uuid=run.uuid, move=played.moves[-1], play=played
        )
    ]
    if played.end is not None:
        run.finished_at, run.outcome, run.score = now, played.end.outcome, played.share
        said.append(
            statements.played(
                learner.speaker, about, at=now, run_uuid=run.uuid, play=played, duration=now - run.started_at
            )
        )
    session.flush()
    statements.store(session, said, iri_base=learner.speaker.iri_base, now=now, new_id=new_id)
    return True


def _current(session: Session, cache: CourseCache) -> list[Loaded]:
    return [cache.get(session, version_id) for version_id in session.scalars(_CURRENT).all() if version_id]


def _with_scene(session: Session, cache: CourseCache, scene_id: str) -> Loaded:
    for loaded in _current(session, cache):
        if scene_id in loaded.course.shelf.scenes:
            return loaded
    raise NotFound(f"there is no scene {scene_id!r}")


def _open_run(session: Session, loaded: Loaded, scene_id: str, person_id: int) -> SceneRun | None:
    return session.scalar(
        select(SceneRun)
        .where(
            SceneRun.person_id == person_id,
            SceneRun.course_id == loaded.course_id,
            SceneRun.scene_id == scene_id,
            SceneRun.finished_at.is_(None),
        )
        .with_for_update()
    )


def _run(
    session: Session, *, scene_id: str, run_uuid: UUID, person_id: int, locked: bool = False
) -> SceneRun:
    query = select(SceneRun).where(
        SceneRun.uuid == run_uuid, SceneRun.person_id == person_id, SceneRun.scene_id == scene_id
    )
    run = session.scalar(query.with_for_update() if locked else query)
    if run is None:
        raise NotFound("there is no such run of this scene")
    return run


def _moves(session: Session, run: SceneRun) -> list[str]:
    return list(
        session.scalars(
            select(SceneMove.reply_id).where(SceneMove.run_id == run.id).order_by(SceneMove.number)
        )
    )


def _view(session: Session, cache: CourseCache, run: SceneRun) -> RunView:
    """The version that the run began with says what its moves meant."""
    course = cache.get(session, run.course_version_id).course
    scene = course.shelf.scenes[run.scene_id]
    return RunView(run.uuid, scene, course, play(scene, _moves(session, run)))
