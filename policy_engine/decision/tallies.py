"""What counts together, added up by time once: the answer of counting, without counting.

The past actions of a class (those that a limit, or a question about the past, looks at) are put
together by their keys, and each group keeps, by time, how much had come together by then. How much
lies in a window is then two look-ups and a subtraction, however long the past is.

What is given here is what counting gives. Where that is not sure, nothing is given and the actions
are counted: where one whose keys cannot be told lies in the window, or one whose amount does not
add up with the others, or one dated in the future, or one by somebody whose name is spelt almost
like the one asked about.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple, Protocol, TypeAlias
from weakref import ref

from policy_engine.decision.action import person_key
from policy_engine.decision.history import History, PastAction
from policy_engine.decision.sums import NOTHING, Growing, Sum, Unit, of_one, of_ones

Keys: TypeAlias = tuple[object, ...]

_NATIVE = (str, int, Decimal, datetime, date, timedelta, time)
"""Values that are the same exactly where Python finds them equal."""


class Entry(NamedTuple):
    """One past action in one group: whether it surely belongs there, and how much it is."""

    keys: Keys | None
    """None: it may belong to any group."""
    sure: bool
    amount: object = None


class Class(Protocol):
    """Past actions that something looks at, and what puts them together.

    It lives as long as its policy. The entries of an action depend on nothing but the action.
    """

    @property
    def tasks(self) -> frozenset[str]: ...

    @property
    def has_amounts(self) -> bool:
        """Whether amounts are added up, and not only actions counted."""
        ...

    @property
    def names(self) -> frozenset[int]:
        """Which of the keys say who somebody is."""
        ...

    def entries(self, action: PastAction) -> Iterable[Entry]: ...


class Counted(NamedTuple):
    """What of a group lies in a window."""

    tally: Tally
    first: int
    last: int

    @property
    def actions(self) -> int:
        """How many may count."""
        return self.last - self.first

    @property
    def surely(self) -> int:
        """How many of them surely do."""
        return self.tally.sure[self.last] - self.tally.sure[self.first]

    def after(self, gone: int) -> Counted:
        """What is left of it once so many actions, the oldest first, have gone."""
        return Counted(self.tally, self.first + gone, self.last)

    @property
    def sums(self) -> tuple[Sum, Sum, Sum]:
        """The amounts that surely count, and of those that may the negative and the others.

        Each action is one where actions are counted.
        """
        tally, first, last = self
        if not tally.has_amounts:
            surely = tally.sure[last] - tally.sure[first]
            return of_ones(surely), NOTHING, of_ones(last - first - surely)
        surely_, below, above = tally.sums
        unit = tally.unit
        return (
            NOTHING if surely_ is None else surely_.between(first, last, unit),
            NOTHING if below is None else below.between(first, last, unit),
            NOTHING if above is None else above.between(first, last, unit),
        )

    def time(self, number: int) -> datetime:
        """When one of the actions was proposed, the oldest being 0, the newest -1."""
        return self.tally.times[(self.last if number < 0 else self.first) + number]


class Tally:
    """One group. Every list is by time, and entry `n` of a sum is what the first `n` come to."""

    __slots__ = ("alike", "has_amounts", "odd", "places", "sums", "sure", "times", "unit")

    def __init__(self, has_amounts: bool, alike: list[Keys]) -> None:
        self.alike = alike
        """The keys of all groups with names that are spelt almost like this one's."""
        self.has_amounts = has_amounts
        self.unit: Unit = None
        self.places: list[int] = []
        self.times: list[datetime] = []
        self.sure = [0]
        self.odd = [0]
        """How many amounts do not add up with the others."""
        self.sums: list[Growing | None] = [None, None, None]
        """Of what surely counts, and of what may: negative amounts, and others."""

    def add(self, place: int, at: datetime, sure: bool, amount: object) -> None:
        """One action more, not older than those before. Its place comes last: it makes it seen."""
        is_odd = self.has_amounts and amount is not None and not self._is_added(sure, amount)
        if self.has_amounts and (is_odd or amount is None):
            self._grow(NOTHING, None)
        self.times.append(at)
        self.sure.append(self.sure[-1] + sure)
        self.odd.append(self.odd[-1] + is_odd)
        self.places.append(place)

    def _is_added(self, sure: bool, amount: object) -> bool:
        more = of_one(amount)
        if more is None:
            return False
        if more.unit != self.unit:
            if self.sums != [None, None, None]:
                return False
            self.unit = more.unit
        into = 0 if sure else 1 if more.total < 0 else 2
        known = self.sums[into]
        if known is None:
            known = self.sums[into] = Growing(len(self.places))
        if more.unit is timedelta and not known.fits(more):
            return False
        self._grow(more, known)
        return True

    def _grow(self, more: Sum, into: Growing | None) -> None:
        for each in self.sums:
            if each is not None:
                each.add(more if each is into else NOTHING)

    def within(self, start: datetime | None, number: int) -> tuple[int, int]:
        """From which to which entry: those not before an instant, of the row's first `number`."""
        places = self.places
        last = len(places)
        if last and places[-1] >= number:
            last = bisect_left(places, number)
        return (0 if start is None else bisect_left(self.times, start, 0, last)), last


