"""One action and its circumstances in the engine's terms: typed, bound by digest, ready to read.

What does not fit its declaration is left out here, so that every condition on it is unknown; why
it is left out is kept for the explanation. A delegated action is asked of everybody in its chain:
input, facts and digests are the same, who acts differs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property, partial

from policy_engine.decision.action import (
    SIMPLE,
    Action,
    Principal,
    action_digest,
    proposal_digest,
)
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.closures import Evaluate
from policy_engine.decision.frame import Frame
from policy_engine.decision.intake import taken_in
from policy_engine.decision.memory import Memory
from policy_engine.decision.program import CompiledRule, CompiledWaiver, Program
from policy_engine.decision.provenance import SessionOrigins
from policy_engine.decision.recollection import Recollection
from policy_engine.decision.truth import Truth, Unknown, every
from policy_engine.decision.typed import Absent, principal_roots, typed_attributes, typed_facts
from policy_engine.foundation.canonical import digest
from policy_engine.language.checked import Root
from policy_engine.language.policy import PolicySet, Subject, Task
from policy_engine.values.calendar import in_utc
from policy_engine.values.conform import Misfit, conform_fields
from policy_engine.values.plain import Unwritable


class Actor:
    """One of the principals for whom an action is decided."""

    __slots__ = ("frame", "principal", "roles")

    def __init__(self, principal: Principal, roles: frozenset[str] | None, frame: Frame) -> None:
        self.principal = principal
        self.roles = roles
        self.frame = frame

    def meets(self, compiled: CompiledRule | CompiledWaiver) -> Truth:
        """Whether a rule applies: its subject and all of its conditions, in three values."""
        return every((self.is_of(compiled.subject), conditions_met(compiled, self.frame)))

    def is_of(self, subject: Subject) -> Truth:
        if not subject.roles:
            return subject.kind in (None, self.principal.kind)
        if self.roles is None:
            return Unknown(subject.span, "the roles of the principal are not known")
        return not self.roles.isdisjoint(subject.roles)


def conditions_met(compiled: CompiledRule | CompiledWaiver, frame: Frame) -> Truth:
    """Whether all conditions of a rule are met by the data of a frame."""
    return every(_met(closure(frame), expected) for closure, expected in compiled.conditions)


def _met(value: object, expected: bool) -> Truth:
    return value if isinstance(value, Unknown) else value is expected


class Question:
    """What `decide` answers."""

    def __init__(
        self,
        program: Program,
        action: Action,
        circumstances: Circumstances,
        *,
        as_it_is: bool = False,
    ) -> None:
        """`as_it_is`: a simple action need not be copied, since nothing of it is kept."""
        self.program = program
        if not as_it_is or action.simple is not SIMPLE:
            action = taken_in(action)
        self.action = action
        self.circumstances = circumstances
        rules = program.tasks.get(action.task) if isinstance(action.task, str) else None
        self.task: Task | None = rules.task if rules else None
        self.misfits: list[Misfit] = []
        self.input = self._typed_input()
        absent: Absent = {}
        self.facts = typed_facts(program.policy, circumstances.facts, absent)
        session = circumstances.session
        self.past = Recollection(
            circumstances.history,
            session.id if session else None,
            in_utc(circumstances.now),
            program.policy,
        )
        self.actors: tuple[Actor, ...] = tuple(self._actors(absent))
        """Everybody in the chain, and at last the principal itself."""

    @property
    def principal(self) -> Actor:
        """Who acts in the end."""
        return self.actors[-1]

    @property
    def frame(self) -> Frame:
        return self.principal.frame

    def evaluate(self, condition: Evaluate, output: Mapping[str, object] | None = None) -> object:
        """A condition with the data of the principal; `output` is read like one more input."""
        if not output:
            return condition(self.frame)
        gaps = {place: why for place, why in self.frame.absent.items() if place[0] == "input"}
        return condition(self.frame.with_roots({"input": {**self.input, **output}}, gaps))

    def _typed_input(self) -> dict[str, object]:
        given = self.action.input
        if self.task is None:
            return dict(given)
        if isinstance(given.get(""), Unwritable):
            self.misfits.append(Misfit("", "must be an object with named members"))
            return {}
        typed, self.misfits = conform_fields(given, self.task.inputs)
        return typed

    @cached_property
    def facts_digest(self) -> str:
        """The name of the facts, less those that may drift."""
        return facts_digest(self.program.policy, self.facts)

    @cached_property
    def unwritable(self) -> str | None:
        """What of the action has no canonical form, and why."""
        action, behalf = self.action, self.action.on_behalf_of
        parts: list[tuple[str, Mapping[str, object]]] = [
            ("the action", {"task": action.task, "domain": action.domain}),
            ("the principal", action.principal.attributes),
            *(("who delegated it", delegator.attributes) for delegator in action.chain),
            ("the person on whose behalf it acts", behalf.attributes if behalf else {}),
            ("the context", action.context),
            ("the input", self._exact),
        ]
        return next(filter(None, (_unwritable(*part) for part in parts)), None)

    @cached_property
    def proposals(self) -> tuple[str, ...]:
        """What rejections are bound to: one for everybody who does it, last who acts in the end.

        None where the action cannot be written down: then no evidence can be bound to it.
        """
        if self.unwritable is not None:
            return ()
        doers = (*self.action.chain, self.action.principal)
        return tuple(proposal_digest(self.action, self._exact, doer) for doer in doers)

    @property
    def proposal_digest(self) -> str | None:
        return self.proposals[-1] if self.proposals else None

    @cached_property
    def action_digest(self) -> str | None:
        """What evidence is bound to; None where the action cannot be written down."""
        return None if self.unwritable is not None else action_digest(self.action, self._exact)

    @property
    def _exact(self) -> Mapping[str, object]:
        return self.input if self.task and not self.misfits else self.action.input

    def _actors(self, absent: Absent) -> Iterator[Actor]:
        circumstances, chain = self.circumstances, self.action.chain
        shared = self._shared_roots(absent)
        session, policy = circumstances.session, self.program.policy
        memory = Memory(session) if session is not None else None
        now = self.past.now
        known = (*circumstances.chain_roles, *(None for _ in chain))[: len(chain)]
        everybody = (*chain, self.action.principal)
        for principal, roles in zip(everybody, (*known, circumstances.roles), strict=True):
            own = dict(absent)
            roots = {**shared, **principal_roots(policy, principal, own)}
            origins = SessionOrigins(memory, policy.tasks, self.program.wheres)
            frame = Frame(roots, {}, own, origins, now, self.past)
            origins.within(partial(_itself, frame))
            yield Actor(principal, roles, frame)

    def _shared_roots(self, absent: Absent) -> dict[Root, Mapping[str, object]]:
        """The data that are the same whoever acts."""
        policy = self.program.policy
        for misfit in self.misfits:
            name = misfit.path.split(".")[0].split("[")[0]
            if name not in self.input:
                absent["input", name] = f"the input {misfit}"
        given = self.circumstances.attributes
        return {
            "input": self.input,
            "fact": self.facts,
            "context": typed_attributes(self.action.context, policy.context, "context", absent),
            "session": typed_attributes(
                given if isinstance(given, Mapping) else {}, policy.session, "session", absent
            ),
            "past": {},
        }


def facts_digest(policy: PolicySet, typed: Mapping[str, object]) -> str:
    """What names the facts of a decision: a digest of all but those that may drift."""
    if not typed:
        return _NO_FACTS
    return digest({n: v for n, v in typed.items() if not policy.facts[n].may_drift})


_NO_FACTS = digest({})


def _itself(frame: Frame) -> Frame:
    return frame


def _unwritable(what: str, part: Mapping[str, object]) -> str | None:
    for name, value in part.items():
        if isinstance(value, Unwritable):
            where = f" at `{name}`" if name else ""
            return f"{what} cannot be written down{where}: {value.why}"
    return None
