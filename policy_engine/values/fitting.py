"""Readers of values that fit, made once for each type: what `conform` tries first.

A reader gives the value in the engine's terms or raises, without saying what is wrong or where;
then `conform` reads again, slowly, and says it. Of what has parts, a reader takes only Python's own
lists, tuples, sets and dicts; every part is read once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import cast

from policy_engine.values.numbers import LARGEST
from policy_engine.values.readers import LONGEST_TEXT, scalar
from policy_engine.values.types import (
    BOOLEAN,
    DECIMAL,
    INTEGER,
    JSON,
    TEXT,
    Field,
    ListOf,
    MapOf,
    Record,
    Scalar,
    SetOf,
    Type,
    Union,
)

Fit = Callable[[object], object]

LONGEST_LIST = 10_000
_MOST_KEPT = 4_096
_kept: dict[tuple[int, bool], tuple[Type, Fit]] = {}
_kept_fields: dict[int, tuple[tuple[Field, ...], Callable[[object], dict[str, object]]]] = {}


class Unfit(Exception):
    """The value is not of the type, or is not in the form that fits at once."""


def fitting(type_: Type, closed: bool = True) -> Fit:
    """The reader of a type; `closed` records have no members but those declared."""
    known = _kept.get((id(type_), closed))
    if known is not None and known[0] is type_:
        return known[1]
    made = _reader(type_, closed)
    if len(_kept) >= _MOST_KEPT:
        _kept.clear()
    _kept[id(type_), closed] = type_, made
    return made


def fields_fitting(fields: tuple[Field, ...]) -> Callable[[object], dict[str, object]]:
    """The reader of named values: nothing missing, nothing undeclared, all of their types."""
    known = _kept_fields.get(id(fields))
    if known is not None and known[0] is fields:
        return known[1]
    made = _fields(fields, closed=True)
    if len(_kept_fields) >= _MOST_KEPT:
        _kept_fields.clear()
    _kept_fields[id(fields)] = fields, made
    return made


def _reader(type_: Type, closed: bool) -> Fit:
    match type_:
        case ListOf(item):
            return _list(fitting(item, closed))
        case SetOf(item):
            return _set(item, fitting(item, closed))
        case MapOf(item):
            return _map(fitting(item, closed))
        case Record():
            return _fields(type_.fields, closed)
        case Union(members):
            return _choice(type_, members)
        case _:
            return _SCALARS.get(type_) or (lambda value: scalar(value, type_))


def _fields(fields: tuple[Field, ...], closed: bool) -> Callable[[object], dict[str, object]]:
    parts = [(f.name, f.optional, fitting(f.type, closed)) for f in fields]

    def fit(value: object) -> dict[str, object]:
        if type(value) is not dict:
            raise Unfit
        given = cast("dict[object, object]", value)
        fitted: dict[str, object] = {}
        declared = 0
        for name, optional, read in parts:
            part = given.get(name)
            if part is not None:
                fitted[name] = read(part)
                declared += 1
            elif not optional:
                raise Unfit
            elif name in given:
                declared += 1
        if closed and declared != len(given):
            raise Unfit
        return fitted

    return fit


def _list(item: Fit) -> Fit:
    def fit(value: object) -> object:
        if type(value) not in (list, tuple):
            raise Unfit
        items = cast("list[object]", value)
        if len(items) > LONGEST_LIST:
            raise Unfit
        return tuple(map(item, items))

    return fit


def _set(type_: Type, item: Fit) -> Fit:
    simple = isinstance(type_, (Scalar, Union)) and type_ != JSON

    def fit(value: object) -> object:
        if type(value) not in (list, tuple, set, frozenset) or not simple:
            raise Unfit
        items = cast("list[object]", value)
        if len(items) > LONGEST_LIST:
            raise Unfit
        return frozenset(map(item, items))

    return fit


def _map(item: Fit) -> Fit:
    def fit(value: object) -> object:
        if type(value) is not dict:
            raise Unfit
        members = cast("dict[object, object]", value)
        if len(members) > LONGEST_LIST:
            raise Unfit
        return {str(_text(key)): item(member) for key, member in members.items()}

    return fit


def _choice(type_: Union, members: frozenset[str]) -> Fit:
    def fit(value: object) -> object:
        return value if type(value) is str and value in members else scalar(value, type_)

    return fit


def _text(value: object) -> object:
    if type(value) is str and value.isascii() and len(value) <= LONGEST_TEXT:
        return value
    return scalar(value, TEXT)


def _integer(value: object) -> object:
    return value if type(value) is int and -LARGEST < value < LARGEST else scalar(value, INTEGER)


def _decimal(value: object) -> object:
    if type(value) is int and -LARGEST < value < LARGEST:
        return Decimal(value)
    return scalar(value, DECIMAL)


def _boolean(value: object) -> object:
    return value if type(value) is bool else scalar(value, BOOLEAN)


_SCALARS: Mapping[Type, Fit] = {
    TEXT: _text,
    INTEGER: _integer,
    DECIMAL: _decimal,
    BOOLEAN: _boolean,
}
