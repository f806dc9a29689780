"""What generated code takes as it is: each line of the guard lets something pass if it is missing.

The lines are dropped from the source one by one; for each there is an action below whose answer
changes. The same for the reading of numbers, and for the `try` around it all.
"""

from __future__ import annotations

import re
from collections import OrderedDict, UserDict, defaultdict
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum, IntEnum
from functools import cache
from types import MappingProxyType
from typing import Any

import pytest

from policy_engine import Action, Agent, Human, Outcome
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.code.levels import Part
from policy_engine.decision.code.verdicts import Verdicts
from policy_engine.decision.decide import decide
from policy_engine.decision.evidence import Rejection
from policy_engine.decision.verdict import Verdict
from tests.decision.code.asking import NOBODY, Answer, Desk, Edited, act, desk, shown
from tests.decision.loading import NOW
from tests.fuzz.hostile import Claims, Number, Text, bomb

POLICY = """
agents have { team: Text  tags: list of Text }
role clerk
context has { channel?: Text  level: Decimal }
record Party { name: Text  age?: Integer }
task t {
  input name: Text  input count: Integer  input share: Decimal  input flag: Boolean
  input status: "new" | "old"  input words: list of Text  input more?: Text  input on?: Boolean
  input kind?: "a" | "b"
}
rule yes permit any principal to t unless name == "evil" or count > 100 or share > 100
rule no forbid any principal to t when name + "!" == "bob!"
task r { input party: Party }
rule r permit any principal to r when party.name == "ann"
task a { input name: Text }
rule a permit any agent to a when agent.team == "x" and "b" in agent.tags
rule not_a forbid any agent to a unless "b" in agent.tags
task c { input name: Text }
rule c permit any agent to c when context.level > 1
task k { input name: Text }
rule k permit clerk to k
rule not_c forbid any agent to c when context.channel is given and context.channel == "phone"
"""
FINE: dict[str, Any] = {
    "name": "ann",
    "count": 1,
    "share": 1,
    "flag": True,
    "status": "new",
    "words": ["a"],
}


class Word(str, Enum):  # noqa: UP042 — such a class is what is tried
    """A text whose own `str` is another."""

    ANN = "ann"
    BOB = "bob"
    NEW = "new"


