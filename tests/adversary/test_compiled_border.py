"""Nobody gets more out of generated code than out of `decide`, whatever is handed in.

In scope is all data that an action brings along, of any class, also objects that lie, raise or
change; and circumstances whose fields are of their declared types. Out of scope is code that
writes into the engine's own objects behind its back (`object.__setattr__`, the dict inside of an
action): whoever runs in the process can do anything anyhow. What comes of that is pinned too.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from threading import Event, Thread
from types import SimpleNamespace
from typing import Any

import pytest

from policy_engine import Action, Agent, Engine, Human, Outcome
from policy_engine.decision.action import SIMPLE
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.code import verdicts as verdicts_module
from policy_engine.decision.code.program import verdicts_of
from policy_engine.decision.code.verdicts import Verdicts
from policy_engine.decision.decide import decide
from policy_engine.decision.history import History
from policy_engine.decision.program import Program
from policy_engine.decision.verdict import Verdict
from tests.decision.code.asking import desk, shown
from tests.decision.loading import NOW, loaded
from tests.fuzz.asked import PLACES, allowed
from tests.fuzz.hostile import HONEST, LYING, Turns, bomb

POLICY = """
role clerk
agents have { team: Text }
context has { channel: Text }
session has { purpose: Text }
fact open: Boolean
task t { input name: Text  input n: Integer  input words: list of Text }
rule r permit any principal to t unless name == "evil" or n > 100
rule f forbid any principal to t when "evil" in words
task a { input name: Text }
rule a permit clerk to a when agent.team == "x" and context.channel == "c"
task s { input name: Text }
rule s permit any agent to s when session.purpose == "p" and open
"""
FINE: dict[str, Any] = {"name": "ann", "n": 1, "words": ["a"]}
GIVEN = Circumstances(NOW, history=History(), facts={"open": True}, attributes={"purpose": "p"})
NOBODY: frozenset[str] = frozenset()


def both(verdicts: Verdicts, action: Any, roles: Any, given: Any) -> tuple[Verdict, Verdict]:
    """The quick and the complete answer, as the engine asks for them."""
    quick = verdicts.first("verdict", action, roles, given)
    return quick, verdicts.first("complete", action, roles, given)


def no_more(program: Program, verdicts: Verdicts, action: Any, roles: Any, given: Any) -> Verdict:
    """Neither is milder than `decide`, which may also raise: then both refuse."""
    try:
        outcome = decide(program, action, replace(given, roles=roles)).outcome
    except Exception:  # noqa: BLE001 — of foreign objects
        outcome = Outcome.DENY
    quick, whole = both(verdicts, action, roles, given)
    assert quick.outcome == whole.outcome >= outcome
    return whole


# Hostile objects in every place


@cache
def functions_of(program: int) -> Verdicts:
    return verdicts_of(next(one.program for one in allowed() if id(one.program) == program))


@pytest.mark.parametrize("makes", [HONEST, LYING], ids=["honest", "lying"])
@pytest.mark.parametrize("place", PLACES)
def test_something_hostile_in_any_place(place: str, makes: list[Callable[[], object]]) -> None:
    """Of actions that the real policies allow."""
    for number, make in enumerate(makes):
        chance = random.Random(number)
        one = chance.choice(allowed())
        action, given = PLACES[place](one, make(), chance)
        no_more(one.program, functions_of(id(one.program)), action, given.roles, given)


CHANGING: list[Callable[[], Mapping[str, object]]] = [
    lambda: Turns(FINE, {**FINE, "name": "evil"}),
    lambda: Turns({**FINE, "name": "evil"}, FINE),
    lambda: Turns(FINE, FINE, {**FINE, "n": 1000}),
    lambda: Turns(FINE, {}),
    lambda: {**FINE, "words": bomb(list)(["a"])},
]


@pytest.mark.parametrize("number", range(len(CHANGING)))
@pytest.mark.parametrize("skipped", range(6))
def test_an_input_that_changes_is_the_interpreters(number: int, skipped: int) -> None:
    """It is no `dict`, so generated code only denies by it; the copy of it is what is decided."""
    one = desk(POLICY)
    action = Action(Agent("a"), "t", CHANGING[number]())
    for _ in range(skipped):
        next(iter(action.input), None)
    assert action.simple is None or number == 4
    quick, whole = both(one.verdicts, action, NOBODY, GIVEN)
    assert {quick.outcome, whole.outcome} <= {Outcome.ALLOW, Outcome.DENY}


class Name(str):
    """A name that says it is another."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return hash("name")


LYING_NAMES = [{Name("other"): "ann", "n": 1, "words": ["a"]}]


