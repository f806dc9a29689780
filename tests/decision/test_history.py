"""A history that is extended: like one made at once, and the old one stays as it is."""

from __future__ import annotations

import copy
import pickle
from datetime import timedelta

import pytest

from policy_engine import History, PastAction
from tests.decision.loading import NOW, of, past

A, B, C, D = (past(task, minutes) for task, minutes in zip("xyxy", (9, 7, 5, 5), strict=True))


def seen(history: History) -> tuple[object, ...]:
    """All that can be asked of it."""
    start = NOW - timedelta(minutes=7)
    return (
        history.actions,
        history.of("xy"),
        history.of("xy", start),
        history.number_of("x", start),
        history.numbered("yx"),
        history.number,
        history.since,
    )


@pytest.mark.parametrize("more", [(), (C,), (D, C), (B, C), (A,), (past("z", 8),)])
def test_extended_is_made_at_once(more: tuple[PastAction, ...]) -> None:
    history = of(A, B, since=NOW - timedelta(days=1))
    before = seen(history)
    assert seen(history.extended(*more)) == seen(of(A, B, *more, since=history.since))
    assert seen(history) == before


def test_a_history_can_be_extended_twice() -> None:
    """The second has nothing of what the first was given."""
    history = of(A)
    one, other = history.extended(B), history.extended(C)
    assert (one.actions, other.actions, history.actions) == ((A, B), (A, C), (A,))
    assert (one.extended(D).of("y"), one.of("y"), other.extended(D).of("y")) == ([B, D], [B], [D])


def test_it_is_extended_step_by_step() -> None:
    made = [History()]
    for action in (A, B, C, D):
        made.append(made[-1].extended(action))
    assert [one.actions for one in made] == [(A, B, C, D)[:number] for number in range(5)]


def test_a_copy_is_the_same_and_stands_alone() -> None:
    history = of(A, B).extended(C)
    one = copy.copy(history)
    assert one == history
    assert one.extended(D) == history.extended(D)
    assert pickle.loads(pickle.dumps(of(since=NOW))) == of(since=NOW)
    assert of(A) != of(B)
    assert of(A) != of(A, since=NOW)
    assert repr(of()) == "History(actions=(), since=None)"
