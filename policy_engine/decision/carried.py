"""What calls carried out, read suspiciously: which call was the first to carry out a datum.

A call has carried a datum out if any trace of it is in its input: in any spelling, as part of a
longer word, or in pieces that follow each other, in one call or in several. The inputs are kept
as few long texts, with each call's end, so that one search finds the first call.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from threading import Lock
from typing import NamedTuple

from policy_engine.decision.returned import as_written
from policy_engine.decision.sought import Sought, keep
from policy_engine.values.tokens import prepared, text_of
from policy_engine.values.traces import folded, numbers_in, small_numbers_in
from policy_engine.values.types import Record

_LONGEST_TAIL = 200
"""How much of the calls before is read with a call, for numbers that were handed over in pieces;
none is longer."""

_APART = "\x00"
"""Stands in no folded text."""


class _Input(NamedTuple):
    """What one call carried out."""

    rows: tuple[tuple[object, ...], ...]
    """All data in a row, in each order in which pieces may follow each other."""

    @property
    def data(self) -> tuple[object, ...]:
        return self.rows[0]


def _input_of(given: object, inputs: Record | None) -> _Input:
    """Values follow each other, and then the keys; or both do as they are written."""
    mixed = [pair for pair in as_written(given, inputs) if not isinstance(pair[0], bool)]
    values = [one for one, is_key in mixed if not is_key]
    keys = [one for one, is_key in mixed if is_key]
    orders = [[*values, *keys], [one for one, _ in mixed]] if keys else [values]
    rows = [row for order in orders for row in (order, order[::-1])]
    return _Input(tuple(map(tuple, rows if len(mixed) > 1 else rows[:1])))


class _Found:
    """By key, the number of the first call that carried it out; read as far as it was asked for."""

    def __init__(self, read: Callable[[_Input, str], Iterable[object]]) -> None:
        self._read = read
        self._first: dict[object, int] = {}
        self._done = 0

    def first(self, key: object, carried: Carried) -> int | None:
        if self._done < carried.count:
            self.extend(carried)
        return self._first.get(key)

    def extend(self, carried: Carried) -> None:
        with carried.lock:
            for number in range(self._done, carried.count):
                for key in self._read(carried.input(number), carried.before(number)):
                    self._first.setdefault(key, number)
                self._done = number + 1


def _numbers(given: _Input, before: str) -> Iterator[Decimal]:
    """Every number, of each datum by itself and of all in a row, after what was before it."""
    texts = [text_of(one) for one in given.data]
    rows = ("".join(map(text_of, row)) for row in given.rows[1:])
    for text in {*texts, before + "".join(texts), *rows}:
        yield from numbers_in(text)


def _small_numbers(given: _Input, before: str) -> Iterable[Decimal]:
    return small_numbers_in(given.rows)


def _instants(given: _Input, before: str) -> Iterator[datetime]:
    texts = [text_of(one) for one in given.data]
    for text in {*texts, before + "".join(texts), "".join(reversed(texts))}:
        yield from prepared(text).instants


def _signs(given: _Input, before: str) -> Iterator[str]:
    """Texts without a letter or digit, as they are."""
    return (one for one in given.data if isinstance(one, str) and not folded(one))


class Carried:
    """What the calls of one session carried out, by their number; only ever added to.

    Several threads may look up while one adds.
    """

    def __init__(self) -> None:
        self.lock = Lock()
        self._inputs: list[_Input] = []
        self._tails = [""]
        self._on = _Searched()
        """All that was carried out, on and on."""
        self._apart = _Searched()
        """In other orders, and piece by piece, each apart."""
        self._numbers = _Found(_numbers)
        self._small = _Found(_small_numbers)
        self._instants = _Found(_instants)
        self._signs = _Found(_signs)

    @property
    def count(self) -> int:
        return len(self._inputs)

    def input(self, number: int) -> _Input:
        return self._inputs[number]

    def before(self, number: int) -> str:
        """The end of what the calls before had carried out."""
        return self._tails[number]

    def add(self, given: object, inputs: Record | None) -> None:
        """The input of the next call. `inputs` are the inputs that its task declares."""
        read = _input_of(given, inputs)
        texts = [[text_of(one) for one in row] for row in read.rows]
        whole = "".join(texts[0])
        others = ["".join(row) for row in texts[1:]]
        if not whole.isascii():
            others += texts[0]  # letters of two pieces may make one
        self._on.add(folded(whole))
        self._apart.add("".join(_APART + folded(one) for one in others))
        tail = (self._tails[-1] + whole)[-_LONGEST_TAIL:]
        self._tails.append(tail.lstrip("0123456789") if len(tail) == _LONGEST_TAIL else tail)
        self._inputs.append(read)

    def read(self) -> None:
        """Reads what was added."""
        self._numbers.extend(self)
        self._small.extend(self)

    def cost(self, count: int) -> int:
        """How many characters the first calls carried out."""
        return self._on.end(count) + self._apart.end(count)

    def first(self, datum: Sought) -> int | None:
        """The number of the first call that carried the datum out; None where none did."""
        if datum.small is not None:
            return self._small.first(datum.small, self)
        if datum.large is not None:
            return self._numbers.first(datum.large, self)
        needle = datum.needle
        if not needle:
            return self._first_signs(text_of(datum.part))
        found = [self._on.first(needle), self._apart.first(needle)]
        found += [self._instants.first(instant, self) for instant in datum.instants]
        found += [self._numbers.first(number, self) for number in datum.numbers]
        if datum.day is not None:
            found.append(self._first_day(datum.day))
        return min((number for number in found if number is not None), default=None)

    def _first_day(self, day: date) -> int | None:
        """The call with which the number of the day, and that of the year, perhaps shortened,
        had been carried out."""
        of_day = self._numbers.first(day.day, self)
        years = (self._numbers.first(year, self) for year in (day.year, day.year % 100))
        known = [year for year in years if year is not None]
        return max(of_day, min(known)) if of_day is not None and known else None

    def _first_signs(self, signs: str) -> int | None:
        """The first call with this text in its input; no spaces, and nothing between, count."""
        as_it_is = self._signs.first(signs, self)
        bare = "".join(signs.split())
        if not bare:
            return as_it_is
        for number, given in enumerate(self._inputs[:as_it_is]):
            rows = ("".join("".join(map(text_of, row)).split()) for row in given.rows)
            if any(bare in row for row in rows):
                return number
        return as_it_is


class _Searched:
    """One long text, and where each call's part of it ends."""

    def __init__(self) -> None:
        self._text = ""
        self._ends: list[int] = []
        self._found: dict[str, tuple[int, int]] = {}
        """Of what was looked for: up to where, and where it was found to end, or -1."""

    def add(self, text: str) -> None:
        self._ends.append(len(self._text) + len(text))
        self._text += text

    def end(self, count: int) -> int:
        return self._ends[count - 1] if count else 0

    def first(self, needle: str) -> int | None:
        text = self._text
        done, end = self._found.get(needle, (0, -1))
        if end == -1 and done < len(text):
            at = text.find(needle, max(0, done - len(needle) + 1))
            end = at + len(needle) if at != -1 else -1
            keep(self._found, needle, (len(text), end))
        return bisect_left(self._ends, end) if end != -1 else None
