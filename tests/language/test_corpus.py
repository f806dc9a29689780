"""Tiny policies with the expected code on the faulty line, held both ways.

A line that ends in `#! CODE` must give that code, or each of several; a line without may give none.
`#! -` marks a line where a diagnostic of another line may also point. `---` parts the policies;
`--- NAME` begins another file of the same one:

    --- beside.policy          a file that is loaded together with the first
    --- library/mail.policy    a policy below the roots, found by an import
    --- cases.csv              a file that a policy names

All are checked at one time, with a store that keeps the past for 400 days.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from policy_engine.foundation.diagnostics import Diagnostic
from policy_engine.foundation.source import Source
from policy_engine.language.build import build
from policy_engine.language.codes import BAD_SCHEMA, CODES
from policy_engine.language.concrete import Branch, Part
from policy_engine.language.grammar import grammar_text
from policy_engine.language.parse import concrete

CORPUS = Path(__file__).parents[1] / "corpus"
FIRST = "corpus.policy"
AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEPT = timedelta(days=400)

_MARK = re.compile(r"#! (\S.*?)\s*$")
_BEGINNING = re.compile(r"^--- (\S+)\n", re.MULTILINE)
_RULE = re.compile(r"^([a-z]\w*):", re.MULTILINE)

Place = tuple[str, int, str]
"""File, line and code."""


@dataclass(frozen=True)
class Chunk:
    """One policy of the corpus: its files by name, as written."""

    name: str
    files: Mapping[str, str]

    def expected(self) -> set[Place]:
        return {
            (name, number, code)
            for name, text in self.files.items()
            for number, line in enumerate(text.splitlines(), 1)
            if (mark := _MARK.search(line))
            for code in mark[1].split()
        }

    def found(self) -> list[Diagnostic]:
        loaded = [name for name in self.files if name.endswith(".policy") and "/" not in name]
        built = build(
            [self.source(name) for name in loaded],
            lambda _, name: self.files.get(name),
            self.find,
            at=AT,
            kept=KEPT,
        )
        return list(built.diagnostics)

    def find(self, policy: str) -> Source | None:
        name = policy.replace(".", "/") + ".policy"
        return self.source(name) if name in self.files else None

    def source(self, name: str) -> Source:
        """A file without its marks."""
        return Source(name, re.sub(r"#!.*", lambda m: " " * len(m[0]), self.files[name]))


def _chunks() -> list[Chunk]:
    return [
        Chunk(f"{file.stem}-{number}", dict(_files(text)))
        for file in sorted(CORPUS.glob("*.policy"))
        for number, text in enumerate(file.read_text().split("\n---\n"), 1)
    ]


def _files(text: str) -> Iterator[tuple[str, str]]:
    first, *others = _BEGINNING.split(text)
    yield FIRST, first
    yield from zip(others[0::2], others[1::2], strict=True)


CHUNKS = _chunks()


@pytest.mark.parametrize("chunk", CHUNKS, ids=lambda chunk: chunk.name)
def test_diagnostics_stand_on_the_faulty_lines(chunk: Chunk) -> None:
    expected = chunk.expected()
    anywhere = {(name, line) for name, line, code in expected if code == "-"}
    wanted = {place for place in expected if place[2] != "-"}
    places = [(d.labels[0].span, d.code.id) for d in chunk.found()]
    found = {(span.source.name, span.line, code) for span, code in places}
    assert {place for place in found if place[:2] not in anywhere} == wanted


@pytest.mark.parametrize(
    ("kept", "found"), [(None, []), (31, []), (30, ["T322"]), (2, ["T322", "T322"])]
)
def test_a_store_that_keeps_less(kept: int | None, found: list[str]) -> None:
    text = """policy c.kept "Kept" owner "a@b" times in "UTC"
        task t { input x: Integer }
        rule p permit any agent to t
        rule a limit t to at most 5 within this month
        rule b t only when exists t within 3 days
        rule c t only when exists t within this day and no t since t during this session"""
    keeps = None if kept is None else timedelta(days=kept)
    built = build([Source(FIRST, text)], lambda *_: None, kept=keeps)
    assert [d.code.id for d in built.diagnostics] == found


def test_the_corpus_shows_every_code() -> None:
    """Except the one that is found where schemas are compiled, further up."""
    shown = {code for chunk in CHUNKS for _, _, code in chunk.expected()}
    assert {code.id for code in CODES} - shown == {BAD_SCHEMA.id}


def test_the_corpus_shows_every_rule_of_the_grammar() -> None:
    """Each stands somewhere in a policy that loads, with warnings at most."""
    loads = (c for c in CHUNKS if all(code.startswith("A") for _, _, code in c.expected()))
    shown = {rule for chunk in loads for text in chunk.files.values() for rule in _rules(text)}
    assert set(_RULE.findall(grammar_text())) - shown == set()


def _rules(text: str) -> Iterator[str]:
    tree, _ = concrete(Source(FIRST, text))
    waiting: list[Part] = [] if tree is None else [tree]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Branch):
            yield part.rule
            waiting.extend(part.parts)
