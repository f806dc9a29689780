"""The decision as `docs/semantics.md` words it, as slowly and plainly as it can be said.

Quoted lines are that page's. Nothing of the engine's own evaluation is used: only the data types
and the digests, which are shared so that evidence can be bound.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from policy_engine.decision.action import Action, Principal, action_digest, proposal_digest
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.outcome import Outcome
from policy_engine.foundation.canonical import digest
from policy_engine.language.policy import Effect, PolicySet, Rule
from tests.reference.bound import Bound
from tests.reference.data import fitted, fitted_fields, has_canonical_form
from tests.reference.limits import is_held
from tests.reference.people import interested
from tests.reference.provenance import Origins
from tests.reference.rules import Contribution, Ruling
from tests.reference.scalars import Misfit
from tests.reference.world import World, named, roots_of


@dataclass(frozen=True)
class Answer:
    """The join of all contributions."""

    outcome: Outcome
    contributions: frozenset[Contribution]
    observed: frozenset[Contribution]
    """What rules that decide nothing yet would have contributed."""
    obligations: frozenset[tuple[str, str]]
    """Rules with the validations that must pass before the output is released."""


def decide(policy: PolicySet, action: Action, circumstances: Circumstances) -> Answer:
    """“Everything contributes; the join is the answer.”"""
    question = _Question(policy, action, circumstances)
    contributions = frozenset(question.contributions())
    return Answer(
        max(outcome for _, _, outcome in contributions),
        contributions,
        frozenset(question.observed()),
        frozenset(question.obligations()),
    )


def digests(
    policy: PolicySet, action: Action, circumstances: Circumstances
) -> tuple[str | None, str | None, str]:
    """What evidence about this action is bound to: the action, the proposal, the facts."""
    bound = _Question(policy, action, circumstances).bound
    return bound.action, bound.proposal, bound.facts


class _Question:
    """One action under its circumstances."""

    def __init__(self, policy: PolicySet, action: Action, circumstances: Circumstances) -> None:
        self.policy, self.action, self.circumstances = policy, action, circumstances
        self.task = policy.tasks.get(action.task)
        inputs = self.task.inputs if self.task else ()
        self.input, self.input_fits = fitted_fields(action.input, inputs, closed=True)
        self.facts = self._facts()
        self.bound = self._bound()
        rules = policy.rules.values()
        self.rules = [rule for rule in rules if action.task in rule.tasks]
        self.rulings = self._rulings()

    def _facts(self) -> dict[str, object]:
        """Facts are handed in and fit; one that is missing or mistyped is unknown."""
        known: dict[str, object] = {}
        for name, datum in self.circumstances.facts.items():
            try:
                if name in self.policy.facts:
                    known[name] = fitted(datum, self.policy.facts[name].type, closed=False)
            except Misfit:
                pass
        return known

    def _bound(self) -> Bound:
        """What evidence must be bound to; None where the action cannot be written down.

        “The facts by a digest of all that were handed in and fit, less those that `may drift`.”
        """
        facts = {
            name: datum
            for name, datum in self.facts.items()
            if not self.policy.facts[name].may_drift
        }
        action, circumstances = self.action, self.circumstances
        own = proposal = None
        proposals: frozenset[str] = frozenset()
        who = [action.principal, *action.chain]
        who += [action.on_behalf_of] if action.on_behalf_of else []
        beside = [action.context, *(one.attributes for one in who)]
        if self.input_fits and all(has_canonical_form(part) for part in beside):
            try:
                own = action_digest(action, self.input)
                proposal = proposal_digest(action, self.input)
                doers = [*action.chain, action.principal]
                proposals = frozenset(proposal_digest(action, self.input, d) for d in doers)
            except (ValueError, OverflowError, RecursionError):
                pass
        evidence, now = circumstances.evidence, circumstances.now
        everybody = interested(action)
        return Bound(
            evidence, own, proposal, proposals, digest(facts), self.policy.digest, everybody, now
        )

    def _rulings(self) -> list[Ruling]:
        """“For each principal in its chain and for the one who acts in the end, with that
        principal's kind, id, attributes and roles.”"""
        handed = self.circumstances.chain_roles
        missing = len(self.action.chain) - len(handed)
        roles = [*handed[: len(self.action.chain)], *[None] * missing, self.circumstances.roles]
        everybody = (*self.action.chain, self.action.principal)
        return [
            Ruling(self._world(one), one.kind, held, self.bound)
            for one, held in zip(everybody, roles, strict=True)
        ]

    def _world(self, principal: Principal) -> World:
        circumstances, policy = self.circumstances, self.policy
        session, _ = fitted_fields(circumstances.attributes, policy.session, closed=False)
        roots = roots_of(policy, principal, self.input, self.action.context)
        facts = {name: self.facts.get(name) for name in policy.facts}
        return World(
            policy,
            {**roots, "fact": facts, "session": session},
            Origins(policy, circumstances.session),
            circumstances.now,
            circumstances.history,
            circumstances.session.id if circumstances.session else None,
        )

    def contributions(self) -> Iterator[Contribution]:
        yield from self._refused()
        if self.task is None:
            return
        for ruling in self.rulings:
            applying = [
                rule for rule in self.rules if not self._is_observed(rule) and ruling.applies(rule)
            ]
            if not any(rule.effect is Effect.PERMIT for rule in applying):
                # “no `permit` applies”: deny
                yield None, "D503", Outcome.DENY
            for rule in applying:
                yield from ruling.contributed(rule)
        if is_held(self.task, self.rulings[-1].world, self.circumstances.root) is not False:
            # “another root action holds what is exclusive, or could”: deny
            yield None, "D514", Outcome.DENY

    def _refused(self) -> Iterator[Contribution]:
        """What denies whatever the rules say."""
        if self.task is None:
            # “the policy has no such task”: deny
            yield None, "D505", Outcome.DENY
        elif not self.input_fits:
            # “the input does not fit the task”: deny
            yield None, "D504", Outcome.DENY
        elif self.bound.action is None:
            # “the action has no canonical form”: deny
            yield None, "D512", Outcome.DENY
        if self._concerned() & self.circumstances.suspended:
            # “a member of the chain, the principal, the task or the session is suspended”: deny
            yield None, "D517", Outcome.DENY
        if self.task is not None and self.bound.is_rejected():
            # “a person has rejected the same proposal in the last 24 hours”: deny
            yield None, "D509", Outcome.DENY

    def _concerned(self) -> set[str]:
        """Who or what could be suspended: `agent bot-7`, `task pay`, `session s-1`."""
        session = self.circumstances.session
        names = {named(one) for one in (self.action.principal, *self.action.chain)}
        names |= {f"session {session.id}"} if session and session.id is not None else set()
        return names | {f"task {self.action.task}"}

    def observed(self) -> Iterator[Contribution]:
        """“While its day has not begun, a rule with `observe until` contributes nothing; what it
        would have said is kept with the decision.”"""
        for ruling in self.rulings if self.task else ():
            for rule in self.rules:
                if self._is_observed(rule) and ruling.applies(rule):
                    yield from ruling.contributed(rule)

    def obligations(self) -> Iterator[tuple[str, str]]:
        """“The decision lists, for each such rule that is not surely out, which validations must
        pass before the output is released.”"""
        for ruling in self.rulings if self.task else ():
            for rule in self.rules:
                after = rule.form == "require after" and not self._is_observed(rule)
                if after and ruling.applies(rule):
                    yield from ((rule.name, name) for name in rule.validations)

    def _is_observed(self, rule: Rule) -> bool:
        return rule.observe_until is not None and self.circumstances.now < rule.observe_until
