"""What each mechanism is worth: AgentDojo's rows without it, and with one that believes everything.

    python -m benchmarks.agentdojo.ablation [FOLDER]

plays the development half once for each mechanism of provenance and each of two faults. *Unknown*:
the mechanism cannot tell, whatever it is asked, so nothing that rests on it is granted; the rows of
benign tasks show what it is good for. *Believes all*: it answers in the assistant's favour,
whatever it is asked; the rows of attacks show what it holds off. FOLDER (default: `../shared`)
holds the scorer and its data, which do not come with this repository.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks.agentdojo.engine import factory
from policy_engine.decision.provenance import SessionOrigins
from policy_engine.decision.truth import Truth, Unknown
from policy_engine.foundation.source import Span

_DEFAULT = Path(__file__).resolve().parents[3] / "shared"

MECHANISMS: dict[str, tuple[str, ...]] = {
    "the user said it (`is dictated`, `the request names`)": ("dictated",),
    "a vouched-for source has it (`is trusted`, item by item)": ("trusted",),
    "some call returned it (`comes from`)": ("comes_from",),
    "the user spoke of such a task (`the request asks for`)": ("asked_for",),
    "all four": ("dictated", "trusted", "comes_from", "asked_for"),
}
"""What is taken away, by the methods that answer for it."""

ROWS = {
    "benign_allow": "benign without a person",
    "autonomy": "autonomy",
    "benign_nodeny": "benign not denied",
    "clean_block": "clean block",
    "goal_hard_denied": "goal stopped",
}


def never(*given: Any) -> Truth:
    """A mechanism that cannot tell."""
    span = given[-1]
    assert isinstance(span, Span)
    return Unknown(span, "this mechanism was taken away")


def always(*given: Any) -> Truth:
    """A mechanism that believes everything."""
    return True


def variants() -> Iterator[tuple[str, tuple[str, ...], Callable[..., Truth]]]:
    """A name, the methods that are replaced, and what replaces them."""
    yield "as shipped", (), never
    for name, methods in MECHANISMS.items():
        yield f"unknown: {name}", methods, never
        yield f"believes all: {name}", methods, always


def scored(scorer: Any, data: Any, methods: tuple[str, ...], answer: Callable[..., Truth]) -> str:
    """One line of the table, in percent."""
    with ExitStack() as stack:
        for method in methods:
            stack.enter_context(patch.object(SessionOrigins, method, answer))
        results, _ = scorer.run(data, factory, "dev")
    cells = []
    for row in ROWS:
        found = [value for suite in results.values() for value in suite[row]]
        cells.append(f"{100 * sum(found) / len(found):6.1f}")
    return " | ".join(cells)


def main() -> None:
    """Prints the table in Markdown."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else _DEFAULT
    if not (folder / "bench" / "agentdojo_score.py").is_file():
        sys.stdout.write("not run: the scorer and its data are not there\n")
        return
    sys.path.insert(0, str(folder / "bench"))
    scorer: Any = importlib.import_module("agentdojo_score")
    data = scorer.Data(str(folder / "data" / "agentdojo"))
    sys.stdout.write(f"| mechanism | {' | '.join(ROWS.values())} |\n")
    sys.stdout.write(f"| --- |{' --- |' * len(ROWS)}\n")
    for name, methods, answer in variants():
        sys.stdout.write(f"| {name} | {scored(scorer, data, methods, answer)} |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
