"""What validations and people have said of one action, by the entries so far.

The record binds what was said by sealed digests. Of who signed it says that they held one of the
roles that were asked, and not which: where that matters, there are several readings.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import combinations, groupby, product
from math import prod
from typing import NamedTuple

from policy_engine.audit.reading import objects, text
from policy_engine.audit.redecide.sealed import Seal
from policy_engine.decision.action import person_key
from policy_engine.decision.evidence import (
    Approval,
    Asked,
    Confirmation,
    Evidence,
    ValidationResult,
)
from policy_engine.decision.outcome import Decision
from policy_engine.language.policy import Ladder, PolicySet


class Signed(NamedTuple):
    """A signature, as the record has it."""

    by: str
    rule: str
    rule_digest: str
    action_digest: str
    facts_digest: str
    at: datetime
    lenders: tuple[str, ...]
    """For whom they stood in; empty where they signed by a role of their own."""


class _Check(NamedTuple):
    name: str
    passed: bool
    at: datetime


class TakenBack(NamedTuple):
    """The end of a right to sign that was lent."""

    lender: str
    holder: str
    at: datetime


_Ask = tuple[str, str]
"""A rule, or an exception, and its digest."""


@dataclass(slots=True)
class Said:
    """All that has been said of one action."""

    _asked: dict[_Ask, datetime] = field(default_factory=dict)
    _deadlines: dict[_Ask, datetime] = field(default_factory=dict)
    _signed: dict[tuple[str, ...], Signed] = field(default_factory=dict)
    _confirmed: list[tuple[str, str, datetime]] = field(default_factory=list)
    _checks: list[_Check] = field(default_factory=list)
    """Since it was last decided."""
    _shown: list[_Check] = field(default_factory=list)
    """Those that were shown to people when it was last held."""

    @property
    def is_signed(self) -> bool:
        return bool(self._signed)

    @property
    def is_nothing(self) -> bool:
        return not (self._asked or self._signed or self._confirmed or self._checks or self._shown)

    def held(self, body: Mapping[str, object], at: datetime) -> None:
        for ask in objects(body, "asks"):
            key = text(ask, "rule") or "", text(ask, "rule_digest") or ""
            self._asked.setdefault(key, at)
            deadline = ask.get("deadline")
            if isinstance(deadline, datetime):
                self._deadlines.setdefault(key, deadline)

    def approved(self, body: Mapping[str, object], at: datetime) -> None:
        names = ("by", "rule", "rule_digest", "action_digest", "facts_digest")
        by, rule, rule_digest, action, facts = (text(body, name) or "" for name in names)
        lenders = body.get("stands_in_for")
        lent = tuple(map(str, lenders)) if isinstance(lenders, list) else ()
        signed = Signed(by, rule, rule_digest, action, facts, at, lent)
        self._signed[signed[:5]] = signed

    def confirmed(self, body: Mapping[str, object], at: datetime) -> None:
        who, what = text(body, "by") or "", text(body, "action_digest") or ""
        self._confirmed.append((who, what, at))

    def validated(self, body: Mapping[str, object], at: datetime) -> None:
        name = text(body, "validation") or ""
        self._checks.append(_Check(name, body.get("passed") is True, at))

    def decided(self, *, waits: bool) -> None:
        """What ran before has served; `waits`: people are shown what came of it."""
        if waits:
            self._shown = self._checks
        self._checks = []

    def begun(self) -> None:
        """All that was said is used up."""
        self._signed.clear()
        self._confirmed.clear()

    def readings(
        self, decision: Decision, policy: PolicySet, seal: Seal, taken_back: Sequence[TakenBack]
    ) -> Readings:
        """What it comes to for an action, by a decision about it that heard nothing of it."""
        action, facts = decision.action or "", decision.facts
        ladders = _Ladders(policy)
        asked = {
            key: ladders.start(key, self._deadlines.get(key), at) for key, at in self._asked.items()
        }
        sealed_action, sealed_facts = seal(decision.action), seal(facts)
        sure: list[Evidence] = [
            Asked(action, rule, digest, at) for (rule, digest), at in asked.items()
        ]
        sure += [
            Confirmation(who, action, at)
            for who, what, at in self._confirmed
            if what == sealed_action
        ]
        signatures, options = [], []
        for signed, is_over in self._counted(taken_back):
            if (signed.action_digest, signed.facts_digest) == (sealed_action, sealed_facts):
                key = signed.rule, signed.rule_digest
                held = ladders.options(key, asked.get(key), signed.at)
                signatures.append(signed)
                options.append([frozenset[str]()] if is_over else held)
        return Readings(
            action, facts, decision.policy, sure, signatures, options, self._checks, self._shown
        )

    def _counted(self, taken_back: Sequence[TakenBack]) -> Iterator[tuple[Signed, bool]]:
        """Each signature, and whether it rests on what was lent and counts no more: taken back
        since, or used up by the lender's own signature or another one."""
        ordered = sorted(self._signed.values(), key=lambda one: (one[1:3], one.at, one.by))
        for _, some in groupby(ordered, key=lambda one: one[1:3]):
            signatures = list(some)
            used = {person_key(one.by) for one in signatures}
            for one in signatures:
                if not one.lenders:
                    yield one, False
                    continue
                lent = (who for who in one.lenders if not _was_taken_back(who, one, taken_back))
                left = {person_key(lender) for lender in lent} - used
                used |= left
                yield one, not left


