"""Publishing courses and running through them, on both databases."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from courses.course import Course
from courses.library import SHIPPED
from courses.reader import media_files, read_course
from lms.bootstrap import Parts
from lms.db.accounts import Person
from lms.db.assignments import Assignment, ModuleResult, Registration
from lms.db.learning import CourseVersion, CourseVersionItem, ItemVersion, LessonProgress, Media
from lms.db.quizzes import Answer, Attempt, AttemptKind, Card
from lms.domain.errors import Conflict, Invalid, NotFound
from lms.domain.learning import DueKind, LessonState
from lms.services import authoring, cards, learning, progress
from lms.services.catalogue import CourseCache
from lms.services.learning import Enrolment
from lms.services.progress import Learner
from lms.services.statements import Speaker
from xapi.store.tables import Statement

FOLDER = SHIPPED / "service-desk"


@pytest.fixture(scope="module")
def shipped() -> Course:
    return read_course(FOLDER)


@pytest.fixture(scope="module")
def pictures() -> dict[str, bytes]:
    return media_files(FOLDER)


@pytest.fixture
def cache() -> CourseCache:
    return CourseCache()


@pytest.fixture
def person(make_person: Callable[..., Person]) -> Person:
    return make_person("learner")


@pytest.fixture
def learner(person: Person, parts: Parts) -> Learner:
    return Learner(person.id, Speaker(parts.settings.iri_base, person.uuid))


@pytest.fixture
def published(parts: Parts, shipped: Course, pictures: dict[str, bytes]) -> Course:
    with parts.database.writing() as session:
        authoring.import_course(session, shipped, now=parts.now(), media=pictures)
    return shipped


def found(session: Session, cache: CourseCache, person: Person, slug: str = "service-desk") -> Enrolment:
    return learning.enrolment(session, cache, slug=slug, person_id=person.id)


def begin(parts: Parts, cache: CourseCache, person: Person, learner: Learner) -> None:
    with parts.database.writing() as session:
        progress.start(
            session,
            found(session, cache, person),
            learner=learner,
            now=parts.now(),
            new_id=parts.new_id,
        )


def open_step(
    parts: Parts, cache: CourseCache, person: Person, learner: Learner, lesson_id: str, step: int
) -> int:
    with parts.database.writing() as session:
        return progress.open_step(
            session,
            found(session, cache, person),
            lesson_id=lesson_id,
            step=step,
            learner=learner,
            now=parts.now(),
            new_id=parts.new_id,
        )


@contextmanager
def counted(parts: Parts) -> Iterator[list[str]]:
    """Collect the queries that are sent to the database."""
    sent: list[str] = []

    def listen(_connection: object, _cursor: object, sql: str, *_rest: object) -> None:
        if sql.startswith("SELECT"):
            sent.append(sql)

    for engine in parts.database.engines:
        event.listen(engine, "before_cursor_execute", listen)
    try:
        yield sent
    finally:
        for engine in parts.database.engines:
            event.remove(engine, "before_cursor_execute", listen)


def verbs(session: Session) -> list[str]:
    rows = session.scalars(select(Statement.verb).order_by(Statement.seq))
    return [iri.rsplit("/", 1)[-1] for iri in rows]


# Publishing


def test_a_course_becomes_a_version_with_its_items_and_pictures(
    parts: Parts, shipped: Course, pictures: dict[str, bytes]
) -> None:
    with parts.database.writing(seconds=60) as session:
        version = authoring.import_course(session, FOLDER, now=parts.now())

    with parts.database.reading() as session:
        assert [line.slug for line in authoring.list_courses(session)] == ["service-desk"]
        assert authoring.list_courses(session)[0].title == shipped.title["en"]
        assert session.scalar(select(func.count()).select_from(CourseVersionItem)) == len(shipped.items)
        stored = dict(session.execute(select(Media.path, Media.data)).all())
        assert stored == {name.removeprefix("media/"): data for name, data in pictures.items()}
        assert CourseCache().get(session, version.id).course == shipped


def test_the_same_content_twice_is_the_same_version(parts: Parts, published: Course) -> None:
    with parts.database.writing(seconds=60) as session:
        authoring.import_course(session, FOLDER, now=parts.now() + timedelta(days=1))

    with parts.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(CourseVersion)) == 1
        assert authoring.list_courses(session)[0].published_at == parts.now()


def test_a_changed_item_makes_one_new_item_version_and_history_keeps_the_old(
    parts: Parts, published: Course, pictures: dict[str, bytes]
) -> None:
    module = published.modules[0]
    item = replace(module.items[0], prior=0.123)
    changed = replace(
        published,
        version="1.0.1",
        modules=(replace(module, items=(item, *module.items[1:])), *published.modules[1:]),
    )

    with parts.database.writing(seconds=60) as session:
        version = authoring.import_course(session, changed, now=parts.now(), media=pictures)

    with parts.database.reading() as session:
        rows = session.scalars(select(ItemVersion.content_hash).where(ItemVersion.item_id == item.id)).all()
        assert len(set(rows)) == 2
        assert session.scalar(select(func.count()).select_from(ItemVersion)) == len(published.items) + 1
        assert authoring.list_courses(session)[0].content_hash == version.content_hash


def test_going_back_to_older_content_makes_its_version_current_again(
    parts: Parts, published: Course, pictures: dict[str, bytes]
) -> None:
    with parts.database.writing(seconds=60) as session:
        newer = replace(published, version="9.0.0")
        authoring.import_course(session, newer, now=parts.now(), media=pictures)
    with parts.database.writing(seconds=60) as session:
        authoring.import_course(session, published, now=parts.now(), media=pictures)

    with parts.database.reading() as session:
        assert authoring.list_courses(session)[0].version == published.version
        assert session.scalar(select(func.count()).select_from(CourseVersion)) == 2


def test_only_changed_folders_are_imported_and_a_broken_one_stops_no_other(
    parts: Parts, tmp_path: Path
) -> None:
    root = tmp_path / "courses"
    shutil.copytree(FOLDER, root / "service-desk")
    (root / "broken").mkdir()
    (root / "broken" / "course.yaml").write_text("slug: [", encoding="utf-8")
    seen: dict[Path, authoring.Fingerprint] = {}

    first = authoring.import_changed(parts.database, root, now=parts.now(), seen=seen)
    second = authoring.import_changed(parts.database, root, now=parts.now(), seen=seen)
    file = root / "service-desk" / "course.yaml"
    file.write_text(file.read_text("utf-8").replace('version: "1.', 'version: "9.'), encoding="utf-8")
    third = authoring.import_changed(parts.database, root, now=parts.now(), seen=seen)

    assert [(one.folder.name, one.is_new, bool(one.findings)) for one in first] == [
        ("broken", False, True),
        ("service-desk", True, False),
    ]
    assert second == []
    assert [(one.slug, one.is_new) for one in third] == [("service-desk", True)]
    assert third[0].version is not None and third[0].version.startswith("9.")


def test_a_folder_is_read_again_only_when_something_else_is_current(
    parts: Parts, pictures: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "courses"
    shutil.copytree(FOLDER, root / "service-desk")
    read: list[Path] = []

    def reading(folder: Path) -> Course:
        read.append(folder)
        return read_course(folder)

    monkeypatch.setattr(authoring, "read_course", reading)

    def start() -> list[bool]:
        return [one.is_new for one in authoring.import_changed(parts.database, root, now=parts.now())]

    assert (start(), len(read)) == ([True], 1)
    assert (start(), len(read)) == ([False], 1)

    other = replace(read_course(FOLDER), version="9.0.0")
    with parts.database.writing(seconds=60) as session:
        authoring.import_course(session, other, now=parts.now(), media=pictures)
    assert (start(), len(read)) == ([True], 2)
    assert (start(), len(read)) == ([False], 2)


# Running through a course


def test_reading_writes_nothing(parts: Parts, published: Course, cache: CourseCache, person: Person) -> None:
    with parts.database.reading() as session:
        page = learning.lesson_page(
            session,
            cache,
            slug="service-desk",
            lesson_id=published.lessons[0].id,
            person_id=person.id,
        )

        assert page.enrolment.registration_id is None
        assert session.scalar(select(func.count()).select_from(Assignment)) == 0


def test_starting_makes_one_assignment_and_one_registration_however_often(
    parts: Parts, published: Course, cache: CourseCache, person: Person, learner: Learner
) -> None:
    begin(parts, cache, person, learner)
    begin(parts, cache, person, learner)

    with parts.database.reading() as session:
        assignment = session.scalars(select(Assignment)).one()
        registration = session.scalars(select(Registration)).one()
        assert (assignment.assigned_by_id, assignment.soft_due, assignment.hard_due) == (None, None, None)
        assert registration.started_at == parts.now()
        assert verbs(session) == ["launched", "initialized", "launched"]


def test_a_course_that_was_withdrawn_may_be_taken_up_by_oneself(
    parts: Parts, published: Course, cache: CourseCache, person: Person, learner: Learner
) -> None:
    with parts.database.writing() as session:
        assignment = Assignment(
            uuid=uuid4(),
            person_id=person.id,
            course_id=found(session, cache, person).loaded.course_id,
            assigned_at=parts.now(),
            hard_due=date(2026, 11, 2),
            withdrawn_at=parts.now(),
        )
        session.add(assignment)

    begin(parts, cache, person, learner)

    with parts.database.reading() as session:
        row = session.scalars(select(Assignment)).one()
        assert (row.withdrawn_at, row.hard_due) == (None, None)


def test_a_step_opens_once_and_none_can_be_skipped(
    parts: Parts, published: Course, cache: CourseCache, person: Person, learner: Learner
) -> None:
    lesson = published.lessons[0]
    begin(parts, cache, person, learner)

    assert open_step(parts, cache, person, learner, lesson.id, 2) == 2
    assert open_step(parts, cache, person, learner, lesson.id, 2) == 2
    assert open_step(parts, cache, person, learner, lesson.id, 1) == 2
    with pytest.raises(Invalid):
        open_step(parts, cache, person, learner, lesson.id, 4)

    with parts.database.reading() as session:
        assert session.scalars(select(LessonProgress.step_reached)).all() == [2]
        said = verbs(session)
        assert said == ["launched", "initialized", "initialized", "experienced", "experienced"]


def test_a_step_needs_a_started_course_and_a_lesson_that_exists(
    parts: Parts, published: Course, cache: CourseCache, person: Person, learner: Learner
) -> None:
    with pytest.raises(Conflict):
        open_step(parts, cache, person, learner, published.lessons[0].id, 2)
    with pytest.raises(NotFound):
        open_step(parts, cache, person, learner, "no-such-lesson", 2)


def answer_right(
    session: Session, found_: Enrolment, person: Person, lesson_id: str, item_id: str, parts: Parts
) -> None:
    attempt = Attempt(
        uuid=uuid4(),
        person_id=person.id,
        registration_id=found_.registration_id,
        kind=AttemptKind.LESSON,
        course_version_id=found_.loaded.version_id,
        module_id=found_.loaded.course.lesson(lesson_id).module,
        lesson_id=lesson_id,
        item_ids=[item_id],
        started_at=parts.now(),
    )
    session.add(attempt)
    session.flush()
    version = session.scalars(
        select(CourseVersionItem.item_version_id).where(CourseVersionItem.item_id == item_id)
    ).one()
    session.add(
        Answer(
            attempt_id=attempt.id,
            person_id=person.id,
            item_id=item_id,
            item_version_id=version,
            response="x",
            score=1.0,
            correct=True,
            answered_at=parts.now(),
            study_day=20000,
        )
    )
    session.flush()


def finish(
    parts: Parts, cache: CourseCache, person: Person, learner: Learner, course: Course, lesson_id: str
) -> None:
    lesson = course.lesson(lesson_id)
    with parts.database.writing() as session:
        for item_id in lesson.interactions:
            answer_right(session, found(session, cache, person), person, lesson_id, item_id, parts)
    for step in range(2, len(lesson.steps["en"]) + 1):
        open_step(parts, cache, person, learner, lesson_id, step)


def test_a_lesson_is_finished_with_the_last_thing_that_was_missing(
    parts: Parts, published: Course, cache: CourseCache, person: Person, learner: Learner
) -> None:
    lesson = next(lesson for lesson in published.lessons if lesson.interactions)
    begin(parts, cache, person, learner)
    for step in range(2, len(lesson.steps["en"]) + 1):
        open_step(parts, cache, person, learner, lesson.id, step)

    with parts.database.writing() as session:
        run = found(session, cache, person)
        for item_id in lesson.interactions:
            before = session.scalars(select(LessonProgress.completed_at)).one()
            assert before is None
            answer_right(session, run, person, lesson.id, item_id, parts)
            said = progress.settle_lesson(
                session,
                registration_id=run.registered(),
                run=run.run,
                lesson_id=lesson.id,
                speaker=learner.speaker,
                now=parts.now(),
            )

    assert [one["verb"]["id"].rsplit("/", 1)[-1] for one in said] == ["completed"]
    with parts.database.reading() as session:
        assert session.scalars(select(LessonProgress.completed_at)).one() == parts.now()
        way = learning.course_way(session, found(session, cache, person))
        states = {one.lesson.id: one.state for module in way.modules for one in module.lessons}
        assert states[lesson.id] is LessonState.DONE
        assert way.done == 1


def test_a_module_and_the_course_are_complete_with_lessons_and_quiz(
    parts: Parts, published: Course, cache: CourseCache, person: Person, learner: Learner
) -> None:
    begin(parts, cache, person, learner)
    for lesson in published.lessons:
        finish(parts, cache, person, learner, published, lesson.id)
    with parts.database.reading() as session:
        run = found(session, cache, person)
        assert session.scalars(select(ModuleResult)).all() == []

    with parts.database.writing() as session:
        for module in published.modules:
            key = {"registration_id": run.registered(), "module_id": module.id}
            session.add(ModuleResult(**key, best_score=0.5))
            session.flush()
            said = progress.settle_module(
                session,
                registration_id=run.registered(),
                run=run.run,
                module_id=module.id,
                speaker=learner.speaker,
                now=parts.now(),
            )
            again = progress.settle_module(
                session,
                registration_id=run.registered(),
                run=run.run,
                module_id=module.id,
                speaker=learner.speaker,
                now=parts.now(),
            )
            assert again == []

    assert [one["object"]["definition"]["type"].rsplit("/", 1)[-1] for one in said] == ["module", "course"]
    with parts.database.reading() as session:
        assert session.scalars(select(Registration.completed_at)).one() == parts.now()


def test_a_run_moves_to_the_current_version_when_the_person_goes_on(
    parts: Parts,
    published: Course,
    pictures: dict[str, bytes],
    cache: CourseCache,
    person: Person,
    learner: Learner,
) -> None:
    begin(parts, cache, person, learner)
    with parts.database.writing(seconds=60) as session:
        newer = replace(published, version="9.0.0")
        version = authoring.import_course(session, newer, now=parts.now(), media=pictures)

    with parts.database.reading() as session:
        run = found(session, cache, person)
        assert run.loaded.version_id == version.id != run.registration_version_id
    open_step(parts, cache, person, learner, published.lessons[0].id, 2)

    with parts.database.reading() as session:
        assert session.scalars(select(Registration.course_version_id)).one() == version.id
        assert session.scalars(select(LessonProgress.course_version_id)).one() == version.id


def test_late_courses_come_first_and_withdrawn_ones_are_not_mine(
    parts: Parts, published: Course, pictures: dict[str, bytes], cache: CourseCache, person: Person
) -> None:
    today = date(2026, 11, 23)
    dues = {"a-none": (None, None), "b-late": (None, date(2026, 11, 19)), "c-soon": (today, None)}
    with parts.database.writing() as session:
        for slug, (soft, hard) in {**dues, "d-withdrawn": (None, today)}.items():
            version = authoring.import_course(
                session, replace(published, slug=slug), now=parts.now(), media=pictures
            )
            session.add(
                Assignment(
                    uuid=uuid4(),
                    person_id=person.id,
                    course_id=version.course_id,
                    assigned_at=parts.now(),
                    soft_due=soft,
                    hard_due=hard,
                    withdrawn_at=parts.now() if slug == "d-withdrawn" else None,
                )
            )

    def lines(*, mine_only: bool) -> list[tuple[str, DueKind, int]]:
        with parts.database.reading() as session:
            found = learning.course_lines(
                session,
                cache,
                person_id=person.id,
                today=today,
                working_days="12345",
                mine_only=mine_only,
            )
        return [(one.enrolment.loaded.course.slug, one.deadline.kind, one.deadline.late) for one in found]

    assert lines(mine_only=True) == [
        ("b-late", DueKind.LATE, 2),
        ("c-soon", DueKind.SUGGESTED, 0),
        ("a-none", DueKind.FREE, 0),
    ]
    assert {slug for slug, _, _ in lines(mine_only=False)} == {*dues, "d-withdrawn", "service-desk"}


def test_the_week_counts_reviews_by_study_day_and_puts_the_overdue_into_today(
    parts: Parts, published: Course, cache: CourseCache, person: Person
) -> None:
    now = parts.now()  # Monday 17:00 in Shanghai
    given = [
        (timedelta(days=-3), {}),
        (timedelta(hours=1), {}),
        (timedelta(hours=10, minutes=59), {}),  # 03:59 on Tuesday: still Monday's study day
        (timedelta(hours=11), {}),  # 04:00 on Tuesday
        (timedelta(days=2), {"suspended_at": now}),
        (timedelta(days=2), {"held_out": True}),
        (timedelta(days=4), {}),
        (timedelta(days=8), {}),
    ]
    with parts.database.writing() as session:
        course_id = found(session, cache, person).loaded.course_id
        for n, (after, more) in enumerate(given):
            session.add(
                Card(
                    uuid=uuid4(),
                    person_id=person.id,
                    course_id=course_id,
                    item_id=f"item-{n}",
                    point_id=f"point-{n}",
                    due_at=now + after,
                    first_day=20000,
                    **more,
                )
            )

    with parts.database.reading() as session:
        due, week = cards.outlook(
            session,
            person_id=person.id,
            now=now,
            zone=ZoneInfo("Asia/Shanghai"),
            daily_minutes=5,
            working_days="12345",
        )

    assert due.count == 1
    assert [day.reviews for day in week] == [3, 1, 0, 0, 1, 0, 0]
    assert week[0].day == date(2026, 11, 23) and week[5].rest


def test_a_course_version_is_read_once_and_the_oldest_is_given_up(
    parts: Parts, published: Course, pictures: dict[str, bytes]
) -> None:
    cache = CourseCache(limit=1)
    with parts.database.writing(seconds=60) as session:
        first = session.scalars(select(CourseVersion.id)).one()
        newer = replace(published, version="2.0.0")
        second = authoring.import_course(session, newer, now=parts.now(), media=pictures).id

    with parts.database.reading() as session, counted(parts) as sent:
        assert cache.get(session, first) is cache.get(session, first)
        assert len(sent) == 2  # the version, and the rows of its items
        cache.get(session, second)
        assert cache.get(session, first).course.version == published.version
        assert len(sent) == 6
        with pytest.raises(NotFound):
            cache.get(session, 999_999)


def test_pictures_of_a_lesson_are_addressed_by_version(
    parts: Parts, published: Course, cache: CourseCache
) -> None:
    with parts.database.reading() as session:
        loaded = cache.get(session, session.scalars(select(CourseVersion.id)).one())
    shown = [
        step
        for lesson in published.lessons
        for step in loaded.steps(lesson.id, "en", media_base="/courses/x/versions/y/", term_base="/glossary/")
    ]
    html = "".join(block.html or "" for step in shown for block in step.blocks)

    assert 'src="/courses/x/versions/y/media/' in html
    assert 'src="media/' not in html
