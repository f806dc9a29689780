"""Random actions and circumstances over the vocabulary: mostly sound, sometimes anything at all.

Evidence is drawn as a plan ("a signature for rule r1 by ann, at the deadline, for other facts")
and made for a policy when it is known what digests are right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

from hypothesis import strategies as st

from policy_engine.decision.action import Action, Agent, Human, Principal
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.evidence import Approval, Asked, Evidence, Rejection, ValidationResult
from policy_engine.decision.session import Session
from policy_engine.language.policy import Effect, PolicySet, Rule
from policy_engine.values.types import BOOLEAN, DECIMAL, INTEGER, TEXT, Field, ListOf, Record, Type
from policy_engine.values.types import Union as LiteralUnion
from tests.properties import vocabulary as v
from tests.reference.evaluator import digests

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PEOPLE = ("ann", "bob", "cid", "bot", "Cid")
OFFSETS = (
    *(timedelta(hours=-24, microseconds=m) for m in (-1, 0, 1)),
    *(timedelta(microseconds=m) for m in (-1, 0, 1)),
    timedelta(hours=-48),
    timedelta(hours=-30),
    timedelta(hours=-1),
    timedelta(hours=1),
)

TEXTS = ["", "DE-1", "Jane Doe", "jane doe", "evil@x.example", "500", "5", "o-1", "x", " ", "a\nb"]
INTEGERS = [0, 1, 5, 500, -3, 10**37, 10**38 - 1, 2**53]
DECIMALS = [*INTEGERS, 5.0, 2.5, 0.1, -0.0, 1e-7, 1e22, Decimal("2.50"), Decimal("5E+2")]
DECIMALS += [Decimal("0." + "3" * 30), Decimal("0.001"), Decimal("-5.00")]
INSTANTS = [
    NOW,
    NOW.astimezone(timezone(timedelta(hours=5, minutes=30))),
    NOW + timedelta(microseconds=500_000),
    "2026-11-23T14:00:00+02:00",
    "2026-11-01T10:00:00Z",
    "2026-11-01T10:00Z",
    "2026-11-23T12:00:00.500Z",
]
JUNK: list[object] = [
    None,
    b"DE-1",
    [],
    [[["x"]]],
    {},
    {"id": "o-1"},
    {1: "x"},
    float("nan"),
    float("inf"),
    True,
    1,
    2.5,
    "x",
    "",
    "\ud800",
    10**38,
    10**400,
    1e300,
    1e-300,
    Decimal("NaN"),
    Decimal("sNaN"),
    Decimal("-Infinity"),
    Decimal("1E+999999"),
    Decimal("1E-999999"),
    Decimal("0E-50"),
    Decimal("1." + "0" * 60),
    NOW.replace(tzinfo=None),
    datetime.max.replace(tzinfo=timezone(timedelta(hours=-5))),
    "2026-11-23T12:00:00",
    "2026-02-30T12:00:00Z",
    "2026-11-23",
    "delivered",
    ("placed",),
    {"x"},
    object(),
]
WORDS = ["Pay", "500", "5", "5,000", "DE-1", "Jane", "Doe", "jane doe", "evil@x.example", "o-1,"]
WORDS += ["(500)", '"DE-1".', "not-evil@x.example", "2.50", "x", "2026-11-23T12:00:00Z", "-3", "\n"]


# Values


def rarely(draw: st.DrawFn, one_in: int) -> bool:
    """True once in so many times; never for 0. Not at an end of the range, which is drawn often."""
    return one_in > 0 and draw(st.integers(0, one_in - 1)) == one_in // 2


def value(draw: st.DrawFn, type_: Type, oddity: int) -> object:
    """A value of the type; one in `oddity` is something else (0: never)."""
    if rarely(draw, oddity):
        return draw(st.sampled_from(JUNK))
    if isinstance(type_, ListOf):
        number = draw(st.sampled_from([0, 1, 1, 2]))
        return [value(draw, type_.item, oddity * 4) for _ in range(number)]
    if isinstance(type_, Record):
        return values(draw, type_.fields, oddity * 4)
    if isinstance(type_, LiteralUnion):
        return draw(st.sampled_from(sorted(type_.members)))
    scalars: dict[Type, Sequence[object]] = {
        TEXT: TEXTS,
        INTEGER: INTEGERS,
        DECIMAL: DECIMALS,
        BOOLEAN: [True, False],
    }
    return draw(st.sampled_from(scalars.get(type_, INSTANTS)))


def values(draw: st.DrawFn, fields: Sequence[Field], oddity: int) -> dict[str, object]:
    """Named values; with oddities some are missing and some were never declared."""
    given: dict[str, object] = {}
    for one in fields:
        if one.optional and draw(st.booleans()):
            if rarely(draw, 4):
                given[one.name] = None
        elif not rarely(draw, oddity):
            given[one.name] = value(draw, one.type, oddity)
    if rarely(draw, oddity):
        given["undeclared"] = draw(st.sampled_from(["x", 5, None]))
    return given


# Sessions


@dataclass(frozen=True)
class SessionPlan:
    """What a session has seen, to be replayed: a session is mutable, a plan is not."""

    request: str | None
    outputs: tuple[tuple[str, object, Mapping[str, object]], ...]
    complete: bool

    def session(self) -> Session:
        session = Session(self.request)
        for task, output, input_ in self.outputs:
            session.record(task, output, input_)
        if not self.complete:
            session.mark_incomplete()
        return session


def session_plan(draw: st.DrawFn, policy: PolicySet) -> SessionPlan:
    words = draw(st.lists(st.sampled_from(WORDS), max_size=6))
    request = None if rarely(draw, 8) else " ".join(words)
    outputs = tuple(_output(draw, policy) for _ in range(draw(st.sampled_from([0, 1, 2, 4]))))
    return SessionPlan(request, outputs, not rarely(draw, 6))


def _output(draw: st.DrawFn, policy: PolicySet) -> tuple[str, object, Mapping[str, object]]:
    """What a task returned: mostly what it declares, now and then under an unknown name."""
    task = "unheard_of" if rarely(draw, 10) else draw(st.sampled_from(sorted(policy.tasks)))
    declared = policy.tasks[task].output if task in policy.tasks else None
    type_ = draw(st.sampled_from([TEXT, DECIMAL, v.ORDER, ListOf(v.PARTY), ListOf(TEXT)]))
    if declared is not None and declared.type is not None and not rarely(draw, 8):
        type_ = declared.type
    input_ = values(draw, v.TASKS.get(task, ()), 12) if rarely(draw, 3) else {}
    if type_ == TEXT and draw(st.booleans()):
        return task, " ".join(draw(st.lists(st.sampled_from(WORDS), max_size=6))), input_
    return task, value(draw, type_, 20), input_


# Evidence


@dataclass(frozen=True)
class Wrong:
    """Which bindings of a piece of evidence are for something else."""

    action: bool = False
    facts: bool = False
    rule: bool = False
    policy: bool = False


@dataclass(frozen=True)
class Piece:
    """One piece of evidence, before it is known what the digests are."""

    kind: str
    about: str = ""
    by: str = ""
    roles: frozenset[str] = frozenset()
    offset: timedelta = timedelta(0)
    passed: bool = True
    wrong: Wrong = Wrong()


def piece(draw: st.DrawFn, policy: PolicySet, kinds: Sequence[str] = ()) -> Piece:
    kind = str(draw(st.sampled_from(kinds or ("approval", "approval", "asked", "check", "no"))))
    rules = sorted(n for n, r in policy.rules.items() if r.effect is Effect.ESCALATE)
    about = sorted(policy.validations) if kind == "check" else rules or ["r0"]
    wrong = Wrong()
    if rarely(draw, 4):
        which = draw(st.sampled_from(["action", "facts", "rule", "policy"]))
        wrong = replace(wrong, **{str(which): True})
    roles = st.sampled_from([("lead", "chief"), ("lead",), ("chief",), ("clerk",)])
    return Piece(
        kind,
        str(draw(st.sampled_from(about))),
        str(draw(st.sampled_from(PEOPLE))),
        frozenset(draw(roles)),
        draw(st.sampled_from(OFFSETS)),
        not rarely(draw, 4),
        wrong,
    )


# Scenarios


@dataclass(frozen=True)
class Scenario:
    """An action and all that its decision rests on."""

    principal: Principal
    task: str
    input: Mapping[str, object]
    context: Mapping[str, object] = field(default_factory=dict)
    on_behalf_of: Human | None = None
    domain: str | None = None
    roles: frozenset[str] | None = None
    session: SessionPlan | None = None
    facts: Mapping[str, object] = field(default_factory=dict)
    pieces: tuple[Piece, ...] = ()

    def action(self) -> Action:
        return Action(
            self.principal,
            self.task,
            dict(self.input),
            dict(self.context),
            self.on_behalf_of,
            self.domain,
        )

    def bare(self) -> Circumstances:
        """The circumstances without any evidence."""
        session = self.session.session() if self.session else None
        return Circumstances(NOW, self.roles, session, dict(self.facts))

    def circumstances(self, policy: PolicySet) -> Circumstances:
        return replace(self.bare(), evidence=self.evidence(policy))

    def evidence(self, policy: PolicySet) -> tuple[Evidence, ...]:
        """The pieces, bound to what they are about in this policy."""
        if self.task not in policy.tasks:
            return ()
        action, proposal, facts = digests(policy, self.action(), self.bare())
        made: list[Evidence] = []
        for one in self.pieces:
            at, wrong = NOW + one.offset, one.wrong
            to = _bound(action, wrong.action)
            shown = _bound(facts, wrong.facts)
            if one.kind == "no":
                made.append(Rejection(one.by, _bound(proposal, wrong.action), at))
            elif one.kind == "check":
                named = _bound(policy.digest, wrong.policy)
                made.append(ValidationResult(one.about, to, shown, named, one.passed))
            for rule in _named(policy, one.about):
                says = _bound(rule.digest, wrong.rule)
                if one.kind == "asked":
                    made.append(Asked(to, rule.name, says, at))
                elif one.kind == "approval":
                    made.append(Approval(one.by, one.roles, to, shown, rule.name, says, at))
        return tuple(made)


def _bound(digest: str | None, is_wrong: bool) -> str:
    return "0" * 64 if is_wrong or digest is None else digest


def _named(policy: PolicySet, name: str) -> list[Rule]:
    """The rule of this name and its copies."""
    return [r for r in policy.rules.values() if r.name in (name, f"{name}_again")]


def scenario(draw: st.DrawFn, policy: PolicySet, oddity: int = 14) -> Scenario:
    """One in `oddity` parts of the data is missing, mistyped or undeclared (0: none)."""
    is_agent = not rarely(draw, 3)
    own = v.AGENTS if is_agent else v.HUMANS
    attributes = {k: d for k, d in values(draw, own, oddity).items() if _writable(d)}
    make, names = (Agent, ("bot", "ann")) if is_agent else (Human, ("ann", "bob"))
    task = str(draw(st.sampled_from(list(v.TASKS))))
    if rarely(draw, oddity * 4):
        task = "unheard_of"
    held = st.sets(st.sampled_from([*v.ROLE_NAMES, "unheard_of"])).map(frozenset)
    number = draw(st.sampled_from([0, 1, 2, 4, 6]))
    return Scenario(
        principal=make(str(draw(st.sampled_from(names))), **attributes),
        task=task,
        input=values(draw, v.TASKS.get(task, ()), oddity * 4),
        context=values(draw, v.CONTEXT, oddity),
        on_behalf_of=Human("bob", desk="d") if rarely(draw, 4) else None,
        domain="acme" if rarely(draw, 4) else None,
        roles=None if rarely(draw, 6) else draw(held),
        session=None if rarely(draw, 6) else session_plan(draw, policy),
        facts=values(draw, [Field(n, t) for n, t in v.FACTS.items()], oddity),
        pieces=tuple(piece(draw, policy) for _ in range(number)),
    )


def _writable(datum: object) -> bool:
    """Nearly everything has a canonical form; what has none denies all, so it is kept rare."""
    return not isinstance(datum, (float, bytes, set)) and type(datum) is not object
