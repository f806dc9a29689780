"""Law 16 for where data come from: every question about data that were seen in every spelling."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given

from policy_engine.decision.action import Action, Agent
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.decide import decide
from policy_engine.decision.program import compile_policy
from policy_engine.foundation.source import Source
from policy_engine.values.types import (
    DATE,
    DECIMAL,
    DURATION,
    EMAIL,
    INTEGER,
    MONEY,
    PATH,
    TEXT,
    TIMESTAMP,
    URL,
    ListOf,
    MapOf,
    SetOf,
    Type,
)
from tests.properties import vocabulary as v
from tests.properties.drafts import built_from
from tests.properties.draws import Draw, drawn
from tests.properties.profile import examples
from tests.properties.samples import NOW, value
from tests.properties.scenarios import SessionPlan
from tests.properties.shown import Shown
from tests.reference import evaluator

POLICY = """
type Status = %s
record Line {%s}
task t { input x: %s }
task ask { input q: Text output trusted }
task make { input q: Text output new labelled personal }
task list_ {
  input q: Text
  output got: list of Text trusted where item != "DE-1" or item is trusted
}
rule base permit any principal to any task
rule asked t only when %s
"""
TYPES: list[Type] = [TEXT, TEXT, INTEGER, DECIMAL, MONEY, DATE, TIMESTAMP, EMAIL, PATH, URL]
TYPES += [ListOf(TEXT), SetOf(DECIMAL), ListOf(DURATION), MapOf(TEXT), v.LINE]
QUESTIONS = ["x is dictated", "x is trusted", "x comes from ask", "x comes from make"]
QUESTIONS += ["x was created in this session", "x is not untrusted"]


@dataclass(frozen=True, repr=False)
class Trace(Shown):
    """A question about a datum of a type, and a session in which it could have been seen."""

    question: str
    type: Type
    x: object
    session: SessionPlan


def trace(draw: Draw) -> Trace:
    type_ = draw.pick(TYPES)
    x = value(draw, type_, 0)
    calls = tuple(
        (draw.pick(["ask", "make", "list_"]), _output(draw, x), _input(draw, x))
        for _ in range(draw.number(0, 3))
    )
    request = None if draw.once_in(8) else _spelled(draw, x) if draw.once_in(3) else "Hello"
    return Trace(draw.pick(QUESTIONS), type_, x, SessionPlan(request, calls, not draw.once_in(6)))


def _output(draw: Draw, x: object) -> object:
    kind = draw.number(0, 4)
    if kind == 0:
        return x
    if kind == 1:
        return {"found": [_spelled(draw, x), x]}
    if kind == 2:
        return [_spelled(draw, x), "DE-1"]
    return _spelled(draw, x)


def _input(draw: Draw, x: object) -> dict[str, object]:
    kind = draw.number(0, 5)
    if kind < 3:
        return {"q": "nothing of the kind"}
    return {"q": x} if kind == 3 else {"q": _spelled(draw, x), "r": "x"}


def _spelled(draw: Draw, x: object) -> str:
    """Some of the datum's texts, as they are or in disguise."""
    parts = [str(part) for part in _leaves(x)] or [""]
    return " ".join(_disguised(draw, part) for part in draw.some(parts, 1, 3))


def _leaves(x: object) -> list[object]:
    if isinstance(x, dict):
        return [*x, *(leaf for member in x.values() for leaf in _leaves(member))]
    if isinstance(x, list):
        return [leaf for item in x for leaf in _leaves(item)]
    return [x]


def _disguised(draw: Draw, text: str) -> str:
    half = len(text) // 2
    ways = [text, text, text, text.upper(), f"({text})", f'"{text}".', f"x{text}", f"{text}s"]
    ways += [f"{text[:half]} {text[half:]}", f"{text[:half]}-{text[half:]}", f"-{text}"]
    ways += [text.replace(".", ","), f"{text}.00", f"{text} EUR", f"${text}", text.replace(" ", "")]
    return draw.pick(ways)


@examples(200)
@given(drawn(trace))
def test_traces(one: Trace) -> None:
    """The engine finds a datum where the reference finds it."""
    lines = v.fields(v.LINE.fields)
    words = (v.STATUS, lines, v.written(one.type), one.question)
    policy = built_from([Source("traces.policy", v.HEADER % "traces" + POLICY % words)])
    action = Action(Agent("bot"), "t", {"x": one.x})
    circumstances = Circumstances(NOW, frozenset(), one.session.session())
    fast = decide(compile_policy(policy), action, circumstances).outcome
    assert fast is evaluator.decide(policy, action, circumstances).outcome
