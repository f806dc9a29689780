"""What fuzzing once found, each in the smallest words: the engine and the reference agree on it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from policy_engine.decision.action import Action, Agent, Human, Principal
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.decide import decide
from policy_engine.decision.evidence import Approval, Asked, Rejection
from policy_engine.decision.history import History, PastAction
from policy_engine.decision.outcome import Outcome
from policy_engine.decision.program import compile_policy
from policy_engine.foundation.source import Source
from policy_engine.language.policy import PolicySet
from tests.properties import vocabulary as v
from tests.properties.cases import contributions
from tests.properties.drafts import built_from
from tests.properties.pieces import OFFSETS
from tests.properties.samples import NOW
from tests.properties.scenarios import SessionPlan
from tests.properties.test_equivalence import compared
from tests.reference import evaluator

TASK = """
agents have { nick?: Text }
context has { ticket?: Text }
role lead for humans
role chief for humans
fact n: Decimal
fact open: Boolean
task t { input x: %s  input fee?: Money }
rule base permit any principal to t
"""
CALL = "task call { input q: %s output %s }\nrule calls permit any agent to call\n"
VOUCHED = "rule known t only when x is trusted"
MANY = Decimal("9" * 38)
NOON = "2026-11-23T12:00:00Z"


@dataclass(frozen=True)
class Found:
    """A policy, an input `x` of the task `t`, and the outcome by the pages."""

    name: str
    rules: str
    outcome: Outcome
    x: object = "a1"
    type: str = "Text"
    who: Principal = field(default_factory=lambda: Agent("bot"))
    context: dict[str, object] = field(default_factory=dict)
    facts: dict[str, object] = field(default_factory=dict)
    session: SessionPlan | None = None
    past: tuple[PastAction, ...] = ()

    @property
    def policy(self) -> PolicySet:
        text = v.HEADER % "found" + TASK % self.type + self.rules
        return built_from([Source("found.policy", text)])


def seen(*calls: tuple[object, object], complete: bool = True) -> SessionPlan:
    """Calls of the task `call`: what was put in as `q`, and what came back."""
    outputs = tuple(("call", out, {} if q is None else {"q": q}) for q, out in calls)
    return SessionPlan("", outputs, complete)


def carried(name: str, type_: str, x: object, q: object, out: object) -> Found:
    """The call itself carried the datum in, in another spelling."""
    rules = CALL % ("Text", "trusted") + VOUCHED
    return Found(name, rules, Outcome.DENY, x, type_, session=seen((q, out)))


def paid(fee: object, status: str = "executed", hours: int = 1) -> PastAction:
    """What the task has done before."""
    input_ = {"x": "a1"} if fee is None else {"x": "a1", "fee": fee}
    return PastAction("t", input_, Agent("bot"), NOW - timedelta(hours=hours), status)  # type: ignore[arg-type]


CAPPED = "rule cap limit sum of fee over t to at most 5 EUR within 1 day\n"
LISTED = CALL % ("Text", "got: list of Text trusted where %s")
ALLOW, DENY = Outcome.ALLOW, Outcome.DENY

FOUND = [
    # An attribute that does not fit is unknown, also where it is optional.
    Found(
        "is given, of a mistyped attribute",
        "rule f forbid any agent to t when agent.nick is given",
        DENY,
        who=Agent("bot", nick=5),
    ),
    Found(
        "is not given, of a mistyped attribute",
        "rule f forbid any agent to t unless context.ticket is not given",
        DENY,
        context={"ticket": 5},
    ),
    Found(
        "is given, of the other kind of principal",
        "rule f forbid any principal to t when agent.nick is given",
        DENY,
        who=Human("ann"),
    ),
    # Order of operands changes nothing: only the result must have at most 38 digits.
    Found("overflow on the way", "rule f t only when n + 1 - n == 1", ALLOW, facts={"n": MANY}),
    Found("overflow avoided", "rule f t only when n - n + 1 == 1", ALLOW, facts={"n": MANY}),
    Found("overflow times zero", "rule f t only when n * n * 0 == 0", ALLOW, facts={"n": MANY}),
    # A number without fraction may be handed to an Integer in any spelling.
    Found("five and forty zeros", "", ALLOW, Decimal("5." + "0" * 40), "Integer"),
    Found("a zero with an exponent", "", ALLOW, Decimal("0E-50"), "Integer"),
    Found("a day is no text", "", DENY, datetime(2026, 1, 1, tzinfo=UTC).date()),
    Found("a time without offset is no text", "", DENY, NOW.replace(tzinfo=None)),
    # Trust.
    Found(
        "items that are trusted if they are trusted",
        LISTED % "item is trusted" + VOUCHED,
        DENY,
        session=seen((None, ["a1"])),
    ),
    Found(
        "an item condition that is unknown",
        LISTED % "open" + "rule f forbid any agent to t when x is trusted",
        DENY,
        session=seen((None, ["a1"])),
    ),
    Found(
        "vouched for, in a record with gaps",
        CALL % ("Text", "trusted") + VOUCHED,
        DENY,
        session=seen((None, "a1"), complete=False),
    ),
    Found(
        "empty text without a session",
        "rule f forbid any agent to t when x is untrusted",
        ALLOW,
        "",
    ),
    # An optional amount of money that nobody gave is nothing spent, in any currency.
    Found("a ceiling of money that nobody spent", CAPPED, ALLOW),
    Found("spent before, nothing now", CAPPED, ALLOW, past=(paid("5 EUR"),)),
    Found("spent in another currency", CAPPED, DENY, past=(paid("1 USD", "running"),)),
    Found("perhaps spent before", CAPPED, DENY, past=(paid("6 EUR", "unknown"),)),
    Found("given back before", CAPPED, DENY, past=(paid("-1 EUR"),)),
    Found("not read any more", CAPPED, DENY, past=(paid("5"),)),
    # An exception that says for whom, and one that does not.
    Found(
        "an exception without a subject",
        "rule f forbid any agent to t\n"
        'exception e to f until 2027-01-08 approved by "o" escalate to lead',
        Outcome.ESCALATE,
    ),
    carried("padded", "Decimal", Decimal("2.5"), "2.50", "it is 2.5"),
    carried("with its currency", "Decimal", 500, "$500.00", "500"),
    carried("of many digits", "Decimal", Decimal("1" * 31), f"no {'1' * 31}", "1" * 31),
    carried("an instant", "Timestamp", NOON, NOON, NOON),
    carried("an instant elsewhere", "Timestamp", NOON, "2026-11-23T14:00:00+02:00", NOON),
    carried("a number as text", "Text", "500", Decimal("5E+2"), "500"),
    carried("an instant as text", "Text", NOON, NOW, NOON),
]


@pytest.mark.parametrize("found", FOUND, ids=lambda found: found.name)
def test_found(found: Found) -> None:
    """The outcome is what the pages say, and both evaluators give the same reasons."""
    policy = found.policy
    action = Action(found.who, "t", {"x": found.x}, found.context)
    session = found.session.session() if found.session else None
    history = History(found.past)
    circumstances = Circumstances(NOW, frozenset(), session, found.facts, history=history)
    slow = evaluator.decide(policy, action, circumstances)
    assert slow.outcome is found.outcome
    fast = decide(compile_policy(policy), action, circumstances)
    assert fast.outcome is found.outcome
    assert compared(contributions(fast)) == compared(slow.contributions)


@pytest.mark.parametrize("at", [datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)])
def test_evidence_at_the_ends_of_the_calendar(at: datetime) -> None:
    """No time of any evidence makes the engine raise."""
    policy = Found("", "rule e escalate t to lead", ALLOW).policy
    program, action = compile_policy(policy), Action(Agent("bot"), "t", {"x": "a"})
    asked = decide(program, action, Circumstances(NOW, frozenset()))
    assert asked.action is not None and asked.proposal is not None
    rule = policy.rules["e"]
    for item in (
        Asked(asked.action, rule.name, rule.digest, at),
        Rejection("ann", asked.proposal, at),
    ):
        circumstances = Circumstances(NOW, frozenset(), evidence=(item,))
        slow = evaluator.decide(policy, action, circumstances)
        assert decide(program, action, circumstances).outcome is slow.outcome


LADDER = (
    "rule e escalate t to lead within 1 hour, otherwise escalate to 2 of lead within 4 hours,"
    " otherwise escalate to chief and lead within 1 day"
)


@pytest.mark.parametrize("rules", ["rule e escalate t to lead", LADDER], ids=["one", "three"])
@pytest.mark.parametrize("signed", OFFSETS, ids=str)
def test_every_edge_of_the_clocks(signed: timedelta, rules: str) -> None:
    """Signatures, an ask and a rejection, each at, just before and just after every edge."""
    policy = Found("", rules, ALLOW).policy
    program, action = compile_policy(policy), Action(Agent("bot"), "t", {"x": "a"})
    bare = Circumstances(NOW, frozenset())
    first = decide(program, action, bare)
    assert first.action is not None and first.proposal is not None
    bound = (first.action, first.facts, "e", policy.rules["e"].digest)
    one = Approval("ann", frozenset({"lead"}), *bound, NOW + signed)
    late = min(NOW, NOW + signed + timedelta(minutes=61))
    other = Approval("bob", frozenset({"lead", "chief"}), *bound, late)
    live = timedelta(hours=-24) < signed <= timedelta(0)
    alone = decide(program, action, replace(bare, evidence=(one,)))
    assert alone.outcome is (ALLOW if live else Outcome.ESCALATE)
    no = Rejection("ann", first.proposal, NOW + signed)
    for asked in OFFSETS:
        ask = Asked(first.action, "e", policy.rules["e"].digest, NOW + asked)
        for evidence in ((one, ask), (ask, no), (one, ask, no), (one, other, ask), (other, ask)):
            known = replace(bare, evidence=evidence)
            slow = evaluator.decide(policy, action, known)
            assert contributions(decide(program, action, known)) == slow.contributions


def test_nothing_is_data_where_anything_is() -> None:
    """A null that was handed in for an opaque fact is a value, and part of what people sign."""
    policy = Found("", "fact meta: Json", ALLOW).policy
    action = Action(Agent("bot"), "t", {"x": "a"})
    given = [{}, {"meta": None}, {"meta": {"a": None}}]
    for facts in given:
        circumstances = Circumstances(NOW, frozenset(), None, facts)
        fast = decide(compile_policy(policy), action, circumstances)
        assert fast.facts == evaluator.digests(policy, action, circumstances)[2]
