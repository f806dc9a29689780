"""`decide` never raises for what an action or its circumstances contain, and then never allows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import cast

import pytest
from hypothesis import given, strategies as st

from policy_engine.decision.action import Action, Agent, Human
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.decide import decide
from policy_engine.decision.history import History, PastAction
from policy_engine.decision.outcome import Outcome
from policy_engine.decision.program import Program, compile_policy
from policy_engine.decision.session import Session
from policy_engine.foundation.source import Source
from tests.properties import vocabulary as v
from tests.properties.drafts import built_from
from tests.properties.draws import drawn
from tests.properties.profile import examples
from tests.properties.samples import JUNK, NOW, value, values

POLICY = """policy junk owner "o" times in "Europe/Warsaw"
agents have { team: Text  level?: Integer }
context has { channel: "chat" | "email"  budget: Money }
session has { purpose: Text  quota?: Duration }
record Line { sku: Text  qty: Integer }
record Order { id: Text  total: Decimal  placed: Timestamp  lines: list of Line  note?: Text }
fact order: Order
fact words: set of Text
fact prices: map of Text to Money may drift
fact meta: Json
task pay {
  input payee: Text  input amount: Decimal  input lines: list of Line  input due?: Timestamp
  input card: Text secret
  output got: list of Line trusted where item.sku is trusted or item.qty > 3 labelled personal new
}
task look {
  input id: Text  input to?: Email  input file?: Path  input link?: Url  input line?: Command
  input day?: Date  input span?: Duration
  output found: Money trusted
}
about pay { exclusive per payee  asked for by "pay" }
table fee(team: Text): Money { "x" -> 5 EUR  otherwise -> 1 EUR }
rule base permit any principal to any task
rule total forbid any principal to pay when amount * amount > order.total - 1
rule known pay only when payee is trusted and (every line in lines has (line.sku is dictated))
rule early forbid any agent to pay when due is given and due < order.placed
rule team any task only when agent.team in [order.id, "x"] and context.budget > fee(agent.team)
rule looks forbid any agent to look when order.note is given and order.note matches /.*x/
rule written forbid any agent to look when agent.level is given and agent.level < 0
rule links forbid any agent to pay when size of links of payee + size of emails of payee > 3
rule told forbid any agent to look when session.purpose in words or session.purpose like "x*"
rule parts forbid any agent to look unless to is not given or to.domain == "acme.example"
rule files forbid any agent to look unless file is not given or file under "/work"
rule hosts forbid any agent to look unless link is not given or link.host like "*.example"
rule lines forbid any agent to look unless line is not given or line.programs subset of ["ls"]
rule days forbid any agent to look unless day is not given or weekday of day == "monday"
rule spans forbid any agent to look unless span is not given or now - span in the last 1 day
rule shown pay only when payee comes from look or payee was created in this session
rule asked pay only when (the request names payee) or the request asks for pay
rule seen forbid any agent to pay when session has seen personal and prices["x"] > 5 EUR
rule alike forbid any agent to look when meta == meta and (time of now between 08:00 and 18:00)
rule after pay only after look where past.found > 1 EUR and past.principal == principal within 1 day
rule since forbid any agent to pay unless no failed pay since pay within this month
rule many forbid any agent to pay
  when (sum of amount over pay where (past.payee == payee) within this day) > 5
