"""Where a shadow differed from the live policy, by what the record says.

Equal answers leave no entry, so the record does not say how many were compared. An action counts
once for each policy that was tried, by the latest difference.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from policy_engine.audit.reading import objects, readable, text
from policy_engine.decision.outcome import Outcome
from policy_engine.ledger.record import Record

UNTOLD = "?"
"""Stands for what an entry does not say."""

_STRICTNESS = {outcome.word: outcome.value for outcome in Outcome}
_NO_ID = "-"


class Pair(NamedTuple):
    """Two answers to one action. `shadow` is `error` where the shadow gave none."""

    live: str
    shadow: str


class Kind(NamedTuple):
    """Differences of one direction."""

    name: str
    title: str


NEWLY_ALLOWED = Kind("newly_allowed", "newly allowed")
EASED = Kind("eased", "eased")
FAILED = Kind("failed", "no answer")
STRICTER = Kind("stricter", "stricter")
KINDS = (NEWLY_ALLOWED, EASED, FAILED, STRICTER)
"""In the order in which they are told: first what is wider."""


class Told(NamedTuple):
    """What one entry says."""

    pair: Pair
    task: str
    live_by: tuple[str, ...]
    """The rules that decided, or the code where no rule did."""
    shadow_by: tuple[str, ...]
    """The same of the policy that was tried; of one that gave no answer, the kind of its error."""
    action: str


@dataclass(frozen=True, slots=True)
class Difference:
    """Actions of one task that two policies answered differently, for the same reasons."""

    pair: Pair
    task: str
    live_by: tuple[str, ...]
    shadow_by: tuple[str, ...]
    actions: int
    last: str
    """The action that was the last of them, and the entry about it."""
    entry: int

    @property
    def kind(self) -> Kind:
        """In which direction they differ."""
        return kind_of(self.pair)


@dataclass(frozen=True, slots=True)
class Trial:
    """All differences of one policy that was tried."""

    policy: str
    """Its digest."""
    since: str
    """When it first and last differed."""
    until: str
    differences: tuple[Difference, ...]
    """Newly allowed first; of one kind the most frequent first."""

    @property
    def actions(self) -> int:
        """To how many actions it answered differently."""
        return sum(one.actions for one in self.differences)

    @property
    def pairs(self) -> tuple[tuple[Pair, int], ...]:
        """How many actions each pair of answers has, in the same order."""
        counts = Counter[Pair]()
        for one in self.differences:
            counts[one.pair] += one.actions
        ordered = sorted(counts.items(), key=lambda item: (KINDS.index(kind_of(item[0])), item[0]))
        return tuple(ordered)


def trials(
    records: Iterable[Record], *, progress: Callable[[], None] = lambda: None
) -> tuple[Trial, ...]:
    """The policies that were tried, whichever differed last first.

    `progress` is called for each entry of the record.
    """
    latest: dict[str, dict[str, tuple[int, Told]]] = {}
    since: dict[str, str] = {}
    until: dict[str, tuple[int, str]] = {}
    for record in records:
        progress()
        if record.kind != "shadowed" or not readable(record.body):
            continue
        policy = text(record.body, "shadow_policy") or UNTOLD
        said = told(record.body)
        is_stored = said.action not in (_NO_ID, UNTOLD)
        key = said.action if is_stored else f"entry {record.number}"
        latest.setdefault(policy, {})[key] = record.number, said
        since.setdefault(policy, record.at)
        until[policy] = record.number, record.at
    return tuple(
        Trial(policy, since[policy], until[policy][1], _differences(latest[policy].values()))
        for policy in sorted(latest, key=lambda policy: -until[policy][0])
    )


def kind_of(pair: Pair) -> Kind:
    """The direction of a difference; what is no outcome is no answer."""
    live, shadow = _STRICTNESS.get(pair.live), _STRICTNESS.get(pair.shadow)
    if live is None or shadow is None:
        return FAILED
    if shadow > live:
        return STRICTER
    return NEWLY_ALLOWED if pair.shadow == Outcome.ALLOW.word else EASED


def told(body: Mapping[str, object]) -> Told:
    """The body of an entry `shadowed`, read with care."""
    pair = Pair(text(body, "live") or UNTOLD, text(body, "shadow") or UNTOLD)
    error = text(body, "error")
    return Told(
        pair,
        text(body, "task") or UNTOLD,
        _decided(objects(body, "live_reasons"), pair.live),
        (error,) if error is not None else _decided(objects(body, "shadow_reasons"), pair.shadow),
        text(body, "action") or UNTOLD,
    )


def _decided(reasons: Sequence[Mapping[str, object]], outcome: str) -> tuple[str, ...]:
    """What brought an outcome about: rules by name, all else by its code."""
    names = (
        text(reason, "rule") or text(reason, "code") or UNTOLD
        for reason in reasons
        if text(reason, "outcome") == outcome
    )
    return tuple(dict.fromkeys(names)) or (UNTOLD,)


def _differences(entries: Iterable[tuple[int, Told]]) -> tuple[Difference, ...]:
    counts = Counter[tuple[Pair, str, tuple[str, ...], tuple[str, ...]]]()
    last: dict[object, tuple[str, int]] = {}
    for number, said in sorted(entries):
        group = said[:4]
        counts[group] += 1
        last[group] = said.action, number
    found = [Difference(*group, count, *last[group]) for group, count in counts.items()]
    return tuple(sorted(found, key=lambda d: (KINDS.index(d.kind), -d.actions, -d.entry)))
