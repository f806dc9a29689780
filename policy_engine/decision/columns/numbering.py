"""Rows of words numbered by what they are: equal rows have the same number."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from policy_engine.decision.columns.data import Places, Words

_MIX = np.uint64(0x9E3779B97F4A7C15)
_FOLD = np.uint64(29)


class Numbered(NamedTuple):
    """The number of each row, and the different rows by number."""

    numbers: Places
    rows: Words


def numbered(rows: Words) -> Numbered:
    """Numbers rows of one word by a hash table; of more by one of mixed words, and checks."""
    if rows.shape[1] == 1:
        numbers, words = _encoded(rows[:, 0])
        return Numbered(numbers, words.reshape(-1, 1))
    numbers, words = _encoded(_mixed(rows))
    firsts = np.empty(len(words), np.intp)
    firsts[numbers[::-1]] = np.arange(len(rows) - 1, -1, -1)
    different = rows.take(firsts, axis=0)
    if np.array_equal(different.take(numbers, axis=0), rows):
        return Numbered(numbers, different)
    different, numbers = np.unique(rows, axis=0, return_inverse=True)
    return Numbered(numbers.reshape(-1), different)


def _encoded(words: Words) -> tuple[Places, Words]:
    found = pa.array(words).dictionary_encode()
    return found.indices.to_numpy(), found.dictionary.to_numpy()


def _mixed(rows: Words) -> Words:
    mixed = rows[:, 0] * _MIX
    for word in rows.T[1:]:
        mixed = (mixed ^ (mixed >> _FOLD)) * _MIX + word
    return mixed