class Lie(str):
    """A text that says it is `new`."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return hash("new")


class Count(IntEnum):
    ONE = 1


@dataclass
class Party:
    name: str


class Sub(dict[str, Any]):
    pass


def with_(**more: Any) -> Action:
    return act("t", **{**FINE, **more})


def without(name: str) -> Action:
    return act("t", **{n: v for n, v in FINE.items() if n != name})


ALLOWED: dict[str, Action] = {
    "as it should be": with_(),
    "non-ASCII": with_(name="Zoë 😀"),
    "enum": with_(name=Word.ANN),
    "bomb": with_(name=bomb(str)("x")),
    "str subclass": with_(name=Text("ann")),
    "union enum": with_(status=Word.NEW),
    "Decimal": with_(count=Decimal(1), share=Decimal("1.5")),
    "float": with_(count=1.0, share=1.5),
    "int enum": with_(count=Count.ONE),
    "huge": with_(count=-(10**37), share=-(10**37)),
    "tuple": with_(words=("a",)),
    "set": with_(words={"a"}),
    "left out": with_(),
    "None": with_(more=None, on=None, kind=None),
    "given": with_(more="x", on=False, kind="a"),
    "mapping": Action(Agent("a"), "t", MappingProxyType(FINE)),
    "user dict": Action(Agent("a"), "t", UserDict(FINE)),
    "ordered": Action(Agent("a"), "t", OrderedDict(FINE)),
    "sub": Action(Agent("a"), "t", Sub(FINE)),
    "default": Action(Agent("a"), "t", defaultdict(str, FINE)),
    "data class": act("r", party=Party("ann")),
    "record": act("r", party={"name": "ann", "age": None}),
    "attributes": act("a", Agent("a", team="x", tags={"b"}), name="n"),
    "attributes too": act("a", Agent("a", team="x", tags=("b",)), name="n"),
}
DENIED: dict[str, Action] = {
    "evil": with_(name="evil"),
    "bob": with_(name="bob"),
    "bob as enum": with_(name=Word.BOB),
    "no text": with_(name=5),
    "bytes": with_(name=b"ann"),
    "surrogate": with_(name="\ud800"),
    "too long": with_(name="x" * 1_000_001),
    "claims": with_(name=Claims(str)),
    "text None": with_(name=None),
    "bool": with_(count=True),
    "bool share": with_(share=False),
    "float count": with_(count=1.5),
    "nan": with_(share=float("nan")),
    "inf": with_(share=float("-inf")),
    "Decimal nan": with_(share=Decimal("sNaN")),
    "too many digits": with_(count=-(10**38)),
    "huge int": with_(count=-(10**5000)),
    "huge share": with_(share=-(10**5000)),
    "text count": with_(count="1"),
    "lying number": with_(count=Number(1000)),
    "int flag": with_(flag=1),
    "no flag": with_(flag=None),
    "no status": with_(status="lost"),
    "status lie": with_(status=Lie("lost")),
    "status list": with_(status=["new"]),
    "status number": with_(status=1),
    "words None": with_(words=["a", None]),
    "words text": with_(words="a"),
    "words surrogate": with_(words=["\udfff"]),
    "more number": with_(more=5),
    "more surrogate": with_(more="\ud800"),
    "on number": with_(on=0),
    "kind": with_(kind="c"),
    "kind number": with_(kind=0),
    "undeclared": with_(other=1),
    "undeclared None": with_(other=None),
    "undeclared for an optional": with_(more="x", other=1),
    "missing": without("name"),
    "missing count": without("count"),
    "missing words": without("words"),
    "missing for another": act("t", **{**FINE, "other": 1, "name": "x"}),
    "empty": act("t"),
    "no input": Action(Agent("a"), "t"),
    "no object": Action(Agent("a"), "t", ["ann"]),  # type: ignore[arg-type]
    "unwritable context": replace(with_(), context={"x": object()}),
    "unwritable attribute": act("t", Agent("a", x="\ud800"), **FINE),
    "delegated": replace(with_(), chain=(Agent("b", x=object()),)),
    "domain": replace(with_(), domain=5),  # type: ignore[arg-type]
    "behalf": replace(with_(), on_behalf_of=Human("b", x=object())),
    "undeclared elsewhere": act("r", party={"name": "ann"}, other=1),
    "extra in record": act("r", party={"name": "ann", "other": 1}),
    "record number": act("r", party={"name": 5}),
    "attributes of others": act("a", Agent("a", team="x", tags={"c"}), name="n"),
    "team number": act("a", Agent("a", team=5, tags=["b"]), name="n"),
}


@pytest.mark.parametrize("name", ALLOWED)
def test_what_is_taken(name: str) -> None:
    assert desk(POLICY).same(ALLOWED[name])[0] == "allow"


@pytest.mark.parametrize("name", DENIED)
def test_what_is_not(name: str) -> None:
    assert desk(POLICY).same(DENIED[name])[0] == "deny"


CONTEXTS: list[tuple[Any, str]] = [
    ({"level": 2}, "allow"),
    ({"level": 1.5}, "allow"),
    ({"level": Decimal(2), "channel": "chat"}, "allow"),
    ({"level": 2, "channel": Word.ANN}, "allow"),
    ({"level": 2, "channel": None}, "allow"),
    ({"level": 2, "other": ["x"]}, "allow"),
    (UserDict({"level": 2}), "allow"),
    (MappingProxyType({"level": 2}), "allow"),
    ({"level": 2, "channel": "phone"}, "deny"),
    ({"level": 2, "channel": 5}, "deny"),
    ({"level": True}, "deny"),
    ({"level": "2"}, "deny"),
    ({"level": float("nan")}, "deny"),
    ({"level": 2, "other": object()}, "deny"),
    ({"level": 2, 5: "x"}, "deny"),
    ({}, "deny"),
    (None, "deny"),
    ([], "deny"),
]


@pytest.mark.parametrize(("context", "outcome"), CONTEXTS, ids=shown)
def test_a_context(context: Any, outcome: str) -> None:
    assert desk(POLICY).same(called(context))[0] == outcome


def called(context: Any, name: object = "n") -> Action:
    return Action(Agent("a"), "c", {"name": name}, context)


ROLES = """
role clerk
role lead for humans
task t { input n: Integer }
rule r permit clerk to t
rule s permit lead to t when n == 5
rule f forbid any principal to t when n == 6
rule g forbid clerk, lead to t when n == 7
"""


class Everything(frozenset[str]):
    """A set that says it has everything."""

    def __contains__(self, _: object) -> bool:
        return True

    def isdisjoint(self, _: object) -> bool:
        return False


@pytest.mark.parametrize("n", [1, 5, 6, 7])
@pytest.mark.parametrize(
    "roles",
    [None, NOBODY, frozenset({"clerk"}), frozenset({"lead"}), {"clerk"}, set(), Everything()],
    ids=shown,
)
def test_roles(roles: Any, n: int) -> None:
    """A set of another type is the interpreter's; it counts for what it says it is."""
    desk(ROLES).same(act("t", n=n), roles=roles)


