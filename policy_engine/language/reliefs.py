"""Exceptions and guarantees: what softens one rule for a while, what is claimed of all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from policy_engine.foundation.canonical import digest
from policy_engine.foundation.diagnostics import Label
from policy_engine.language import codes, tree as t
from policy_engine.language.controls import satisfied
from policy_engine.language.declare import Declarations
from policy_engine.language.expressions import Expressions
from policy_engine.language.people import People
from policy_engine.language.policy import Guarantee, Rule, Subject, Waiver
from policy_engine.language.report import Report
from policy_engine.language.rules import Rules

_SOFTENED = ("forbid", "only when", "only after", "limit")
_NO_GUESS = "a guess about what was meant; it may narrow, never soften"


class Reliefs:
    """Checks the exceptions and guarantees of one policy set."""

    def __init__(
        self,
        found: Declarations,
        expressions: Expressions,
        people: People,
        rules: Rules,
        report: Report,
    ) -> None:
        self._found = found
        self._expressions = expressions
        self._people = people
        self._rules = rules
        self._report = report

    def waivers(self, rules: Mapping[str, Rule], at: datetime | None) -> dict[str, Waiver]:
        """Exceptions, each of a rule that denies; `at` is the time by which they are expired."""
        result: dict[str, Waiver] = {}
        for name, node in self._found.rules.items():
            if isinstance(node, t.ExceptionNode):
                waiver = self._waiver(node, rules)
                if waiver is not None:
                    result[name] = waiver
                    self._warn_expired(waiver, node, at)
        return result

    def guarantees(self) -> dict[str, Guarantee]:
        result: dict[str, Guarantee] = {}
        for name, node in self._found.rules.items():
            if isinstance(node, t.GuaranteeNode):
                guarantee = self._guarantee(node)
                if guarantee is not None:
                    result[name] = guarantee
        return result

    def _waiver(self, node: t.ExceptionNode, rules: Mapping[str, Rule]) -> Waiver | None:
        named = self._found.rule(node.rule, self._report)
        subject = Subject(frozenset(), None, node.rule.span)
        if node.subjects is not None:
            found = self._people.subject(node.subjects)
            if found is None:
                return None
            subject = found
        until = self._rules.beginning(node.until)
        ladder = self._people.ladder(node.ladder)
        rule = rules.get(named.name.text) if named else None
        if named is None or rule is None:
            if named is not None and not isinstance(named, t.RuleNode):
                self._refuse_rule(node, named.name, "no rule that could deny")
            return None
        if rule.form not in _SOFTENED or (rule.form == "limit" and rule.ladder):
            self._refuse_rule(node, named.name, _WHY_NOT.get(rule.form, "it asks people already"))
            return None
        closed = {"the request asks for": _NO_GUESS}
        conditions = self._rules.conditions(node.conditions, sorted(rule.tasks), closed)  # type: ignore[arg-type]
        self._refuse_elsewhere(node, rule)
        if until is None or ladder is None or conditions is None:
            return None
        return Waiver(
            name=node.name.text,
            title=node.title,
            rule=rule.name,
            subject=subject,
            conditions=conditions,
            until=until,
            approved_by=node.approved_by,
            ladder=ladder,
            span=node.name.span,
            digested=_with_rule(self._rules.digested(node, []), rule),
        )

    def _refuse_rule(self, node: t.ExceptionNode, rule: t.Name, why: str) -> None:
        title = f"`{rule.text}` cannot be softened"
        also = (Label(rule.span, "declared here", primary=False),)
        help_ = "an exception softens a `forbid`, an `only` or a `limit` that denies"
        self._report.add(codes.NO_EXCEPTION, title, node.rule.span, why, also=also, help_=help_)

    def _refuse_elsewhere(self, node: t.ExceptionNode, rule: Rule) -> None:
        """It stands beside its rule, or the owner of that rule has approved it."""
        if node.name.span.source.name == rule.span.source.name:
            return
        header = self._found.names.headers.get(rule.span.source.name)
        if header is None or header.owner != node.approved_by:
            title = f"the rule `{rule.name}` belongs to another policy"
            owner = header.owner if header else None
            label = f"approved by {node.approved_by}, and {owner or 'nobody'} owns the rule"
            help_ = "put the exception beside the rule, or let the rule's owner approve it"
            self._report.add(codes.NO_EXCEPTION, title, node.approved_span, label, help_=help_)

    def _warn_expired(self, waiver: Waiver, node: t.ExceptionNode, at: datetime | None) -> None:
        if at is not None and at >= waiver.until:
            title = f"the exception `{waiver.name}` has expired"
            self._report.add(codes.EXPIRED, title, node.until.span, "it softens nothing any more")

    def _guarantee(self, node: t.GuaranteeNode) -> Guarantee | None:
        subject = None
        if node.subjects is not None:
            subject = self._people.subject(node.subjects)
            if subject is None:
                return None
        tasks = self._expressions.targets(node.targets)
        parties = self._people.parties(node.parties)
        checks = [self._found.validation(name, self._report) for name in node.validations]
        controls = satisfied(node.satisfies, self._found, self._report)
        if tasks is None or parties is None or not all(checks):
            return None
        conditions = self._rules.conditions(node.conditions, tasks, {})
        if conditions is None:
            return None
        return Guarantee(
            name=node.name.text,
            title=node.title,
            claim=node.claim,
            subject=subject,
            tasks=frozenset(tasks),
            parties=parties,
            validations=tuple(check.name.text for check in checks if check),
            conditions=conditions,
            satisfies=controls,
            span=node.name.span,
        )


def _with_rule(own: Callable[[], str], rule: Rule) -> Callable[[], str]:
    """A signature under an exception is for the rule as it read then, too."""
    return lambda: digest([own(), rule.digest])


_WHY_NOT = {
    "constraint": "a constraint: nothing softens it",
    "permit": "a permit denies nothing",
    "require": "a validation is not a deny; say `on failure escalate to …`",
    "require after": "it only withholds an output",
    "confirm": "the user's own word; no exception speaks for the user",
    "escalate": "it asks people already",
}
