"""Law 16 for where data come from: what the engine looks up is what the reference searches for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache

from hypothesis import given, strategies as st

from policy_engine.decision.action import Action, Agent
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.decide import decide
from policy_engine.decision.program import Program, compile_policy
from policy_engine.decision.reading import read
from policy_engine.decision.session import Session
from policy_engine.engine import Engine
from policy_engine.foundation.source import Source
from tests.properties.cases import contributions
from tests.properties.drafts import built_from
from tests.properties.profile import examples
from tests.reference import evaluator

POLICY = """policy origins owner "o"
record Item { name: Text  note: Text }
fact owner: Text
task sure { input a: Text  input m: map of Text to Text  output trusted }
task typed { input a: Text  output m: map of Text to Item trusted }
task mail { input a: Text  input j?: Json  output untrusted }
task make { input a: Text  output id: Text new }
task items { input a: Text  output xs: list of Item trusted where the request names item.name }
task owned { input a: Text  output xs: list of Item trusted where item.name == owner }
task ask {
  input x?: Text  input xs?: list of Text  input n?: Integer  input d?: Decimal  input day?: Date
  input at?: Timestamp  input price?: Money  input link?: Url  input m?: map of Text to Text
}
rule all permit any agent to any task
"""
QUESTIONS = ("is dictated", "is trusted", "comes from mail", "was created in this session")
NAMED = ("x", "n", "d", "link")
INPUTS = ("x", "xs", "n", "d", "day", "at", "price", "link", "m")
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def rules() -> str:
    asked = [(name, question) for name in INPUTS for question in QUESTIONS]
    asked += [(name, "named") for name in NAMED]
    return "".join(
        f"rule {name}_{number} forbid any agent to ask when {name} is given and "
        + (f"the request names {name}\n" if question == "named" else f"{name} {question}\n")
        for number, (name, question) in enumerate(asked)
    )


@cache
def program() -> Program:
    return compile_policy(built_from([Source("origins.policy", POLICY + rules())]))


@cache
def engine() -> Engine:
    return Engine(program().policy)


TEXTS = ["x-1", "X1", "x", "1", "12", "7", "name", "Lane 3", "a Lane 3", "1. x-1", "x-1.They said"]
TEXTS += ["2026-11-01", "at 2026-11-01T12:00:00Z", "07:12", "1,2", "2.5", "1,000", "€5", "5 EUR"]
TEXTS += ["www.X.example", "https://www.x.example/", "x.example", "https://www.x.example/a", "*"]
TEXTS += ["", "e\u0301", "\u00e9", "Mill Lane 3.The end", "2) 12", "fr", "FR76", "76", "11"]
MOMENTS = [NOW, datetime(2026, 11, 7, tzinfo=UTC)]
leaf = st.one_of(
    st.sampled_from(TEXTS),
    st.lists(st.sampled_from(TEXTS), min_size=2, max_size=3).map("\n".join),
    st.sampled_from([1, 7, 12, 1000, Decimal("2.5"), Decimal("1.0"), True, None, *MOMENTS]),
)
text = st.sampled_from(TEXTS)
item = st.fixed_dictionaries({"name": text, "note": text})
anything = st.recursive(
    st.one_of(leaf, item),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(text, inner, max_size=2)),
    max_leaves=4,
)
inputs = st.dictionaries(st.sampled_from(["a", "b", "j", "m"]), anything, max_size=2)
outputs = {
    "items": st.lists(item, max_size=3),
    "owned": st.lists(item, max_size=3),
    "typed": st.dictionaries(text, item, max_size=2),
}
DATA: dict[str, st.SearchStrategy[object]] = {
    "x": text,
    "xs": st.lists(text, max_size=2),
    "n": st.sampled_from([1, 7, 12, 1000]),
    "d": st.sampled_from([Decimal("2.5"), Decimal("1.0"), Decimal(12)]),
    "day": st.sampled_from([date(2026, 11, 1), date(2026, 7, 12)]),
    "at": st.sampled_from(MOMENTS),
    "price": st.sampled_from(["5 EUR", "12 EUR"]),
    "link": st.sampled_from(["https://www.x.example", "https://www.x.example/a"]),
    "m": st.dictionaries(text, text, max_size=2),
}


@st.composite
def calls(draw: st.DrawFn) -> tuple[str, object, Mapping[str, object]]:
    task = draw(st.sampled_from(["sure", "typed", "mail", "make", "items", "owned", "unheard_of"]))
    output = draw(st.one_of(outputs.get(task, anything), anything))
    return task, output, draw(inputs)


asked = st.sampled_from(INPUTS).flatmap(lambda name: DATA[name].map(lambda one: {name: one}))


@examples(600)
@given(
    st.one_of(st.none(), st.lists(st.sampled_from(TEXTS), max_size=3).map(" ".join)),
    st.lists(calls(), max_size=4),
    st.lists(asked, min_size=1, max_size=3),
    st.sampled_from([*[True] * 7, False]),
    st.booleans(),
)
def test_what_is_looked_up_is_what_is_searched_for(
    request: str | None,
    seen: list[tuple[str, object, Mapping[str, object]]],
    data: list[dict[str, object]],
    complete: bool,
    early: bool,
) -> None:
    """After every call, asked of several data: whatever was asked before, and whether or not the
    session was read when the call was recorded."""
    session = Session(request)
    if not complete:
        session.mark_incomplete()
    for task, output, input_ in [*seen, ("sure", "x-1", {"a": "late"})]:
        for one in data:
            agree(one, session)
        session.record(task, output, input_)
        if early:
            read(program(), session)
    for one in data:
        agree(one, session)


def agree(datum: dict[str, object], session: Session) -> None:
    action = Action(Agent("a"), "ask", datum)
    given_ = Circumstances(NOW, frozenset(), session, {"owner": "x-1"})
    slow = evaluator.decide(program().policy, action, given_)
    fast = decide(program(), action, given_)
    assert contributions(fast) == slow.contributions
    assert engine().verdict(action, frozenset(), given_).outcome is slow.outcome