@pytest.mark.parametrize("roles", [["clerk"], ("clerk",), "clerk", "clerks", {"clerk": 1}, 5])
def test_roles_that_are_no_set_grant_nothing(roles: Any) -> None:
    """`decide` raises for them; who asks for a verdict gets a deny."""
    verdicts = desk(ROLES).verdicts
    for part in ("verdict", "complete"):
        answer = verdicts.first(part, act("t", n=1), roles, None)
        assert (answer.outcome, answer.rules) == (Outcome.DENY, ())


@pytest.mark.parametrize("by", [Agent("a"), Human("h")], ids=["agent", "human"])
def test_a_role_counts_for_whoever_holds_it(by: Agent | Human) -> None:
    """That agents do not hold roles of humans is seen to where roles are given out."""
    assert desk(ROLES).same(act("t", by, n=5), roles=frozenset({"lead"})) == ("allow", ("s",))


UNREAD = [called({"level": 2}, name) for name in ("n", 5, None)]
"""No rule reads the name."""


@cache
def cases() -> tuple[tuple[Action, Circumstances | None, Any], ...]:
    """All of the above, and what stands around an action."""
    decision = decide(desk(POLICY).program, with_(), Circumstances(NOW))
    rejected = Rejection("ann", str(decision.proposal), NOW)
    return (
        *((action, None, NOBODY) for action in (*ALLOWED.values(), *DENIED.values(), *UNREAD)),
        *(
            (Action(Agent("a"), "c", {"name": "n"}, context), None, NOBODY)
            for context, _ in CONTEXTS
        ),
        *((act("k", name="n"), None, roles) for roles in (frozenset({"clerk"}), ["clerk"], None)),
        (with_(), Circumstances(NOW, evidence=(rejected,)), NOBODY),
        (with_(), Circumstances(NOW, suspended=frozenset({"agent a"})), NOBODY),
    )


def answers(verdicts: Verdicts, part: Part) -> list[Answer | str]:
    """What all cases come to; the name of an exception where there is one."""
    found: list[Answer | str] = []
    for action, given, roles in cases():
        try:
            functions = verdicts.quick if part == "verdict" else verdicts.whole
            answer: Verdict = functions[action.task](action, roles, given)
            rules = answer.rules if part == "complete" else ()
            found.append((answer.outcome.word, rules))
        except Exception as error:  # noqa: BLE001 — whatever the edited code raises
            found.append(type(error).__name__)
    return found


