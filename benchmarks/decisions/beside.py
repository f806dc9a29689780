"""Single decisions beside peers, and with a record of each on both sides."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import cast

from benchmarks.decisions import workload
from benchmarks.decisions.measure import Block, calls, interleaved, numbered, sample
from benchmarks.decisions.peers import PEERS, Found, Recording, find
from benchmarks.decisions.rows import Absent, Finding, Row, Settings, at_least
from benchmarks.decisions.stages import Stage, agrees, stage
from policy_engine.foundation.canonical import timestamp_text
from policy_engine.ledger.record import Record, Tail

GOALS = {
    "cedarpy": {10: 100, 100: 200, 1_000: 1_000, 10_000: 5_000},
    "regorus": {1_000: 40},
    "regorus-vm": {1_000: 40},
    "pycasbin": {1_000: 200},
}
"""How many times faster we want to be, by rules."""

_AUDITED = "agentmesh"
_BLOCK = 0.25
"""Seconds that one block of a peer takes at most, about."""


def peers(settings: Settings) -> Iterator[Finding]:
    """Each peer against us, at each size that it can stand."""
    found = find(name for name in settings.peers if name in PEERS)
    for name, reason in found.missing.items():
        yield Absent(f"peer/{name}", reason)
    for size in settings.sizes:
        yield from _at(size, found, settings)


def audit(settings: Settings) -> Iterator[Finding]:
    """A decision and one record of it: our hash chain against the toolkit's Merkle log."""
    if _AUDITED not in settings.peers:
        return
    found = find([_AUDITED])
    for reason in found.missing.values():
        yield Absent("audit", reason)
    for peer in found.peers.values():
        each = stage(workload.spread, 1_000, settings.requests)
        peer.load(each.workload)
        recorded = cast(Recording, peer).decide_recorded
        agrees(_AUDITED, each.workload, recorded)
        chain = Chain(each)
        numbers = range(len(each.pairs))
        few = sample(recorded, len(each.pairs), _BLOCK)
        blocks = {"ours": numbered(chain.decide, numbers), "theirs": numbered(recorded, few)}
        times = interleaved(blocks, _rounds(settings))
        yield Row(
            "audit/1000",
            "1,000 rules, each decision recorded: × faster than agentmesh",
            times["theirs"].least / times["ours"].least,
            "×",
            at_least(1_000),
            detail={name: timing.least for name, timing in times.items()},
        )


class Chain:
    """Our records in memory, each with the head of all up to it."""

    def __init__(self, each: Stage) -> None:
        self._stage = each
        self.records: list[Record] = []
        self._tail = Tail()

    def decide(self, number: int) -> bool:
        """Decides a request and appends what was decided. Whether it is allowed."""
        action, roles = self._stage.pairs[number]
        verdict = self._stage.engine.verdict(action, roles)
        body = {
            "principal": action.principal.id,
            "task": action.task,
            "input": action.input,
            "outcome": verdict.outcome.word,
            "rules": verdict.rules,
            "policy": verdict.policy,
        }
        at = timestamp_text(datetime.now(UTC))
        self.records.append(self._tail.append(at, "decided", body)[0])
        return verdict.allowed


def _at(size: int, found: Found, settings: Settings) -> Iterator[Finding]:
    each = stage(workload.spread, size, settings.requests)
    blocks: dict[str, Block] = {"ours": calls(each.engine.verdict, each.pairs)}
    for name, peer in found.peers.items():
        if size > peer.largest:
            reason = f"asked up to {peer.largest:,} rules: beyond, one round would take minutes"
            yield Absent(f"peer/{name}/{size}", reason)
            continue
        peer.load(each.workload)
        agrees(name, each.workload, peer.decide)
        few = sample(peer.decide, len(each.pairs), _BLOCK)
        blocks[name] = numbered(peer.decide, few)
    times = interleaved(blocks, _rounds(settings))
    ours = times.pop("ours")
    for name, theirs in times.items():
        goal = GOALS.get(name, {}).get(size)
        yield Row(
            f"peer/{name}/{size}",
            f"{size:,} rules: × faster than {name}",
            theirs.least / ours.least,
            "×",
            at_least(goal or 0),
            goal is not None,
            {"ours": ours.least, "theirs": theirs.least, "theirs (median)": theirs.median},
        )


def _rounds(settings: Settings) -> int:
    """Peers are slow, and their ratios large: fewer rounds do."""
    return max(3, settings.rounds // 2)
