"""From a bundle to verdicts: how long it takes, how much memory, and what is imported.

A bundle is one signed file with the policies and the functions made of them. Opening it checks the
signature and every byte; its policies are not read. *Made ready* means that each task has decided
once, which is when its function is made.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.decisions import ours, workload
from benchmarks.decisions.measure import Block, interleaved
from benchmarks.decisions.rows import Absent, Finding, Row, Settings, at_most
from benchmarks.decisions.workload import Workload
from policy_engine import Action, Agent, Engine
from policy_engine.bundle.pack import pack
from policy_engine.decision.code.cached import dumps
from policy_engine.foundation.signing import SigningKey, VerifyingKey

_MICROSECONDS, _KILOBYTES, _MILLISECONDS = 3.0, 1.5, 100.0
_HEAVY = ("lark", "casbin", "jsonschema")
_STARTS = 9
_STARTED = 1_000
"""Rules of the bundle that a fresh process opens."""

_CHILD = """\
import time
start = time.perf_counter()
import json, sys
from policy_engine import Action, Agent, Engine
from policy_engine.foundation.signing import VerifyingKey
path, key, asked = sys.argv[1:]
engine = Engine.from_bundle(path, trusted=[VerifyingKey.from_text(key)])
verdict = engine.verdict(Action(Agent("user-0"), "task_0", json.loads(asked)), frozenset())
taken = time.perf_counter() - start
heavy = [name for name in {heavy!r} if name in sys.modules]
print(json.dumps([taken * 1000, len(heavy), verdict.outcome.word]))
"""


class Bundled(NamedTuple):
    """A bundle on disk, and the key that signed it."""

    path: Path
    key: VerifyingKey

    def engine(self) -> Engine:
        """An engine of it."""
        return Engine.from_bundle(self.path, trusted=[self.key])


def load(settings: Settings) -> Iterator[Finding]:
    """The largest policy: how long until it decides, and the memory that it holds."""
    rules = settings.sizes[-1]
    drawn = workload.spread(rules, settings.requests)
    asked = [Action(Agent("user-0"), task, _input(drawn)) for task in drawn.tasks]
    with TemporaryDirectory() as folder:
        bundled = bundle_of(drawn, Path(folder))
        blocks = {
            "opened": Block(bundled.engine, rules),
            "ready": Block(lambda: _ready(bundled.engine(), asked), rules),
        }
        times = interleaved(blocks, settings.rounds)
        yield Row(
            f"load/{rules}",
            f"{rules:,} rules from a bundle, all tasks made ready: a rule",
            times["ready"].least,
            "µs",
            at_most(_MICROSECONDS),
            detail={"opened only": times["opened"].least},
        )
        yield Row(
            f"memory/{rules}",
            f"{rules:,} rules from a bundle, all tasks made ready: memory a rule",
            _held(lambda: _ready(bundled.engine(), asked)) / rules / 1_000,
            "kB",
            at_most(_KILOBYTES),
            detail={
                "opened only (kB)": _held(bundled.engine) / rules / 1_000,
                "the bundle (kB)": bundled.path.stat().st_size / rules / 1_000,
            },
        )


def start(settings: Settings) -> Iterator[Finding]:
    """A fresh process: import, open a bundle, decide once."""
    drawn = workload.spread(_STARTED, settings.requests)
    with TemporaryDirectory() as folder:
        bundled = bundle_of(drawn, Path(folder))
        asked = json.dumps(_input(drawn))
        code = _CHILD.format(heavy=_HEAVY)
        command = [sys.executable, "-c", code, str(bundled.path), str(bundled.key), asked]
        yield from _fresh(command)


def bundle_of(drawn: Workload, folder: Path) -> Bundled:
    """The signed bundle of a workload, in a folder that is there."""
    policies = folder / "policies"
    policies.mkdir()
    for number, text in enumerate(ours.texts(drawn)):
        (policies / f"{number}.policy").write_text(text)
    key = SigningKey.new("bench.example/policies")
    path = folder / "bench.bundle"
    path.write_bytes(pack([policies], key=key, code=dumps))
    return Bundled(path, key.verifying)


def _fresh(command: Sequence[str]) -> Iterator[Finding]:
    taken: list[float] = []
    imported = 0
    for _ in range(_STARTS):
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode:
            yield Absent("start", result.stderr.strip().splitlines()[-1])
            return
        milliseconds, imported, outcome = json.loads(result.stdout)
        if outcome != "deny":
            yield Absent("start", f"nobody without a role may do it, but the answer is {outcome}")
            return
        taken.append(milliseconds)
    what = f"fresh process, bundle of {_STARTED:,} rules"
    yield Row("start", f"{what}: first decision", min(taken), "ms", at_most(_MILLISECONDS))
    heavy = f"{what}: imported of {', '.join(_HEAVY)}"
    yield Row("start/imports", heavy, imported, f"of {len(_HEAVY)}", at_most(0))


def _input(drawn: Workload) -> dict[str, object]:
    return ours.input_of(drawn.requests[0], drawn.nested)


def _ready(engine: Engine, asked: Sequence[Action]) -> Engine:
    nobody: frozenset[str] = frozenset()
    for action in asked:
        engine.verdict(action, nobody)
    return engine


def _held(make: Callable[[], Engine]) -> int:
    """Bytes that what is made holds, as `tracemalloc` sees them."""
    gc.collect()
    tracemalloc.start()
    try:
        kept = make()
        gc.collect()
        held = tracemalloc.get_traced_memory()[0]
        del kept
        return held
    finally:
        tracemalloc.stop()
