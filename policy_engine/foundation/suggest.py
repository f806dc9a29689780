"""The nearest of several names, for "did you mean"."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, candidates: Iterable[str], *, strictly: bool = False) -> str | None:
    """The candidate most like `name`, or None where none is alike (`strictly`: nearly equal)."""
    by_folded = {c.casefold(): c for c in sorted(candidates)}
    found = get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.8 if strictly else 0.6)
    return by_folded[found[0]] if found else None
