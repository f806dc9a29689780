"""Walks checked expressions: what stands right below a node, and everything below it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from policy_engine.language import checked as c


def parts_of(node: c.Checked) -> tuple[c.Checked, ...]:
    """The expressions right below a node (not the bodies of definitions that it uses)."""
    return _PARTS[type(node)](node)


def _none(_: Any) -> tuple[c.Checked, ...]:
    return ()


def _operand(node: Any) -> tuple[c.Checked, ...]:
    return (node.operand,)


def _parts(node: Any) -> tuple[c.Checked, ...]:
    return node.parts  # type: ignore[no-any-return]


def _arguments(node: Any) -> tuple[c.Checked, ...]:
    return node.arguments  # type: ignore[no-any-return]


def _sides(node: Any) -> tuple[c.Checked, ...]:
    return node.left, node.right


def _there(*parts: c.Checked | None) -> tuple[c.Checked, ...]:
    return tuple(part for part in parts if part is not None)


_PARTS: dict[type, Callable[[Any], tuple[c.Checked, ...]]] = {
    c.Constant: _none,
    c.Read: _none,
    c.Now: _none,
    c.Today: _none,
    c.AskedFor: _none,
    c.Seen: _none,
    c.Part: _operand,
    c.Function: _operand,
    c.Not: _operand,
    c.Given: _operand,
    c.Provenance: _operand,
    c.Origin: _operand,
    c.Match: _operand,
    c.Like: _operand,
    c.Recent: _operand,
    c.Between: _operand,
    c.Joined: _parts,
    c.Every: _parts,
    c.Some: _parts,
    c.Apply: _arguments,
    c.Lookup: _arguments,
    c.Compare: _sides,
    c.Affix: _sides,
    c.Listing: lambda node: node.items,
    c.Product: lambda node: node.factors,
    c.Sum: lambda node: tuple(term for _, term in node.terms),
    c.Index: lambda node: (node.operand, node.key),
    c.Choice: lambda node: (node.condition, node.yes, node.no),
    c.Quantified: lambda node: (node.over, node.body),
    c.Paired: lambda node: (*node.over, node.body),
    c.Tally: lambda node: _there(node.term, node.over, node.where),
    c.Pick: lambda node: _there(node.over, node.where),
    c.Happened: lambda node: _there(node.occurrence.where),
    c.PastTally: lambda node: _there(node.term, node.occurrence.where),
    c.NoneSince: lambda node: _there(node.occurrence.where, node.since.where),
}
"""By kind of node; a table, since every expression is walked more than once."""


def all_of(node: c.Checked) -> list[c.Checked]:
    """The node and every expression below it."""
    found: list[c.Checked] = [node]
    for item in found:
        found.extend(_PARTS[type(item)](item))
    return found
