"""The rules of the 7-day check: windows, forms, blueprint, hold-out."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes import retention as rules
from quizzes.item import Form, Item, ItemType
from quizzes.retention import Occasion, Phase

NAMES = {"learner": "somebody", "course": "desk", "module": "basics"}
SIZES = st.integers(1, 40)


def item(form: Form, point: str, number: int = 1) -> Item:
    return Item(
        id=f"{point}-{form.value}-{number}",
        type=ItemType.SHORT_TEXT,
        form=form,
        point=point,
        stem={},
        explanation={},
    )


def bank(points: int, *, each: int = 1) -> list[Item]:
    return [
        item(form, f"p{n}", number)
        for n in range(points)
        for form in (Form.A, Form.B, Form.PRACTICE)
        for number in range(each)
    ]


@pytest.mark.parametrize(
    ("day", "phase"),
    [(0, "before"), (5, "before"), (6, "open"), (7, "open"), (9, "open"), (10, "closed"), (40, "closed")],
)
def test_the_delayed_test_opens_on_day_6_and_closes_at_the_end_of_day_9(day: int, phase: str) -> None:
    found = rules.window(Occasion.DELAYED, first_day=100)

    assert found.due == 107
    assert found.phase(100 + day) is Phase(phase)


@pytest.mark.parametrize(("day", "is_in"), [(5, False), (6, True), (9, True), (10, False), (-1, False)])
def test_answers_of_day_5_and_day_10_do_not_count(day: int, is_in: bool) -> None:
    assert rules.counts(Occasion.DELAYED, first_day=100, taken_day=100 + day) is is_in


@pytest.mark.parametrize(("day", "is_in"), [(-1, False), (0, True), (1, False), (7, False)])
def test_the_immediate_test_is_of_day_0_alone(day: int, is_in: bool) -> None:
    assert rules.counts(Occasion.IMMEDIATE, first_day=100, taken_day=100 + day) is is_in


def test_a_course_can_check_on_another_day_and_never_on_day_0() -> None:
    assert rules.window(Occasion.DELAYED, first_day=0, check_day=30) == rules.Window(
        opens=29, due=30, closes=32
    )
    assert rules.window(Occasion.DELAYED, first_day=0, check_day=1).opens == 1


@given(learner=st.text(max_size=20), course=st.text(max_size=20))
def test_the_second_form_is_the_other_one_and_always_the_same(learner: str, course: str) -> None:
    names = {"learner": learner, "course": course}
    both = [rules.form_of(occasion, **names) for occasion in Occasion]

    assert set(both) == {Form.A, Form.B}
    assert both == [rules.form_of(occasion, **names) for occasion in Occasion]


def test_about_half_begin_with_each_form() -> None:
    firsts = Counter(
        rules.form_of(Occasion.IMMEDIATE, learner=f"learner {n}", course="c") for n in range(400)
    )

    assert 160 < firsts[Form.A] < 240


@given(points=SIZES, each=st.integers(1, 3), share=st.sampled_from([0.0, 0.1, 0.2, 0.5]))
def test_forms_ask_about_the_same_points_share_no_item_and_have_at_least_ten(
    points: int, each: int, share: float
) -> None:
    items = bank(points, each=each)
    held = rules.hold_out([f"p{n}" for n in range(points)], share=share, learner="x", course="desk")

    drawn = rules.blueprint(items, held_out=held, **NAMES)

    if points * each < rules.MIN_ITEMS:
        assert drawn == ()
        return
    assert len(drawn) >= rules.MIN_ITEMS
    assert held <= set(drawn), "every held-out point has an item"
    forms = {form: rules.draw(items, form, points=drawn, **NAMES) for form in rules.CHECK_FORMS}
    point_of = {one.id: one.point for one in items}
    form_of = {one.id: one.form for one in items}
    for form, ids in forms.items():
        assert len(set(ids)) == len(ids) == len(drawn)
        assert Counter(point_of[id] for id in ids) == Counter(drawn)
        assert {form_of[id] for id in ids} == {form}
    counted = Counter(drawn)
    if points >= rules.MIN_ITEMS and 2 * len(held) <= points:
        assert max(counted.values()) == 1, "no point twice while others wait"


def test_a_blueprint_is_the_same_each_time_and_differs_between_learners() -> None:
    items = bank(30)

    first = rules.blueprint(items, held_out=(), **NAMES)

    assert rules.blueprint(list(reversed(items)), held_out=(), **NAMES) == first
    assert rules.blueprint(items, held_out=(), **{**NAMES, "learner": "another"}) != first


def test_a_point_without_an_item_in_both_forms_is_not_asked_about() -> None:
    items = [one for one in bank(12) if not (one.point == "p3" and one.form is Form.B)]

    assert "p3" not in rules.checkable_points(items)
    assert "p3" not in rules.blueprint(items, held_out=("p3",), **NAMES)


@given(count=SIZES, share=st.floats(0.01, 1.0), exempt=st.integers(0, 40))
def test_what_is_held_out_is_as_stated(count: int, share: float, exempt: int) -> None:
    points = [f"p{n}" for n in range(count)]
    compliance = points[:exempt]

    held = rules.hold_out(points, compliance=compliance, share=share, learner="x", course="c")

    assert not held & set(compliance), "what everybody must know is never held out"
    assert len(held) < count, "something is left to compare with"
    assert held == frozenset() or len(held) >= 2
    again = rules.hold_out(points[::-1], compliance=compliance, share=share, learner="x", course="c")
    assert again == held, "stable"


@pytest.mark.parametrize(
    ("count", "expected"), [(2, 0), (3, 2), (10, 2), (11, 3), (15, 3), (16, 4), (17, 4), (20, 4), (21, 5)]
)
def test_a_fifth_of_the_points_is_held_out_rounded_up_and_at_least_two(count: int, expected: int) -> None:
    points = [f"p{n}" for n in range(count)]

    assert len(rules.hold_out(points, share=0.2, learner="x", course="c")) == expected


def test_hold_out_depends_on_learner_and_course_and_can_be_nothing() -> None:
    points = [f"p{n}" for n in range(20)]

    held = {
        rules.hold_out(points, share=0.2, learner=learner, course=course)
        for learner in ("x", "y")
        for course in ("c", "d")
    }

    assert len(held) == 4
    assert rules.hold_out(points, share=0, learner="x", course="c") == frozenset()
    assert rules.hold_out(points, compliance=points, share=0.2, learner="x", course="c") == frozenset()


def test_every_point_is_held_out_for_about_as_many_learners() -> None:
    points = [f"p{n}" for n in range(10)]

    seen = Counter(
        point
        for n in range(500)
        for point in rules.hold_out(points, share=0.2, learner=f"learner {n}", course="c")
    )

    assert all(70 < seen[point] < 130 for point in points)


def test_55_percent_on_4_options_become_40() -> None:
    assert rules.corrected_share(0.55, 0.25) == pytest.approx(0.4)
    right, wrong = rules.corrected(True, 0.25), rules.corrected(False, 0.25)
    assert right == 1
    assert 0.55 * right + 0.45 * wrong == pytest.approx(0.4)
