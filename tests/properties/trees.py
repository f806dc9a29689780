"""Policies as trees of text, whose unordered parts can be written in any order and twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Unordered:
    """Parts whose order and repetition mean nothing, as in `a and b`."""

    joiner: str
    parts: tuple[Tree, ...]
    repeatable: bool = True


@dataclass(frozen=True)
class Signed:
    """`a - b + c`; the first sign is +."""

    terms: tuple[tuple[str, Tree], ...]


Tree = str | tuple["Tree", ...] | Unordered | Signed

Reorder = Callable[[Sequence[object], bool], list[object]]
"""Parts, and whether they may be repeated, to parts."""


def as_written(parts: Sequence[object], _repeatable: bool = True) -> list[object]:
    return list(parts)


def text_of(tree: Tree, reorder: Reorder = as_written) -> str:
    if isinstance(tree, str):
        return tree
    if isinstance(tree, tuple):
        return "".join(text_of(part, reorder) for part in tree)
    if isinstance(tree, Unordered):
        parts = reorder(tree.parts, tree.repeatable)
        return tree.joiner.join(text_of(part, reorder) for part in parts)  # type: ignore[arg-type]
    terms = reorder(tree.terms, False)
    first = next(i for i, (sign, _) in enumerate(terms) if sign == "+")  # type: ignore[misc]
    ordered = [terms[first], *terms[:first], *terms[first + 1 :]]
    return "".join(f" {sign} {text_of(term, reorder)}" for sign, term in ordered)[3:]  # type: ignore[misc]


def bracketed(*parts: Tree) -> Tree:
    return ("(", *parts, ")")
