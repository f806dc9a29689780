"""Readers of data with parts, written for their types: what `fitting` gives, in less time.

A reader takes what fits at once, of exact built-in types, and raises for all else; what calls it
goes the long way then. It gives a copy, so what it has read cannot change any more. Decimals that
are whole are read as integers: nothing that is asked of a number tells the two apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policy_engine.decision.code.emitter import Emitter
from policy_engine.values.fitting import LONGEST_LIST
from policy_engine.values.readers import LONGEST_TEXT
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
    Type,
    Union,
)

_SMALL = 2**29
"""Integers on this side of it Python compares fastest; all others are looked at again."""


def has_reader(type_: Type) -> bool:
    """Whether data of the type have parts for which a reader is written."""
    return isinstance(type_, (ListOf, MapOf, Record))


def fact_reader(type_: Type, e: Emitter) -> str:
    """The name of a function that gives a fact in the engine's terms, None where it is not known.

    Records of facts are open.
    """
    return _whole(type_, False, f"datum_of(v, {e.constant(type_)}, False)", e)


def input_reader(type_: Type, e: Emitter) -> str:
    """The name of a function that gives an input in the engine's terms, or raises."""
    return _whole(type_, True, f"fit(v, {e.constant(type_)})", e)


def _whole(type_: Type, closed: bool, long_way: str, e: Emitter) -> str:
    at_once = [f"    {line}" for line in _lines(type_, closed, e)]
    lines = ("try:", *at_once, "except Exception:", f"    return {long_way}")
    return e.function(("v",), lines)


def _reader(type_: Type, closed: bool, e: Emitter) -> str:
    return e.function(("v",), _lines(type_, closed, e))


def _lines(type_: Type, closed: bool, e: Emitter) -> list[str]:
    """What reads the datum `v`, or raises."""
    match type_:
        case Record(fields=fields):
            return _record(fields, closed, e)
        case MapOf(value=value):
            part = _part("x", value, closed, e)
            return [
                _only("dict", f"len(v) > {LONGEST_LIST}"),
                f"return {{{_text('k', 'k', e)}: {part} for k, x in v.items()}}",
            ]
        case ListOf(item=item):
            part = _part("x", item, closed, e)
            return [
                f"if type(v) is not list and type(v) is not tuple or len(v) > {LONGEST_LIST}:",
                "    raise Unfit",
                f"return tuple([{part} for x in v])",
            ]
        case _:
            return [f"return read(v, {e.constant(type_)}, {closed})"]


def _record(fields: Sequence[Field], closed: bool, e: Emitter) -> list[str]:
    required = [field for field in fields if not field.optional]
    optional = [field for field in fields if field.optional]
    members = ", ".join(f"{f.name!r}: {_member(f, closed, e)}" for f in required)
    lines = [_only("dict")]
    if closed:
        count = [str(len(required)), *(f"({field.name!r} in v)" for field in optional)]
        lines = [_only("dict", f"len(v) != {' + '.join(count)}")]
    lines.append(f"found = {{{members}}}")
    for field in optional:
        lines += [
            f"x = v.get({field.name!r})",
            f"if x is not None: found[{field.name!r}] = {_part('x', field.type, closed, e)}",
        ]
    return [*lines, "return found"]


def _member(field: Field, closed: bool, e: Emitter) -> str:
    """What must be there; nothing is not, though free data could be nothing."""
    got = f"(x := v[{field.name!r}])"
    if field.type == JSON:
        return f"given({_part(f'v[{field.name!r}]', JSON, closed, e)})"
    return _part("x", field.type, closed, e, first=got)


def _part(x: str, type_: Type, closed: bool, e: Emitter, *, first: str = "") -> str:
    """An expression for a part; `first` stands for it where it is named the first time."""
    first = first or x
    if isinstance(type_, Union):
        members = ", ".join(sorted(map(repr, type_.members)))
        other = f"read({x}, {e.constant(type_)})"
        return f"({x} if type({first}) is str and {x} in {{{members}}} else {other})"
    if type_ == TEXT:
        return _text(first, x, e)
    if type_ == BOOLEAN:
        return f"({x} if type({first}) is bool else read({x}, {e.constant(type_)}))"
    if type_ in (INTEGER, DECIMAL):
        small = f"type({first}) is int and -{_SMALL} < {x} < {_SMALL}"
        other = f"read({x}, {e.constant(type_)})" if type_ == INTEGER else f"decimal_of({x})"
        return f"({x} if {small} else {other})"
    return f"{_reader(type_, closed, e)}({first})"


def _text(first: str, x: str, e: Emitter) -> str:
    short = f"type({first}) is str and {x}.isascii() and len({x}) <= {LONGEST_TEXT}"
    return f"({x} if {short} else read({x}, {e.constant(TEXT)}))"


def _only(kind: str, *more: str) -> str:
    return f"if {' or '.join((f'type(v) is not {kind}', *more))}: raise Unfit"


def reads(field: Field, name: str, e: Emitter) -> Iterator[str]:
    """The lines that bring an input that is not taken as it is in the engine's terms."""
    tests = [f"{name} is not None"] if field.optional else []
    if has_reader(field.type):
        fit = f"{name} = {input_reader(field.type, e)}({name})"
    elif field.type == DECIMAL:
        tests.append(f"type({name}) is not int")
        fit = f"{name} = fit_decimal({name})"
    else:
        if field.type == INTEGER:
            tests.append(f"type({name}) is not int")
        fit = f"{name} = fit({name}, {e.constant(field.type)})"
    yield f"if {' and '.join(tests)}: {fit}" if tests else fit
