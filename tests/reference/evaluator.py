"""The decision as `docs/semantics.md` words it, as slowly and plainly as it can be said.

Quoted lines are that page's. Nothing of the engine's own evaluation is used: only the data types
and the digests, which are shared so that evidence can be bound.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from policy_engine.decision.action import Action, action_digest, proposal_digest
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.evidence import CLOCK, Approval, Asked, Rejection, ValidationResult
from policy_engine.decision.outcome import Outcome
from policy_engine.foundation.canonical import digest
from policy_engine.language.policy import Effect, PolicySet, Rule, Subject
from tests.reference.data import UNKNOWN, Misfit, fitted, fitted_fields, has_canonical_form
from tests.reference.expressions import Truth, World, all_hold, truth
from tests.reference.provenance import Origins

Contribution = tuple[str | None, str, Outcome]
"""Rule (None: the decision rule itself), code, outcome."""


@dataclass(frozen=True)
class Answer:
    """The join of all contributions."""

    outcome: Outcome
    contributions: frozenset[Contribution]


def decide(policy: PolicySet, action: Action, circumstances: Circumstances) -> Answer:
    """“Everything in this table that applies contributes its outcome, and the answer is the
    strictest, in the order deny > escalate > validate > allow.”"""
    contributions = frozenset(_Question(policy, action, circumstances).contributions())
    return Answer(max(outcome for _, _, outcome in contributions), contributions)


def digests(
    policy: PolicySet, action: Action, circumstances: Circumstances
) -> tuple[str | None, str | None, str]:
    """What evidence about this action is bound to: the action, the proposal, the facts."""
    question = _Question(policy, action, circumstances)
    return question.action_digest, question.proposal_digest, question.facts_digest


class _Question:
    """One action under its circumstances."""

    def __init__(self, policy: PolicySet, action: Action, circumstances: Circumstances) -> None:
        self.policy, self.action, self.circumstances = policy, action, circumstances
        self.task = policy.tasks.get(action.task)
        inputs = self.task.inputs if self.task else ()
        self.input, self.input_fits = fitted_fields(action.input, inputs, closed=True)
        self.facts = self._facts()
        self.world = World(policy, self._roots(), Origins(policy, circumstances.session))
        self._digests()

    def _facts(self) -> dict[str, object]:
        """Facts are handed in; one that is missing or mistyped is unknown."""
        known: dict[str, object] = {}
        for fact in self.policy.facts.values():
            try:
                known[fact.name] = fitted(
                    self.circumstances.facts.get(fact.name), fact.type, closed=False
                )
            except Misfit:
                known[fact.name] = UNKNOWN
        return known

    def _roots(self) -> dict[str, dict[str, object] | None]:
        """`agent.x` of a human, `human.x` of an agent: unknown."""
        principal, policy = self.action.principal, self.policy
        own = {"agent": policy.agents, "human": policy.humans}[principal.kind]
        attributes, _ = fitted_fields(principal.attributes, own, closed=False)
        context, _ = fitted_fields(self.action.context, policy.context, closed=False)
        known = {**attributes, "id": principal.id}
        return {
            "input": self.input,
            "fact": self.facts,
            "context": context,
            "agent": known if principal.kind == "agent" else None,
            "human": known if principal.kind == "human" else None,
            "principal": {"id": principal.id},
        }

    def _digests(self) -> None:
        """What evidence must be bound to; None where the action cannot be written down."""
        facts = {name: datum for name, datum in self.facts.items() if datum is not UNKNOWN}
        self.facts_digest = digest(facts)
        self.action_digest = self.proposal_digest = None
        behalf = self.action.on_behalf_of
        beside = [self.action.context, self.action.principal.attributes]
        beside += [behalf.attributes] if behalf else []
        if self.input_fits and all(has_canonical_form(part) for part in beside):
            try:
                self.action_digest = action_digest(self.action, self.input)
                self.proposal_digest = proposal_digest(self.action, self.input)
            except (ValueError, OverflowError, RecursionError):
                pass

    def contributions(self) -> Iterator[Contribution]:
        if self.task is None:
            # “the policy has no such task”: deny
            yield None, "D505", Outcome.DENY
            return
        if not self.input_fits:
            # “the input does not fit the task”: deny
            yield None, "D504", Outcome.DENY
        elif self.action_digest is None:
            # “the action has no canonical form”: deny
            yield None, "D512", Outcome.DENY
        if any(self._holds(item) for item in self._evidence(Rejection)):
            # “a person has rejected the same proposal in the last 24 hours”: deny
            yield None, "D509", Outcome.DENY
        rules = [r for r in self.policy.rules.values() if self.action.task in r.tasks]
        applying = [rule for rule in rules if self._applies(rule)]
        if not any(rule.effect is Effect.PERMIT for rule in applying):
            # “no `permit` applies”: deny
            yield None, "D503", Outcome.DENY
        for rule in applying:
            yield from self._contributed(rule)

    def _contributed(self, rule: Rule) -> Iterator[Contribution]:
        match rule.effect:
            case Effect.PERMIT:
                yield rule.name, "D511", Outcome.ALLOW
            case Effect.FORBID:
                # “a `forbid` applies”, “an `only when` is not surely met”: deny
                yield rule.name, "D502" if rule.only_when else "D501", Outcome.DENY
            case Effect.REQUIRE:
                yield from self._required(rule)
            case Effect.ESCALATE:
                yield from self._escalated(rule)

    def _applies(self, rule: Rule) -> bool:
        """“A `permit` applies only where it is true”; all else “where true or unknown”."""
        met = [
            value if condition.expected else (UNKNOWN if value is UNKNOWN else not value)
            for condition in rule.conditions
            for value in [truth(condition.expression, self.world)]
        ]
        result = all_hold([self._concerns(rule.subject), *met])
        return result is True or (result is UNKNOWN and rule.effect is not Effect.PERMIT)

    def _concerns(self, subject: Subject) -> Truth:
        """“A subject by role where roles are not known” is unknown."""
        if not subject.roles:
            return subject.kind in (None, self.action.principal.kind)
        if self.circumstances.roles is None:
            return UNKNOWN
        return any(role in self.circumstances.roles for role in subject.roles)

    # Validations

    def _required(self, rule: Rule) -> Iterator[Contribution]:
        """“A required validation has failed”: deny; “has not run”: validate.

        “A result is bound to the action, the facts and the whole policy set.”
        """
        for name in rule.validations:
            results = [
                item.passed
                for item in self._evidence(ValidationResult)
                if item.validation == name
                and item.action == self.action_digest
                and item.facts == self.facts_digest
                and item.policy == self.policy.digest
            ]
            if not all(results):
                yield rule.name, "D508", Outcome.DENY
            elif not results:
                yield rule.name, "D507", Outcome.VALIDATE

    # Approvals

    def _escalated(self, rule: Rule) -> Iterator[Contribution]:
        """“Too few people have approved”: escalate; “and their time is up”: deny."""
        requirement, now = rule.requirement, self.circumstances.now
        assert requirement is not None
        asks = [item.at for item in self._evidence(Asked) if self._about(item, rule)]
        behind = self.action.on_behalf_of
        interested = {person(one.id) for one in (self.action.principal, behind) if one}
        # “The first ask of a rule starts its 24 hours.”
        first = min(asks, default=None)
        signers = {
            person(item.by)
            for item in self._evidence(Approval)
            if self._about(item, rule)
            and item.facts == self.facts_digest
            and requirement.role in item.roles
            # “The principal and the person on whose behalf it acts never count.”
            and person(item.by) not in interested
            and item.at <= now
            and now - item.at < CLOCK
            and (first is None or item.at - first < CLOCK)
        }
        # “as many *different* people as its quorum”
        if len(signers) >= requirement.quorum:
            return
        if first is not None and now - first >= CLOCK:
            yield rule.name, "D510", Outcome.DENY
        else:
            yield rule.name, "D506", Outcome.ESCALATE

    def _about(self, item: Approval | Asked, rule: Rule) -> bool:
        """“Given for this action, this rule”; the rule by its text and what it rests on."""
        return (item.action, item.rule, item.rule_digest) == (
            self.action_digest,
            rule.name,
            rule.digest,
        )

    def _holds(self, rejection: Rejection) -> bool:
        """“What speaks against it stays”, even where the clock of who said it runs ahead."""
        same = rejection.proposal == self.proposal_digest
        return same and self.circumstances.now - rejection.at < CLOCK

    def _evidence(self, kind: type) -> list:
        if self.action_digest is None:
            return []
        return [item for item in self.circumstances.evidence if isinstance(item, kind)]


def person(id_: str) -> str:
    """Ids that differ only in case, spacing or variants of letters could be one person."""
    shown = unicodedata.normalize("NFKC", id_).casefold()
    return "".join(c for c in shown if unicodedata.category(c) != "Cf" and not c.isspace())