@pytest.mark.xfail(strict=True, reason="`Action` does not look at the class of names of inputs")
@pytest.mark.parametrize("given", LYING_NAMES)
def test_a_name_of_an_input_that_lies(given: dict[str, Any]) -> None:
    """In scope, for it comes with the input; no decoder of JSON or the like makes one."""
    one = desk(POLICY)
    no_more(one.program, one.verdicts, Action(Agent("a"), "t", given), NOBODY, GIVEN)


class Front:
    """Stands before another object and answers some things itself."""

    def __init__(self, behind: object, **own: object) -> None:
        self.__dict__.update(own, _behind=behind)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_behind"], name)


FRONTS: dict[str, Callable[[], Any]] = {
    "attributes": lambda: Front(Agent("a"), attributes={"x": "\ud800"}),
    "id": lambda: Front(Agent("a"), id="\ud800"),
}


@pytest.mark.parametrize("name", FRONTS)
def test_a_principal_that_stands_before_another(name: str) -> None:
    """In scope: a wrapper that hands everything on hands on a mark that is not its own."""
    one = desk(POLICY)
    no_more(one.program, one.verdicts, Action(FRONTS[name](), "t", FINE), NOBODY, GIVEN)


def test_an_action_that_only_looks_like_one() -> None:
    """It has no mark, unless it has taken that of another."""
    one = desk(POLICY)
    looks = {"task": "t", "input": FINE, "context": {}, "on_behalf_of": None, "domain": None}
    action = SimpleNamespace(principal=Agent("a"), chain=(), simple=None, **looks)
    whole = no_more(one.program, one.verdicts, action, NOBODY, GIVEN)
    assert whole.outcome is Outcome.ALLOW
    worse = SimpleNamespace(**{**vars(action), "input": {**FINE, "n": True}})
    assert no_more(one.program, one.verdicts, worse, NOBODY, GIVEN).outcome is Outcome.DENY


class Mine(Action):
    """An action of another class."""

    __slots__ = ()


class MyAgent(Agent):
    """An agent that says it is a person."""

    kind = "human"


@pytest.mark.parametrize("by", [Agent("a", team="x"), MyAgent("a", team="x"), Human("h")])
@pytest.mark.parametrize("task", ["t", "a"])
@pytest.mark.parametrize("roles", [None, NOBODY, frozenset({"clerk"})])
def test_classes_of_ones_own_have_no_mark(by: Any, task: str, roles: Any) -> None:
    one = desk(POLICY)
    action = Mine(by, task, FINE if task == "t" else {"name": "ann"}, {"channel": "c"})
    assert action.simple is not SIMPLE
    known = decide(one.program, action, replace(GIVEN, roles=roles))
    _, whole = both(one.verdicts, action, roles, GIVEN)
    assert (whole.outcome, whole.rules) == (known.outcome, tuple(sorted(known.rules)))


class Task(str):
    """A task that says it is another."""

    def __eq__(self, other: object) -> bool:
        return other == "t" or str.__eq__(self, other)

    def __hash__(self) -> int:
        return hash("t")


TASKS: list[Callable[[], Any]] = [
    lambda: "unknown",
    lambda: Task("t"),
    lambda: Task("a"),
    lambda: None,
    lambda: 5,
    list,
    lambda: bomb(str)("t"),
]


@pytest.mark.parametrize("number", range(len(TASKS)))
def test_a_task_is_looked_up_by_what_it_is(number: int) -> None:
    """Also where the function of the task that it says it is has been written already."""
    engine = loaded(POLICY)
    assert engine.verdict(Action(Agent("a"), "t", FINE), NOBODY).allowed is True
    action = Action(Agent("a"), TASKS[number](), FINE)
    no_more(engine._program, engine._verdicts, action, NOBODY, GIVEN)
    expected = Outcome.ALLOW if number in (1, 6) else Outcome.DENY  # a `t`, whatever it says
    assert engine.verdict(action, NOBODY, GIVEN).outcome is expected
    assert engine.deciding(action, NOBODY, GIVEN).outcome is expected


@pytest.mark.parametrize(
    "roles",
    [None, {"clerk"}, ["clerk"], "clerk", {"clerk": 1}, 5, object()],
    ids=shown,
)
def test_roles_of_other_types(roles: Any) -> None:
    one = desk(POLICY)
    action = Action(Agent("a", team="x"), "a", {"name": "ann"}, {"channel": "c"})
    no_more(one.program, one.verdicts, action, roles, GIVEN)


class Everything(frozenset[str]):
    """A set that says it has everything, if it is asked in one way."""

    def isdisjoint(self, _: object) -> bool:
        return False


