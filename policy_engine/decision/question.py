"""One action and its circumstances in the engine's terms: typed, bound by digest, ready to read.

What does not fit its declaration is left out here, so that every condition on it is unknown; why
it is left out is kept for the explanation.
"""

from __future__ import annotations

from collections.abc import Mapping

from policy_engine.decision.action import Action, action_digest, proposal_digest
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.conditions import Evaluate
from policy_engine.decision.frame import Frame
from policy_engine.decision.intake import Unwritable, taken_in
from policy_engine.decision.program import Program
from policy_engine.decision.provenance import SessionOrigins
from policy_engine.foundation.canonical import digest
from policy_engine.language.checked import Root
from policy_engine.language.policy import PolicySet, Task
from policy_engine.values.conform import Misfit, conform, conform_fields
from policy_engine.values.types import Field

Absences = dict[tuple[Root, str], str]


class Question:
    """What `decide` answers."""

    def __init__(self, program: Program, action: Action, circumstances: Circumstances) -> None:
        self.program = program
        self.action = action = taken_in(action)
        self.circumstances = circumstances
        rules = program.tasks.get(action.task) if isinstance(action.task, str) else None
        self.task: Task | None = rules.task if rules else None
        self.misfits: list[Misfit] = []
        self.unwritable: str | None = None
        """What of the action has no canonical form, and why."""
        self.input = self._typed_input()
        absent: Absences = {}
        self.facts = _typed_facts(program.policy, circumstances.facts, absent)
        self.facts_digest = digest(self.facts)
        self.action_digest, self.proposal_digest = self._digests()
        origins = SessionOrigins(circumstances.session, program.policy.tasks, program.wheres)
        self.frame = Frame(self._roots(absent), origins, absent)
        origins.within(self.frame)

    def evaluate(self, condition: Evaluate) -> object:
        return condition(self.frame)

    def _typed_input(self) -> dict[str, object]:
        given = self.action.input
        if self.task is None:
            return dict(given)
        if isinstance(given.get(""), Unwritable):
            self.misfits.append(Misfit("", "must be an object with named members"))
            return {}
        typed, self.misfits = conform_fields(given, self.task.inputs)
        return typed

    def _digests(self) -> tuple[str | None, str | None]:
        """None where the action cannot be written down: then no evidence can be bound to it."""
        action = self.action
        exact = self.input if self.task and not self.misfits else action.input
        behalf = action.on_behalf_of
        parts: dict[str, Mapping[str, object]] = {
            "the action": {"task": action.task, "domain": action.domain},
            "the principal": action.principal.attributes,
            "the person on whose behalf it acts": behalf.attributes if behalf else {},
            "the context": action.context,
            "the input": exact,
        }
        self.unwritable = next(filter(None, (_unwritable(*part) for part in parts.items())), None)
        if self.unwritable is not None:
            return None, None
        return action_digest(action, exact), proposal_digest(action, exact)

    def _roots(self, absent: Absences) -> dict[Root, Mapping[str, object]]:
        policy, principal = self.program.policy, self.action.principal
        own = policy.agents if principal.kind == "agent" else policy.humans
        other: Root = "human" if principal.kind == "agent" else "agent"
        absent[other, ""] = f"`{principal.id}` is no {'person' if other == 'human' else 'agent'}"
        for misfit in self.misfits:
            name = misfit.path.split(".")[0].split("[")[0]
            if name not in self.input:
                absent["input", name] = f"the input {misfit}"
        attributes = {
            **_typed_attributes(principal.attributes, own, principal.kind, absent),
            "id": principal.id,
        }
        return {
            "input": self.input,
            "fact": self.facts,
            "context": _typed_attributes(self.action.context, policy.context, "context", absent),
            "agent": attributes if principal.kind == "agent" else {},
            "human": attributes if principal.kind == "human" else {},
            "principal": {"id": principal.id},
            "local": {},
        }


def _unwritable(what: str, part: Mapping[str, object]) -> str | None:
    for name, value in part.items():
        if isinstance(value, Unwritable):
            where = f" at `{name}`" if name else ""
            return f"{what} cannot be written down{where}: {value.why}"
    return None


def _typed_facts(policy: PolicySet, given: object, absent: Absences) -> dict[str, object]:
    """The facts that are of their type; a host that hands in no object hands in nothing."""
    typed: dict[str, object] = {}
    given = given if isinstance(given, Mapping) else {}
    for name, fact in policy.facts.items():
        if name not in given:
            absent["fact", name] = f"the fact `{name}` was not handed in"
            continue
        value, misfits = conform(given[name], fact.type, name, closed=False)
        if misfits:
            absent["fact", name] = f"the fact {misfits[0]}"
        else:
            typed[name] = value
    return typed


def _typed_attributes(
    given: Mapping[str, object], fields: tuple[Field, ...], root: Root, absent: Absences
) -> dict[str, object]:
    """Declared attributes that are of their type; others are nobody's business."""
    typed: dict[str, object] = {}
    for field in fields:
        if given.get(field.name) is None:
            if not field.optional:
                absent[root, field.name] = f"`{root}.{field.name}` was not given"
            continue
        value, misfits = conform(
            given[field.name], field.type, f"{root}.{field.name}", secret=field.secret
        )
        if misfits:
            absent[root, field.name] = str(misfits[0])
        else:
            typed[field.name] = value
    return typed
