"""The managers' page of 7-day checks: the sentence, the figures with intervals, and the same as a file."""

from __future__ import annotations

import math
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _

from courses.course import in_language
from lms.bootstrap import Parts
from lms.domain import retention as rules
from lms.domain.access import Right
from lms.domain.csv_cells import csv_bytes
from lms.domain.errors import NotFound
from lms.domain.retention import Figure, Report, Standing, Verdict
from lms.services import check_plans, retention_report
from lms.services.retention_report import GroupReport, MemoryReport
from lms.web.access import allow
from lms.web.language import language
from lms.web.session import current

LANGUAGE_TAGS = {"zh-CN": "zh_Hans"}


def add_report(blueprint: Blueprint, parts: Parts) -> None:
    """The page, its file, and the switch of the experiment."""

    def find() -> MemoryReport:
        given = request.args.get("cohort") or None
        try:
            cohort = UUID(given) if given else None
        except ValueError:
            raise NotFound("there is no such cohort, or it is not yours") from None
        with parts.database.reading() as session:
            read = retention_report.read_checks(
                session,
                parts.courses,
                current().actor,
                slug=request.args.get("course") or None,
                cohort=cohort,
                now=parts.now(),
            )
        return retention_report.memory_report(read)

    @blueprint.get("/manage/memory")
    @allow(Right.MANAGE)
    def memory() -> str:
        found = find()
        return render_template(
            "retention/memory.html",
            found=found,
            target=_target(found),
            stated=rules.STATED,
            sentence=sentence(found.whole),
            verdicts=_verdicts(found),
            figures=_figures(found.whole),
            groups=_groups(found),
            percent=percent,
            range_words=range_words,
            lacking=lacking,
            titles={one.slug: in_language(one.title, language()) for one in found.courses},
            may_switch=current().actor.may(Right.ADMINISTER),
        )

    @blueprint.get("/manage/memory.csv")
    @allow(Right.MANAGE)
    def memory_file() -> Response:
        found = find()
        rows = [_cells(_("All"), _("All"), found.whole)]
        for title, groups in _groups(found):
            rows += [_cells(title, name, group.report) for name, group in groups]
        return Response(
            csv_bytes(_header(), rows),
            mimetype="text/csv",
            headers={"Content-Disposition": 'attachment; filename="memory.csv"'},
        )

    @blueprint.post("/manage/memory/experiment")
    @allow(Right.ADMINISTER)
    def switch_experiment() -> Any:
        on = request.form.get("experiment") == "on"
        with parts.database.writing() as session:
            check_plans.switch_experiment(session, on=on)
        flash(
            _("The experiment is on; it begins with the modules finished from now.")
            if on
            else _("The experiment is off. What was held out is reviewed again."),
            "success",
        )
        return redirect(url_for("retention.memory"), code=303)


# Words


def percent(value: float | None) -> str:
    """Answer a share as per cent; guessing worse than chance is shown as nothing known."""
    return "–" if value is None else f"{max(0, round(100 * value))}%"


def range_words(figure: Figure) -> str:
    """Answer the ends of an interval in per cent: "71–84"."""
    if figure.interval is None:
        return "–"
    return "–".join(str(max(0, round(100 * end))) for end in (figure.interval.low, figure.interval.high))


def lacking(figure: Figure) -> str:
    """Answer why a figure is not shown: what there is, and what is needed."""
    match figure.standing:
        case Standing.SHOWN:
            return ""
        case Standing.HIDDEN:
            return str(_("Fewer than %(need)d people: nothing is shown", need=rules.HIDDEN_UNDER))
        case Standing.FEW:
            return str(
                _(
                    "Not enough data yet: have %(have)d people, need %(need)d",
                    have=figure.have,
                    need=figure.need,
                )
            )
        case Standing.RESPONSE:
            return str(
                _(
                    "Not enough data yet: %(have)d%% of the checks were taken, need %(need)d%%",
                    have=round(100 * (figure.have or 0)),
                    need=round(100 * (figure.need or 0)),
                )
            )
        case _:
            if figure.have is None:
                return str(_("Not enough data yet: no interval can be given"))
            return str(
                _(
                    "Not enough data yet: the interval is %(have)d points wide, need %(need)d or less",
                    have=math.ceil(100 * figure.have),  # 25.2 is not within 25
                    need=round(100 * (figure.need or 0)),
                )
            )


def sentence(report: Report) -> str:
    """Answer the finding in one sentence, with intervals and the number of people; or what is missing."""
    kept, without = report.kept, report.unreviewed
    if not kept.shown:
        return lacking(kept)
    people = ngettext("%(num)d person", "%(num)d people", kept.learners)
    given = {"kept": percent(kept.value), "range": range_words(kept), "people": people}
    if not without.shown:
        return str(_("Of what was learnt, %(kept)s [%(range)s] is known after 7 days, %(people)s.", **given))
    return str(
        _(
            "Of what was learnt, %(kept)s [%(range)s] is known after 7 days, %(people)s;"
            " of what was not reviewed %(without)s [%(other)s].",
            without=percent(without.value),
            other=range_words(without),
            **given,
        )
    )


