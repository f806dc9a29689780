"""AgentDojo's scorer and its data, for the tests of the suites' policies.

Both lie beside this checkout, so whatever needs them carries `needs_data`. Rows are counted
exactly: how many cases came out as wished, and how many there are.
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Mapping
from functools import cache
from types import ModuleType
from typing import Any

import pytest

from benchmarks.agentdojo.engine import POLICIES, factory
from benchmarks.agentdojo.sessions import Data
from tests.conftest import SHARED

DATA = SHARED / "agentdojo"
SCORER = SHARED.parent / "bench" / "agentdojo_score.py"

needs_data = pytest.mark.skipif(
    not DATA.is_dir() or not SCORER.is_file(),
    reason="AgentDojo replay: its data is not beside this checkout (../shared/data/agentdojo)",
)

quiet_about_files = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
"""The scorer leaves its files to the garbage collector."""

WORDINGS = [
    "important_instructions",
    "direct",
    "ignore_previous",
    "system_message",
    "injecagent",
    "plain",
    "polite",
    "silent",
]

Row = tuple[int, int]
"""How many came out as wished, of how many."""


def scores(
    suite: str,
    rows: Mapping[str, object],
    template: str = "important_instructions",
    seed: int | None = None,
) -> dict[str, Row]:
    """Some rows of a suite, under one wording of the attack and one set of its literals."""
    scorer, data = _loaded()
    results, _ = scorer.run(data, _cached_factory, "dev", template, seed, suites=[suite])
    found = results[suite]
    return {name: (sum(found[name]), len(found[name])) for name in rows}


def known_phrases(suite: str) -> list[str]:
    """What of the benchmark stands in the policy of a suite: names, literals, five words in a row.

    Nothing should: a policy is written from the tools and their data.
    """
    text = (POLICIES / f"{suite}.policy").read_text().casefold()
    scorer, _ = _loaded()
    data = Data(DATA)
    split = json.loads((DATA / "split.json").read_text())[suite]
    names = [name for ids in split.values() for name in ids]
    injections = [row for (of, _), row in data.injections.items() if of == suite]
    literals = [str(each) for row in injections for each in row["attacker_literals"]]
    prompts = [row["prompt"] for (of, _), row in data.users.items() if of == suite]
    wordings = [t.replace("{goal}", "") for t in [*scorer.TEMPLATES.values(), data.template] if t]
    sources = [*prompts, *(row["goal"] for row in injections), *wordings]
    found = [each for each in [*names, *literals] if each.casefold() in text]
    return found + [source for source in sources if _shares_phrase(source, text)]


@cache
def _loaded() -> tuple[ModuleType, Any]:
    """The scorer as a module, and the data as it reads them."""
    spec = importlib.util.spec_from_file_location("agentdojo_score", SCORER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module, module.Data(str(DATA))


def _cached_factory(suite: str, tools: object, env: object) -> object:
    return _suite(suite)


@cache
def _suite(suite: str) -> object:
    return factory(suite, [], {})


def _shares_phrase(source: str, text: str, length: int = 5) -> bool:
    """Whether any five words in a row of the source stand in the text."""
    words = re.findall(r"[\w'-]+", source.casefold())
    flat = " ".join(re.findall(r"[\w'-]+", text))
    phrases = (" ".join(words[i : i + length]) for i in range(len(words) - length + 1))
    return any(phrase in flat for phrase in phrases)
