"""Single decisions beside hand-written Python: fast, flat, complete, and without a long tail."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from benchmarks.decisions import ours, workload
from benchmarks.decisions.measure import (
    Block,
    Timing,
    calls,
    interleaved,
    latencies,
    numbered,
    quantile,
)
from benchmarks.decisions.rows import Finding, Row, Settings, at_least, at_most
from benchmarks.decisions.stages import Stage, stage
from policy_engine import Action, Agent

_RATIO, _COMPLETE, _FLAT, _CROWDED, _ACTION, _TAIL = 1.3, 2.0, 3.0, 4.0, 0.7, 2.5
_PASSES = 25


def by_hand(settings: Settings) -> Iterator[Finding]:
    """A verdict, and one with all deciding rules, against the hand-written function."""
    stages = {size: stage(workload.spread, size, settings.requests) for size in settings.sizes}
    times = _times({str(size): each for size, each in stages.items()}, settings.rounds)
    for size in settings.sizes:
        yield from _ratios(f"{size}", f"{size:,} rules", times)
    small, large = settings.sizes[0], settings.sizes[-1]
    title = f"from {small:,} to {large:,} rules"
    yield _growth(f"flat/{small}-{large}", title, times, str(small), str(large), _FLAT)
    yield from _special("nested", workload.nested, "the flag in a record", settings)
    yield from _special("everywhere", workload.everywhere, "some on any task", settings)


def crowd(settings: Settings) -> Iterator[Finding]:
    """All rules on one task, where a function that asks one rule after the other grows long."""
    stages = {size: stage(workload.crowded, size, settings.requests) for size in settings.crowds}
    times = _times({f"one task/{size}": each for size, each in stages.items()}, settings.rounds)
    for size in settings.crowds:
        hand, verdict = times[f"hand/one task/{size}"], times[f"verdict/one task/{size}"]
        yield Row(
            f"crowd/{size}",
            f"{size:,} rules on one task: × faster than by hand",
            hand.least / verdict.least,
            "×",
            at_least({900: 2.5, 9_000: 8}.get(size, 0)),
            size in (900, 9_000),
            _detail(hand=hand, verdict=verdict, all=times[f"deciding/one task/{size}"]),
        )
    small, large = settings.crowds[0], settings.crowds[-1]
    title = f"from {small:,} to {large:,} rules on one task"
    ends = f"one task/{small}", f"one task/{large}"
    yield _growth(f"crowd/{small}-{large}", title, times, *ends, _CROWDED)


def building(settings: Settings) -> Iterator[Finding]:
    """What it costs to build an `Action`, which the others do not pay in."""
    requests = workload.spread(10, settings.requests).requests
    agents = [Agent(request.user) for request in requests]
    inputs = [ours.input_of(request) for request in requests]
    tasks = [request.task for request in requests]
    block = numbered(lambda n: Action(agents[n], tasks[n], inputs[n]), range(len(requests)))
    empty = numbered(lambda n: (agents[n], tasks[n], inputs[n]), range(len(requests)))
    times = interleaved({"action": block, "empty": empty}, settings.rounds)
    figure = times["action"].least - times["empty"].least
    yield Row(
        "action", "building an Action", figure, "µs", at_most(_ACTION), detail=_detail(**times)
    )


def tail(settings: Settings) -> Iterator[Finding]:
    """The slowest of a hundred calls beside the middle one, the collector on, nothing frozen."""
    each = stage(workload.spread, 1_000, settings.requests)
    timed = [latencies(each.engine.verdict, each.pairs) for _ in range(_PASSES)]
    detail = {
        f"p{share:g}": median(quantile(ordered, share / 100) for ordered in timed)
        for share in (50, 99, 99.9)
    }
    figure = detail["p99"] / detail["p50"]
    title = "1,000 rules: p99 against p50"
    yield Row("tail", title, figure, "×", at_most(_TAIL), detail=detail)


def _special(key: str, make: workload.Make, what: str, settings: Settings) -> Iterator[Finding]:
    times = _times({key: stage(make, 1_000, settings.requests)}, settings.rounds)
    yield from _ratios(key, f"1,000 rules, {what}", times)


def _ratios(key: str, what: str, times: dict[str, Timing]) -> Iterator[Row]:
    hand = times[f"hand/{key}"]
    for name, goal, said in (
        ("verdict", _RATIO, "verdict"),
        ("deciding", _COMPLETE, "all deciding"),
    ):
        ours = times[f"{name}/{key}"]
        detail = _detail(ours=ours, hand=hand)
        title = f"{what}: {said} against hand-written"
        yield Row(
            f"{name}/{key}", title, ours.least / hand.least, "×", at_most(goal), detail=detail
        )


def _growth(
    key: str, title: str, times: dict[str, Timing], small: str, large: str, goal: float
) -> Row:
    low, high = times[f"verdict/{small}"], times[f"verdict/{large}"]
    detail = _detail(small=low, large=high)
    return Row(key, title, high.least / low.least, "×", at_most(goal), detail=detail)


def _times(stages: dict[str, Stage], rounds: int) -> dict[str, Timing]:
    blocks: dict[str, Block] = {}
    for key, each in stages.items():
        blocks[f"hand/{key}"] = calls(each.hand, each.pairs)
        blocks[f"verdict/{key}"] = calls(each.engine.verdict, each.pairs)
        blocks[f"deciding/{key}"] = calls(each.engine.deciding, each.pairs)
    return interleaved(blocks, rounds)


def _detail(**times: Timing) -> dict[str, float]:
    least = {name: timing.least for name, timing in times.items()}
    return least | {f"{name} (median)": timing.median for name, timing in times.items()}
