"""No action that does not fit its task is allowed, whatever comes with it; and none raises.

The actions are those that the real policies allow by their own tests; each is asked again with
something hostile in one place, and with all its evidence made out for it.
"""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, note, strategies as st

from policy_engine.decision.outcome import Decision, Outcome
from policy_engine.values.money import Money
from tests.fuzz.asked import OF_INPUT, PLACES, WRITTEN_DOWN, Asked, allowed, changed
from tests.fuzz.fits import fields_fit, writable
from tests.fuzz.hostile import HONEST, LYING
from tests.properties.profile import examples

EXACT = (type(None), str, bool, int, Decimal, datetime, date, timedelta, Money)
SEEDS = st.integers(0, 2**48)
OF_THE_HOST = "a piece of evidence"
"""What the host makes itself, of its own texts: they are compared, never copied."""


def sound(decision: Decision, one: Asked) -> None:
    """What was allowed is plain data of exact types, and fits the task."""
    task = one.program.policy.tasks[str(one.action.task)]
    assert decision.input is not None and decision.action is not None
    assert plain(decision.input)
    assert fields_fit(decision.input, task.inputs)


def plain(value: object) -> bool:
    if type(value) in (list, tuple, frozenset):
        return all(plain(item) for item in value)  # type: ignore[attr-defined]
    if type(value) is dict:
        return all(type(name) is str and plain(item) for name, item in value.items())
    return type(value) in EXACT


def test_the_policies_allow_something() -> None:
    """Else the laws below would hold of nothing; and what is allowed is sound."""
    assert len(allowed()) > 20
    assert len({one.action.task for one in allowed()}) > 5
    for one in allowed():
        decision = one.signed().answer()
        assert decision.outcome is Outcome.ALLOW
        sound(decision, one)


@examples(400)
@given(SEEDS)
def test_data_that_does_not_fit_is_never_allowed(seed: int) -> None:
    chance = random.Random(seed)
    junk = chance.choice(HONEST)()
    one = changed(chance, junk)
    note(one.place)
    decision = one.signed().answer()
    if decision.outcome is not Outcome.ALLOW:
        return
    sound(decision, one)
    inputs = one.program.policy.tasks[one.action.task].inputs
    assert one.place not in OF_INPUT or fields_fit(one.action.input, inputs)
    assert one.place not in WRITTEN_DOWN or writable(junk)


@examples(400)
@given(SEEDS)
def test_objects_that_lie_are_read_once_or_not_at_all(seed: int) -> None:
    """Whatever they say: what is allowed is a plain copy, and that copy fits."""
    chance = random.Random(seed)
    one = changed(chance, chance.choice(LYING)())
    note(one.place)
    if one.place == OF_THE_HOST:
        return
    decision = one.signed().answer()
    if decision.outcome is Outcome.ALLOW:
        sound(decision, one)


@pytest.mark.parametrize("place", PLACES)
def test_every_piece_of_data_in_every_place(place: str) -> None:
    for number, make in enumerate(HONEST):
        in_place(place, make(), number)


@pytest.mark.parametrize("place", [place for place in PLACES if place != OF_THE_HOST])
def test_every_object_that_lies_in_every_place(place: str) -> None:
    for number, make in enumerate(LYING):
        in_place(place, make(), number)


def in_place(place: str, junk: object, seed: int) -> None:
    chance = random.Random(seed)
    one = chance.choice(allowed())
    action, circumstances = PLACES[place](one, junk, chance)
    asked = Asked(one.program, action, circumstances, place)
    decision = asked.answer()
    if decision.outcome is Outcome.ALLOW:
        sound(decision, asked)
