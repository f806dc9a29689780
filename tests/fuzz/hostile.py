"""What an action may bring along that is no data: it raises, lies, never ends, or changes."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from policy_engine.values.money import Money


class Bomb(Exception):
    """What the methods of a hostile object raise; even its message does."""

    def __str__(self) -> str:
        raise Bomb


def _raises(*_: object, **__: object) -> Any:
    raise Bomb


_METHODS = (
    *("__repr__", "__str__", "__format__", "__bytes__", "__hash__", "__bool__", "__len__"),
    *("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__contains__", "__iter__"),
    *("__getitem__", "__int__", "__float__", "__index__", "__abs__", "__neg__", "__add__"),
    *("__sub__", "__mul__", "__getattr__", "__reduce_ex__", "__copy__", "__deepcopy__"),
    *("encode", "items", "keys", "values", "get", "strip", "casefold", "isoformat", "utcoffset"),
    *("astimezone", "is_finite", "adjusted", "model_dump", "total_seconds", "as_tuple", "replace"),
)


def bomb(base: type = object) -> type:
    """A subclass all of whose methods raise."""
    return type(f"Bomb_{base.__name__}", (base,), dict.fromkeys(_METHODS, _raises))


class Claims:
    """Says that it is of a class that it is not."""

    def __init__(self, claimed: type) -> None:
        self._claimed = claimed

    @property
    def __class__(self) -> type:  # type: ignore[override]
        return self._claimed


class Text(str):
    """A text that says it is another."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return hash("delivered")

    def __str__(self) -> str:
        return "delivered"

    def encode(self, *_: object) -> bytes:  # type: ignore[override]
        return b"delivered"

    def casefold(self) -> str:
        return "delivered"


class Number(int):
    """A number that says it is small."""

    def __abs__(self) -> int:
        return 0

    def __lt__(self, other: object) -> bool:
        return True

    __le__ = __gt__ = __ge__ = __eq__ = __lt__

    def __hash__(self) -> int:
        return 0

    def __int__(self) -> int:
        return 1

    __index__ = __int__


class Instant(datetime):
    """A time that is before and after every other."""

    def __lt__(self, other: object) -> bool:
        return True

    __le__ = __gt__ = __ge__ = __lt__


class Zone(tzinfo):
    """Another offset each time that it is asked."""

    def __init__(self) -> None:
        self._hours = itertools.count(-20, 7)

    def utcoffset(self, _: datetime | None) -> timedelta:
        return timedelta(hours=next(self._hours) % 24)

    dst = utcoffset

    def tzname(self, _: datetime | None) -> str:
        raise Bomb


class Turns(Mapping[str, object]):
    """A mapping that answers differently on each read."""

    def __init__(self, *answers: Mapping[str, object]) -> None:
        self._answers = itertools.cycle(answers)

    def __getitem__(self, name: str) -> object:
        return next(self._answers)[name]

    def __iter__(self) -> Iterator[str]:
        return iter(next(self._answers))

    def __len__(self) -> int:
        return len(next(self._answers))


class BombMapping(Mapping[str, object]):
    """A mapping that cannot be read."""

    __getitem__ = __iter__ = __len__ = _raises


class Row(list[object]):
    """A list with other items each time it is gone through."""

    def __iter__(self) -> Iterator[object]:
        self.append("more")
        return iter([*range(len(self))])


def knot() -> list[object]:
    """A list that is in itself."""
    tied: list[object] = []
    tied.append(tied)
    return tied


def tower(depth: int) -> object:
    found: object = "deep"
    for _ in range(depth):
        found = [found]
    return found


HONEST: list[Callable[[], object]] = [
    lambda: None,
    lambda: True,
    lambda: "",
    lambda: " ",
    lambda: "x" * 1_000_001,
    lambda: "\ud800",
    lambda: 0,
    lambda: -1,
    lambda: 10**38,
    lambda: 10**5000,
    lambda: 0.1,
    lambda: float("nan"),
    lambda: float("inf"),
    lambda: -0.0,
    lambda: Decimal("NaN"),
    lambda: Decimal("sNaN"),
    lambda: Decimal("1E+999999"),
    lambda: Decimal("0." + "3" * 60),
    lambda: b"x",
    lambda: 5j,
    list,
    lambda: ["x", None],
    lambda: [[[]]],
    lambda: ("x",),
    lambda: {"x"},
    dict,
    lambda: {"id": 1, "\ud800": 2},
    lambda: {1: "x"},
    lambda: {"amount": 5, "currency": "EUR"},
    lambda: [1] * 10_001,
    lambda: datetime(2026, 1, 1, tzinfo=UTC),
    lambda: datetime.max.replace(tzinfo=UTC),
    lambda: datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None),
    lambda: date(2026, 1, 1),
    lambda: timedelta(days=1),
    lambda: Money(Decimal(5), "EUR"),
    lambda: "2026-01-01T00:00:00Z",
    lambda: "2026-02-30",
    lambda: "5 EUR",
    lambda: "../../etc/passwd",
    lambda: "https://user@evil.example@x.example/",
    lambda: "rm -rf / ; $(echo",
    lambda: object(),
    lambda: object,
    lambda: len,
    lambda: (n for n in range(3)),
    lambda: iter([1]),
    lambda: range(3),
    lambda: memoryview(b"x"),
    knot,
    lambda: {"a": knot()},
    lambda: tower(99),
    lambda: tower(5_000),
]
"""Each makes a datum that is what it seems: sound for some type, for most not."""

LYING: list[Callable[[], object]] = [
    bomb(),
    *(lambda base=base: bomb(base)() for base in (str, int, float, list, dict, set, Decimal)),
    lambda: bomb(tuple)(("x",)),
    lambda: bomb(str)("delivered"),
    lambda: bomb(dict)(id="x"),
    lambda: bomb(datetime)(2026, 1, 1, tzinfo=UTC),
    lambda: bomb(date)(2026, 1, 1),
    lambda: bomb(timedelta)(1),
    *(lambda claimed=claimed: Claims(claimed) for claimed in (str, int, bool, float, dict, list)),
    *(lambda claimed=claimed: Claims(claimed) for claimed in (datetime, Decimal, Money, Mapping)),
    lambda: Text("evil"),
    lambda: Text("\ud800"),
    lambda: Number(10**6),
    lambda: Number(10**5000),
    lambda: Instant(2026, 1, 1, tzinfo=UTC),
    lambda: datetime(2026, 1, 1, tzinfo=Zone()),
    lambda: Turns({"id": "x"}, {"id": 5}, {}),
    lambda: Turns({"total": 5}, {"total": 10**6}),
    lambda: Row(["x"]),
    lambda: BombMapping(),
    lambda: Turns({}),
]
"""Each makes an object that is not what it seems."""
