"""What calls returned, made ready to be looked up: which call returned a datum, by its number.

An output is read once, in time linear in its text; a look-up does not depend on how much was
returned, but for several words in a row, which are searched for. The keys of an object are data
like its values, except names of fields that a task declares.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence, Set as AbstractSet
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from operator import attrgetter
from threading import Lock
from typing import NamedTuple

from policy_engine.decision.sought import A_LOOK_UP, Kind, Sought, keep
from policy_engine.values.money import Money
from policy_engine.values.tokens import BETWEEN_ROWS, prepared, stands_in_rows, text_of
from policy_engine.values.types import MONEY, ListOf, MapOf, Record, SetOf, Type

_SCALAR = (str, int, Decimal, date)
_UNDECLARED: tuple[bool, Type | None] = (False, None)
_OF_MONEY = ("amount", "currency")


def as_written(value: object, type_: Type | None) -> Iterator[tuple[object, bool]]:
    """All values without parts, and all keys, as they follow each other; each with whether it is
    a key. Names of fields of the type are no keys, and what is absent is no value."""
    waiting: list[tuple[object, Type | None, bool]] = [(value, type_, False)]
    while waiting:
        item, kind, is_key = waiting.pop()
        if isinstance(item, _SCALAR):
            yield item, is_key
        elif isinstance(item, Mapping):
            for name, member in reversed([*item.items()]):
                declared, inner = _member(kind, name)
                waiting.append((member, inner, False))
                if not declared:
                    waiting.append((name, None, True))
        elif isinstance(item, (list, tuple, AbstractSet)):
            inner = kind.item if isinstance(kind, (ListOf, SetOf)) else None
            waiting.extend([(member, inner, False) for member in reversed([*item])])
        elif item is not None:
            yield item, is_key


def _member(kind: Type | None, name: str) -> tuple[bool, Type | None]:
    """Whether the type declares a member of this name, and of which type members are."""
    if isinstance(kind, Record):
        field = kind.field(name)
        return _UNDECLARED if field is None else (True, field.type)
    if isinstance(kind, MapOf):
        return False, kind.value
    return (True, None) if name in _OF_MONEY and kind == MONEY else _UNDECLARED


def data_of(value: object, type_: Type | None) -> list[object]:
    """The data of an output, or of an item of it, in any order."""
    found: list[object] = []
    waiting: list[tuple[object, Type | None]] = [(value, type_)]
    while waiting:
        item, kind = waiting.pop()
        if isinstance(item, _SCALAR):
            found.append(item)
        elif isinstance(item, Mapping):
            for name, member in item.items():
                declared, inner = _member(kind, name)
                if not declared:
                    found.append(name)
                if isinstance(member, _SCALAR):
                    found.append(member)
                elif member is not None:
                    waiting.append((member, inner))
        elif isinstance(item, (list, tuple, AbstractSet)):
            inner = kind.item if isinstance(kind, (ListOf, SetOf)) else None
            waiting.extend([(member, inner) for member in item])
        elif item is not None:
            found.append(item)
    return found


class _Read(NamedTuple):
    words: frozenset[str]
    links: frozenset[str]
    numbers: frozenset[Decimal | int]
    rows: str


class Data:
    """Data that may be asked for others, as wholes and as words of texts."""

    def __init__(self, leaves: Sequence[object]) -> None:
        self._leaves = leaves
        self.texts = frozenset(leaf for leaf in leaves if isinstance(leaf, str))
        self.length = sum(map(len, self.texts))

    @cached_property
    def wholes(self) -> frozenset[str]:
        """Each datum as a text, but a moment, which is no text, and what is true or false."""
        others = (leaf for leaf in self._leaves if not isinstance(leaf, (str, bool, datetime)))
        return self.texts.union(map(text_of, others))

    @property
    def words(self) -> frozenset[str]:
        """Every single word that stands in one of the texts."""
        return self._read.words

    @property
    def links(self) -> frozenset[str]:
        """Every link that stands in one of the texts."""
        return self._read.links

    @property
    def numbers(self) -> frozenset[Decimal | int]:
        """Every number that is one of the data or stands in one of the texts."""
        return self._read.numbers

    @cached_property
    def instants(self) -> frozenset[datetime]:
        """Every instant that is one of the data or stands in one of the texts."""
        own = (leaf for leaf in self._leaves if isinstance(leaf, datetime))
        return frozenset(own).union(*(prepared(text).instants for text in self.texts))

    @cached_property
    def moneys(self) -> frozenset[Money]:
        """Every amount of money that stands in one of the texts."""
        return frozenset().union(*(prepared(text).moneys for text in self.texts))

    @property
    def rows(self) -> str:
        """The texts as `stands_in_rows` reads them."""
        return self._read.rows

    @cached_property
    def _read(self) -> _Read:
        """All that is mostly asked for, in one pass over the texts."""
        numbers: set[Decimal | int] = {
            leaf
            for leaf in self._leaves
            if isinstance(leaf, (int, Decimal)) and not isinstance(leaf, bool)
        }
        words: set[str] = set()
        links: set[str] = set()
        rows: list[str] = []
        for text in self.texts:
            tokens = prepared(text)
            words |= tokens.singles
            links |= tokens.links
            numbers |= tokens.numbers
            rows.append(tokens.rows)
        return _Read(
            frozenset(words), frozenset(links), frozenset(numbers), BETWEEN_ROWS.join(rows)
        )

    def has(self, datum: Sought) -> bool:
        """Whether the datum is one of the data, or stands in a text among them.

        Raises `TooMuch` where finding out would take too long.
        """
        if any(key in _READERS[kind](self) for kind, key in datum.keys):
            return True
        return datum.row is not None and self.has_row(datum, datum.row)

    def has_row(self, datum: Sought, row: str) -> bool:
        """Whether the words of the datum stand in a row. Raises `TooMuch`."""
        return self.words.issuperset(datum.inner) and stands_in_rows(row, self.rows)


NO_DATA = Data(())

Reader = Callable[[Data], AbstractSet[Hashable]]

_READERS: Mapping[Kind, Reader] = {
    "wholes": attrgetter("wholes"),
    "words": attrgetter("words"),
    "links": attrgetter("links"),
    "numbers": attrgetter("numbers"),
    "instants": attrgetter("instants"),
    "moneys": attrgetter("moneys"),
}

_AT_ONCE: tuple[Kind, ...] = ("wholes", "words", "links", "numbers")
"""What is read when a call is; the rest is read when it is asked for."""


class _Table:
    """The numbers of the data that have a key, ascending; found once for each that is asked for."""

    def __init__(self, read: Reader) -> None:
        self._read = read
        self._keys: list[AbstractSet[Hashable]] = []
        self._found: dict[Hashable, tuple[int, tuple[int, ...]]] = {}

    def having(self, key: Hashable, data: Sequence[Data], lock: Lock) -> Sequence[int]:
        if len(self._keys) < len(data):
            self.extend(data, lock)
        keys = self._keys
        done, found = self._found.get(key, _NOTHING)
        stop = len(keys)
        if done < stop:
            more = [number for number in range(done, stop) if key in keys[number]]
            found = (*found, *more) if more else found
            keep(self._found, key, (stop, found))
        return found

    def extend(self, data: Sequence[Data], lock: Lock) -> None:
        with lock:
            self._keys.extend([self._read(one) for one in data[len(self._keys) :]])


_NOTHING: tuple[int, tuple[int, ...]] = (0, ())


class Returned:
    """The data of the calls of one session, by their number; only ever added to.

    Several threads may look up while one adds.
    """

    def __init__(self) -> None:
        self._data: list[Data] = []
        self._ends = [0]
        self._tables = {kind: _Table(read) for kind, read in _READERS.items()}
        self._rows: dict[str, tuple[int, tuple[int, ...]]] = {}
        self._lock = Lock()

    @property
    def count(self) -> int:
        return len(self._data)

    def add(self, data: Data) -> None:
        """The data of the next call."""
        self._ends.append(self._ends[-1] + data.length)
        self._data.append(data)

    def data(self, number: int) -> Data:
        return self._data[number]

    def read(self) -> None:
        """Reads what was added."""
        for kind in _AT_ONCE:
            self._tables[kind].extend(self._data, self._lock)

    def cost(self, datum: Sought, count: int) -> int:
        """How many characters of the first calls may have to be read to find a datum."""
        return A_LOOK_UP if datum.row is None else self._ends[count]

    def having(self, datum: Sought) -> Sequence[int]:
        """The numbers of the calls that returned the datum, ascending.

        Raises `TooMuch` where finding out would take too long.
        """
        found: Sequence[int] = ()
        for kind, key in datum.keys:
            more = self._tables[kind].having(key, self._data, self._lock)
            found = _merged(found, more)
        return found if datum.row is None else _merged(found, self._having_row(datum, datum.row))

    def _having_row(self, datum: Sought, wanted: str) -> Sequence[int]:
        done, found = self._rows.get(wanted, _NOTHING)
        stop = len(self._data)
        if done < stop:
            more = [n for n in range(done, stop) if self._data[n].has_row(datum, wanted)]
            found = (*found, *more)
            keep(self._rows, wanted, (stop, found))
        return found


def _merged(some: Sequence[int], others: Sequence[int]) -> Sequence[int]:
    if not some or some == others:
        return others
    return sorted({*some, *others}) if others else some
