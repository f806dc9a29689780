"""Our decisions beside hand-written Python and beside peers, as ratios.

    python -m benchmarks.decisions [--only deciding,peers] [--peers cedarpy,vakt | none]
                                   [--quick] [--json] [--write-baseline]

Prints a table as the parts are done; with `--json` the table goes to the error stream, and the
figures with all that they were made of follow as JSON. No figure makes it fail, since machines are
noisy: it says what is better, the same or worse than `baseline.json`, and which goals are missed.
It fails only where an engine answers otherwise than the oracle.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import TypeAlias

import policy_engine
from benchmarks.decisions import (
    batches,
    beside,
    deciding,
    examples,
    loading,
    remembering,
    tables,
)
from benchmarks.decisions.peers import NAMES, versions
from benchmarks.decisions.rows import QUICK, THOROUGH, Finding, Settings
from benchmarks.decisions.workload import SEED

Part: TypeAlias = Callable[[Settings], Iterator[Finding]]

# Short calls first: what peers load into the process would slow them down.
PARTS: dict[str, Part] = {
    "deciding": deciding.by_hand,
    "crowd": deciding.crowd,
    "action": deciding.building,
    "tail": deciding.tail,
    "load": loading.load,
    "start": loading.start,
    "examples": examples.examples,
    "past": remembering.past,
    "batch": batches.batch,
    "peers": beside.peers,
    "audit": beside.audit,
    "dogwood": remembering.dogwood,
}


def main() -> None:
    options = _options()
    size = QUICK if options.quick else THOROUGH
    settings = size._replace(peers=_chosen(options.peers, NAMES))
    baseline = tables.read_baseline()
    about = _about(settings, quick=options.quick)
    shown = sys.stderr if options.json else sys.stdout
    print("".join(f"{name}: {value}\n" for name, value in about.items()), file=shown)
    findings: list[Finding] = []
    for name in _chosen(options.only, tuple(PARTS)):
        began = perf_counter()
        some = list(PARTS[name](settings))
        findings += some
        print(f"{name} ({perf_counter() - began:.0f} s)", file=shown)
        print(tables.table(some, baseline), end="\n\n", file=shown, flush=True)
    if options.write_baseline:
        tables.write_baseline(findings, about)
    if options.json:
        rows = tables.as_json(findings, baseline)
        json.dump({"about": about, "rows": rows}, sys.stdout, indent=2, ensure_ascii=False)
        print()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.decisions")
    parser.add_argument("--quick", action="store_true", help="smaller sizes, fewer rounds")
    parser.add_argument("--json", action="store_true", help="the figures as JSON too")
    parser.add_argument("--peers", default="all", help=f"of {', '.join(NAMES)}; or none")
    parser.add_argument("--only", default="all", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--write-baseline", action="store_true", help="keep these figures")
    return parser.parse_args()


def _chosen(said: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """The names that were said, in the order of those that are known."""
    if said == "all":
        return known
    names = set(said.split(",")) - {"none"}
    strangers = names - set(known)
    if strangers:
        raise SystemExit(f"unknown: {', '.join(sorted(strangers))}; known: {', '.join(known)}")
    return tuple(name for name in known if name in names)


def _about(settings: Settings, *, quick: bool) -> dict[str, object]:
    return {
        "engine": policy_engine.__version__,
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "peers": versions() if settings.peers else {},
        "seed": SEED,
        "quick": quick,
        "requests": settings.requests,
        "rounds": settings.rounds,
        "garbage collector": "on within blocks; before each, what is loaded is frozen and garbage"
        " collected; for the tail nothing is frozen",
    }


if __name__ == "__main__":
    main()
