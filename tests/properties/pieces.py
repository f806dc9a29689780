"""Random evidence, drawn as a plan ("a signature for rule r1 by ann, at the deadline, for other
facts") and made for a policy when it is known what digests are right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from policy_engine.decision.evidence import (
    Approval,
    Asked,
    Confirmation,
    Evidence,
    Rejection,
    ValidationResult,
)
from policy_engine.language.policy import PolicySet, Rule, Waiver
from tests.properties.draws import Draw
from tests.properties.shown import Shown

PEOPLE = ("ann", "bob", "cid", "bot", "Cid")
ROLES = [("lead", "chief"), ("lead", "chief"), ("lead",), ("chief",), ("clerk",)]
HOURS = (-48, -28, -24, -5, -4, -1, 0)
OFFSETS = (
    *(timedelta(hours=hours, microseconds=m) for hours in HOURS for m in (-1, 0, 1)),
    timedelta(hours=-100),
    timedelta(hours=-30),
    timedelta(minutes=-90),
    timedelta(minutes=-1),
    timedelta(hours=1),
)
"""Around the ends of rungs, the lives of approvals and rejections, freshness, and now."""


@dataclass(frozen=True, repr=False)
class Wrong(Shown):
    """Which bindings of a piece of evidence are for something else."""

    action: bool = False
    facts: bool = False
    rule: bool = False
    policy: bool = False


@dataclass(frozen=True, repr=False)
class Piece(Shown):
    """One piece of evidence, before it is known what the digests are."""

    kind: str
    about: str = ""
    by: str = ""
    roles: frozenset[str] = frozenset()
    offset: timedelta = timedelta(0)
    passed: bool = True
    attempt: int = 1
    timed: bool = True
    wrong: Wrong = Wrong()


@dataclass(frozen=True)
class Binding:
    """What evidence is right for: the digests of one action under its circumstances."""

    action: str | None
    proposal: str | None
    facts: str
    now: datetime


KINDS = (*["approval", "check"] * 8, *["asked", "confirm"] * 4, "no")


def pieces(draw: Draw, policy: PolicySet, number: int) -> tuple[Piece, ...]:
    """Some, and now and then everybody's signatures under one rule."""
    some = [piece(draw, policy) for _ in range(number)]
    if askers(policy) and draw.once_in(3):
        about = draw.pick(askers(policy))
        start = draw.pick(OFFSETS)
        signed = [start + timedelta(hours=h) for h in draw.pick([(0,), (1, 5), (0, 4)])]
        some.append(Piece("asked", about, offset=start))
        some += [
            Piece("approval", about, who, frozenset(draw.pick(ROLES)), offset)
            for who in ("ann", "cid", "dan", "eve")
            for offset in signed
        ]
    return tuple(some)


def piece(draw: Draw, policy: PolicySet, kinds: Sequence[str] = ()) -> Piece:
    kind = draw.pick(kinds or KINDS)
    about = checks(policy) if kind == "check" else askers(policy) or ["r0"]
    wrong = Wrong()
    if draw.once_in(5):
        which = draw.pick(["action", "facts", "rule", "policy"])
        wrong = replace(wrong, **{str(which): True})
    return Piece(
        kind,
        draw.pick(about),
        draw.pick(PEOPLE),
        frozenset(draw.pick(ROLES)),
        draw.pick(OFFSETS),
        not draw.once_in(3),
        draw.pick([1, 2, 2]),
        not draw.once_in(6),
        wrong,
    )


def askers(policy: PolicySet) -> list[str]:
    """Rules and exceptions that ask people."""
    rules = [name for name, rule in policy.rules.items() if rule.ladder]
    return sorted([*rules, *policy.waivers])


def checks(policy: PolicySet) -> list[str]:
    """Validations that some rule requires, if there are any."""
    required = {name for rule in policy.rules.values() for name in rule.validations}
    return sorted(required or policy.validations)


def made(planned: Sequence[Piece], policy: PolicySet, to: Binding) -> tuple[Evidence, ...]:
    """The pieces, bound to what they are about in this policy."""
    return tuple(item for one in planned for item in _made(one, policy, to))


def _made(one: Piece, policy: PolicySet, to: Binding) -> Iterator[Evidence]:
    at, wrong = to.now + one.offset, one.wrong
    action, facts = _bound(to.action, wrong.action), _bound(to.facts, wrong.facts)
    match one.kind:
        case "no":
            yield Rejection(one.by, _bound(to.proposal, wrong.action), at)
        case "confirm":
            yield Confirmation(one.by, action, at)
        case "check":
            named, when = _bound(policy.digest, wrong.policy), at if one.timed else None
            yield ValidationResult(
                one.about, action, facts, named, one.passed, at=when, attempt=one.attempt
            )
        case "asked":
            for about in _named(policy, one.about):
                yield Asked(action, about.name, _bound(about.digest, wrong.rule), at)
        case "approval":
            for about in _named(policy, one.about):
                says = _bound(about.digest, wrong.rule)
                yield Approval(one.by, one.roles, action, facts, about.name, says, at)


def _bound(digest: str | None, is_wrong: bool) -> str:
    return "0" * 64 if is_wrong or digest is None else digest


def _named(policy: PolicySet, name: str) -> list[Rule | Waiver]:
    """The rule or exception of this name and its copies."""
    every = [*policy.rules.values(), *policy.waivers.values()]
    return [one for one in every if one.name in (name, f"{name}_again")]
