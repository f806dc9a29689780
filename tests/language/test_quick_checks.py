"""The checks that must be quick on long texts say what the slow and obvious ones say."""

from __future__ import annotations

from difflib import get_close_matches
from itertools import product

import pytest
from hypothesis import given, strategies as st

from policy_engine.foundation.suggest import LONGEST, nearest
from policy_engine.language.cycles import Cycles
from policy_engine.language.tables import _gap, _overlapping
from tests.properties.profile import examples

NAMES = "abcdef"
edges = st.dictionaries(
    st.sampled_from(NAMES), st.lists(st.sampled_from(NAMES), max_size=3), max_size=6
)
cells = st.sampled_from((None, 0, 1, 2))
tables = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.tuples(*[cells] * width), min_size=1, max_size=9)
)


def _reaches(given_edges: dict[str, list[str]], start: str, goal: str) -> bool:
    seen, waiting = set[str](), [start]
    while waiting:
        name = waiting.pop()
        if name == goal:
            return True
        if name not in seen:
            seen.add(name)
            waiting.extend(given_edges.get(name, ()))
    return False


@examples(300)
@given(edges)
def test_an_edge_closes_a_circle_if_its_end_leads_back(found: dict[str, list[str]]) -> None:
    cycles = Cycles(found)
    for start, goals in found.items():
        for goal in goals:
            assert cycles.closes(start, goal) == _reaches(found, goal, start)


@examples(300)
@given(tables)
def test_the_gap_is_the_first_of_all_combinations(rows: list[tuple[object, ...]]) -> None:
    domains = [(0, 1, 2)] * len(rows[0])
    every = product(*domains)
    slow = next((values for values in every if not any(_fits(r, values) for r in rows)), None)
    assert _gap(domains, rows) == slow


@examples(300)
@given(tables)
def test_rows_overlap_if_some_combination_fits_both(rows: list[tuple[object, ...]]) -> None:
    """Of rows that leave the same columns open and are equal, the later ones with the first."""
    every = list(product((0, 1, 2), repeat=len(rows[0])))
    found = {tuple(sorted(pair)) for pair in _overlapping(rows)}
    for first, second in found:
        assert any(_fits(rows[first], v) and _fits(rows[second], v) for v in every)
    for first in range(len(rows)):
        for second in range(first + 1, len(rows)):
            if any(_fits(rows[first], v) and _fits(rows[second], v) for v in every):
                equal = rows[first] == rows[second]
                assert (first, second) in found or (equal and rows.index(rows[first]) < first)


def _fits(row: tuple[object, ...], values: tuple[object, ...]) -> bool:
    return all(cell is None or cell == value for cell, value in zip(row, values, strict=True))


@pytest.mark.parametrize("name", ["issue_refnd", "isue_refund", "refund_issue", "escalte", "xyz"])
def test_the_nearest_of_thousands_is_the_nearest_of_all(name: str) -> None:
    known = [f"{word}_{number}" for number in range(700) for word in ("order", "customer", "pay")]
    known += ["issue_refund", "escalate", "send_reply"]
    slow = get_close_matches(name, sorted(known), n=1)
    assert nearest(name, known) == (slow[0] if slow else None)


def test_a_very_long_name_is_like_no_other() -> None:
    assert nearest("a" * LONGEST, ["a" * LONGEST]) == "a" * LONGEST
    assert nearest("a" * 60_000, ["a" * 60_001]) is None
