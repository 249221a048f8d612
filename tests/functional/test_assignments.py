"""What managers see and do: cohorts, assigning, lateness, the file, and other people's cohorts."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from courses.library import SHIPPED
from lms.bootstrap import Parts
from lms.db.accounts import Cohort, CohortMember, Person
from lms.db.assignments import Assignment, Registration
from lms.services import assignments, authoring
from tests.conftest import Clock
from xapi.store.tables import Statement

Enter = Callable[..., FlaskClient]
Make = Callable[..., Person]
SLUG = "service-desk"
LESSON = "why-service-decides"


@pytest.fixture
def course(parts: Parts) -> None:
    with parts.database.writing(seconds=30) as session:
        authoring.import_course(session, SHIPPED / SLUG, now=parts.now())


@pytest.fixture
def manager(make_person: Make) -> Person:
    return make_person("manager", email="boss@desk.test")


@pytest.fixture
def cohort(parts: Parts, manager: Person, make_person: Make) -> UUID:
    """A cohort of the manager with three people, one of them with a name that a spreadsheet would compute."""
    names = ["=HYPERLINK(1)", 'Wu, "Jun"\nBerlin', "林悦"]
    for number, name in enumerate(names):
        with parts.database.writing() as session:
            session.add(
                Person(
                    uuid=parts.new_id(),
                    email=f"p{number}@desk.test",
                    display_name=name,
                    role="learner",
                    created_at=parts.now(),
                )
            )
    with parts.database.writing() as session:
        made = assignments.create_cohort(
            session,
            type("A", (), {"person_id": manager.id, "role": manager.role})(),
            name="Autumn",
            starts_on=parts.now().date(),
            managers=[],
            now=parts.now(),
            new_id=parts.new_id,
        )
        for person_id in session.scalars(select(Person.id).where(Person.email.like("p_@desk.test"))):
            session.add(CohortMember(cohort_id=made.id, person_id=person_id, joined_at=parts.now()))
        return made.uuid


def give(client: FlaskClient, cohort: UUID, **dates: str) -> object:
    return client.post(f"/manage/cohorts/{cohort}/assign", data={"course": SLUG, **dates})


def test_a_manager_makes_a_cohort_and_is_on_it(sign_in: Enter, manager: Person) -> None:
    inside = sign_in(manager)

    made = inside.post(
        "/manage/cohorts/new", data={"name": "Spring", "starts_on": "2026-12-01", "managers": ""}
    )
    page = inside.get(made.location)

    assert (made.status_code, page.status_code) == (303, 200)
    assert "Spring" in inside.get("/manage").text


def test_people_are_added_by_email_and_an_unknown_one_adds_nobody(
    sign_in: Enter, manager: Person, cohort: UUID, make_person: Make, parts: Parts
) -> None:
    inside = sign_in(manager)
    make_person("learner", email="new@desk.test")

    wrong = inside.post(
        f"/manage/cohorts/{cohort}/people", data={"emails": "new@desk.test\nnobody@desk.test"}
    )
    right = inside.post(f"/manage/cohorts/{cohort}/people", data={"emails": "new@desk.test"})

    assert wrong.status_code == 400 and "nobody@desk.test" in wrong.text
    assert right.status_code == 303
    with parts.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(CohortMember)) == 4


def test_assigning_gives_each_member_a_registration_and_says_it_once(
    course: None, sign_in: Enter, manager: Person, cohort: UUID, parts: Parts
) -> None:
    inside = sign_in(manager)

    give(inside, cohort, soft_due="2026-12-01", hard_due="2026-12-08")
    give(inside, cohort, soft_due="2026-12-02", hard_due="2026-12-08")

    with parts.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Assignment)) == 3
        assert session.scalar(select(func.count()).select_from(Registration)) == 3
        assert {row.soft_due.isoformat() for row in session.scalars(select(Assignment))} == {"2026-12-02"}
        assert session.scalar(select(func.count()).select_from(Statement)) == 3


@pytest.mark.parametrize(
    ("dates", "said"),
    [
        ({"soft_due": "2026-12-09", "hard_due": "2026-12-08"}, "must not come after"),
        ({"hard_due": "2026-11-01"}, "today or a later day"),
        ({"hard_due": "soon"}, "Not a valid date"),
    ],
)
def test_dates_that_cannot_be_met_are_refused_and_nothing_is_assigned(
    course: None,
    sign_in: Enter,
    manager: Person,
    cohort: UUID,
    parts: Parts,
    dates: dict[str, str],
    said: str,
) -> None:
    answer = give(sign_in(manager), cohort, **dates)

    assert answer.status_code == 400  # type: ignore[attr-defined]
    assert said in answer.text  # type: ignore[attr-defined]
    with parts.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Assignment)) == 0


def test_who_is_late_is_said_with_the_reason_and_filtered_by_the_address(
    course: None, sign_in: Enter, manager: Person, cohort: UUID, clock: Clock
) -> None:
    inside = sign_in(manager)
    give(inside, cohort, soft_due="2026-11-25", hard_due="2026-11-27")
    clock.now += timedelta(days=3)
    behind = inside.get(f"/manage/cohorts/{cohort}").text
    clock.now += timedelta(days=4)
    late = inside.get(f"/manage/cohorts/{cohort}?state=late").text

    assert "suggested date passed 1 working day ago" in behind
    assert "due date passed 1 working day ago; 0 of 32 lessons, 0 of 5 quizzes" in late
    assert "林悦" not in inside.get(f"/manage/cohorts/{cohort}?state=done").text
    assert "3 late" in inside.get("/manage").text


def test_taking_back_keeps_progress_and_can_be_undone(
    course: None, sign_in: Enter, manager: Person, cohort: UUID, parts: Parts
) -> None:
    inside = sign_in(manager)
    give(inside, cohort)

    back = inside.post(f"/manage/cohorts/{cohort}/withdraw", data={"course": SLUG})
    page = inside.get(back.location).text
    with parts.database.reading() as session:
        open_before = session.scalar(select(func.count()).where(Assignment.withdrawn_at.is_(None)))
    at = page.split('name="at" value="')[1].split('"')[0].replace("&#43;", "+")
    inside.post(f"/manage/cohorts/{cohort}/restore", data={"course": SLUG, "at": at})

    with parts.database.reading() as session:
        assert (
            open_before,
            session.scalar(select(func.count()).where(Assignment.withdrawn_at.is_(None))),
        ) == (0, 3)


def test_the_file_keeps_newlines_and_commas_in_their_cell_and_runs_nothing(
    course: None, sign_in: Enter, manager: Person, cohort: UUID
) -> None:
    inside = sign_in(manager)
    give(inside, cohort)

    answer = inside.get(f"/manage/cohorts/{cohort}/progress.csv")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))

    assert answer.data.startswith(b"\xef\xbb\xbf")
    assert {row[0] for row in rows[1:]} == {"'=HYPERLINK(1)", 'Wu, "Jun"\nBerlin', "林悦"}
    assert all(len(row) == 14 for row in rows)


@pytest.mark.parametrize("role", ["manager", "learner", "trainer"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", ""), ("get", "/progress.csv"), ("post", "/people"), ("post", "/assign"),
        ("post", "/withdraw"),
        ("post", "/restore"),
    ],
)  # fmt: skip
def test_somebody_elses_cohort_does_not_exist(
    course: None, sign_in: Enter, cohort: UUID, parts: Parts, role: str, method: str, path: str
) -> None:
    data = {
        "course": SLUG,
        "emails": "p0@desk.test",
        "managers": "boss@desk.test",
        "at": "2026-11-23T09:00:00+00:00",
    }
    other = sign_in(role)

    answer = getattr(other, method)(
        f"/manage/cohorts/{cohort}{path}", data=data if method == "post" else None
    )

    assert answer.status_code == 404
    with parts.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Assignment)) == 0


def test_an_administrator_sees_every_cohort(sign_in: Enter, cohort: UUID) -> None:
    assert "Autumn" in sign_in("admin").get("/manage").text


def test_a_cohort_of_ten_thousand_is_paged_by_the_database(
    course: None,
    sign_in: Enter,
    manager: Person,
    cohort: UUID,
    parts: Parts,
    count_queries: Callable[[], int],
) -> None:
    inside = sign_in(manager)
    crowd(parts, 300)
    inside.get(f"/manage/cohorts/{cohort}")
    count_queries()

    page = inside.get(f"/manage/cohorts/{cohort}?page=2").text

    assert count_queries() <= 12
    assert page.count('<th scope="row">') == 50


def names(page: str) -> list[str]:
    """The people of a page's table, in its order."""
    return [unescape(name) for name in re.findall(r'<th scope="row">([^<]*)', page)]