def test_roles_that_lie() -> None:
    """They come from the host, and count for what they say; a quick no is no all the same."""
    one = desk(POLICY)
    action = Action(Agent("a", team="x"), "a", {"name": "ann"}, {"channel": "c"})
    quick, whole = both(one.verdicts, action, Everything(), GIVEN)
    assert (quick.outcome, whole.outcome) == (Outcome.DENY, Outcome.ALLOW)


CIRCUMSTANCES: dict[str, Any] = {
    "a class of its own": type("Own", (Circumstances,), {})(NOW, NOBODY, facts={"open": True}),
    "something like it": SimpleNamespace(
        now=NOW, evidence=(), suspended=(), attributes={}, facts={}
    ),
    "nothing": object(),
    "a mapping": {"now": NOW},
    "false": False,
    "facts that raise": replace(GIVEN, facts=bomb(dict)(open=True)),
    "no facts": replace(GIVEN, facts=None),  # type: ignore[arg-type]
    "attributes that raise": replace(GIVEN, attributes=bomb(dict)(purpose="p")),
    "attributes with `get`": replace(GIVEN, attributes=SimpleNamespace(get=lambda _: "p")),  # type: ignore[arg-type]
    "a list of evidence": replace(GIVEN, evidence=[]),  # type: ignore[arg-type]
    "suspended in a list": replace(GIVEN, suspended=["agent a"]),  # type: ignore[arg-type]
    "suspended without evidence": replace(GIVEN, suspended=frozenset({"task s", "task t"})),
}


@pytest.mark.parametrize("name", CIRCUMSTANCES)
@pytest.mark.parametrize("task", ["t", "s"])
def test_circumstances_of_other_types(name: str, task: str) -> None:
    """What is no `Circumstances` at all is read like one, as far as a rule asks for it."""
    one = desk(POLICY)
    action = Action(Agent("a"), task, FINE if task == "t" else {"name": "ann"})
    given = CIRCUMSTANCES[name]
    if isinstance(given, Circumstances):
        no_more(one.program, one.verdicts, action, NOBODY, given)
    else:
        for answer in both(one.verdicts, action, NOBODY, given):
            assert answer.outcome is Outcome.DENY or (name == "something like it" and task == "t")


UNREAD: dict[str, Circumstances] = {
    "evidence": replace(GIVEN, evidence=None),  # type: ignore[arg-type]
    "suspended": replace(GIVEN, suspended=None),  # type: ignore[arg-type]
    "session": replace(GIVEN, session=5),  # type: ignore[arg-type]
    "now": replace(GIVEN, now=None),  # type: ignore[arg-type]
    "chain_roles": replace(GIVEN, chain_roles=None),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("name", UNREAD)
def test_a_field_of_circumstances_that_no_rule_reads(name: str) -> None:
    """Out of scope: of another type than declared it makes `decide` raise, whatever the action;
    generated code does not look at it."""
    one = desk(POLICY)
    action = Action(Agent("a"), "t", FINE)
    with pytest.raises((TypeError, AttributeError)):
        decide(one.program, action, replace(UNREAD[name], roles=NOBODY))
    for answer in both(one.verdicts, action, NOBODY, UNREAD[name]):
        assert (answer.outcome, answer.rules) == (Outcome.ALLOW, ("r",))


# The engine's own objects, written into behind its back


def test_an_action_is_frozen() -> None:
    action = Action(Agent("a"), "t", FINE)
    with pytest.raises(AttributeError):
        action.task = "s"  # type: ignore[misc]
    given = dict(FINE)
    action = Action(Agent("a"), "t", given)
    given["name"] = "evil"
    assert action.input["name"] == "ann"


CHANGES: dict[str, Any] = {
    "name": "evil",
    "n": 1000,
    "words": ["evil"],
    "other": 1,
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_input_is_decided_as_it_is_now(name: str) -> None:
    """The dict inside of an action can be reached, and is read anew by each decision."""
    one = desk(POLICY)
    action = Action(Agent("a"), "t", FINE)
    assert no_more(one.program, one.verdicts, action, NOBODY, GIVEN).allowed is True
    action.input[name] = CHANGES[name]  # type: ignore[index]
    assert no_more(one.program, one.verdicts, action, NOBODY, GIVEN).outcome is Outcome.DENY


@pytest.mark.xfail(strict=True, reason="texts and numbers are looked at when an action is made")
@pytest.mark.parametrize(
    ("name", "value"), [("name", "\ud800"), ("n", -(10**5000))], ids=["text", "number"]
)
def test_a_changed_input_that_cannot_be_written_down(name: str, value: object) -> None:
    """In scope, as long as the input is a dict that a host may fill in later."""
    one = desk(POLICY)
    action = Action(Agent("a"), "t", FINE)
    action.input[name] = value  # type: ignore[index]
    no_more(one.program, one.verdicts, action, NOBODY, GIVEN)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("task", "unknown"),
        ("input", {**FINE, "name": "evil"}),
        ("input", {**FINE, "n": True}),
        ("input", Turns(FINE)),
        ("principal", None),
        ("chain", (Agent("b"),)),
        ("context", None),
    ],
)
def test_an_action_that_was_altered_keeps_its_mark(field: str, value: object) -> None:
    """Out of scope; what generated code reads it reads anew, and a chain it does not see."""
    one = desk(POLICY)
    action = Action(Agent("a"), "t", FINE)
    object.__setattr__(action, field, value)
    assert action.simple is SIMPLE
    quick, whole = both(one.verdicts, action, NOBODY, GIVEN)
    assert quick.outcome == whole.outcome
    blind = field in ("chain", "context", "principal") or isinstance(value, Turns)
    assert whole.outcome is (Outcome.ALLOW if blind else Outcome.DENY)


