"""Random actions and circumstances over the vocabulary: mostly sound, sometimes anything at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from policy_engine.decision.action import Action, Agent, Human, Principal
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.evidence import Evidence
from policy_engine.decision.history import History
from policy_engine.decision.session import Session
from policy_engine.language.policy import PolicySet
from policy_engine.values.types import DECIMAL, TEXT, Field, ListOf
from tests.properties import vocabulary as v
from tests.properties.draws import Draw
from tests.properties.pasts import ROOTS, SESSIONS, Now, history
from tests.properties.pieces import Binding, Piece, made, pieces
from tests.properties.samples import NOW, sentence, value, values, writable
from tests.properties.shown import Shown
from tests.reference.evaluator import digests

MOMENTS = [NOW] * 6 + [
    datetime(2026, 11, 22, 23, tzinfo=UTC),
    datetime(2026, 11, 30, 23, tzinfo=UTC),
    datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
    datetime(2026, 3, 29, 1, tzinfo=UTC),
]
"""Midnights in Warsaw of days that rules name, and the two nights when clocks are changed."""


@dataclass(frozen=True, repr=False)
class SessionPlan(Shown):
    """What a session has seen, to be replayed: a session is mutable, a plan is not."""

    request: str | None
    outputs: tuple[tuple[str, object, Mapping[str, object]], ...]
    complete: bool
    id: str | None = None
    labels: tuple[str, ...] = ()

    def session(self) -> Session:
        session = Session(self.request, id=self.id, labels=self.labels)
        for task, output, input_ in self.outputs:
            session.record(task, output, input_)
        if not self.complete:
            session.mark_incomplete()
        return session


def session_plan(draw: Draw, policy: PolicySet) -> SessionPlan:
    request = None if draw.once_in(8) else sentence(draw)
    outputs = tuple(_output(draw, policy) for _ in range(draw.pick([0, 1, 2, 4])))
    labels = v.LABELS[:1] if draw.once_in(6) else ()
    id_ = draw.pick(SESSIONS)
    return SessionPlan(request, outputs, not draw.once_in(6), id_, labels)


def _output(draw: Draw, policy: PolicySet) -> tuple[str, object, Mapping[str, object]]:
    """What a task returned: mostly what it declares, now and then under an unknown name."""
    task = "unheard_of" if draw.once_in(10) else draw.pick(sorted(policy.tasks))
    declared = policy.tasks[task].output if task in policy.tasks else None
    type_ = draw.pick([TEXT, DECIMAL, v.ORDER, ListOf(v.PARTY), ListOf(TEXT)])
    if declared is not None and declared.type is not None and not draw.once_in(8):
        type_ = declared.type
    input_ = values(draw, v.TASKS.get(task, ()), 12) if draw.once_in(3) else {}
    if type_ == TEXT and draw.coin():
        return task, sentence(draw), input_
    return task, value(draw, type_, 20), input_


@dataclass(frozen=True, repr=False)
class Scenario(Shown):
    """An action and all that its decision rests on."""

    principal: Principal
    task: str
    input: Mapping[str, object]
    context: Mapping[str, object] = field(default_factory=dict)
    on_behalf_of: Human | None = None
    domain: str | None = None
    chain: tuple[Principal, ...] = ()
    now: datetime = NOW
    roles: frozenset[str] | None = None
    session: SessionPlan | None = None
    facts: Mapping[str, object] = field(default_factory=dict)
    pieces: tuple[Piece, ...] = ()
    history: History | None = field(default_factory=History)
    attributes: Mapping[str, object] = field(default_factory=dict)
    chain_roles: tuple[frozenset[str] | None, ...] = ()
    root: str | None = None
    suspended: frozenset[str] = frozenset()

    def action(self) -> Action:
        return Action(
            self.principal,
            self.task,
            dict(self.input),
            dict(self.context),
            self.on_behalf_of,
            self.domain,
            self.chain,
        )

    def bare(self) -> Circumstances:
        """The circumstances without any evidence."""
        return Circumstances(
            self.now,
            self.roles,
            self.session.session() if self.session else None,
            dict(self.facts),
            (),
            self.history,
            dict(self.attributes),
            self.chain_roles,
            self.root,
            self.suspended,
        )

    def circumstances(self, policy: PolicySet) -> Circumstances:
        return replace(self.bare(), evidence=self.evidence(policy))

    def evidence(self, policy: PolicySet) -> tuple[Evidence, ...]:
        """The pieces, bound to what they are about in this policy."""
        if self.task not in policy.tasks:
            return ()
        return made(
            self.pieces, policy, Binding(*digests(policy, self.action(), self.bare()), self.now)
        )

    def history_plus(self, *actions: object) -> Scenario:
        assert self.history is not None
        return replace(self, history=History((*self.history.actions, *actions), self.history.since))


def scenario(draw: Draw, policy: PolicySet, oddity: int = 20) -> Scenario:
    """One in `oddity` parts of the data is missing, mistyped or undeclared (0: none)."""
    task = _task(draw, policy)
    if draw.once_in(oddity * 4):
        task = "unheard_of"
    principal = _principal(draw, oddity)
    input_ = values(draw, v.TASKS.get(task, ()), oddity * 16)
    now = draw.pick(MOMENTS)
    chain = tuple(_principal(draw, oddity) for _ in range(draw.pick([0, 0, 0, 1, 2])))
    plan = None if draw.once_in(6) else session_plan(draw, policy)
    return Scenario(
        principal=principal,
        task=task,
        input=input_,
        context=_mostly_writable(draw, values(draw, v.CONTEXT, oddity)),
        on_behalf_of=Human("bob", desk="d") if draw.once_in(4) else None,
        domain="acme" if draw.once_in(4) else None,
        chain=chain,
        now=now,
        roles=None if draw.once_in(6) else _roles(draw),
        session=plan,
        facts=values(draw, [Field(n, t) for n, t in v.FACTS.items()], oddity),
        pieces=pieces(draw, policy, draw.pick([0, 1, 2, 4, 6])),
        history=history(draw, policy, Now(now, principal, task, input_), oddity),
        attributes=values(draw, v.SESSION, oddity),
        chain_roles=tuple(
            None if draw.once_in(6) else _roles(draw)
            for _ in chain[: len(chain) - 1 if draw.once_in(6) else None]
        ),
        root=draw.pick(ROOTS),
        suspended=_suspended(draw, principal, chain, plan),
    )


def _task(draw: Draw, policy: PolicySet) -> str:
    """Mostly one of those that some rule is about."""
    rules = [sorted(rule.tasks) for name, rule in sorted(policy.rules.items()) if name != "base"]
    return draw.pick(draw.pick(rules) if rules and not draw.once_in(3) else list(v.TASKS))


def _mostly_writable(draw: Draw, data: Mapping[str, object]) -> Mapping[str, object]:
    return data if draw.once_in(12) else {k: d for k, d in data.items() if writable(d)}


def _roles(draw: Draw) -> frozenset[str]:
    return frozenset(draw.many([*v.ROLE_NAMES, "unheard_of"], 6))


def _principal(draw: Draw, oddity: int) -> Principal:
    is_agent = not draw.once_in(3)
    own = v.AGENTS if is_agent else v.HUMANS
    attributes = _mostly_writable(draw, values(draw, own, oddity))
    make, names = (Agent, ("bot", "ann")) if is_agent else (Human, ("ann", "bob"))
    return make(draw.pick(names), **attributes)


def _suspended(
    draw: Draw, principal: Principal, chain: tuple[Principal, ...], plan: SessionPlan | None
) -> frozenset[str]:
    """Rarely somebody or something, and not always what the action is about."""
    if not draw.once_in(16):
        return frozenset()
    names = ["agent bot", "human bot", "agent ann", "task pay", "task look", "session s-1"]
    names += [f"{one.kind} {one.id}" for one in (principal, *chain)]
    names += [f"session {plan.id}"] if plan else []
    return frozenset(draw.some(names, 0, 2))
