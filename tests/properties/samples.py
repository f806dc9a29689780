"""Random data: mostly sound, sometimes anything at all. Few values of each kind, so they meet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

from policy_engine.values.money import Money
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
from tests.properties.draws import Draw

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)

TEXTS = ["", "DE-1", "Jane Doe", "jane doe", "evil@x.example", "500", "5", "o-1", "x", " ", "a\nb"]
TEXTS += ["see https://x.example/ or mail jane@acme.example", "/work/a.txt", "https:/x"]
INTEGERS = [0, 1, 5, 500, -3, 10**37, 10**38 - 1, 2**53]
DECIMALS = [*INTEGERS, 5.0, 2.5, 0.1, -0.0, 1e-7, 1e22, Decimal("2.50"), Decimal("5E+2")]
DECIMALS += [Decimal("0." + "3" * 30), Decimal("0.001"), Decimal("-5.00")]
INSTANTS = [
    NOW,
    NOW.astimezone(timezone(timedelta(hours=5, minutes=30))),
    NOW + timedelta(microseconds=500_000),
    "2026-11-23T14:00:00+02:00",
    "2026-11-01T10:00:00Z",
    "2026-11-01T10:00Z",
    "2026-11-23T12:00:00.500Z",
]
MONEYS = ["5 EUR", "12.50 EUR", "0 EUR", "5 USD", "-5 EUR", Money(Decimal("5.0"), "EUR")]
MONEYS += [{"amount": 12.5, "currency": "EUR"}, f"{'9' * 38} EUR"]
SAMPLES: dict[Type, Sequence[object]] = {
    TEXT: TEXTS,
    INTEGER: INTEGERS,
    DECIMAL: DECIMALS,
    BOOLEAN: [True, False],
    TIMESTAMP: INSTANTS,
    MONEY: MONEYS,
    DATE: ["2026-11-23", "2026-11-01", date(2026, 12, 1), "2024-02-29"],
    DURATION: ["PT1H", "P1D", timedelta(days=2), "PT90M", timedelta(0), "-PT1H"],
    EMAIL: ["jane@acme.example", "evil@x.example", "Jane@ACME.example", "evil@X.example"],
    HOST: ["acme.example", "X.example"],
    PATH: ["/work/a.txt", "/work//b/../a.txt", "notes", "/etc/passwd", "/"],
    URL: ["https://acme.example/help", "https://x.example", "HTTP://acme.example:80/a/../b?q=1"],
    COMMAND: ["ls -l /tmp", "echo hi > out.txt", "rm -rf /", "eval $x", "cat a | tee b", ""],
    JSON: [{"a": [1, None]}, {"a": [Decimal("1.0"), None]}, "DE-1", 5, True, [], {"id": "o-1"}],
}
JUNK: list[object] = [
    None,
    b"DE-1",
    [],
    [[["x"]]],
    {},
    {"id": "o-1"},
    {1: "x"},
    float("nan"),
    float("inf"),
    True,
    1,
    2.5,
    "x",
    "",
    "\ud800",
    10**38,
    10**400,
    1e300,
    1e-300,
    Decimal("NaN"),
    Decimal("sNaN"),
    Decimal("-Infinity"),
    Decimal("1E+999999"),
    Decimal("1E-999999"),
    Decimal("0E-50"),
    Decimal("1." + "0" * 60),
    NOW.replace(tzinfo=None),
    datetime.max.replace(tzinfo=timezone(timedelta(hours=-5))),
    "2026-11-23T12:00:00",
    "2026-02-30T12:00:00Z",
    "2026-11-23",
    "2026-02-30",
    "delivered",
    "5 eur",
    "5 EURO",
    "PT",
    "../x",
    "https://user@x.example/",
    {"amount": "5", "currency": "EUR"},
    {"amount": 5, "currency": "EUR", "more": 1},
    ("placed",),
    {"x"},
    date(2026, 11, 23),
    timedelta(hours=1),
    object(),
]
WORDS = ["Pay", "500", "5", "5,000", "DE-1", "Jane", "Doe", "jane doe", "evil@x.example", "o-1,"]
WORDS += ["(500)", '"DE-1".', "not-evil@x.example", "2.50", "x", "2026-11-23T12:00:00Z", "-3", "\n"]
WORDS += ["send money", "look up", "12.50 EUR", "EUR", "$5", "€12.50.", "2026-11-23", "/work/a.txt"]
WORDS += [
    "jane@acme.example,",
    "https://acme.example/help",
    "repay",
    "findings",
    "FIND",
    "acme.example",
]


def value(draw: Draw, type_: Type, oddity: int) -> object:
    """A value of the type; one in `oddity` is something else (0: never)."""
    if draw.once_in(oddity):
        return draw.pick(JUNK)
    if isinstance(type_, ListOf | SetOf):
        number = draw.pick([0, 1, 1, 2])
        return [value(draw, type_.item, oddity * 4) for _ in range(number)]
    if isinstance(type_, MapOf):
        keys = draw.some(["DE-1", "x", "500"], 0, 2)
        return {key: value(draw, type_.value, oddity * 4) for key in keys}
    if isinstance(type_, Record):
        return values(draw, type_.fields, oddity * 4)
    if isinstance(type_, Union):
        return draw.pick(sorted(type_.members))
    return draw.pick(SAMPLES[type_])


def values(draw: Draw, fields: Sequence[Field], oddity: int) -> dict[str, object]:
    """Named values; with oddities some are missing and some were never declared."""
    given: dict[str, object] = {}
    for one in fields:
        if one.optional and draw.coin():
            if draw.once_in(4):
                given[one.name] = None
        elif not draw.once_in(oddity):
            given[one.name] = value(draw, one.type, oddity)
    if draw.once_in(oddity):
        given["undeclared"] = draw.pick(["x", 5, None])
    return given


def sentence(draw: Draw) -> str:
    return " ".join(draw.many(WORDS, 6))


def writable(datum: object) -> bool:
    """Nearly everything has a canonical form; what has none denies all, so it is kept rare."""
    return not isinstance(datum, (float, bytes, set)) and type(datum) is not object
