"""What came of deciding a record again, counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from policy_engine.foundation.canonical import Json
from policy_engine.ledger import codes
from policy_engine.ledger.authorised import Finding
from policy_engine.ledger.record import Record

PERHAPS_GONE = "it does not follow from what is left, and an entry before it tells nothing any more"


class Undecided(NamedTuple):
    """Decisions that could not be made again, for one reason."""

    why: str
    number: int
    first: int
    """The first entry of them."""


@dataclass(frozen=True, slots=True)
class Redecision:
    """What came of it."""

    follow: int
    """How many decisions follow again."""
    findings: tuple[Finding, ...]
    """What does not follow (L708)."""
    undecided: tuple[Undecided, ...]
    """The most frequent reason first."""
    others: tuple[tuple[str, int], ...]
    """By digest, how many were decided under a policy that was not given."""

    @property
    def holds(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def as_json(self) -> dict[str, Json]:
        """All of it as data."""
        return {
            "follow": self.follow,
            "findings": [
                {"code": one.code.id, "entry": one.number, "text": one.text}
                for one in self.findings
            ],
            "undecided": [
                {"why": one.why, "decisions": one.number, "first": one.first}
                for one in self.undecided
            ],
            "other_policies": [
                {"policy": digest, "decisions": number} for digest, number in self.others
            ],
        }


@dataclass(slots=True)
class Tally:
    """What came of it so far."""

    follow: int = 0
    others: Counter[str] = field(default_factory=Counter)
    _findings: list[Finding] = field(default_factory=list)
    _lacks: Counter[str] = field(default_factory=Counter)
    _first: dict[str, int] = field(default_factory=dict)
    _has_gap: bool = False

    def gap(self, record: Record, why: str) -> None:
        """An entry that tells nothing: what it told may be missed from now on."""
        self._has_gap = True
        if record.kind == "decided":
            self.lacks(record.number, why)

    def lacks(self, number: int, why: str) -> None:
        """A decision could not be made again."""
        self._lacks[why] += 1
        self._first.setdefault(why, number)

    def differs(self, number: int, what: str, *, is_sure: bool) -> None:
        """A decision does not follow; unless that `is_sure`, what is missing may be why."""
        if self._has_gap and not is_sure:
            self.lacks(number, PERHAPS_GONE)
        else:
            self.found(number, what)

    def differs_beside(self, number: int, what: str) -> None:
        """The same of what a decision rests on."""
        if not self._has_gap:
            self.found(number, what)

    def found(self, number: int, what: str) -> None:
        """Something is not as it was recorded, whatever is missing."""
        text = f"entry {number}: {what}"
        self._findings.append(Finding(codes.NOT_FOLLOWING, number, text))

    def finished(self) -> Redecision:
        """All of it."""
        undecided = (
            Undecided(why, number, self._first[why]) for why, number in self._lacks.most_common()
        )
        return Redecision(
            self.follow,
            tuple(self._findings),
            tuple(undecided),
            tuple(self.others.most_common()),
        )
