"""Values from outside: what fits, what it is then, and what is said of what does not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from policy_engine.values.conform import conform, conform_fields
from policy_engine.values.money import Money
from policy_engine.values.plain import Unwritable
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
    TEXT,
    TIMESTAMP,
    URL,
    Field,
    ListOf,
    MapOf,
    Record,
    SetOf,
    Type,
    Union,
)

EUROS = Money(Decimal("12.5"), "EUR")
NAIVE = datetime(2026, 1, 2)  # noqa: DTZ001
DEEP: list[object] = []
for _ in range(200):
    DEEP = [DEEP]
ORDER = Record("Order", (Field("id", TEXT), Field("note", TEXT, optional=True)))


@pytest.mark.parametrize(
    ("value", "type_", "result"),
    [
        (0.1, DECIMAL, Decimal("0.1")),
        (3, DECIMAL, Decimal(3)),
        (Decimal("-0"), DECIMAL, Decimal(0)),
        (Decimal("10.0"), INTEGER, 10),
        (10.0, INTEGER, 10),
        ("x", Union(frozenset({"x", "y"})), "x"),
        ("2026-01-02T03:04:05Z", TIMESTAMP, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ([1, 2], ListOf(INTEGER), (1, 2)),
        ({"id": "a", "note": None}, ORDER, {"id": "a"}),
        (True, BOOLEAN, True),
        ({"amount": 12.5, "currency": "EUR"}, MONEY, EUROS),
        ("12.50 EUR", MONEY, EUROS),
        (Money(Decimal("12.50"), "EUR"), MONEY, EUROS),
        ("2026-11-01", DATE, date(2026, 11, 1)),
        (date(2026, 11, 1), DATE, date(2026, 11, 1)),
        ("PT90M", DURATION, timedelta(minutes=90)),
        (timedelta(1), DURATION, timedelta(1)),
        ("/a//b/../c", PATH, "/a/c"),
        ("HTTPS://A.example", URL, "https://a.example/"),
        ("Bob@A.Example", EMAIL, "Bob@a.example"),
        ("A.example.", HOST, "a.example"),
        (" rm  -rf\n/ ", COMMAND, " rm  -rf\n/ "),
        ({"a": [1, 0.5, None, True]}, JSON, {"a": [1, Decimal("0.5"), None, True]}),
        ("x", JSON, "x"),
        (["a.b/../c", "c"], SetOf(PATH), frozenset({"c"})),
        ({1, 2.0}, SetOf(INTEGER), frozenset({1, 2})),
        ((), SetOf(TEXT), frozenset()),
        (["x", "x"], SetOf(Union(frozenset({"x"}))), frozenset({"x"})),
        ({"k": "/a/"}, MapOf(PATH), {"k": "/a"}),
        ({"k": [1]}, MapOf(ListOf(DECIMAL)), {"k": (Decimal(1),)}),
    ],
)
def test_fits(value: object, type_: Type, result: object) -> None:
    assert conform(value, type_) == (result, [])


@pytest.mark.parametrize(
    ("value", "type_", "problem"),
    [
        (True, INTEGER, "must be Integer, a boolean was given"),
        ("1", DECIMAL, "must be Decimal, a text was given: 1"),
        (float("nan"), DECIMAL, "is not a number"),
        (float("inf"), DECIMAL, "is not a number"),
        (10**38, INTEGER, "has more than 38 digits"),
        (Decimal("1E+40"), DECIMAL, "has more than 38 digits"),
        (1.5, INTEGER, "must be a whole number: 1.5"),
        ("z", Union(frozenset({"x"})), 'must be one of "x": z'),
        ("2026-01-02", TIMESTAMP, "must be a timestamp such as 2026-11-23T12:00:00Z"),
        (datetime(2026, 1, 2), TIMESTAMP, "is a timestamp without its offset"),  # noqa: DTZ001
        ("\ud800", TEXT, "contains a lone surrogate"),
        (None, TEXT, "must be Text, nothing was given"),
        ({"id": "a", "x": 1}, ORDER, "is not declared"),
        ({}, ORDER, "is missing"),
        (5, ListOf(INTEGER), "must be a list of Integer, a number was given"),
        ([1] * 10_001, ListOf(INTEGER), "has more than 10000 items"),
        ("12.50", MONEY, "must be money such as 12.50 EUR: 12.50"),
        (12.5, MONEY, "must be Money, a number was given"),
        ({"amount": "1", "currency": "EUR"}, MONEY, "must be an amount, a text was given"),
        ({"amount": True, "currency": "EUR"}, MONEY, "must be an amount, a boolean was given"),
        ({"amount": 1, "currency": "euro"}, MONEY, "must be money such as"),
        ({"amount": 1, "currency": None}, MONEY, "must be money such as"),
        ({"amount": 1}, MONEY, "must be Money, an object was given"),
        ({"amount": 1, "currency": "EUR", "x": 1}, MONEY, "must be Money, an object was given"),
        (Money(Decimal(10**38), "EUR"), MONEY, "must be money such as"),
        ("20261101", DATE, "must be a date such as 2026-11-01: 20261101"),
        ("2026-W44-7", DATE, "must be a date"),
        ("2026-02-30", DATE, "must be a date"),
        (NAIVE, DATE, "must be Date, a timestamp was given"),
        ("1 day", DURATION, "must be a duration such as PT4H or P1D: 1 day"),
        (60, DURATION, "must be Duration, a number was given"),
        ("../x", PATH, "must be a path such as"),
        (5, PATH, "must be Path, a number was given"),
        ("acme.example", URL, "must be an absolute URL such as https://acme.example/help: acme"),
        ("https://a@b.example", URL, "must be an absolute URL"),
        ("Bob <b@c.example>", EMAIL, "must be an address such as jane@acme.example"),
        ("127.1", HOST, "must be a host name such as www.acme.example: 127.1"),
        ("a\0b", COMMAND, "must be a command without a NUL character"),
        ("a" * 1_000_001, COMMAND, "is longer than 1000000 characters"),
        ("\ud800", COMMAND, "contains a lone surrogate"),
        (object(), JSON, "must be plain data"),
        (float("inf"), JSON, "must be plain data"),
        (DEEP, JSON, "must be plain data"),
        ({1: 2}, JSON, "must be plain data"),
        ("ab", SetOf(TEXT), "must be a set of Text, a text was given"),
        ([1, "x"], SetOf(INTEGER), "must be Integer, a text was given"),
        (range(3), SetOf(INTEGER), "must be a set of Integer"),
        ([[1]], SetOf(JSON), "no set has items of type Json"),
        ([[1]], SetOf(ListOf(INTEGER)), "no set has items of type list of Integer"),
        ([1] * 10_001, SetOf(INTEGER), "has more than 10000 items"),
        ([("k", 1)], MapOf(INTEGER), "must be a map of Text to Integer, a list was given"),
        ({1: 1}, MapOf(INTEGER), "has a key that must be Text, a number was given"),
        ({"\ud800": 1}, MapOf(INTEGER), "has a key that contains a lone surrogate"),
        ({"k": None}, MapOf(INTEGER), "must be Integer, nothing was given"),
        (dict.fromkeys(map(str, range(10_001)), 1), MapOf(INTEGER), "has more than 10000 items"),
    ],
)
def test_does_not_fit(value: object, type_: Type, problem: str) -> None:
    result, misfits = conform(value, type_)
    assert result is None
    assert problem in misfits[0].problem


@pytest.mark.parametrize(
    ("type_", "must"),
    [(DECIMAL, "Decimal"), (TEXT, "Text"), (MONEY, "Money"), (ListOf(TEXT), "a list of Text")],
)
def test_what_cannot_be_written_down_is_said_in_words(type_: Type, must: str) -> None:
    fields = (Field("open", type_), Field("hidden", type_, secret=True))
    given = {field.name: Unwritable("NaN is not a number") for field in fields}
    misfits = conform_fields(given, fields)[1]
    said = f"must be {must}, something that cannot be written down was given"
    why = "" if type_ == ListOf(TEXT) else ": NaN is not a number"
    assert [misfit.problem for misfit in misfits] == [f"{said}{why}", said]


def test_every_misfit_is_said_with_its_place() -> None:
    fields = (Field("a", INTEGER), Field("orders", ListOf(ORDER)), Field("c", TEXT))
    values, misfits = conform_fields({"a": 1, "orders": [{"id": 5}], "d": 1}, fields)
    assert values == {"a": 1}
    assert [m.path for m in misfits] == ["d", "orders[0].id", "c"]


def test_misfits_of_sets_and_maps_have_their_places() -> None:
    _, misfits = conform([1, "x"], SetOf(INTEGER), "ids")
    assert [m.path for m in misfits] == ["ids[1]"]
    _, misfits = conform({"low": "x", "any thing": "y"}, MapOf(INTEGER), "limits")
    assert [m.path for m in misfits] == ["limits.low", "limits[…]"]


@pytest.mark.parametrize(
    ("value", "type_"),
    [
        *[("hunter2", type_) for type_ in (MONEY, DATE, DURATION, URL, EMAIL)],
        *[("/../hunter2", PATH), ("hunter2/", HOST), ("hunter2\0", COMMAND)],
        *[({"hunter": "x"}, MapOf(INTEGER)), (["hunter2"], SetOf(INTEGER))],
        *[({"hunter2": float("nan")}, JSON), ({"amount": 1, "currency": "hunter"}, MONEY)],
    ],
)
def test_no_secret_of_any_type_is_shown(value: object, type_: Type) -> None:
    _, misfits = conform(value, type_, secret=True)
    assert misfits and "hunter" not in " ".join(map(str, misfits))


def test_json_is_a_copy() -> None:
    inner = {"a": [1]}
    copied, _ = conform(inner, JSON)
    inner["a"].append(2)
    assert copied == {"a": [1]}


def test_a_secret_is_never_shown() -> None:
    _, misfits = conform_fields({"pin": 9876}, (Field("pin", TEXT, secret=True),))
    assert "9876" not in str(misfits[0])
