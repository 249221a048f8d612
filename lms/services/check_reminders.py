"""Reminders of 7-day checks, on the day on which a window opens and on its last; and its end.

The daily job plans them; when their hour comes it is looked once more whether the test is still to be taken.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from babel.dates import format_date
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from courses.course import in_language
from courses.errors import UnknownPart
from lms.db.accounts import Organisation, Person
from lms.db.learning import Course as CourseRow
from lms.db.retention import Check
from lms.services import check_plans, notices
from lms.services.catalogue import CourseCache
from quizzes.retention import Occasion

OPENING, LAST = "opening", "last"
MORNING = time(9)
"""In the person's zone: when a reminder goes out."""
DAY_ENDS = timedelta(hours=13)
"""After the morning, a reminder of this day comes too late."""
AHEAD = timedelta(hours=26)
"""How far the daily job looks: to the next one, and some more."""
READ_AT_ONCE = 200
DATES = {"zh-CN": "M 月 d 日", "en": "d MMMM"}


def plan_reminders(session: Session, *, now: datetime, after: int = 0) -> int:
    """Plan what comes in the next day for some tests; answers the last row looked at, 0 once all are.

    Twice plans nothing more. People of the demonstration get no mail.
    """
    rows = session.execute(
        select(
            Check.id,
            Check.uuid,
            Check.opens_at,
            Check.closes_at,
            Person.active,
            Person.demonstration,
            func.coalesce(Person.timezone, Organisation.timezone).label("timezone"),
        )
        .join(Person, Person.id == Check.person_id)
        .join(Organisation, Organisation.id == 1)
        .where(
            Check.id > after,
            Check.occasion == Occasion.DELAYED,
            Check.finished_at.is_(None),
            Check.opens_at <= now + AHEAD,
            Check.closes_at > now,
        )
        .order_by(Check.id)
        .limit(READ_AT_ONCE)
    ).all()
    for row in rows:
        if row.active and not row.demonstration:
            zone = ZoneInfo(row.timezone)
            for which, day in (
                (OPENING, row.opens_at.astimezone(zone).date()),
                (LAST, last_day(row.closes_at, zone)),
            ):
                moment = max(row.opens_at, datetime.combine(day, MORNING, tzinfo=zone).astimezone(UTC))
                if now - DAY_ENDS < moment <= now + AHEAD:
                    _plan(session, notices.CHECK_REMINDER, row.uuid, which, at=moment, now=now)
        if row.closes_at <= now + AHEAD:
            _plan(session, notices.CHECK_CLOSING, row.uuid, "closing", at=row.closes_at, now=now)
    return rows[-1].id if len(rows) == READ_AT_ONCE else 0


def last_day(closes_at: datetime, zone: ZoneInfo) -> date:
    """Answer the last date on which a test can be taken: it closes as the next study day begins."""
    return (closes_at.astimezone(zone) - timedelta(days=1)).date()


def _plan(session: Session, task: str, check: UUID, which: str, *, at: datetime, now: datetime) -> None:
    payload = {"check": str(check), "which": which}
    after = max(timedelta(0), at - now)
    notices.put_once(session, task, payload, key=uuid5(check, which), now=now, after=after)


def remind(
    session: Session, cache: CourseCache, *, check_uuid: UUID, which: str, base_url: str, now: datetime
) -> None:
    """Put the mail of a reminder into the outbox, once, where the test is still to be taken."""
    row = session.execute(
        select(Check, Person, Organisation, CourseRow.current_version_id)
        .join(Person, Person.id == Check.person_id)
        .join(Organisation, Organisation.id == 1)
        .join(CourseRow, CourseRow.id == Check.course_id)
        .where(Check.uuid == check_uuid, Person.active)
    ).one_or_none()
    if row is None:
        return
    check, person, organisation, version_id = row
    if check.finished_at is not None or not check.opens_at <= now < check.closes_at or version_id is None:
        return
    language = person.language or organisation.language
    try:
        module = cache.get(session, version_id).course.module(check.module_id)
    except UnknownPart:
        return
    zone = ZoneInfo(person.timezone or organisation.timezone)
    subject, text = _mail(
        "en" if language == "en" else "zh-CN",
        which,
        name=person.display_name,
        module=in_language(module.title, language),
        until=last_day(check.closes_at, zone),
        link=f"{base_url}/checks/{check.uuid}",
    )
    payload = {"to": person.email, "subject": subject, "text": text}
    notices.put_once(session, notices.MAIL, payload, key=uuid5(check.uuid, f"mail {which}"), now=now)


def close(session: Session, *, check_uuid: UUID, now: datetime) -> None:
    """Release what a test held out, its window having closed. Twice is the same as once."""
    person_id = session.scalar(select(Check.person_id).where(Check.uuid == check_uuid))
    if person_id is not None:
        check_plans.release_closed(session, now=now, person_ids=[person_id])


def _mail(language: str, which: str, *, name: str, module: str, until: date, link: str) -> tuple[str, str]:
    """Answer subject and text."""
    day = format_date(until, DATES[language], locale="en" if language == "en" else "zh_Hans_CN")
    if language == "en":
        subject = "Three minutes: " + ("your 7-day check is open" if which == OPENING else "last day")
        when = f"It is open from today until {day}." if which == OPENING else "Today is the last day for it."
        return subject, (
            f"Hello {name},\n\na week ago you finished “{module}”. Ten short questions show what has stayed."
            f" {when}\n{link}\n\nIt is no exam: nothing depends on it for you. What was right you see once"
            " the window has closed.\n"
        )
    subject = "三分钟：" + ("7 天检查开放了" if which == OPENING else "7 天检查今天截止")
    when = f"今天起开放，到 {day}为止。" if which == OPENING else "今天是最后一天。"
    return subject, (
        f"{name}，你好：\n\n一周前你学完了“{module}”。用几道短题看看记住了多少。{when}\n{link}\n\n"
        "这不是考试，不影响你的任何结果。检查时间结束后，你会看到哪些答对了。\n"
    )
