"""Text to a syntax tree, or to all syntax errors of the text. The only module that knows Lark.

A text that the grammar accepts is read in one go, and layout means nothing. Where it is not
accepted, the text is cut at lines that begin with a statement's word and each piece is read by
itself, so that one mistake does not hide the next; the words of what could not be read are kept
in `Tree.unread`, so that later passes do not call them unknown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from threading import Lock
from typing import Any

import lark
from lark import Lark, TextSlice, Token, UnexpectedCharacters, UnexpectedInput, UnexpectedToken
from lark.grammar import Rule
from lark.lexer import TerminalDef

from policy_engine.foundation.canonical import digest
from policy_engine.foundation.diagnostics import CEILING, Diagnostic, Label
from policy_engine.foundation.source import Source, Span
from policy_engine.foundation.suggest import nearest
from policy_engine.language import codes, tables_of_grammar as tables
from policy_engine.language.builder import Builder
from policy_engine.language.building import Refused
from policy_engine.language.concrete import Branch, Word
from policy_engine.language.grammar import grammar_text
from policy_engine.language.habits import CHARACTERS, SIGNS, of_habit
from policy_engine.language.tree import Statement, Tree

STATEMENT_WORDS = (
    "policy",
    "import",
    "role",
    "agents",
    "humans",
    "context",
    "session",
    "type",
    "record",
    "task",
    "about",
    "fact",
    "table",
    "define",
    "framework",
    "validation",
    "rule",
    "constraint",
    "exception",
    "guarantee",
    "test",
)

_BEGINNING = re.compile(rf"^(?:{'|'.join(STATEMENT_WORDS)})\b(?!\s*+\??\s*+:)", re.MULTILINE)
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def parse(source: Source) -> tuple[Tree, tuple[Diagnostic, ...]]:
    """The tree of a file, and what is wrong with its syntax (then the tree has what was read)."""
    try:
        return Tree(_statements(source)), ()
    except (UnexpectedInput, Refused):
        pass
    read: list[Statement] = []
    diagnostics: list[Diagnostic] = []
    unread: set[str] = set()
    for start, end in _pieces(source.text):
        if len(diagnostics) == CEILING:
            unread.update(_WORD.findall(source.text[start:]))
            break
        statements, diagnostic = _read(source, start, end)
        read.extend(statements)
        if diagnostic is not None:
            diagnostics.append(diagnostic)
            unread.update(_WORD.findall(source.text[start:end]))
    return Tree(tuple(read), frozenset(unread)), tuple(diagnostics)


def concrete(source: Source) -> tuple[Branch | None, tuple[Diagnostic, ...]]:
    """Every word of a text that the grammar accepts; None, and why, where it does not."""
    try:
        with _READING:
            tree: Any = _concrete_parser().parse(source.text)
    except UnexpectedInput as error:
        return None, parse(source)[1] or (_explained(error, source, 0, len(source.text), set()),)
    return tree, ()


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    borders = [0, *(m.start() for m in _BEGINNING.finditer(text) if m.start()), len(text)]
    return pairwise(borders)


def _statements(source: Source) -> tuple[Statement, ...]:
    """One builder serves one reading at a time."""
    parser, builder = _parser()
    with _READING:
        builder.begin(source)
        built: Any = parser.parse(source.text)
    return built  # type: ignore[no-any-return]


def _read(source: Source, start: int, end: int) -> tuple[tuple[Statement, ...], Diagnostic | None]:
    """The statements of a piece; or none, what is wrong and what may stand there instead."""
    parser, builder = _parser()
    with _READING:
        builder.begin(source)
        reader: Any = parser.parse_interactive(TextSlice(source.text, start, end))
        before = reader
        try:
            tokens = reader.exhaust_lexer()
            before = reader.copy(deepcopy_values=False)
            return reader.feed_eof(tokens[-1] if tokens else None), None
        except UnexpectedInput as error:
            told = len(before.parser_state.state_stack) <= _DEEPEST_TOLD
            return (), _explained(error, source, start, end, before.accepts() if told else set())
        except Refused as refused:
            return (), refused.diagnostic


_READING = Lock()
_DEEPEST_TOLD = 300
"""In so many open words it is still said what may follow: each candidate may close them all."""


@cache
def _parser() -> tuple[Lark, Builder]:
    """The parser and its builder."""
    builder = Builder()
    return _made(builder), builder


@cache
def _concrete_parser() -> Lark:
    return _made(_Growing())


def _made(transformer: object) -> Lark:
    """A parser, from the tables that ship where they are of this grammar."""
    kept = tables.kept(_state())
    if kept is not None:
        return Lark.__new__(Lark)._load(kept, transformer=transformer)
    return Lark(grammar_text(), transformer=transformer, **_OPTIONS)


class _Growing:
    """Makes a branch of each rule that the grammar does not inline."""

    def __getattr__(self, rule: str) -> Callable[[list[Any]], Branch]:
        if rule.startswith("_") or rule.isupper():
            raise AttributeError(rule)
        name = str(rule)

        def branch(parts: list[Any]) -> Branch:
            there = (part for part in parts if part is not None)
            return Branch(name, tuple(_word(p) if isinstance(p, Token) else p for p in there))

        return branch


def _word(token: Token) -> Word:
    assert token.start_pos is not None and token.end_pos is not None
    return Word(token.type, str(token), token.start_pos, token.end_pos)


_OPTIONS: dict[str, Any] = {
    "parser": "lalr",
    "lexer": "contextual",
    "keep_all_tokens": True,
    "maybe_placeholders": True,
}


def _state() -> str:
    """What the tables depend on: the grammar, the options, and Lark itself."""
    return digest([grammar_text(), sorted(_OPTIONS), lark.__version__])


def write_tables(path: str) -> None:
    """Computes the tables of the grammar as it is now (`make tables`)."""
    data, memo = Lark(grammar_text(), **_OPTIONS).memo_serialize([TerminalDef, Rule])
    Path(path).write_bytes(tables.packed(_state(), {"data": data, "memo": memo}))


def _explained(
    error: UnexpectedInput, source: Source, start: int, end: int, accepts: set[str]
) -> Diagnostic:
    """What stood there, and what may."""
    if isinstance(error, UnexpectedToken) and error.token.type != "$END":
        token: Token = error.token
        assert token.start_pos is not None and token.end_pos is not None
        span = Span(source, token.start_pos, token.end_pos)
        return _foreign(source, span.end) or _unexpected(f"`{token}`", span, accepts)
    if isinstance(error, UnexpectedCharacters):
        return _unreadable(source, error.pos_in_stream or start, accepts)
    last = start + len(source.text[start:end].rstrip())
    at = max(last - 1, start)
    return _unexpected("end of the statement", Span(source, at, max(last, at)), accepts)


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
        return Diagnostic(codes.UNEXPECTED, title, (label,), help=of_habit(span) or SIGNS[slip])
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
    return Diagnostic(codes.UNREADABLE_CHARACTER, title, (label,), help=CHARACTERS.get(character))


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
        (Label(span, "not expected here"), *_after(span)),
        help=_misspelt(span, expected) or allowed,
    )


def _after(span: Span) -> tuple[Label, ...]:
    """Where the line before ends, if what was not expected begins a line: the slip may be there."""
    text = span.source.text
    if text[text.rfind("\n", 0, span.start) + 1 : span.start].strip():
        return ()
    end = len(text[: span.start].rstrip())
    while end > 0 and _commented(text, end):
        end = len(text[: text.rfind("\n", 0, end) + 1].rstrip())
    return (
        (Label(Span(span.source, max(end - 1, 0), end), "after this", primary=False),)
        if end
        else ()
    )


def _commented(text: str, end: int) -> bool:
    """Whether the line that ends here is nothing but a comment."""
    return text[text.rfind("\n", 0, end) + 1 : end].lstrip().startswith("#")


def _misspelt(span: Span, expected: set[str]) -> str | None:
    """A word that is nearly one that may stand here, or before it nearly one of the language."""
    habit = of_habit(span)
    if habit is not None:
        return habit
    near = nearest(span.text, [word.strip("`") for word in expected], strictly=True)
    if near and near != span.text and _WORD.fullmatch(near):
        return f"replace `{span.text}` with `{near}`"
    before = re.search(r"([A-Za-z_]+)\s+$", span.source.text[max(0, span.start - 40) : span.start])
    if before and before[1] not in _EFFECT_WORDS:
        near = nearest(before[1], _EFFECT_WORDS, strictly=True)
        return f"replace `{before[1]}` with `{near}`" if near else None
    return None


_EFFECT_WORDS = ("permit", "forbid", "require", "escalate")


_TOKENS = {
    "NAME": "a name",
    "STRING": "a text in quotes",
    "NUMBER": "a number",
    "MONEY": "an amount such as 200 EUR",
    "DURATION": "a duration such as 24 hours",
    "TIME": "a time such as 08:00",
    "DATE": "a date",
    "TIMESTAMP": "a timestamp",
    "PATTERN": "a pattern such as /[a-z]+/",
    "COMPARE": "a comparison",
    "OUTCOME": "allow, validate, escalate or deny",
    "STAGE": "executed, attempted, approved, denied or failed",
    "FUNCTION": "`size of` and the like",
    "DENIED": "`deny`",
    "ARROW": "`->`",
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
    return (
        _TOKENS.get(terminal) or f"`{_PHRASES.get(terminal, terminal).replace('_', ' ').lower()}`"
    )


_PHRASES = {
    "WAS_CREATED": "was created in this session",
    "REQUEST_NAMES": "the request names",
    "REQUEST_ASKS_FOR": "the request asks for",
}
