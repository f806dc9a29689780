"""What a sound policy set still says in vain, or against its author's purpose: warnings.

Relies on a policy set without errors. Each lint looks at one kind of thing and says where it is.
"""

from __future__ import annotations

from collections.abc import Iterable

from policy_engine.language import checked as c, codes
from policy_engine.language.abouts import Abouts, untold
from policy_engine.language.certainties import certain, contradicting
from policy_engine.language.declare import Declarations
from policy_engine.language.policy import Condition, Define, Effect, Guarantee, Rule, Waiver
from policy_engine.language.report import Report
from policy_engine.language.walk import all_of


def lint(
    found: Declarations,
    abouts: Abouts,
    told: set[str],
    rules: dict[str, Rule],
    waivers: dict[str, Waiver],
    guarantees: dict[str, Guarantee],
    defines: dict[str, Define],
    report: Report,
) -> None:
    """All warnings about a policy set."""
    _owners(found, report)
    _never_permitted(found, rules, report)
    _tags(abouts, told, report)
    conditions = [condition for rule in rules.values() for condition in rule.conditions]
    conditions += [condition for waiver in waivers.values() for condition in waiver.conditions]
    bodies = [condition.expression for condition in conditions]
    bodies += [define.body for define in defines.values()]
    _certainties(bodies, defines, report)
    for rule in rules.values():
        _contradictions(rule, report)
        _evasions(rule, report)
    for guarantee in guarantees.values():
        title = f"the guarantee `{guarantee.name}` is not proved"
        report.add(codes.NOT_PROVED, title, guarantee.span, "a claim, until somebody proves it")


def _owners(found: Declarations, report: Report) -> None:
    for header in found.headers:
        if not (header.owner or "").strip():
            title = f"nobody answers for the policy `{header.name.text}`"
            help_ = 'add `owner "…"`'
            report.add(codes.NO_OWNER, title, header.name.span, "it names no owner", help_=help_)


def _never_permitted(found: Declarations, rules: dict[str, Rule], report: Report) -> None:
    permitted = {t for r in rules.values() if r.effect is Effect.PERMIT for t in r.tasks}
    sources = (found.find(found.tasks, n.source) for n in found.facts.values() if n.source)
    looked_up = {source.name.text for source in sources if source is not None}
    for name, task in found.tasks.items():
        if name not in permitted and name not in looked_up:
            title = f"no rule permits the task `{name}`"
            help_ = f"write `permit ROLE to {name}`, or remove the task"
            report.add(codes.NEVER_PERMITTED, title, task.name.span, "never allowed", help_=help_)


def _tags(abouts: Abouts, told: set[str], report: Report) -> None:
    used = told | {"irreversible"}
    untold(((tag, place) for tag, place in abouts.tags().items() if place), used, report)


def _certainties(bodies: Iterable[c.Checked], defines: dict[str, Define], report: Report) -> None:
    """Comparisons that come out the same whatever happens."""
    for body in bodies:
        for node in all_of(body):
            if isinstance(node, c.Compare):
                truth = certain(node, defines)
                if truth is not None:
                    code = codes.ALWAYS_TRUE if truth else codes.ALWAYS_FALSE
                    title = f"this is always {'true' if truth else 'false'}"
                    report.add(code, title, node.span, "whatever is proposed")


def _contradictions(rule: Rule, report: Report) -> None:
    """Conditions of one rule that cannot hold together: then it never applies."""
    for one, other in contradicting(_together(rule.conditions)):
        title = "these two never hold together"
        report.add(codes.ALWAYS_FALSE, title, other.span, f"not beside `{one.span.text}`")


def _together(conditions: Iterable[Condition]) -> list[c.Checked]:
    """The parts of conditions that must all hold for the rule to apply."""
    waiting = [condition.expression for condition in conditions if condition.expected]
    parts: list[c.Checked] = []
    for node in waiting:
        if isinstance(node, c.Every):
            waiting.extend(node.parts)
        else:
            parts.append(node)
    return parts


def _evasions(rule: Rule, report: Report) -> None:
    """A rule that narrows only where an input is given is evaded by leaving it out."""
    if rule.effect is Effect.PERMIT:
        return
    for part in _together(rule.conditions):
        if isinstance(part, c.Given) and part.operand.root == "input":
            title = "leaving the input out evades this rule"
            name = part.operand.span.text
            help_ = f"write a rule for where `{name} is not given`, or make the input required"
            label = f"it narrows only where `{name}` is given"
            report.add(codes.EVADABLE, title, part.span, label, help_=help_)
