"""Pages of practice scenes: the list, one scene, and a run of it, turn by turn.

The column is called scenes: `practice` plans answers to cards (lms/services/practice.py).
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import format_decimal
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Redirect

from courses.course import Course, in_language
from courses.simulator.play import Play, shuffled
from courses.simulator.scenario import GOOD_ACTS, Scene
from lms.bootstrap import Parts
from lms.domain.access import Right
from lms.services import scenes as service
from lms.services.progress import Learner
from lms.services.statements import Speaker
from lms.web.access import allow
from lms.web.forms.scenes import BeginForm, ReplyForm
from lms.web.handbook import tongues
from lms.web.language import language
from lms.web.scene_words import act_words, channel_words, kind_words, order_words, outcome_words, units
from lms.web.session import current

SEE_OTHER, BAD_REQUEST = 303, 400
CURVE = {"left": 36.0, "right": 300.0, "top": 14.0, "bottom": 134.0}
"""The corners of the temper curve, in the units of its drawing."""

Page = str | tuple[str, int] | Redirect


def create_blueprint(parts: Parts) -> Blueprint:
    """Answer the routes."""
    blueprint = Blueprint("scenes", __name__)
    cache = parts.courses

    @blueprint.get("/practice")
    @allow(Right.LEARN)
    def scenes() -> str:
        lang, kind = request.args.get("lang", ""), request.args.get("kind", "")
        with parts.database.reading() as session:
            lines = service.scene_lines(session, cache, person_id=current().person_id)
        fits = [
            line for line in lines if lang in ("", line.scene.lang) and kind in ("", line.scene.kind.value)
        ]
        there = dict.fromkeys(line.scene.lang for line in lines)
        groups = [(one, [line for line in fits if line.scene.lang == one]) for one in there]
        return _page(
            "scenes/scenes.html",
            groups=[(one, found) for one, found in groups if found],
            there=there,
            lang=lang,
            kind=kind,
        )

    @blueprint.get("/practice/<scene_id>")
    @allow(Right.LEARN)
    def scene(scene_id: str) -> str:
        with parts.database.reading() as session:
            line = service.scene_line(session, cache, scene_id=scene_id, person_id=current().person_id)
        return _page("scenes/scene.html", line=line, scene=line.scene, **_facts(line.scene, line.course))

    @blueprint.post("/practice/<scene_id>")
    @allow(Right.LEARN)
    def begin(scene_id: str) -> Redirect:
        form = BeginForm()
        with parts.database.writing() as session:
            run = service.start(
                session,
                cache,
                scene_id=scene_id,
                person_id=current().person_id,
                again=bool(form.again.data),
                now=parts.now(),
                new_id=parts.new_id,
            )
        return redirect(url_for(".run", scene_id=scene_id, run=run), code=SEE_OTHER)

    @blueprint.get("/practice/<scene_id>/<uuid:run>")
    @allow(Right.LEARN)
    def run(scene_id: str, run: UUID) -> str:
        return show(scene_id, run, message=None)

    @blueprint.post("/practice/<scene_id>/<uuid:run>/<int:number>")
    @allow(Right.LEARN)
    def reply(scene_id: str, run: UUID, number: int) -> Page:
        form = ReplyForm()
        if not form.validate_on_submit():
            return show(scene_id, run, message=_("Choose a reply first.")), BAD_REQUEST
        person = current()
        with parts.database.writing() as session:
            service.give_reply(
                session,
                cache,
                scene_id=scene_id,
                run_uuid=run,
                number=number,
                reply_id=form.reply.data or "",
                learner=Learner(person.person_id, Speaker(parts.settings.iri_base, person.uuid)),
                now=parts.now(),
                new_id=parts.new_id,
            )
        return redirect(
            url_for(".run", scene_id=scene_id, run=run, _anchor=f"reply-{number}"), code=SEE_OTHER
        )

    def show(scene_id: str, run: UUID, *, message: str | None) -> str:
        with parts.database.reading() as session:
            view = service.run_view(
                session, cache, scene_id=scene_id, run_uuid=run, person_id=current().person_id
            )
        return _page(
            "scenes/run.html",
            view=view,
            scene=view.scene,
            play=view.play,
            choices=shuffled(view.play.turn, run=view.uuid) if view.play.turn else (),
            curve=curve(view.play),
            message=message,
            **_facts(view.scene, view.course),
        )

    return blueprint


def curve(played: Play) -> dict[str, Any]:
    """Answer the temper curve as places in its drawing, from the start to the last reply."""
    figures = played.curve
    width = (CURVE["right"] - CURVE["left"]) / max(1, len(figures) - 1)
    height = CURVE["bottom"] - CURVE["top"]
    places = [
        (round(CURVE["left"] + at * width, 1), round(CURVE["bottom"] - figure / 100 * height, 1), figure)
        for at, figure in enumerate(figures)
    ]
    return {
        "places": places,
        "line": " ".join(f"{x},{y}" for x, y, _figure in places),
        "rows": list(enumerate(figures)),
    }


# What pages show


def _page(template: str, **values: Any) -> str:
    return render_template(
        template,
        tongues=tongues(),
        kinds=kind_words(),
        channels=channel_words(),
        acts=act_words(),
        good_acts=GOOD_ACTS,
        outcomes=outcome_words(),
        gloss=_gloss,
        **values,
    )


def _gloss(words: dict[str, str]) -> str | None:
    """Answer what a foreign line says in the page's language; a scene in English may have none in English."""
    return words.get(language())


def _facts(scene: Scene, course: Course) -> dict[str, Any]:
    """Answer the facts at hand: of the order, the policy and the product, and what replies rest on."""
    named = order_words()
    policy = {
        fact.id: (in_language(fact.label, language()), _value(fact.value), _unit(fact.unit))
        for fact in scene.policy
    }
    rules = {
        id: in_language(rule.title, language())
        for id, rule in course.shelf.rules.items()
        if id in scene.rests_on
    }
    return {
        "order": [
            (named.get(key.replace("-", "_"), key.replace("_", " ").replace("-", " ")), _value(value))
            for key, value in scene.order.items()
        ],
        "policy": policy,
        "rests": {**{id: " ".join(part for part in parts if part) for id, parts in policy.items()}, **rules},
        "true_facts": {fact.id: in_language(fact.text, language()) for fact in scene.facts},
    }


def _value(value: Any) -> str:
    if isinstance(value, int | float):
        return str(format_decimal(value))
    return value if isinstance(value, str) else in_language(value, language())


def _unit(unit: Any) -> str:
    if unit is None:
        return ""
    return units().get(unit, unit) if isinstance(unit, str) else in_language(unit, language())
