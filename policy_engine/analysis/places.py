"""Where expressions stand in a checked expression, and how to put another one there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from functools import partial
from typing import Any, get_args

from policy_engine.language import checked as c

Put = Callable[[c.Checked], c.Checked]
"""The node with another expression in one of its places."""

_NODES: Any = get_args(c.Checked)
_NAMES: Mapping[type, tuple[str, ...]] = {
    type_: tuple(field.name for field in fields(type_) if field.name not in ("span", "type"))
    for type_ in _NODES
}


def places(node: c.Checked) -> Iterator[tuple[c.Checked, Put]]:
    """The expressions right below a node, each with the way to replace it."""
    for name in _NAMES[type(node)]:
        value: Any = getattr(node, name)
        if isinstance(value, _NODES):
            yield value, _put(node, name)
        elif isinstance(value, c.Occurrence) and value.where is not None:
            yield value.where, _put_where(node, name, value)
        elif isinstance(value, tuple):
            yield from _in_tuple(node, name, value)


def _put(node: Any, name: str) -> Put:
    return lambda other: replace(node, **{name: other})


def _put_where(node: Any, name: str, occurrence: c.Occurrence) -> Put:
    return lambda other: replace(node, **{name: replace(occurrence, where=other)})


def _in_tuple(node: Any, name: str, items: tuple[Any, ...]) -> Iterator[tuple[c.Checked, Put]]:
    """Parts, items and arguments; the terms of a sum, which have signs."""
    for number, item in enumerate(items):
        if isinstance(item, _NODES):
            yield item, _put_item(node, name, items, number, lambda other: other)
        elif isinstance(node, c.Sum):
            sign, term = item
            yield term, _put_item(node, name, items, number, partial(_signed, sign))


def _signed(sign: str, term: c.Checked) -> tuple[str, c.Checked]:
    return sign, term


def _put_item(
    node: Any, name: str, items: tuple[Any, ...], number: int, wrap: Callable[[Any], Any]
) -> Put:
    return lambda other: replace(
        node, **{name: (*items[:number], wrap(other), *items[number + 1 :])}
    )
