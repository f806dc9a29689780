"""Text to a syntax tree, or to all syntax errors of the text. The only module that knows Lark.

A text that the grammar accepts is read in one go, and layout means nothing. Where it is not
accepted, the text is cut at lines that begin with a statement's word and each piece is read by
itself, so that one mistake does not hide the next; the words of what could not be read are kept
in `Tree.unread`, so that later passes do not call them unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

from lark import Lark, Token, UnexpectedCharacters, UnexpectedInput, UnexpectedToken
from lark import Tree as Parsed

from policy_engine.foundation.diagnostics import Diagnostic, Label
from policy_engine.foundation.source import Source, Span
from policy_engine.foundation.suggest import nearest
from policy_engine.language import codes
from policy_engine.language.builder import Builder, Refused, Word
from policy_engine.language.grammar import grammar_text
from policy_engine.language.habits import SIGNS, of_habit
from policy_engine.language.tree import Statement, Tree

STATEMENT_WORDS = (
    "policy",
    "role",
    "agents",
    "humans",
    "context",
    "type",
    "record",
    "task",
    "about",
    "fact",
    "define",
    "rule",
    "validation",
    "test",
)

_BEGINNING = re.compile(rf"^(?:{'|'.join(STATEMENT_WORDS)})\b", re.MULTILINE)
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def parse(source: Source) -> tuple[Tree, tuple[Diagnostic, ...]]:
    """The tree of a file, and what is wrong with its syntax (then the tree has what was read)."""
    statements, diagnostic = _read(source, 0, len(source.text))
    if diagnostic is None:
        return Tree(statements), ()
    read: list[Statement] = []
    diagnostics: list[Diagnostic] = []
    unread: set[str] = set()
    for start, end in _pieces(source.text):
        statements, diagnostic = _read(source, start, end)
        read.extend(statements)
        if diagnostic is not None:
            diagnostics.append(diagnostic)
            unread.update(_WORD.findall(source.text[start:end]))
    return Tree(tuple(read), frozenset(unread)), tuple(diagnostics)


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    borders = [0, *(m.start() for m in _BEGINNING.finditer(text) if m.start()), len(text)]
    return pairwise(borders)


def _read(source: Source, start: int, end: int) -> tuple[tuple[Statement, ...], Diagnostic | None]:
    try:
        parsed = _parser().parse(source.text[start:end])
        return _built(parsed, source, start), None
    except UnexpectedInput as error:
        return (), _explained(error, source, start, end)
    except Refused as refused:
        return (), refused.diagnostic


def _built(root: Parsed[Token], source: Source, base: int) -> tuple[Statement, ...]:
    """Bottom up and without recursion: each node is built once its parts are."""
    builder = Builder()
    built: dict[int, Any] = {}
    waiting: list[tuple[Parsed[Token], bool]] = [(root, False)]
    while waiting:
        node, ready = waiting.pop()
        if not ready:
            waiting.append((node, True))
            waiting.extend((part, False) for part in node.children if isinstance(part, Parsed))
            continue
        parts = [
            built.pop(id(part)) if isinstance(part, Parsed) else part and _word(part, source, base)
            for part in node.children
        ]
        built[id(node)] = getattr(builder, node.data)(_span(node, source, base), parts)
    return built[id(root)]  # type: ignore[no-any-return]


def _word(token: Token, source: Source, base: int) -> Word:
    assert token.start_pos is not None and token.end_pos is not None
    span = Span(source, base + token.start_pos, base + token.end_pos)
    return Word(token.type, str(token), span)


def _span(node: Parsed[Token], source: Source, base: int) -> Span:
    if node.meta.empty:
        return Span(source, base, base)
    return Span(source, base + node.meta.start_pos, base + node.meta.end_pos)


@cache
def _parser() -> Lark:
    return Lark(
        grammar_text(),
        parser="lalr",
        lexer="contextual",
        propagate_positions=True,
        maybe_placeholders=True,
    )


def _explained(error: UnexpectedInput, source: Source, start: int, end: int) -> Diagnostic:
    """What stood there, and what may."""
    accepts = _accepted(source.text[start:end])
    if isinstance(error, UnexpectedToken) and error.token.type != "$END":
        token: Token = error.token
        assert token.start_pos is not None and token.end_pos is not None
        span = Span(source, start + token.start_pos, start + token.end_pos)
        return _foreign(source, span.end) or _unexpected(f"`{token}`", span, accepts)
    if isinstance(error, UnexpectedCharacters):
        return _unreadable(source, start + (error.pos_in_stream or 0), accepts)
    last = start + len(source.text[start:end].rstrip())
    at = max(last - 1, start)
    return _unexpected("end of the statement", Span(source, at, max(last, at)), accepts)


def _accepted(text: str) -> set[str]:
    """The terminals that the grammar would take where the text goes wrong."""
    reader = _parser().parse_interactive(text)
    try:
        for _ in reader.iter_parse():
            pass
    except UnexpectedInput:
        pass
    return set(reader.accepts())  # type: ignore[no-untyped-call]


def _unreadable(source: Source, offset: int, accepts: set[str]) -> Diagnostic:
    text = source.text
    word = _WORD.match(text, offset)
    if word:
        foreign = _foreign(source, word.end())
        span = Span(source, offset, word.end())
        return foreign or _unexpected(f"`{word[0]}`", span, accepts)
    if text[offset] == '"':
        return _unclosed(source, offset, accepts)
    slip = next((slip for slip in SIGNS if text.startswith(slip, offset)), None)
    span = Span(source, offset, offset + len(slip or "x"))
    if slip:
        label = Label(span, "not a word of this language")
        title = f"unexpected `{slip}`"
        return Diagnostic(codes.UNEXPECTED, title, (label,), help=SIGNS[slip])
    return _foreign(source, offset) or _unexpected(f"`{span.text}`", span, accepts)


def _unclosed(source: Source, offset: int, accepts: set[str]) -> Diagnostic:
    """A quotation mark that begins no text, since none ends it; or one that must not stand here."""
    line_end = source.text.find("\n", offset)
    end = line_end if line_end != -1 else len(source.text)
    closed = source.text.find('"', offset + 1, end)
    if closed != -1:
        return _unexpected("a text in quotes", Span(source, offset, closed + 1), accepts)
    label = Label(Span(source, offset, end), "no closing quote on this line")
    return Diagnostic(codes.BAD_TEXT, "a text is not closed", (label,))


def _foreign(source: Source, offset: int) -> Diagnostic | None:
    """Says which character it is that no word of a policy has, if that is what stands there."""
    character = source.text[offset : offset + 1]
    if not character or (character.isascii() and (character.isprintable() or character.isspace())):
        return None
    label = Label(
        Span(source, offset, offset + 1), "outside texts in quotes, a policy is plain ASCII"
    )
    shown = f"`{character}` (U+{ord(character):04X})" if character.isprintable() else ""
    title = f"{shown or f'U+{ord(character):04X}'} cannot stand here"
    help_ = 'write `"`' if character in "“”„«»″" else None
    return Diagnostic(codes.UNREADABLE_CHARACTER, title, (label,), help=help_)


def _unexpected(what: str, span: Span, accepts: set[str]) -> Diagnostic:
    expected = {shown for name in accepts if (shown := _shown(name))}
    words = {f"`{word}`" for word in STATEMENT_WORDS}
    listed = sorted(expected - words if words <= expected else expected)
    if words <= expected:
        listed.append("a new statement: " + ", ".join(STATEMENT_WORDS))
    allowed = f"here may stand {' · '.join(listed)}" if listed else None
    return Diagnostic(
        codes.UNEXPECTED,
        f"unexpected {what}",
        (Label(span, "not expected here"),),
        help=_misspelt(span, expected) or allowed,
    )


def _misspelt(span: Span, expected: set[str]) -> str | None:
    """A word that is nearly one that may stand here, or before it nearly one of the language."""
    habit = of_habit(span)
    if habit is not None:
        return habit
    near = nearest(span.text, [word.strip("`") for word in expected], strictly=True)
    if near and near != span.text and _WORD.fullmatch(near):
        return f"replace `{span.text}` with `{near}`"
    before = re.search(r"([A-Za-z_]+)\s+$", span.source.text[: span.start])
    if before and before[1] not in _EFFECT_WORDS:
        near = nearest(before[1], _EFFECT_WORDS, strictly=True)
        return f"replace `{before[1]}` with `{near}`" if near else None
    return None


_EFFECT_WORDS = ("permit", "forbid", "require", "escalate")


_TOKENS = {
    "NAME": "a name",
    "STRING": "a text in quotes",
    "NUMBER": "a number",
    "TIMESTAMP": "a timestamp",
    "DATE": "",
    "PATTERN": "a pattern such as /[a-z]+/",
    "COMPARE": "a comparison",
    "OUTCOME": "allow, validate, escalate or deny",
    "OPTIONAL": "`?`",
    "PLUS": "`+`",
    "MINUS": "`-`",
    "STAR": "`*`",
    "LPAR": "`(`",
    "RPAR": "`)`",
    "LSQB": "`[`",
    "RSQB": "`]`",
    "LBRACE": "`{`",
    "RBRACE": "`}`",
    "COMMA": "`,`",
    "COLON": "`:`",
    "DOT": "`.`",
    "EQUAL": "`=`",
    "VBAR": "`|`",
    "$END": "the end of the file",
}


def _shown(terminal: str) -> str:
    if terminal in _TOKENS:
        return _TOKENS[terminal]
    return f"`{terminal.strip('_').lower()}`"