rule pace limit sum of amount over pay to at most 5 per agent.team, payee within 1 day
rule often limit any task to at most 3 per agent during this session
"""


class Odd:
    """No data at all, and disagreeable about it."""

    def __eq__(self, other: object) -> bool:
        raise TypeError

    def __hash__(self) -> int:
        return 1

    def __repr__(self) -> str:
        raise ValueError


class Empty:
    """An iterable that is no list."""

    def __iter__(self) -> object:
        raise RuntimeError


MORE: list[object] = [
    *JUNK,
    Odd(),
    Empty(),
    Odd,
    date(2026, 1, 1),
    datetime.max.replace(tzinfo=UTC),
    datetime.min.replace(tzinfo=timezone(timedelta(hours=14))),
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "1e999999999",
    Decimal("1E+999999999999"),
    Decimal("-1E-999999999999"),
    -(10**5000),
    5j,
    frozenset({"x"}),
    bytearray(b"x"),
    range(3),
    "\x00",
    "x" * 100_000,
    {"\ud800": 1},
    {"$decimal": "1"},
    {10**5000: 1},
    {None: 1},
]
nested: list[object] = ["deep"]
for _ in range(5_000):
    nested = [nested]
knot: list[object] = []
knot.append(knot)
mapping_knot: dict[str, object] = {}
mapping_knot["id"] = mapping_knot
MORE += [nested, knot, mapping_knot]


@pytest.fixture(scope="module")
def program() -> Program:
    return compile_policy(built_from([Source("junk.policy", POLICY)]))


def decided(
    program: Program,
    task: str = "pay",
    *,
    input_: object = None,
    context: object = None,
    facts: object = None,
    attributes: object = None,
    session: Session | None = None,
    behalf: object = None,
    said: object = None,
    past: Sequence[PastAction] = (),
) -> Outcome:
    agent = Agent("bot", **cast("dict[str, object]", attributes or {}))
    person = Human("ann", **cast("dict[str, object]", behalf or {}))
    action = Action(
        agent,
        task,
        cast("dict[str, object]", {} if input_ is None else input_),
        cast("dict[str, object]", {} if context is None else context),
        person,
    )
    known = cast("dict[str, object]", {} if facts is None else facts)
    more = cast("dict[str, object]", {} if said is None else said)
    circumstances = Circumstances(
        NOW, frozenset(), session, known, history=History(past), attributes=more
    )
    return decide(program, action, circumstances).outcome


def past(task: str, input_: object, output: object) -> PastAction:
    agent = Agent("bot", team=output, level=output)
    told = cast("dict[str, object]", {"channel": output, "budget": output})
    known = cast("dict[str, object]", input_)
    at = NOW - timedelta(minutes=1)
    return PastAction(task, known, agent, at, "executed", output=(output,), context=told)


@pytest.mark.parametrize("junk", MORE, ids=lambda one: type(one).__name__)
def test_junk_in_every_place(program: Program, junk: object) -> None:
    """Each piece of junk, in each place of an action and its circumstances, by itself."""
    order = {"id": "o-1", "total": 5, "placed": NOW, "lines": []}
    good = {"payee": "x", "amount": 5, "lines": [{"sku": "x", "qty": 1}], "card": "c"}
    session = Session("x")
    session.record("look", junk, {"id": "x"})
    session.record("look", "x", cast("dict[str, object]", {"id": junk}))
    session.record("pay", [junk, {"sku": junk, "qty": 5}], {"card": "x"})
    for name in ("payee", "amount", "lines", "due", "card", "more"):
        decided(program, input_={**good, name: junk}, facts={"order": order}, session=session)
        nested_line = {**good, "lines": [{"sku": "x", "qty": 1, name: junk}, junk]}
        decided(program, input_=nested_line, facts={"order": order}, session=session)
    for name in ("id", "total", "placed", "lines", "note"):
        facts = {"order": {**order, name: junk}, "other": junk}
        decided(program, input_=good, facts=facts, session=session)
    for name in ("words", "prices", "meta"):
        decided(program, input_=good, facts={"order": order, name: junk}, session=session)
    for name in ("to", "file", "link", "line", "day", "span"):
        decided(program, "look", input_={"id": "x", name: junk}, facts={"order": order})
    for name in ("purpose", "quota", "other"):
        decided(program, "look", input_={"id": "x"}, said={name: junk}, facts={"order": order})
    for name in ("payee", "amount", "more"):
        odd = past("pay", {**good, name: junk}, junk)
        decided(program, input_=good, facts={"order": order}, session=session, past=[odd])
    for name in ("id", "day"):
        odd = past("look", {"id": "x", name: junk}, junk)
        decided(program, input_=good, facts={"order": order}, past=[odd])
    for name in ("team", "level", "channel", "budget", "other"):
        decided(program, "look", input_={"id": "x"}, attributes={name: junk}, facts={"order": junk})
        decided(program, "look", input_={"id": "x"}, behalf={name: junk})
        decided(program, "look", input_={"id": "x"}, context={name: junk})


@pytest.mark.parametrize("junk", [None, [], ["x"], "x", 5, b"x"], ids=repr)
@pytest.mark.parametrize("place", ["input_", "context", "facts"])
def test_junk_instead_of_an_object(program: Program, place: str, junk: object) -> None:
    """Where named values are expected there is something else."""
    if junk is not None:
        assert decided(program, **{place: junk}) is Outcome.DENY  # type: ignore[arg-type]


plain = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)
junk = st.one_of(plain, st.sampled_from(MORE))


@st.composite
def objects(draw: st.DrawFn, fields: tuple[v.Field, ...]) -> dict[str, object]:
    """Declared names with junk among sound values, and undeclared ones."""
    given = draw(drawn(lambda chance: values(chance, fields, 4)))
    given |= {f.name: draw(junk) for f in fields if draw(st.integers(0, 3)) == 1}
    return {**given, **draw(st.dictionaries(st.text(max_size=6), junk, max_size=1))}


@st.composite
def sessions(draw: st.DrawFn) -> Session:
    session = Session(draw(st.one_of(st.none(), st.text(max_size=20))))
    for _ in range(draw(st.integers(0, 3))):
        output = draw(
            drawn(lambda chance: value(chance, chance.pick([v.LINE, v.ORDER, v.TEXT]), 4))
        )
        task = draw(st.sampled_from(["pay", "look", "other"]))
        session.record(task, draw(st.one_of(st.just(output), junk)), draw(objects(())))
    return session


INPUTS = (
    v.Field("payee", v.TEXT),
    v.Field("amount", v.DECIMAL),
    v.Field("lines", v.ListOf(v.Record("Line", v.LINE.fields[:2]))),
    v.Field("card", v.TEXT),
)


@examples(150)
@given(data=st.data())
def test_any_data_at_all(program: Program, data: st.DataObject) -> None:
    """Anything in any place; and where the input does not fit, the answer is deny."""
    order = data.draw(st.one_of(junk, objects(v.ORDER.fields[:5])))
    decided(
        program,
        input_=data.draw(objects(INPUTS)),
        context=data.draw(objects(v.CONTEXT[:2])),
        attributes=data.draw(objects(v.AGENTS[:2])),
        facts={"order": order, "words": data.draw(junk), "meta": data.draw(junk)},
        said={"purpose": data.draw(junk)},
        past=[past("pay", data.draw(objects(INPUTS)), data.draw(junk))],
        session=data.draw(st.one_of(st.none(), sessions())),
    )