def crowd(parts: Parts, count: int) -> None:
    """Put more people into the one cohort."""
    with parts.database.writing(seconds=60) as session:
        cohort_id = session.scalars(select(Cohort.id)).one()
        people = [
            Person(
                uuid=parts.new_id(),
                email=f"x{n}@desk.test",
                display_name=f"X {n:05}",
                role="learner",
                created_at=parts.now(),
            )
            for n in range(count)
        ]
        session.add_all(people)
        session.flush()
        session.add_all(
            CohortMember(cohort_id=cohort_id, person_id=person.id, joined_at=parts.now()) for person in people
        )


def open_assignments(parts: Parts) -> int:
    with parts.database.reading() as session:
        return session.scalar(select(func.count()).where(Assignment.withdrawn_at.is_(None))) or 0


def test_people_stand_in_the_order_that_is_asked_for_also_in_the_file(
    course: None, sign_in: Enter, manager: Person, cohort: UUID, parts: Parts
) -> None:
    inside = sign_in(manager)
    give(inside, cohort)
    with parts.database.reading() as session:
        wu = session.scalars(select(Person).where(Person.email == "p1@desk.test")).one()
    learner = sign_in(wu)
    learner.post(f"/courses/{SLUG}/start")
    learner.post(f"/courses/{SLUG}/lessons/{LESSON}/step", data={"step": "1"})

    by_activity = inside.get(f"/manage/cohorts/{cohort}?sort=activity").text
    unknown = inside.get(f"/manage/cohorts/{cohort}?sort=nonsense&state=nonsense&page=99")
    file = inside.get(f"/manage/cohorts/{cohort}/progress.csv?sort=activity").data.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(file, newline="")))

    assert names(by_activity) == ["=HYPERLINK(1)", "林悦", 'Wu, "Jun"\nBerlin']
    assert 'aria-sort="ascending"' in by_activity
    assert [row[1] for row in rows[1:]] == ["p0@desk.test", "p2@desk.test", "p1@desk.test"]
    assert unknown.status_code == 200 and len(names(unknown.text)) == 3


