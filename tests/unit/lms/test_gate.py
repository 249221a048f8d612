"""Places at the database: who waits, who is refused, and how a database that was away is tried again."""

from __future__ import annotations

import threading
import time

import pytest

from lms.db.gate import Gate
from lms.domain.errors import Unavailable


class Monotonic:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def in_thread(gate: Gate, *, hold: threading.Event, inside: threading.Event) -> threading.Thread:
    """Hold a place in another thread until told to give it back."""

    def run() -> None:
        with gate.place():
            inside.set()
            hold.wait(10)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert inside.wait(5)
    return thread


def go_away(gate: Gate) -> None:
    with gate.place() as place:
        place.away = True


def test_who_finds_no_place_waits_until_one_is_given_back() -> None:
    gate, hold, inside = Gate(1, stalled=10), threading.Event(), threading.Event()
    thread = in_thread(gate, hold=hold, inside=inside)
    threading.Timer(0.1, hold.set).start()

    with gate.place():
        thread.join(5)

    assert not thread.is_alive()


def test_when_no_place_comes_back_nobody_waits_any_more() -> None:
    monotonic = Monotonic()
    gate, hold, inside = Gate(1, stalled=1.0, monotonic=monotonic), threading.Event(), threading.Event()
    thread = in_thread(gate, hold=hold, inside=inside)
    monotonic.now = 1.0
    began = time.monotonic()

    with pytest.raises(Unavailable), gate.place():
        pass

    assert time.monotonic() - began < 0.5
    hold.set()
    thread.join(5)


def test_a_transaction_within_another_does_not_wait_for_itself() -> None:
    gate = Gate(1, stalled=0.1)

    with gate.place(), gate.place():
        pass


def test_a_database_that_was_away_is_tried_by_one_at_a_time_until_one_ends_well() -> None:
    monotonic = Monotonic()
    gate, hold, inside = Gate(4, monotonic=monotonic), threading.Event(), threading.Event()
    monotonic.now = 5.0
    go_away(gate)
    thread = in_thread(gate, hold=hold, inside=inside)

    with pytest.raises(Unavailable), gate.place():
        pass
    hold.set()
    thread.join(5)
    hold.clear(), inside.clear()
    thread = in_thread(gate, hold=hold, inside=inside)
    with gate.place():
        hold.set()

    thread.join(5)
    assert not thread.is_alive()


def test_one_broken_connection_among_others_that_work_refuses_nobody() -> None:
    monotonic = Monotonic()
    gate = Gate(4, monotonic=monotonic)
    broken = gate.place()
    place = broken.__enter__()
    hold, inside = threading.Event(), threading.Event()
    monotonic.now = 1.0
    hold.set()
    in_thread(gate, hold=hold, inside=inside).join(5)  # ends well meanwhile
    place.away = True
    broken.__exit__(None, None, None)
    hold.clear(), inside.clear()
    thread = in_thread(gate, hold=hold, inside=inside)

    with gate.place():
        hold.set()

    thread.join(5)
