"""tau2-bench's scorer and its data, for the tests of the three rulebooks.

Both lie beside this checkout, so whatever needs them carries `needs_data`. Rows are counted
exactly: how many cases came out as wished, and how many there are.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from functools import cache
from types import ModuleType
from typing import Any

import pytest

from benchmarks.tau2.engine import decide
from tests.conftest import SHARED

DATA = SHARED / "tau2"
SCORER = SHARED.parent / "bench" / "tau2_score.py"

needs_data = pytest.mark.skipif(
    not DATA.is_dir() or not SCORER.is_file(),
    reason="tau2 replay: its data is not beside this checkout (../shared/data/tau2)",
)

quiet_about_files = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
"""The scorer leaves its files to the garbage collector."""

Row = tuple[int, int]
"""How many came out as wished, of how many."""


@cache
def scores() -> dict[str, Row]:
    """Every row that the scorer prints."""
    found, _, _ = _scorer().run(str(DATA), "-", decide, "train")
    return {name: (sum(each), len(each)) for name, each in found.items()}


def rows(kind: str) -> list[dict[str, Any]]:
    """The proposed calls, `positives` or `negatives`."""
    return [json.loads(line) for line in (DATA / f"{kind}.jsonl").read_text().splitlines()]


def names_in(value: object, key: str = "") -> Iterator[str]:
    """Every id and number by which the data know one person, order, reservation or card."""
    match value:
        case dict():
            for name, part in value.items():
                yield from names_in(part, str(name))
        case list():
            for part in value:
                yield from names_in(part, key)
        case str() if key in ("task", "rule") or key.endswith(("id", "ids", "_user", "number")):
            yield value
        case _:
            return


def _scorer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("tau2_score", SCORER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