def test_late_people_are_named_in_the_list_of_cohorts(
    course: None, sign_in: Enter, manager: Person, cohort: UUID, parts: Parts, clock: Clock
) -> None:
    inside = sign_in(manager)
    give(inside, cohort, hard_due="2026-11-25")
    with parts.database.writing() as session:
        done = session.scalars(select(Registration).order_by(Registration.id)).first()
        assert done is not None
        done.completed_at = parts.now()
    clock.now += timedelta(days=4)

    page = unescape(inside.get("/manage").text)

    assert "1 of 3 done" in page
    assert "2 late" in page and "Late: " in page


def test_a_cohort_where_nobody_is_and_one_where_nothing_is_assigned_say_so(
    course: None, sign_in: Enter, manager: Person, cohort: UUID
) -> None:
    inside = sign_in(manager)
    made = inside.post("/manage/cohorts/new", data={"name": "Empty", "starts_on": "2026-12-01"})

    assert "Nobody in this cohort yet" in inside.get(made.location).text
    assert "nothing assigned yet" in inside.get(f"/manage/cohorts/{cohort}").text
    assert "No cohort of yours yet" in sign_in("manager").get("/manage").text


def test_a_day_in_the_past_is_taken_where_it_is_meant(
    course: None, sign_in: Enter, manager: Person, cohort: UUID, parts: Parts
) -> None:
    answer = give(sign_in(manager), cohort, hard_due="2026-11-02", past="y")

    assert answer.status_code == 303  # type: ignore[attr-defined]
    with parts.database.reading() as session:
        assert set(session.scalars(select(Assignment.hard_due))) == {date(2026, 11, 2)}


def test_a_named_manager_sees_the_cohort_and_a_learner_cannot_be_named(
    sign_in: Enter, manager: Person, cohort: UUID, make_person: Make
) -> None:
    inside = sign_in(manager)
    other = make_person("manager", email="second@desk.test")
    make_person("learner", email="new@desk.test")

    wrong = inside.post(f"/manage/cohorts/{cohort}/managers", data={"managers": "new@desk.test"})
    before = sign_in(other).get(f"/manage/cohorts/{cohort}").status_code
    right = inside.post(f"/manage/cohorts/{cohort}/managers", data={"managers": "second@desk.test"})

    assert (wrong.status_code, before, right.status_code) == (400, 404, 303)
    assert sign_in(other).get(f"/manage/cohorts/{cohort}").status_code == 200


def test_a_cohort_takes_back_only_what_it_gave(
    course: None, sign_in: Enter, manager: Person, cohort: UUID, parts: Parts
) -> None:
    inside = sign_in(manager)
    give(inside, cohort)
    made = inside.post("/manage/cohorts/new", data={"name": "Second", "starts_on": "2026-12-01"}).location
    inside.post(f"{made}/people", data={"emails": "p0@desk.test"})
    inside.post(f"{made}/assign", data={"course": SLUG, "hard_due": "2026-12-20"})

    inside.post(f"{made}/withdraw", data={"course": SLUG})

    assert open_assignments(parts) == 3


def test_a_course_begun_by_oneself_keeps_its_run_when_it_is_assigned(
    course: None, sign_in: Enter, manager: Person, cohort: UUID, parts: Parts
) -> None:
    with parts.database.reading() as session:
        lin = session.scalars(select(Person).where(Person.email == "p2@desk.test")).one()
    sign_in(lin).post(f"/courses/{SLUG}/start")
    with parts.database.reading() as session:
        run = session.scalars(select(Registration.uuid)).one()

    give(sign_in(manager), cohort, hard_due="2026-12-08")

    with parts.database.reading() as session:
        own = session.scalars(select(Assignment).where(Assignment.person_id == lin.id)).one()
        runs = session.scalars(select(Registration.uuid).where(Registration.assignment_id == own.id)).all()
        assert own.hard_due == date(2026, 12, 8) and own.cohort_id is not None
        assert runs == [run]


def test_a_course_taken_back_and_given_again_keeps_each_run(
    course: None, sign_in: Enter, manager: Person, cohort: UUID, parts: Parts
) -> None:
    inside = sign_in(manager)
    crowd(parts, 60)
    give(inside, cohort)
    inside.post(f"/manage/cohorts/{cohort}/withdraw", data={"course": SLUG})
    taken_back = open_assignments(parts)

    give(inside, cohort, hard_due="2026-12-08")

    assert (taken_back, open_assignments(parts)) == (0, 63)
    with parts.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Registration)) == 63
