"""What one rule contributes for one principal, and by which exception it may be softened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from policy_engine.decision.outcome import Outcome
from policy_engine.language.policy import Condition, Effect, Kind, Rule, Subject, Waiver
from tests.reference.approvals import Standing
from tests.reference.bound import Bound
from tests.reference.data import UNKNOWN
from tests.reference.limits import condition_met, is_passed
from tests.reference.logic import Truth, all_hold
from tests.reference.world import World

Contribution = tuple[str | None, str, Outcome]
"""Rule or waiver (None: the decision rule itself), code, outcome."""

DENIALS = {"forbid": "D501", "only when": "D502", "only after": "D519", "constraint": "D518"}


@dataclass(frozen=True)
class Ruling:
    """One principal, what can be seen from there, the roles it holds, and the evidence."""

    world: World
    kind: Kind
    roles: frozenset[str] | None
    bound: Bound

    def applies(self, rule: Rule) -> bool:
        """“Unknown in a `permit` or an `exception` does not apply; unknown in anything that narrows
        applies it.”"""
        met = self._met(rule.subject, rule.conditions)
        return met is True or (met is UNKNOWN and rule.effect is not Effect.PERMIT)

    def contributed(self, rule: Rule) -> Iterator[Contribution]:
        match rule.form:
            case "permit":
                yield rule.name, "D511", Outcome.ALLOW
            case "constraint":
                # “deny; nothing softens it”
                yield rule.name, DENIALS[rule.form], Outcome.DENY
            case "forbid" | "only when" | "only after":
                yield from self._denied(rule, DENIALS[rule.form])
            case "limit":
                if is_passed(rule, self.world):
                    yield from self._limited(rule)
            case "escalate":
                yield from self._asked(rule, "D506")
            case "confirm":
                if not self.bound.is_confirmed():
                    yield rule.name, "D515", Outcome.VALIDATE
            case "require":
                yield from self._required(rule)

    def _limited(self, rule: Rule) -> Iterator[Contribution]:
        """“What its ladder asks; without one deny, or as its exceptions ask.”"""
        return self._asked(rule, "D513") if rule.ladder else self._denied(rule, "D513")

    def _required(self, rule: Rule) -> Iterator[Contribution]:
        """“Deny, or what its ladder asks.”"""
        for name in rule.validations:
            failed, passed = self.bound.checked(name, rule)
            if failed and rule.ladder:
                yield from self._asked(rule, "D508")
            elif failed:
                yield rule.name, "D508", Outcome.DENY
            elif not passed:
                yield rule.name, "D507", Outcome.VALIDATE

    def _denied(self, rule: Rule, code: str) -> Iterator[Contribution]:
        """“Instead of its rule's deny, its ladder contributes, under the exception's name and
        digest: escalate until it is met, deny when it has ended, allow when it is met. Where
        several exceptions of one rule apply, all must be met. Where none applies, the rule denies
        as it is.”"""
        waivers = self._waivers_of(rule)
        if not waivers:
            yield rule.name, code, Outcome.DENY
        for waiver in waivers:
            if self.bound.standing(waiver) is Standing.MET:
                yield waiver.name, "D516", Outcome.ALLOW
            else:
                yield from self._asked(waiver, "D516")

    def _waivers_of(self, rule: Rule) -> list[Waiver]:
        """“It applies where it is live, its subject surely concerns the principal, and all its
        conditions are surely met.”"""
        return [
            waiver
            for waiver in self.world.policy.waivers.values()
            if waiver.rule == rule.name
            and self.world.now < waiver.until
            and self._met(waiver.subject, waiver.conditions) is True
        ]

    def _asked(self, about: Rule | Waiver, code: str) -> Iterator[Contribution]:
        """“Escalate until it is met, deny when it has ended.”"""
        match self.bound.standing(about):
            case Standing.OPEN:
                yield about.name, code, Outcome.ESCALATE
            case Standing.ENDED:
                yield about.name, "D510", Outcome.DENY

    def _met(self, subject: Subject, conditions: Sequence[Condition]) -> Truth:
        met = [condition_met(condition, self.world) for condition in conditions]
        return all_hold([self._concerns(subject), *met])

    def _concerns(self, subject: Subject) -> Truth:
        """“A subject by role where roles are not known” is unknown."""
        if not subject.roles:
            return subject.kind in (None, self.kind)
        if self.roles is None:
            return UNKNOWN
        return any(role in self.roles for role in subject.roles)
