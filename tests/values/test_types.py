"""Which types compare, and how they are written."""

from __future__ import annotations

import pytest

from policy_engine.values.types import (
    BOOLEAN,
    COMMAND,
    DATE,
    DECIMAL,
    DURATION,
    EMAIL,
    HOST,
    INTEGER,
    JSON,
    MONEY,
    PATH,
    PRINCIPAL,
    SCALARS,
    TEXT,
    TEXT_LIKE,
    TIME,
    TIMESTAMP,
    URL,
    WEEKDAY,
    ListOf,
    MapOf,
    Record,
    SetOf,
    Type,
    Union,
    comparable,
    ordered,
)

EVERY: tuple[Type, ...] = (
    *SCALARS.values(),
    PRINCIPAL,
    TIME,
    WEEKDAY,
    ListOf(TEXT),
    SetOf(TEXT),
    SetOf(INTEGER),
    MapOf(TEXT),
    Record("R", ()),
)
EQUAL_TOO = {(INTEGER, DECIMAL), (TEXT, WEEKDAY)}
NEVER_EQUAL = (ListOf(TEXT), MapOf(TEXT), Record("R", ()))


def test_like_compares_with_like() -> None:
    for one in EVERY:
        for other in EVERY:
            wanted = one == other and one not in NEVER_EQUAL
            wanted = wanted or (one, other) in EQUAL_TOO or (other, one) in EQUAL_TOO
            assert comparable(one, other) == wanted, f"{one} == {other}"


def test_like_is_ordered_with_like() -> None:
    known = (TIMESTAMP, DATE, DURATION, MONEY, TIME, INTEGER, DECIMAL)
    for one in EVERY:
        for other in EVERY:
            wanted = (one == other and one in known) or {one, other} == {INTEGER, DECIMAL}
            assert ordered(one, other) == wanted, f"{one} < {other}"


def test_what_a_policy_can_declare() -> None:
    assert set(SCALARS.values()) == {
        *(TEXT, INTEGER, DECIMAL, BOOLEAN, TIMESTAMP, MONEY, DATE, DURATION, JSON),
        *(PATH, URL, EMAIL, HOST, COMMAND),
    }
    assert set(TEXT_LIKE) == {PATH, URL, EMAIL, HOST, COMMAND}
    assert all(str(type_) == name for name, type_ in SCALARS.items())


@pytest.mark.parametrize(
    ("type_", "text"),
    [
        (SetOf(PATH), "set of Path"),
        (MapOf(ListOf(URL)), "map of Text to list of Url"),
        (Union(frozenset({"b", "a"})), '"a" | "b"'),
    ],
)
def test_how_a_type_is_written(type_: Type, text: str) -> None:
    assert str(type_) == text