_NOTHING = Counted(Tally(False, []), 0, 0)


class Tallies:
    """The groups of one class. The actions of a row may be added in order, each once."""

    def __init__(self, class_: Class) -> None:
        self._class = ref(class_)
        self._groups: dict[Keys, Tally] = {}
        self._alike: dict[Keys, list[Keys]] = {}
        """By the keys with names in one spelling: all spellings that there are."""
        self._loose = Tally(False, [])
        """Those whose keys cannot be told."""
        self._names = class_.names
        self._has_amounts = class_.has_amounts

    def is_of(self, class_: Class) -> bool:
        return self._class() is class_

    def add(self, number: int, action: PastAction) -> bool:
        class_ = self._class()
        if class_ is None:
            return False
        if action.task in class_.tasks:
            self.put(number, action, class_)
        return True

    def put(self, number: int, action: PastAction, class_: Class) -> None:
        """Adds an action of the class."""
        for keys, sure, amount in class_.entries(action):
            if keys is None:
                self._loose.add(number, action.at, sure, None)
                continue
            tally = self._groups.get(keys)
            if tally is None:
                tally = self._new(keys)
            tally.add(number, action.at, sure, amount)

    def counted(
        self, keys: Keys, start: datetime | None, now: datetime, number: int
    ) -> Counted | None:
        """What lies in a window of a history of so many actions; None: it must be counted."""
        if self._loose.places and _is_any(self._loose, start, number):
            return None
        tally = self._groups.get(keys)
        alike = self._alike_of(keys) if tally is None else tally.alike
        if len(alike) > (tally is not None):
            for other in alike:
                if other != keys and _is_any(self._groups[other], start, number):
                    return None
        if tally is None:
            return _NOTHING
        first, last = tally.within(start, number)
        is_ahead = last > 0 and tally.times[last - 1] > now
        if is_ahead or tally.odd[last] != tally.odd[first]:
            return None
        return Counted(tally, first, last)

    def _new(self, keys: Keys) -> Tally:
        """The group comes before it is known among those alike, which are looked up."""
        alike = self._alike.setdefault(self._folded(keys), []) if self._names else []
        tally = self._groups[keys] = Tally(self._has_amounts, alike)
        alike.append(keys)
        return tally

    def _alike_of(self, keys: Keys) -> Sequence[Keys]:
        return self._alike.get(self._folded(keys), ()) if self._names else ()

    def _folded(self, keys: Keys) -> Keys:
        names = self._names
        return tuple(
            person_key(str(key)) if place in names else key for place, key in enumerate(keys)
        )


class _Asked:
    """Notes that a class has been asked about once."""

    def __init__(self, class_: Class) -> None:
        self._class = ref(class_)

    def add(self, number: int, action: PastAction) -> bool:
        return self._class() is not None


_FEW = 4


def tallies_of(class_: Class, history: History, start: datetime | None) -> Tallies | None:
    """The tallies of a history, made when they are needed and kept with it.

    None where counting is less work: for the first question, if its window begins late. Two threads
    may both make them; either are whole before anybody sees them.
    """
    found = known_tallies(class_, history)
    if found is not None:
        return found
    known, tasks = history.kept.get(id(class_)), class_.tasks
    if known is None and history.number_of(tasks, start) * _FEW < history.number_of(tasks):
        history.kept[id(class_)] = _Asked(class_)
        return None
    made = Tallies(class_)
    for number, action in history.numbered(tasks):
        made.put(number, action, class_)
    history.kept[id(class_)] = made
    return made


def known_tallies(class_: Class, history: History, start: datetime | None = None) -> Tallies | None:
    """Those that have been made already."""
    known = history.kept.get(id(class_))
    return known if isinstance(known, Tallies) and known.is_of(class_) else None


def native(keys: Keys) -> Keys | None:
    """The keys, if each is known and the same exactly where Python finds it equal."""
    for key in keys:
        if not isinstance(key, _NATIVE):
            return None
    return keys


def _is_any(tally: Tally, start: datetime | None, number: int) -> bool:
    first, last = tally.within(start, number)
    return first < last
