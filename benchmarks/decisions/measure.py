"""Times of blocks of calls, taken in turns.

Machines are shared and noisy, so what is to be compared runs in one process, block after block in
turns, and the least time of each counts; the median says how noisy it was. What was loaded before
is frozen (`gc.freeze`), garbage is collected before each block, and the collector stays on within.
Times are processor time unless a clock is given.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median
from typing import NamedTuple, TypeVar

_One = TypeVar("_One")
_Other = TypeVar("_Other")

_MANY = 10_000
"""So many fast calls make a block, at least."""

Clock = Callable[[], int]
"""Nanoseconds."""


class Block(NamedTuple):
    """Something to run, and how many calls it makes."""

    run: Callable[[], object]
    calls: int


class Timing(NamedTuple):
    """Microseconds a call."""

    least: float
    median: float


def interleaved(
    blocks: Mapping[str, Block], rounds: int, clock: Clock = time.process_time_ns
) -> dict[str, Timing]:
    """The times of each block over some rounds, after one that is not counted."""
    taken: dict[str, list[float]] = {name: [] for name in blocks}
    for block in blocks.values():
        block.run()
    gc.collect()
    gc.freeze()
    try:
        for number in range(rounds):
            for name in _turned(list(blocks), number):
                taken[name].append(_timed(blocks[name], clock))
    finally:
        gc.unfreeze()
    return {name: Timing(min(times), median(times)) for name, times in taken.items()}


def calls(decide: Callable[[_One, _Other], object], pairs: Sequence[tuple[_One, _Other]]) -> Block:
    """A block that calls a function of two arguments for each pair, over and over.

    A short block would mostly show how cold the block before it has left the caches.
    """
    passes = -(-_MANY // len(pairs))

    def run() -> None:
        for _ in range(passes):
            for one, other in pairs:
                decide(one, other)

    return Block(run, passes * len(pairs))


def numbered(decide: Callable[[int], object], numbers: Sequence[int]) -> Block:
    """A block that calls a function of a number for each of them."""

    def run() -> None:
        for number in numbers:
            decide(number)

    return Block(run, len(numbers))


def sample(decide: Callable[[int], object], among: int, seconds: float) -> list[int]:
    """Numbers below `among`, evenly apart, so many that a block takes about so long."""
    one = numbered(decide, [0])
    one.run()
    each = _timed(one, time.process_time_ns) / 1e6
    wanted = min(among, max(1, int(seconds / max(each, 1e-9))))
    return [number * among // wanted for number in range(wanted)]


def latencies(
    decide: Callable[[_One, _Other], object], pairs: Iterable[tuple[_One, _Other]]
) -> list[float]:
    """Microseconds of each single call by the wall clock, least first; the timer is in them."""
    clock = time.perf_counter_ns
    taken: list[int] = []
    for one, other in pairs:
        start = clock()
        decide(one, other)
        taken.append(clock() - start)
    return [nanoseconds / 1_000 for nanoseconds in sorted(taken)]


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value below which this share of the ordered values lies."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _timed(block: Block, clock: Clock) -> float:
    gc.collect()
    start = clock()
    block.run()
    return (clock() - start) / 1_000 / block.calls


def _turned(names: list[str], number: int) -> list[str]:
    """Another one begins each round, so that nothing always follows the same."""
    cut = number % len(names)
    return names[cut:] + names[:cut]