def edited(one: Desk, part: Part, old: str, new: str) -> Verdicts:
    """The verdicts of all tasks, with one line of each function written otherwise."""
    functions = {
        name: Edited(found, {**found.source, part: found.source[part].replace(old, new)})
        for name, found in one.functions.items()
    }
    return Verdicts(one.program.policy.digest, functions.get, one.interpreter)


DROPPED = [
    ("action.simple is not SIMPLE or", ""),
    (" or type(roles) is not frozenset", ""),
    ("given.suspended or ", ""),
    ("given.evidence and not only_confirmations(given.evidence)", "False"),
    (
        "given is not None and (given.suspended or given.evidence and not "
        "only_confirmations(given.evidence))",
        "False",
    ),
    ("or len(i) != 6 + ('more' in i) + ('on' in i) + ('kind' in i)", ""),
    ("or len(i) != 1", ""),
    ("or type(i_name) is not str", ""),
    ("or type(i_flag) is not bool", ""),
    ("(type(i_status) is not str or i_status not in {'new', 'old'})", "False"),
    ("i_status not in {'new', 'old'}", "False"),
    ("type(i_status) is not str or ", ""),
    ("or i_more is not None and type(i_more) is not str", ""),
    ("or i_on is not None and type(i_on) is not bool", ""),
    ("i_kind is not None and (type(i_kind) is not str or i_kind not in {'a', 'b'})", "False"),
    ("if type(i_count) is not int: i_count = fit(i_count, ", "(i_count, "),
    ("if type(i_share) is not int: i_share = fit_decimal(", "("),
    ("i_words = r0(", "("),
    ("i_party = r0(", "("),
    ("    except Exception:", "    except ZeroDivisionError:"),
]
"""What must not be missing, and what stands there instead."""

WIDENING = [
    " + ('more' in i)",
    " + ('on' in i)",
    " + ('kind' in i)",
    "i_more is not None and ",
    "i_on is not None and ",
    "i_kind is not None and ",
]
"""Without these, fewer actions are taken as they are; the interpreter answers, and the same."""


@pytest.mark.parametrize("part", ["verdict", "complete"])
@pytest.mark.parametrize(("old", "new"), DROPPED, ids=[old.strip() for old, _ in DROPPED])
def test_without_a_line_an_answer_is_another(part: Part, old: str, new: str) -> None:
    one = desk(POLICY)
    assert any(old in found.source[part] for found in one.functions.values())
    assert answers(edited(one, part, old, new), part) != answers(one.verdicts, part)


def test_without_the_first_line_an_attribute_is_read_as_it_stands() -> None:
    """A set is no list, so it would not be known; the interpreter makes it one."""
    line = "        if action.simple is not SIMPLE: return slow(action, roles, given)\n"
    one = desk(POLICY)
    assert line in one.functions["a"].source["verdict"]
    assert line in one.functions["c"].source["verdict"]
    assert line not in one.functions["t"].source["verdict"]
    after = answers(edited(one, "verdict", line, ""), "verdict")
    assert after != answers(one.verdicts, "verdict")


@pytest.mark.parametrize("old", WIDENING)
def test_without_what_widens_the_guard_more_is_left_to_the_interpreter(old: str) -> None:
    one = Desk(desk(POLICY).program.policy)
    before = answers(one.verdicts, "complete")
    asked = one.interpreter.asked
    assert answers(edited(one, "complete", old, ""), "complete") == before
    assert one.interpreter.asked > 2 * asked


def test_every_line_of_the_guard_has_been_dropped() -> None:
    olds = [old for old, _ in DROPPED]
    for found in desk(POLICY).functions.values():
        guard = re.search(r"if \(\n(.*?)\n {8}\): return slow", found.source["complete"], re.DOTALL)
        assert guard is not None
        for line in guard[1].splitlines():
            assert any(old.strip() in line for old in olds), line