def test_inputs_that_another_thread_changes() -> None:
    """An allow is for what the input was at one moment: each member is read once."""
    one = desk(POLICY)
    good: dict[str, Any] = dict(FINE)
    action = Action(Agent("a"), "t", good)
    stop, answers = Event(), set()

    def change() -> None:
        inner: Any = action.input
        while not stop.is_set():
            inner["name"], inner["n"] = "evil", 1
            inner["name"], inner["n"] = 5, 1
            inner["words"] = ["evil"]
            inner["name"], inner["words"] = "evil", ["a"]

    action.input["name"] = "evil"  # type: ignore[index]
    thread = Thread(target=change)
    thread.start()
    try:
        for _ in range(3000):
            quick, whole = both(one.verdicts, action, NOBODY, GIVEN)
            answers |= {quick.outcome, whole.outcome}
    finally:
        stop.set()
        thread.join()
    assert answers == {Outcome.DENY}


# Time


TIMED = """
task t { input n: Integer }
rule r permit any agent to t
rule f observe until 2026-06-01 forbid any agent to t
"""


@pytest.mark.parametrize(
    ("now", "outcome"),
    [
        (datetime(2026, 5, 1, tzinfo=UTC), Outcome.ALLOW),
        (datetime(2026, 6, 1, tzinfo=UTC), Outcome.DENY),
        (datetime(2026, 5, 1, tzinfo=UTC).replace(tzinfo=None), Outcome.DENY),
        (None, Outcome.DENY),
        ("2026-05-01", Outcome.DENY),
    ],
)
def test_a_clock_that_says_something_else(now: Any, outcome: Outcome) -> None:
    """What is no instant grants nothing, and does not get out as an exception."""
    one = desk(TIMED)
    verdicts = Verdicts("d", one.functions.get, one.interpreter, clock=lambda: now)
    for answer in both(verdicts, Action(Agent("a"), "t", {"n": 1}), NOBODY, None):
        assert answer.outcome is outcome


def test_a_clock_that_raises() -> None:
    def clock() -> datetime:
        raise OSError

    one = desk(TIMED)
    verdicts = Verdicts("d", one.functions.get, one.interpreter, clock=clock)
    for answer in both(verdicts, Action(Agent("a"), "t", {"n": 1}), NOBODY, None):
        assert (answer.outcome, answer.rules) == (Outcome.DENY, ())


def test_a_patched_clock_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine keeps the clock that it was made with."""
    engine: Engine = loaded(TIMED)
    engine.verdict(Action(Agent("a"), "t", {"n": 1}), NOBODY, Circumstances(NOW))
    monkeypatch.setattr(verdicts_module, "datetime", None)
    now = datetime.now(UTC)
    expected = Outcome.ALLOW if now < datetime(2026, 6, 1, tzinfo=UTC) else Outcome.DENY
    assert engine.verdict(Action(Agent("a"), "t", {"n": 1}), NOBODY).outcome is expected


@pytest.mark.parametrize("name", ["verdict", "deciding"])
@pytest.mark.parametrize(
    "make", [lambda: None, lambda: 5, object, bomb(), lambda: Front(None)], ids=lambda make: ""
)
def test_what_is_no_action_is_refused(name: str, make: Callable[[], Any]) -> None:
    ask = getattr(loaded(POLICY), name)
    for roles in (None, NOBODY):
        for given in (None, GIVEN):
            assert ask(make(), roles, given).outcome is Outcome.DENY
