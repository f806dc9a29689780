"""The words of the language, from its grammar: for random texts and the fuzzer's dictionary."""

from __future__ import annotations

import re

from policy_engine.language.grammar import grammar_text
from tests.language.grammatical import LITERALS

_TERMINAL = re.compile(r"^[A-Z_]+(?:\.\d)?: (?:/(.*)/|\"(.*)\")$", re.MULTILINE)
_SIGN = re.compile(r'"([^"\w\s]{1,2})"')


def words() -> tuple[str, ...]:
    """Every word and phrase of the grammar, its signs, and some literals."""
    found = dict.fromkeys(sign for sign in _SIGN.findall(grammar_text()))
    for pattern, sign in _TERMINAL.findall(grammar_text()):
        spoken = re.match(r"\(?([a-z|]+(?:\\s\+[a-z]+)*)", pattern)
        listed = spoken[1].replace(r"\s+", " ").split("|") if spoken else [sign]
        found.update(dict.fromkeys(word for word in listed if word))
    return (*found, *(text for texts in LITERALS.values() for text in texts))


WORDS = words()
