"""Definitions that rest on each other: what they come to, and how long that takes."""

from __future__ import annotations

import pytest

from policy_engine import Action, Agent, Decision
from policy_engine.decision.frame import identity
from policy_engine.decision.intervals import Interval
from tests.decision.loading import loaded
from tests.pace import takes_less

STEPS = 14


def decided(text: str, **input_: object) -> Decision:
    return loaded(text).decide(Action(Agent("a"), "t", input_))


def doubled(first: str, parameter: str, again: str) -> str:
    """Definitions that each use the one before twice."""
    lines = [f"define d0{parameter} = {first}"]
    lines += [
        f"define d{n}{parameter} = {again.replace('D', f'd{n - 1}')}" for n in range(1, STEPS)
    ]
    return "\n".join(lines) + "\n"


LAST = f"d{STEPS - 1}"
DOUBLING = {
    "with the same argument": (
        doubled("x > 1", "(x: Integer)", "D(x) or D(x)")
        + f"task t {{ input x: Integer }}\nrule r permit any agent to t when {LAST}(x)",
        {"x": 2},
        {"x": 1},
    ),
    "with other arguments": (
        doubled("x > 1", "(x: Integer)", "D(x) or D(x + 1)")
        + f"task t {{ input x: Integer }}\nrule r permit any agent to t when {LAST}(x)",
        {"x": 2 - STEPS + 1},
        {"x": 1 - STEPS + 1},
    ),
    "of exact numbers": (
        doubled("x > 1", "(x: Decimal)", "D(x) or D(x + 0.5)")
        + f"task t {{ input x: Decimal }}\nrule r permit any agent to t when {LAST}(x)",
        {"x": 2 - STEPS / 2},
        {"x": 0.5 - STEPS / 2},
    ),
    "of a list": (
        doubled("1 in xs", "(xs: list of Integer)", "D(xs) and not (D(xs) and 2 in xs)")
        + f"task t {{ input xs: list of Integer }}\nrule r permit any agent to t when {LAST}(xs)",
        {"xs": [1]},
        {"xs": [1, 2]},
    ),
    "without arguments": (
        doubled("session.n is given", "", "D or D")
        + "session has { n?: Integer }\ntask t { input x: Boolean }\n"
        + f"rule r permit any agent to t when x or {LAST}",
        {"x": True},
        {"x": False},
    ),
}


@pytest.mark.parametrize("name", DOUBLING)
def test_each_is_evaluated_once_for_the_same_data(name: str) -> None:
    """Two to the power of fourteen would take seconds."""
    text, allowed, denied = DOUBLING[name]

    def decide() -> None:
        found = [decided(text, **input_).allowed for input_ in (allowed, denied)]
        assert found == [True, False]

    takes_less(2, decide)


def test_the_same_definition_of_other_data_is_evaluated_again() -> None:
    text = """
    define small(x: Integer) = x < 5
    define fine(x: Integer) = small(x) and small(x + 1)
    task t { input x: Integer input y: Integer input zs: list of Integer }
    rule r permit any agent to t when fine(x) and fine(y) and every z in zs has (fine(z))
    """
    assert decided(text, x=1, y=3, zs=[1, 2]).allowed is True
    assert decided(text, x=1, y=4, zs=[1, 2]).allowed is False
    assert decided(text, x=1, y=3, zs=[1, 4]).allowed is False


def test_a_reason_in_a_definition_is_said_once_where_it_is_used() -> None:
    text = """
    define small(x: Integer) = x < 5
    define fine(x: Integer) = small(x) and small(x)
    task t { input x: Integer input y: Integer }
    rule p permit any agent to t
    rule r t only when fine(x) or fine(y)
    """
    reason = next(r for r in decided(text, x=7, y=8).reasons if r.rule == "r")
    assert [(label.span.text, label.text) for label in reason.labels] == [
        ("fine(x)", "7 >= 5"),
        ("fine(y)", "8 >= 5"),
    ]


DEEP = {
    "not": ("Boolean", "not (E)", True),
    "or": ("Boolean", "(E or x)", False),
    "if": ("Integer", "(if x > 100 then 2 else E)", 1),
    "sum": ("Integer", "(1 + E)", -500),
    "tally": ("Integer", "sum of q for q in [E]", -500),
    "lower": ("Text", "lower of (E)", "q"),
}


@pytest.mark.parametrize("name", DEEP)
def test_as_deep_as_may_be_is_decided(name: str) -> None:
    type_, pattern, value = DEEP[name]
    leaf = {"Boolean": "x == true", "Integer": "x + 1", "Text": "x"}[type_]
    asked = {"Boolean": "D(x)", "Integer": "D(x) > 100", "Text": 'D(x) != "q"'}[type_]
    lines = [f"define d0(x: {type_}) = {leaf}"]
    for n in range(1, 22):
        body = f"d{n - 1}(x)"
        for _ in range(4):
            body = pattern.replace("E", body)
        lines.append(f"define d{n}(x: {type_}) = {body}")
    lines.append(f"task t {{ input x: {type_} }}\nrule p permit any agent to t")
    lines.append(f"rule r t only when {asked.replace('D', 'd21')}")
    found = decided("\n".join(lines), x=value)
    assert (found.allowed, found.rules) == ((True, {"p"}) if name == "not" else (False, {"r"}))


@pytest.mark.parametrize(
    ("one", "other"),
    [(1, True), (1, "1"), (Interval(1, 2), Interval(1, 3)), ([1], [1])],
)
def test_other_values_are_other_arguments(one: object, other: object) -> None:
    assert identity(one) == identity(one)
    assert identity(one) != identity(other)
