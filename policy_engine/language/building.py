"""What all builders share: places, clauses, refusals, and how deep an expression may nest.

A builder has one method for each rule of the grammar. Lark calls it with the parts of that rule,
in the order of the grammar: tokens, what was built before, and None for what may be left out and
was. It refuses what the grammar lets through only to be explained.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

from policy_engine.foundation.diagnostics import Code, Diagnostic, Label
from policy_engine.foundation.source import Source, Span
from policy_engine.language import codes, tree as t

DEEPEST = 100

_T = TypeVar("_T")

Part = Any
"""A token, a node or None: what it is, the grammar says, rule by rule."""


class Clause(NamedTuple):
    """A part of a statement on its way into it."""

    kind: str
    value: Any
    span: Span


class Refused(Exception):
    """The text is grammatical and still wrong."""

    def __init__(self, code: Code, title: str, label: Label, help_: str | None = None) -> None:
        super().__init__(title)
        self.diagnostic = Diagnostic(code, title, (label,), help=help_)


class Building:
    """The state of one reading: whose text it is, and the depth of what was built."""

    def __init__(self) -> None:
        self._source = Source("", "")
        self._depths: dict[int, int] = {}
        self._kept: list[object] = []

    def begin(self, source: Source) -> None:
        """What is built from now on stands in this source."""
        self._source = source
        self._depths.clear()
        self._kept.clear()

    def place(self, token: Part) -> Span:
        """Where a token stands."""
        return Span(self._source, token.start_pos, token.end_pos)

    def span(self, parts: Sequence[Part]) -> Span:
        """From the first part that is there to the last."""
        first = next(part for part in parts if part is not None)
        last = next(part for part in reversed(parts) if part is not None)
        return Span(self._source, _start(first), _end(last))

    def named(self, token: Part) -> t.Name:
        return t.Name(str(token), Span(self._source, token.start_pos, token.end_pos))

    def deepen(self, operands: Sequence[Part], into: _T) -> _T:
        """Notes how deep a node nests; refuses what later passes could not walk."""
        depths = self._depths
        depth = 1 + max((depths.get(id(operand), 0) for operand in operands), default=0)
        if depth > DEEPEST:
            raise Refused(
                codes.TOO_DEEP,
                f"an expression nests more than {DEEPEST} deep",
                Label(Span(self._source, start := into.span.start, start + 1), "it begins here"),  # type: ignore[attr-defined]
                "name parts of it with `define`",
            )
        depths[id(into)] = depth
        self._kept.append(into)
        return into

    def again(self, node: object, copy: _T) -> _T:
        """A copy of a node, as deep as that."""
        self._depths[id(copy)] = self._depths.get(id(node), 0)
        self._kept.append(copy)
        return copy


def nodes(parts: Sequence[Part]) -> list[Part]:
    """The parts that were built, without the tokens between them."""
    return [part for part in parts if part is not None and not isinstance(part, str)]


def once(clauses: Sequence[Clause], kind: str, word: str | None = None) -> Clause | None:
    """The only clause of its kind; a second one is refused."""
    found = [clause for clause in clauses if clause.kind == kind]
    if len(found) > 1:
        label = Label(found[1].span, "stands here again")
        raise Refused(codes.TWICE_IN_STATEMENT, f"`{word or kind}` may stand once", label)
    return found[0] if found else None


def value_of(clause: Clause | None) -> Any:
    return clause.value if clause else None


def _start(part: Part) -> int:
    if isinstance(part, str):
        return part.start_pos  # type: ignore[attr-defined, no-any-return]
    span = getattr(part, "span", None)
    return _start(part[0]) if span is None else span.start


def _end(part: Part) -> int:
    if isinstance(part, str):
        return part.end_pos  # type: ignore[attr-defined, no-any-return]
    span = getattr(part, "span", None)
    return _end(part[-1]) if span is None else span.end
