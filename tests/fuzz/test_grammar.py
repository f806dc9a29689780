"""No text makes the reader, the formatter or the colours raise, hang, or point beside the text."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, note, strategies as st

from tests.fuzz.reading import holds, read
from tests.fuzz.texts import FILES, ODD, mutated
from tests.fuzz.words import WORDS
from tests.language.grammatical import grammatical
from tests.properties.profile import examples

FOUND = sorted(path for path in (Path(__file__).parent / "found").iterdir() if path.is_file())
SEEDS = st.integers(0, 2**48)


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.name)
def test_what_was_once_found(path: Path) -> None:
    """Texts that once made something raise or hang, kept for ever."""
    holds(path.read_bytes().decode("utf-8", "surrogateescape"))


@examples(60)
@given(SEEDS)
def test_real_policies_with_slips(seed: int) -> None:
    text = mutated(seed)
    note(repr(text))
    holds(text)


@examples(40)
@given(st.lists(st.sampled_from(WORDS), max_size=60), st.sampled_from((" ", "\n", "")))
def test_any_words_of_the_language(words: list[str], between: str) -> None:
    holds(between.join(words))


@examples(30)
@given(SEEDS, st.integers(1, 6), st.sampled_from((0, 0.02, 0.3)))
def test_grammatical_sentences(seed: int, statements: int, comments: float) -> None:
    text = 'policy a.b owner "c"\n' + grammatical(seed, statements, comments)
    note(repr(text))
    holds(text)


@examples(40)
@given(SEEDS)
def test_grammatical_sentences_with_a_slip(seed: int) -> None:
    """One word is another, or is not there."""
    chance = random.Random(seed)
    words = grammatical(seed, chance.choice((1, 3)), 0).split(" ")
    words[chance.randrange(len(words))] = chance.choice(("", *WORDS))
    text = " ".join(words)
    note(repr(text))
    holds(text)


@examples(40)
@given(st.text(max_size=80), st.lists(st.sampled_from(ODD), max_size=8))
def test_any_characters(text: str, odd: list[str]) -> None:
    holds(text + "".join(odd))


def test_the_slips_are_neither_all_harmless_nor_all_fatal() -> None:
    """Else the laws above would be tried on one half of the reader."""
    sound = sum(read(mutated(seed)).policy is not None for seed in range(60))
    syntax = sum(
        any(d.code.id.startswith("S") for d in read(mutated(seed)).diagnostics)
        for seed in range(60)
    )
    assert len(FILES) > 20
    assert 0 < syntax < 60 - sound
