"""The nearest of several names, for "did you mean"."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache
from heapq import nlargest
from itertools import pairwise

LONGEST = 100
"""A name with more characters than this is like no other."""
_COMPARED = 20


def nearest(name: str, candidates: Iterable[str], *, strictly: bool = False) -> str | None:
    """The candidate most like `name`, or None where none is alike (`strictly`: nearly equal).

    Of many candidates, only those that share most with the name are compared letter by letter.
    """
    if len(name) > LONGEST:
        return None
    folded = name.casefold()
    by_folded = {c.casefold(): c for c in sorted(candidates) if len(c) <= LONGEST}
    likely = nlargest(_COMPARED, by_folded, key=lambda c: _shared(folded, c))
    found = get_close_matches(folded, likely, n=1, cutoff=0.8 if strictly else 0.6)
    return by_folded[found[0]] if found else None


def _shared(one: str, other: str) -> int:
    """How many letters and pairs of letters two names share, less what only one has of them."""
    left, right = _parts(one), _parts(other)
    return 3 * len(left & right) - len(left) - len(right)


@lru_cache(maxsize=10_000)
def _parts(name: str) -> frozenset[str]:
    return frozenset(name) | frozenset(map("".join, pairwise(name)))
