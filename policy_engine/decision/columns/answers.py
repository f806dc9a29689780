"""What is left of keys as outcomes and deciding rules: the decision rule over many rows at once.

    a rule that denies holds            deny by all that do
    no permit holds                     deny by none
    people must be asked                escalate by all rules that say so
    a validation must run               validate by all rules that say so
    –                                   allow by all permits that hold

Where a rule that no table decides could make a difference, there is no answer: the row is decided
by itself. Each answer has a number; rows with the same answer share it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from policy_engine.decision.code.levels import LEVELS, OUTCOMES
from policy_engine.decision.columns.data import Flags, Places, Words, parts
from policy_engine.decision.columns.numbering import numbered
from policy_engine.decision.columns.sheets import Sheet
from policy_engine.decision.verdict import Verdict

WORDS = tuple(OUTCOMES[level].word for level in LEVELS)
_DENY, _ESCALATE, _VALIDATE, _ALLOW = range(4)
_UNTOLD = 4
"""Stands where an outcome would: no table can tell it."""
NOTHING, UNTOLD = 0, 1
"""The numbers of a deny by no rule, and of no answer."""

_MOST_BITS = 1 << 22
MOST_RULES = 1 << 27
"""Names of rules in one batch of answers; so the memory that one takes is bounded."""
_Small = npt.NDArray[np.int8]


class Names(NamedTuple):
    """The names of all rules."""

    column: pa.StringArray
    """By number."""
    numbers: Mapping[str, int]


def names_of(names: Sequence[str]) -> Names:
    """Names, numbered in order."""
    return Names(pa.array(names, pa.string()), {name: at for at, name in enumerate(names)})


class Answers:
    """The answers that a batch has met."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._outcomes: list[_Small] = [np.array([_DENY, _UNTOLD], np.int8)]
        self._counts: list[Places] = [np.zeros(2, np.intp)]
        self._rules: list[npt.NDArray[np.int32]] = [np.zeros(0, np.int32)]
        self._size = 2
        self._known: dict[Verdict, int] = {}

    def of_keys(self, keys: Words, sheet: Sheet, *, narrowed: bool) -> Places:
        """The number of the answer to each key; `narrowed`: a table alone can only deny."""
        numbers, different = numbered(keys)
        start = self._size
        for part in parts(len(different), max(1, _MOST_BITS // (64 * sheet.words))):
            self._add(*_answered(different[part], sheet, narrowed=narrowed))
        found = numbers.astype(np.intp)
        found += start
        return found

    def of_verdict(self, verdict: Verdict) -> int:
        """The number of an answer that was found otherwise."""
        number = self._known.get(verdict)
        if number is None:
            number = self._known[verdict] = self._size
            rules = np.array([self._names.numbers[rule] for rule in verdict.rules], np.int32)
            place = WORDS.index(verdict.outcome.word)
            self._add(np.array([place], np.int8), np.array([len(rules)], np.intp), rules)
        return number

    def untold(self, numbers: Places) -> Places:
        """The rows of numbers of no answer."""
        is_untold = np.concatenate(self._outcomes) == _UNTOLD
        return np.flatnonzero(is_untold.take(numbers))

    def batches(self, numbers: Places, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """The answers as columns, none with very many rules."""
        outcomes, lists = np.concatenate(self._outcomes), self._lists()
        for some in self._split(numbers):
            codes = outcomes.take(some)
            words = pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(WORDS))
            taken = lists.take(pa.array(some))
            named = pa.DictionaryArray.from_arrays(taken.values, self._names.column)
            rules = pa.ListArray.from_arrays(taken.offsets, named)
            yield pa.record_batch([words, rules, pa.array(codes == _ALLOW)], schema=schema)

    def _split(self, numbers: Places) -> list[Places]:
        counts = np.concatenate(self._counts)
        if int(counts.max()) * len(numbers) <= MOST_RULES:
            return [numbers]
        sums = np.cumsum(counts.take(numbers))
        return np.split(numbers, np.flatnonzero(np.diff(sums // MOST_RULES)) + 1)

    def _lists(self) -> pa.ListArray:
        """The deciding rules of each answer, in order of name, by their numbers."""
        counts = np.concatenate(self._counts)
        offsets = np.zeros(len(counts) + 1, np.int32)
        np.cumsum(counts, out=offsets[1:])
        return pa.ListArray.from_arrays(pa.array(offsets), pa.array(np.concatenate(self._rules)))

    def _add(self, outcomes: _Small, counts: Places, rules: npt.NDArray[np.int32]) -> None:
        self._outcomes.append(outcomes)
        self._counts.append(counts)
        self._rules.append(rules)
        self._size += len(outcomes)


def _answered(
    keys: Words, sheet: Sheet, *, narrowed: bool
) -> tuple[_Small, Places, npt.NDArray[np.int32]]:
    """Outcomes, how many rules give each, and the numbers of all of these."""
    last = keys[:, -1]
    tasks = (last << np.uint64(1) >> np.uint64(1 + sheet.shift)).astype(np.intp)
    left = {level: keys & sheet.levels[level].take(tasks, axis=0) for level in LEVELS}
    settled = sheet.settled.take(tasks, axis=0)
    sure = {level: _any(mask & settled) for level, mask in left.items()}
    open_ = {level: _any(mask & ~settled) for level, mask in left.items()}
    granted = sure["allow"]
    ungranted = ~granted & ~open_["allow"]
    outcomes = np.select(
        [
            (last >> np.uint64(63) == 0) | open_["deny"],
            sure["deny"] | ungranted,
            open_["escalate"],
            sure["escalate"] & granted,
            open_["validate"],
            sure["validate"] & granted,
            open_["allow"],
        ],
        [_UNTOLD, _DENY, _UNTOLD, _ESCALATE, _UNTOLD, _VALIDATE, _UNTOLD],
        _ALLOW,
    ).astype(np.int8)
    if narrowed:
        outcomes[outcomes != _DENY] = _UNTOLD
    deciding = np.zeros_like(keys)
    for place, level in enumerate(LEVELS):
        chosen = outcomes == place
        deciding[chosen] = left[level][chosen]
    bits = np.unpackbits(deciding.view(np.uint8), axis=1, bitorder="little")
    rows, places = np.nonzero(bits)
    counts = np.bincount(rows, minlength=len(keys))
    return outcomes, counts, sheet.names.take(tasks[rows] * bits.shape[1] + places).astype(np.int32)


def _any(masks: Words) -> Flags:
    flags: Flags = (masks != 0).any(axis=1)
    return flags