def _verdicts(found: MemoryReport) -> list[tuple[str, str]]:
    """Answer what may be said against the stated 40 % and the target: kind of badge, words."""
    if not found.whole.kept.shown:
        return []
    target = _target(found)
    aim = percent(target)
    stated = {
        Verdict.ABOVE: ("success", _("More than the 40% that deck B states for one-way training.")),
        Verdict.BELOW: ("danger", _("Less than the 40% that deck B states for one-way training.")),
        Verdict.CANNOT_TELL: ("line", _("Against the 40% that deck B states: cannot tell yet.")),
    }
    goal = {
        Verdict.ABOVE: ("success", _("The target of %(goal)s is reached.", goal=aim)),
        Verdict.BELOW: ("warning", _("The target of %(goal)s is not reached.", goal=aim)),
        Verdict.CANNOT_TELL: ("line", _("Against the target of %(goal)s: cannot tell yet.", goal=aim)),
    }
    return [
        stated[rules.verdict(found.whole.kept, rules.STATED)],
        goal[rules.verdict(found.whole.kept, target)],
    ]


def _target(found: MemoryReport) -> float:
    return found.course.retention.target if found.course else 0.8


def _figures(report: Report) -> list[tuple[str, str, str, str, Figure]]:
    """Answer the figures in their order: name, what it says, value, interval, figure."""
    shares = [
        (
            _("Known after 7 days"),
            _("Points that were reviewed in between, corrected for guessing (R7)."),
            report.kept,
        ),
        (
            _("Lesson and test, no reviews"),
            _("The points that the built-in experiment held out of practice, in the same people."),
            report.unreviewed,
        ),
        (
            _("Retained from the day itself"),
            _("The delayed test over that of the day, of people with both. Another figure than R7."),
            report.retained,
        ),
    ]
    rows = [(name, note, percent(one.value), range_words(one), one) for name, note, one in shares]
    effect = report.effect
    name = _("What the reviews did")
    note = _("Reviewed minus held out, in the same people, in points of per cent.")
    rows.insert(2, (name, note, _signed(effect.value), _signed_range(effect), effect))
    return rows


def _signed(value: float | None) -> str:
    return "–" if value is None else f"{round(100 * value):+d}".replace("-", "−")


def _signed_range(figure: Figure) -> str:
    if figure.interval is None:
        return "–"
    return str(_("%(low)s to %(high)s", low=_signed(figure.interval.low), high=_signed(figure.interval.high)))


def _groups(found: MemoryReport) -> list[tuple[str, list[tuple[str, GroupReport]]]]:
    """Answer the tables: title, and each group with its name in the page's language."""
    skills = {
        "language": _("Language"),
        "product": _("Product knowledge"),
        "tools": _("Tools"),
        "emotion": _("Emotion"),
        "culture": _("Culture"),
    }
    tables = [
        (_("By cohort"), [(one.name, one) for one in found.by_cohort]),
        (_("By skill"), [(str(skills.get(one.name, one.name)), one) for one in found.by_skill]),
        (_("By market"), [(_territory(one.name), one) for one in found.by_market]),
        (_("By language practised"), [(_tongue(one.name), one) for one in found.by_language]),
    ]
    return [(str(title), groups) for title, groups in tables if groups]


def _territory(code: str) -> str:
    locale = get_locale()
    return str(locale.territories.get(code, code)) if locale else code


def _tongue(tag: str) -> str:
    locale = get_locale()
    return str(locale.languages.get(LANGUAGE_TAGS.get(tag, tag), tag)) if locale else tag


# The file


def _header() -> list[str]:
    return [
        _("Table"), _("Group"), _("People"), _("Checks counted"), _("Missed"), _("Excluded"), _("Still open"),
        _("Known after 7 days (0-100)"), _("Low"), _("High"), _("Note"),
        _("Not reviewed (0-100)"), _("Low"), _("High"),
        _("What the reviews did (points)"), _("Low"), _("High"),
        _("Retained (0-100)"), _("Low"), _("High"),
        _("If the missing knew nothing"), _("If the missing knew all"),
    ]  # fmt: skip


def _cells(table: str, name: str, report: Report) -> list[object]:
    is_hidden = report.learners < rules.HIDDEN_UNDER
    counts = report.counts
    numbers = (report.learners, counts.counted, counts.missed, counts.excluded, counts.pending)
    bounds = (None, None) if report.bounds is None else (report.bounds.low, report.bounds.high)
    return [
        table,
        name,
        *([None] * len(numbers) if is_hidden else numbers),
        *_triple(report.kept),
        lacking(report.kept),
        *_triple(report.unreviewed),
        *_triple(report.effect),
        *_triple(report.retained),
        *(None if end is None else round(100 * end, 1) for end in bounds),
    ]


def _triple(figure: Figure) -> list[float | None]:
    if not figure.shown or figure.value is None or figure.interval is None:
        return [None, None, None]
    return [round(100 * one, 1) for one in (figure.value, figure.interval.low, figure.interval.high)]
