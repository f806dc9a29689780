"""Parse and check, against Lark's bare parse of the same text in the same process.

    python -m benchmarks.language [--rules 100,1000,10000] [--json]

Blocks are interleaved and the least of each is taken, since machines are shared and noisy. `bare`
is Lark with the grammar as it stands, its own lexer and no callbacks: it makes a parse tree and
nothing else. Memory is the peak that `tracemalloc` sees while checking, divided by the rules.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
import tracemalloc
from collections.abc import Callable

from lark import Lark

from benchmarks.language.texts import policy_of
from policy_engine.foundation.source import Source
from policy_engine.language.build import build
from policy_engine.language.grammar import grammar_text

ROUNDS = {100: 9, 1_000: 5, 10_000: 2}
GOAL_RATIO, GOAL_KILOBYTES = 2.0, 25


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.language")
    parser.add_argument("--rules", default="100,1000,10000")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    sizes = [int(part) for part in options.rules.split(",")]
    bare = Lark(grammar_text(), parser="lalr", lexer="contextual")
    rows = [_row(size, bare) for size in sizes]
    if options.json:
        json.dump(rows, sys.stdout, indent=2)
        print()
        return
    print("rules   bare parse   parse + check   ratio (goal ≤ 2.0)   kB a rule (goal ≤ 25)")
    for row in rows:
        print(
            f"{row['rules']:>6}   {row['bare_us']:>6.0f} µs/r   {row['checked_us']:>9.0f} µs/r   "
            f"{row['ratio']:>18.2f}   {row['kilobytes']:>21.1f}"
        )


def _row(size: int, bare: Lark) -> dict[str, float]:
    text = policy_of(size)
    source = Source("bench.policy", text)
    checked = lambda: _built(source)  # noqa: E731 — timed as a call of its own
    least = _interleaved([lambda: bare.parse(text), checked], ROUNDS.get(size, 3))
    return {
        "rules": size,
        "bare_us": least[0] / size * 1e6,
        "checked_us": least[1] / size * 1e6,
        "ratio": least[1] / least[0],
        "kilobytes": _peak(checked) / size / 1000,
    }


def _built(source: Source) -> None:
    built = build([source], lambda *_: None)
    assert built.policy is not None, built.diagnostics[:3]


def _interleaved(calls: list[Callable[[], object]], rounds: int) -> list[float]:
    """The least time of each call, in processor seconds, over rounds in turn."""
    least = [float("inf")] * len(calls)
    for call in calls:
        call()
    for _ in range(rounds):
        for number, call in enumerate(calls):
            gc.collect()
            start = time.process_time()
            call()
            least[number] = min(least[number], time.process_time() - start)
    return least


def _peak(call: Callable[[], object]) -> int:
    gc.collect()
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


if __name__ == "__main__":
    main()
