"""What stands for each control of a framework: who carries it, and what they did in the period.

Relies on `satisfies` in a policy and on the stories of a report. It says what is evidence for a
control, and never that a control is kept: that is for people to judge. A control is *enforced*
only where a rule of the given policy version carries it and was applied, in a record that holds.
What is only claimed (a guarantee) or only observed enforces nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from policy_engine.audit.record_alone import shown_by_record
from policy_engine.audit.report import Report
from policy_engine.audit.story import Story
from policy_engine.audit.uses import Use, uses
from policy_engine.language.policy import Guarantee, PolicySet, Rule

_MOST_SAMPLES = 6


class Status(Enum):
    """How a control stands, the best first."""

    ENFORCED = "enforced"
    IN_FORCE = "in_force_not_applied"
    EVIDENCE = "evidence_only"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Carrier:
    """A rule, a constraint or a guarantee that `satisfies` a control."""

    kind: str
    """`rule`, `constraint` or `guarantee`."""
    name: str
    title: str
    """Its sentence; empty where it has none."""
    place: str
    use: Use | None
    """What it did; None for a guarantee."""
    observed_until: datetime | None = None
    """Until then it decides nothing; None where it is in force."""

    @property
    def enforces(self) -> bool:
        """Whether it can stop or let pass anything."""
        return self.use is not None and self.observed_until is None


@dataclass(frozen=True, slots=True)
class Control:
    """One control, with all that is evidence for it."""

    name: str
    """`art_14`, without its framework."""
    title: str
    status: Status
    carriers: tuple[Carrier, ...]
    record: tuple[str, ...]
    """What the record as such shows for it, in sentences."""
    samples: tuple[Story, ...]
    """Actions to look up, at most six."""


@dataclass(frozen=True, slots=True)
class Controls:
    """A framework and its controls, in the order in which the framework has them."""

    framework: str
    title: str
    policy: str
    """The digest of the policy version whose rules are told."""
    decided: int
    """Actions of the period that this version decided last."""
    elsewhere: int
    """Actions of the period that another version decided last, or nobody knows which."""
    holds: bool
    """Whether the record holds. Where it does not, nothing is shown to have been applied."""
    controls: tuple[Control, ...]

    def of(self, status: Status) -> tuple[Control, ...]:
        """The controls that stand so."""
        return tuple(control for control in self.controls if control.status is status)


def controls(policy: PolicySet, framework: str, report: Report) -> Controls:
    """What the policy and the report have for each control of a framework of the policy.

    Raises KeyError where the policy has no framework of this name.
    """
    catalogue = policy.frameworks[framework]
    stories = report.summary.stories
    carried = _carried(policy, uses(policy, stories), _as_of(report))
    decided = sum(story.policy == policy.digest for story in stories)
    return Controls(
        framework=framework,
        title=catalogue.title or framework,
        policy=policy.digest,
        decided=decided,
        elsewhere=len(stories) - decided,
        holds=report.verification.holds,
        controls=tuple(
            _control(name, title, carried.get(f"{framework}.{name}", ()), framework, report)
            for name, title in catalogue.controls.items()
        ),
    )


def _as_of(report: Report) -> datetime:
    """The end of the period, or the time of the report where that comes first."""
    end = report.summary.period.end
    return report.written if end is None else min(end, report.written)


def _carried(
    policy: PolicySet, used: Mapping[str, Use], at: datetime
) -> Mapping[str, Sequence[Carrier]]:
    """The carriers by control, rules before guarantees, each by name."""
    found: dict[str, list[Carrier]] = {}
    for rule in sorted(policy.rules.values(), key=lambda rule: rule.name):
        for control in rule.satisfies:
            found.setdefault(control, []).append(_rule(rule, used[rule.name], at))
    for guarantee in sorted(policy.guarantees.values(), key=lambda one: one.name):
        for control in guarantee.satisfies:
            found.setdefault(control, []).append(_guarantee(guarantee))
    return found


def _rule(rule: Rule, use: Use, at: datetime) -> Carrier:
    until = rule.observe_until
    return Carrier(
        kind="constraint" if rule.form == "constraint" else "rule",
        name=rule.name,
        title=rule.title or "",
        place=rule.span.place,
        use=use,
        observed_until=until if until is not None and until > at else None,
    )


def _guarantee(one: Guarantee) -> Carrier:
    return Carrier("guarantee", one.name, one.title or "", one.span.place, None)


def _control(
    name: str, title: str, carriers: Sequence[Carrier], framework: str, report: Report
) -> Control:
    shown = shown_by_record(f"{framework}.{name}", report)
    status = _status(carriers, shown, report.verification.holds)
    return Control(name, title, status, tuple(carriers), shown, _samples(carriers))


def _status(carriers: Sequence[Carrier], shown: Sequence[str], holds: bool) -> Status:
    enforcing = [carrier.use for carrier in carriers if carrier.use and carrier.enforces]
    if enforcing:
        applied = holds and any(use.applied for use in enforcing)
        return Status.ENFORCED if applied else Status.IN_FORCE
    return Status.EVIDENCE if shown else Status.MISSING


def _samples(carriers: Sequence[Carrier]) -> tuple[Story, ...]:
    """One of each carrier in turn, no action twice, in the order of the record."""
    of_each = [carrier.use.samples for carrier in carriers if carrier.use is not None]
    chosen: dict[int, Story] = {}
    for turn in range(max(map(len, of_each), default=0)):
        for samples in of_each:
            if turn < len(samples) and len(chosen) < _MOST_SAMPLES:
                chosen.setdefault(samples[turn].entry, samples[turn])
    return tuple(chosen[entry] for entry in sorted(chosen))
