"""A checked policy set as bytes, to have it again without reading its text.

`freeze` writes every object once, those it is made of before it; `thaw` makes them again in that
order, sharing what was shared. Only the classes of a policy set can come out, so the worst that
wrong bytes can do is to say another policy: whoever thaws them must know who has signed them.
What is thawed has the digest that was frozen. No parser, no `pickle`.
"""

from __future__ import annotations

import marshal
import zlib
from collections.abc import Callable, Iterator, Mapping, Set as AbstractSet
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from types import MappingProxyType
from typing import Any, cast

from policy_engine.foundation import source
from policy_engine.language import checked, policy
from policy_engine.language.policy import NO_ROW, Effect, PolicySet
from policy_engine.values import types
from policy_engine.values.money import Money

_FORM = "policy set 1"


class NotFrozen(ValueError):
    """The bytes are no policy set of this version."""


def freeze(policies: PolicySet) -> bytes:
    """The policy set as bytes; the same set gives the same bytes."""
    writer = _Writer()
    last: Any = writer.written(policies)
    return zlib.compress(marshal.dumps((_FORM, last, cast(Any, writer.entries)), 2))


def thaw(data: bytes) -> PolicySet:
    """The policy set of the bytes. Raises `NotFrozen`."""
    try:
        form, last, entries = marshal.loads(zlib.decompress(data))
        if form != _FORM:
            raise NotFrozen("a policy set of another form")
        made: list[object] = []
        for kind, parts in entries:
            found = (made[part[0]] if type(part) is tuple else part for part in parts)
            made.append(_MAKERS[kind](*found))
        found_last = made[last[0]]
    except (ValueError, TypeError, ArithmeticError, LookupError, EOFError, zlib.error) as error:
        raise NotFrozen("these bytes are no policy set") from error
    if not isinstance(found_last, PolicySet):
        raise NotFrozen("these bytes are no policy set")
    return found_last


class _Writer:
    """Writes objects as entries: a kind, and parts that are plain or the number of an entry."""

    def __init__(self) -> None:
        self.entries: list[tuple[int, tuple[object, ...]]] = []
        self._known: dict[int, tuple[object, tuple[int]]] = {}
        """By identity; the objects are kept, so that no other can take their place."""

    def written(self, whole: object) -> object:
        """The part that stands for an object; everything below it is written first."""
        waiting = [(whole, *_taken_apart(whole))]
        while waiting:
            item, kind, parts = waiting[-1]
            missing = [part for part in parts if not self._is_done(part)]
            if missing:
                waiting += [(part, *_taken_apart(part)) for part in missing]
                continue
            waiting.pop()
            if id(item) not in self._known:
                self._known[id(item)] = item, (len(self.entries),)
                self.entries.append((kind, tuple(map(self._part, parts))))
        return self._part(whole)

    def _is_done(self, item: object) -> bool:
        return type(item) in _PLAIN or id(item) in self._known

    def _part(self, item: object) -> object:
        return item if type(item) in _PLAIN else self._known[id(item)][1]


_PLAIN = (type(None), bool, int, str)


def _taken_apart(item: object) -> tuple[int, tuple[object, ...]]:
    """The kind of an object, and what it is made of."""
    names = _FIELDS.get(type(item))
    if names is not None:
        return _NUMBERS[type(item)], tuple([getattr(item, name) for name in names])
    match item:
        case tuple():
            return 0, item
        case list():
            return 12, tuple(item)
        case AbstractSet():
            return 1, tuple(sorted(cast("AbstractSet[str]", item), key=_in_order))
        case Mapping():
            return 2, tuple(part for pair in item.items() for part in pair)
        case Decimal():
            return 3, (str(item),)
        case Money():
            return 4, (item.amount, item.currency)
        case datetime():
            return 5, (item.astimezone(UTC).isoformat(),)
        case date():
            return 6, (item.isoformat(),)
        case time():
            return 7, (item.isoformat(),)
        case timedelta():
            return 8, (item.days, item.seconds, item.microseconds)
        case Effect():
            return 9, (item.value,)
        case _ if item is NO_ROW:
            return 10, ()
        case _ if callable(item):
            return 11, (cast("Callable[[], str]", item)(),)
        case _:
            raise TypeError(f"no policy set has a {type(item).__name__}")


def _in_order(item: object) -> str:
    """Sets in a policy set are of texts or other data; any fixed order will do."""
    return item if isinstance(item, str) else repr(item)


def _classes() -> Iterator[type]:
    """The classes of which a policy set is made, in order of name."""
    for module in (source, types, checked, policy):
        found = vars(module).values()
        own = (c for c in found if isinstance(c, type) and c.__module__ == module.__name__)
        yield from sorted((c for c in own if is_dataclass(c)), key=lambda c: c.__name__)


def _mapping(*parts: object) -> Mapping[object, object]:
    return MappingProxyType(dict(zip(parts[::2], parts[1::2], strict=True)))


def _itself(text: str) -> str:
    return text


_FIRST_CLASS = 16
_CLASSES = tuple(_classes())
_NUMBERS = {found: _FIRST_CLASS + number for number, found in enumerate(_CLASSES)}
_FIELDS = {found: tuple(f.name for f in fields(found) if f.init) for found in _CLASSES}
_MAKERS: dict[int, Callable[..., Any]] = {
    0: lambda *parts: parts,
    1: lambda *parts: frozenset(parts),
    2: _mapping,
    3: Decimal,
    4: Money,
    5: datetime.fromisoformat,
    6: date.fromisoformat,
    7: time.fromisoformat,
    8: timedelta,
    9: Effect,
    10: lambda: NO_ROW,
    11: lambda text: partial(_itself, text),
    12: lambda *parts: list(parts),
    **{number: found for found, number in _NUMBERS.items()},
}
