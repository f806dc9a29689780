"""No text makes the language raise: it gives a policy set, or diagnostics with their place."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy_engine.foundation.formats import as_github, as_json, as_sarif
from policy_engine.foundation.render import plain, render
from policy_engine.foundation.source import Source
from policy_engine.language.build import Built, build

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = (ROOT / "examples/refund_desk/policies/refunds.policy").read_text()
TOKENS = re.findall(r'"[^"]*"|\w+|[^\w\s]', SAMPLE)


def built(text: str) -> Built:
    """Builds a text and renders whatever is said of it, in every format."""
    result = build([Source("any.policy", text)], lambda *_: None)
    assert (result.policy is None) == any(d.is_error for d in result.diagnostics)
    assert all(d.labels for d in result.diagnostics)
    assert plain(render(result.diagnostics)).count("[") >= len(result.diagnostics)
    as_json(result.diagnostics), as_sarif(result.diagnostics), as_github(result.diagnostics)
    return result


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    built(text)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.sampled_from(TOKENS), max_size=40))
def test_any_words_of_the_language(words: list[str]) -> None:
    built(" ".join(words))


@pytest.mark.parametrize("seed", range(40))
def test_a_real_policy_with_a_few_words_changed(seed: int) -> None:
    chance = random.Random(seed)
    words = re.findall(r'"[^"]*"|\w+|\s+|[^\w\s]', SAMPLE)
    for _ in range(3):
        words[chance.randrange(len(words))] = chance.choice(TOKENS)
    built("".join(words))


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("(" * 5_000 + "1" + ")" * 5_000, None),
        ("(" * 5_000, "S101"),
        ("not " * 5_000 + "true", "S104"),
        ("- " * 5_000 + "1", None),
        ("1 + " * 5_000 + "1", None),
        ("true and " * 5_000 + "true", None),
        ("[" * 5_000, "S101"),
        ("9" * 5_000, "S106"),
        ("a." * 5_000 + "a", "N204"),
    ],
)
def test_depth_and_length(expression: str, code: str | None) -> None:
    result = built(f'policy a.b owner "c"\ndefine x = {expression}\n')
    assert [d.code.id for d in result.diagnostics] == ([code] if code else [])
