"""A scene played: the same choices, the same way; temper on its scale; marks that never mislead."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.errors import UnknownPart
from courses.simulator.parse import scene_from
from courses.simulator.play import moved, play, shuffled
from courses.simulator.scenario import Outcome
from tests.shelf_course import shelf

SCENE = shelf().scenes["en-late-parcel"]
RUN = UUID(int=7)


def test_a_run_that_has_not_begun_asks_for_the_first_turn() -> None:
    played = play(SCENE, [])

    assert played.turn is SCENE.turns["opening"] and played.end is None
    assert (played.temper, played.points, played.most, played.share) == (60, 0, 0, 0.0)
    assert played.curve == (60,)


def test_the_best_way_ends_well_with_every_point() -> None:
    played = play(SCENE, ["a", "b"])

    assert played.end is SCENE.ends["kept"] and played.turn is None and played.mended
    assert played.curve == (60, 45, 15)
    assert (played.points, played.most, played.share) == (6, 6, 1.0)
    assert [move.lost for move in played.moves] == [0, 0]


def test_a_bad_reply_early_can_be_mended_at_a_cost() -> None:
    played = play(SCENE, ["b", "b"])

    assert played.mended and played.curve == (60, 80, 50)
    assert played.share == 0.5
    assert [move.lost for move in played.moves] == [3, 0]


def test_a_scene_can_end_early_and_badly() -> None:
    played = play(SCENE, ["c"])

    assert played.end is not None and played.end.outcome is Outcome.BAD and not played.mended
    assert played.share == 0.0


@pytest.mark.parametrize("choices", [["z"], ["a", "z"], ["a", "b", "a"], ["c", "a"]])
def test_a_reply_that_its_turn_does_not_have_is_refused(choices: list[str]) -> None:
    with pytest.raises(UnknownPart):
        play(SCENE, choices)


@given(st.lists(st.sampled_from("abc"), max_size=2))
def test_the_same_choices_give_the_same_marks(choices: list[str]) -> None:
    try:
        one = play(SCENE, choices)
    except UnknownPart:
        return

    assert one == play(SCENE, choices)
    assert all(0 <= figure <= 100 for figure in one.curve)
    assert 0 <= one.share <= 1
    assert len(one.curve) == len(choices) + 1
    assert (one.turn is None) != (one.end is None)


@given(st.integers(0, 100), st.integers(-40, 40))
def test_temper_stays_on_its_scale(temper: int, by: int) -> None:
    assert moved(temper, by) == min(100, max(0, temper + by))


def test_an_invented_fact_takes_points_away_and_never_below_nothing() -> None:
    row = shelf().written["scenarios"][0]
    replies = row["turns"]["opening"]["replies"]
    replies[2] |= {"points": -2, "does": ["invent"]}

    played = play(scene_from(row), ["c"])

    assert played.points == -2 and played.share == 0.0


def test_a_run_shows_its_replies_in_one_order_and_another_run_in_its_own() -> None:
    turn = SCENE.turns["opening"]
    orders = {tuple(reply.id for reply in shuffled(turn, run=UUID(int=seed))) for seed in range(60)}

    assert shuffled(turn, run=RUN) == shuffled(turn, run=RUN)
    assert sorted(shuffled(turn, run=RUN), key=lambda reply: reply.id) == list(turn.replies)
    assert len(orders) == 6, "every order of three comes about"