def _was_taken_back(lender: str, signed: Signed, ends: Iterable[TakenBack]) -> bool:
    who = person_key(lender), person_key(signed.by)
    return any(
        (person_key(end.lender), person_key(end.holder)) == who and end.at >= signed.at
        for end in ends
    )


class _Ladders:
    """The ladders of a policy, by rule or exception."""

    def __init__(self, policy: PolicySet) -> None:
        self._policy = policy

    def start(self, ask: _Ask, deadline: datetime | None, at: datetime) -> datetime:
        """When people were first asked: as long before the end as the ladder is, to the digit."""
        ladder = self._of(ask)
        if deadline is None or not ladder:
            return at
        try:
            start = deadline - sum((rung.within for rung in ladder), timedelta())
        except OverflowError:
            return at
        return min(start, at)

    def options(self, ask: _Ask, start: datetime | None, at: datetime) -> list[frozenset[str]]:
        """The roles that a person may have signed by: some of the rung whose turn it was."""
        ladder = self._of(ask)
        roles = _roles_in_turn(ladder, start, at)
        if len(roles) < 2:
            return [roles]
        return [
            frozenset(some)
            for number in range(1, len(roles) + 1)
            for some in combinations(sorted(roles), number)
        ]

    def _of(self, ask: _Ask) -> Ladder:
        name, digest = ask
        found = self._policy.rules.get(name) or self._policy.waivers.get(name)
        return found.ladder if found is not None and found.digest == digest else ()


def _roles_in_turn(ladder: Ladder, start: datetime | None, at: datetime) -> frozenset[str]:
    for rung in ladder:
        if start is None or at - start < rung.within:
            return rung.roles
        start += rung.within
    return frozenset()


@dataclass(frozen=True, slots=True)
class Readings:
    """What may have been heard when it was decided."""

    action: str
    facts: str
    policy: str
    sure: list[Evidence]
    signatures: list[Signed]
    options: list[list[frozenset[str]]]
    """By signature, the roles that it may count for."""
    checks: list[_Check]
    shown: list[_Check]

    @property
    def number(self) -> int:
        """How many ways there are to read the signatures, where somebody may hold no role."""
        return prod(len(options) + 1 for options in self.options)

    def signed(self) -> Iterator[tuple[Approval, ...]]:
        """Each way to read the signatures, where whoever signed still holds the role."""
        return map(self._approvals, product(*self.options))

    def lost(self) -> Iterator[tuple[Approval, ...]]:
        """Each way to read them where somebody no longer does."""
        wider = [[frozenset[str](), *options] for options in self.options]
        return map(self._approvals, product(*wider))

    def validated(self, now: datetime) -> tuple[tuple[ValidationResult, ...], ...]:
        """What had run; and, where nothing had, what people were shown, taken as fresh."""
        ran = self._results(self.checks, None)
        return ran, ran if self.checks else self._results(self.shown, now)

    def stale(self) -> tuple[ValidationResult, ...]:
        """What had run, where that took so long that none of it was fresh any more."""
        return tuple(replace(result, at=None) for result in self._results(self.checks, None))

    def _approvals(self, roles: Sequence[frozenset[str]]) -> tuple[Approval, ...]:
        return tuple(
            Approval(one.by, held, self.action, self.facts, one.rule, one.rule_digest, one.at)
            for one, held in zip(self.signatures, roles, strict=True)
        )

    def _results(
        self, checks: Iterable[_Check], now: datetime | None
    ) -> tuple[ValidationResult, ...]:
        attempts: dict[str, int] = {}
        found = []
        for name, passed, at in checks:
            attempts[name] = attempts.get(name, 0) + 1
            found.append(
                ValidationResult(
                    name,
                    self.action,
                    self.facts,
                    self.policy,
                    passed,
                    at=now or at,
                    attempt=attempts[name],
                )
            )
        return tuple(found)
