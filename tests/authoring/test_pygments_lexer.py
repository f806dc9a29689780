"""The Pygments lexer: it knows every word of the grammar and colours every policy there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pygments.token import Error, Keyword, Name, Token

from policy_engine.authoring.pygments_lexer import PHRASES, WORDS, PolicyLexer
from policy_engine.foundation.source import Source
from policy_engine.language.parse import concrete

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("policies", "examples", "tests/corpus", "tests/cases", "tests/language/formatted")
POLICIES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.policy"))

_TERMINAL = re.compile(r"^([A-Z_]+)(?:\.\d)?: /(.*)/$", re.MULTILINE)
_AFTER = {
    "COUNT": " of",
    "SUM": " of",
    "FIRST": " x in",
    "LAST": " x in",
    "CONFIRMATION": " before",
    "CASE": ".x",
    "FUNCTION": " of",
}


def coloured(text: str) -> list[tuple[object, str]]:
    return [(kind, part) for _, kind, part in PolicyLexer().get_tokens_unprocessed(text)]


def keywords() -> list[tuple[str, str]]:
    """Each word and phrase that a terminal of the grammar stands for."""
    found = []
    for name, pattern in _TERMINAL.findall((ROOT / "grammar/literals.lark").read_text()):
        words = re.match(r"(?:\(([a-z|]+)\)|([a-z]+(?:\\s\+[a-z]+)*))(?:\\b|\(\?)", pattern)
        if words:
            spoken = (words[1] or words[2]).replace("\\s+", " ")
            found.extend((name, word) for word in spoken.split("|"))
    return found


@pytest.mark.parametrize(("terminal", "word"), keywords())
def test_every_keyword_of_the_grammar_is_one(terminal: str, word: str) -> None:
    kind, text = coloured(word + _AFTER.get(terminal, ""))[0]
    assert text == word
    assert kind in Keyword or kind is Name.Builtin


def test_no_keyword_is_made_up() -> None:
    known = {word for _, word in keywords()}
    assert len(known) > 150
    assert set(WORDS) | set(PHRASES) <= known


@pytest.mark.parametrize("word", ["rule", "to", "any", "first"])
def test_any_word_may_name_a_field(word: str) -> None:
    assert coloured(f"{word}?: Text")[0] == (Name.Attribute, word)
    assert coloured(f"input.{word} == 1")[2] == (Name, word)


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_policies_are_coloured_whole(path: Path) -> None:
    """What is not grammatical may hold what no policy has."""
    for text in path.read_bytes().decode().split("\n---\n"):
        parts = coloured(text)
        assert "".join(part for _, part in parts) == text
        if concrete(Source("c.policy", text))[0] is not None:
            assert [part for kind, part in parts if kind is Error] == []


def test_the_language_page_is_coloured_whole() -> None:
    """Its policies, in which `…` stands for what is left out."""
    page = (ROOT / "docs/language.md").read_text()
    blocks = re.findall(r"```policy\n(.*?)```", page, re.DOTALL)
    assert blocks
    for block in blocks:
        assert {part for kind, part in coloured(block) if kind is Error} <= {"…"}


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ('rule r "x"', "Keyword.Declaration Name.Function Literal.String"),
        ("record R {}", "Keyword.Declaration Name.Class Punctuation Punctuation"),
        ("policy a.b", "Keyword.Declaration Name.Namespace"),
        ("x: Text", "Name.Attribute Punctuation Keyword.Type"),
        ("to any task when a", "Keyword Keyword Keyword Name"),
        ("5_000 12.5 4 hours 200 EUR", "Literal.Number.Integer Literal.Number.Float "
         "Literal.Date Literal.Number.Float"),
        ("2026-01-31 08:00 2026-11-01T10:00:00Z", "Literal.Date Literal.Date Literal.Date"),
        ("x matches /a b/ # c", "Name Keyword Literal.String.Regex Comment.Single"),
        ("order.status >= -size of x", "Name Punctuation Name Operator Operator Name.Builtin "
         "Keyword Name"),
    ],
)  # fmt: skip
def test_kinds(text: str, kinds: str) -> None:
    found = [str(kind).removeprefix("Token.") for kind, part in coloured(text) if part.strip()]
    assert " ".join(found) == kinds


def test_it_is_what_pygments_expects() -> None:
    assert (PolicyLexer.name, PolicyLexer.aliases, PolicyLexer.filenames) == (
        "Agent policy",
        ["policy"],
        ["*.policy"],
    )
    assert all(kind in Token for kind, _ in PolicyLexer().get_tokens("rule r"))
