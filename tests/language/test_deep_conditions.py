"""Conditions that nest deep, by themselves and through definitions: read in time, or refused."""

from __future__ import annotations

import pytest

from policy_engine.foundation.diagnostics import Diagnostic
from policy_engine.foundation.source import Source
from policy_engine.language.build import build
from tests.pace import takes_less

HEAD = 'policy t.t owner "x"\ntask t { input x?: Integer input y: Boolean input n: Integer }\n'


def diagnostics(text: str) -> list[Diagnostic]:
    return list(build([Source("t.policy", HEAD + text)], lambda *_: None).diagnostics)


def found(text: str) -> list[tuple[str, str]]:
    return [(d.code.id, d.labels[0].span.text) for d in diagnostics(text)]


def chain(length: int, pattern: str, times: int) -> str:
    """Definitions that rest on each other, each with a pattern so many times around the last."""
    lines = ["define d0(b: Boolean) = b"]
    for n in range(1, length):
        body = f"d{n - 1}(b)"
        for _ in range(times):
            body = pattern.replace("E", body)
        lines.append(f"define d{n}(b: Boolean) = {body}")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    "pattern",
    [
        "if (E) then x is given else y",
        "if y then (E) else x is not given",
        "if (E) then x is not given else (y or x is given)",
        "if x is given then y else (E)",
    ],
)
def test_what_is_surely_given_is_found_in_time_however_ifs_nest(pattern: str) -> None:
    """Asked of each branch again, forty would take as long as a thousand billion."""
    condition = "y"
    for _ in range(40):
        condition = pattern.replace("E", condition)
    text = f"rule r permit any agent to t when {condition}"
    assert found(text) == []
    takes_less(5, lambda: found(text))


@pytest.mark.parametrize(
    ("condition", "is_known"),
    [
        ("(if y then x is given else x is given) and x > 1", True),
        ("(if y then x is given else y) and x > 1", False),
        ("(if x is given then y else false) and x > 1", False),
        ("(if x is given then y else x is given) and x > 1", True),
        ("not (if y then x is not given else x is not given) and x > 1", True),
        ("not (if y then x is given else x is given) or x > 1", True),
        ("(if x is not given then x is given else y) and x > 1", True),
        ("not (x is not given or y) and x > 1", True),
        ("not (x is not given and y) and x > 1", False),
    ],
)
def test_what_is_surely_given(condition: str, is_known: bool) -> None:
    codes = [code for code, _ in found(f"rule r permit any agent to t when {condition}")]
    assert codes == ([] if is_known else ["T307"])


def test_definitions_may_be_as_deep_together_as_a_condition_can_be_decided() -> None:
    """The last one and what it rests on: 50 that nest 4 deep each, less the first."""
    assert found(chain(50, "not (E)", 3) + "rule r permit any agent to t when d49(y)") == []


@pytest.mark.parametrize("times", [4, 95])
def test_definitions_that_are_deeper_together_are_refused_once(times: int) -> None:
    text = chain(50, "not (E)", times) + "rule r permit any agent to t when d49(y)"
    ((code, place),) = found(text)
    assert (code, place.startswith("not")) == ("S104", True)


@pytest.mark.parametrize(
    "use",
    [
        "rule r permit any agent to t when DEEP",
        "rule r permit any agent to t\nrule l limit t to at most (if DEEP then 1 else 2) "
        "within 1 day",
        "rule r permit any agent to t\nvalidation v checks y that DEEP\nrule s require v before t",
    ],
)
def test_a_condition_that_is_too_deep_with_its_definitions_is_refused(use: str) -> None:
    """Wherever it stands."""
    deep = "not not not d49(y)"
    ((code, place),) = found(chain(50, "not (E)", 3) + use.replace("DEEP", deep))
    assert (code, deep in place) == ("S104", True)
