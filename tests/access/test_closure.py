"""The laws of the table: it says what Casbin says, and goes on where Casbin gives up."""

from __future__ import annotations

from typing import TypeAlias

from hypothesis import given, settings, strategies as st

from policy_engine.access.casbin_roles import directory_from
from policy_engine.access.directory import Directory
from tests.access.casbin_models import ROLES, enforcer_of, text_adapter

Rows: TypeAlias = list[tuple[str, str, str | None]]

CASBIN_FOLLOWS = 9
"""Links of a chain: of its ten levels the first is the name itself."""
DOMAINS = ["x", "y"]


@st.composite
def acyclic(draw: st.DrawFn, names: int) -> Rows:
    """Links from smaller to larger numbers alone: no cycle, and no chain of `names` links."""
    pairs = st.tuples(st.integers(0, names - 2), st.integers(1, names - 1), st.integers(0, 2))
    drawn = draw(st.lists(pairs, min_size=1, max_size=2 * names))
    return [
        (f"n{min(a, b)}", f"n{max(a, b)}", [None, *DOMAINS][where])
        for a, b, where in drawn
        if a != b
    ] or [("n0", "n1", None)]


def lines(rows: Rows) -> list[str]:
    return [f"g, {a}, {b}" if d is None else f"g2, {a}, {b}, {d}" for a, b, d in rows]


def names_of(rows: Rows) -> list[str]:
    return sorted({name for who, role, _ in rows for name in (who, role)} | {"stranger"})


@settings(max_examples=60, deadline=None)
@given(acyclic(names=CASBIN_FOLLOWS + 1))
def test_the_table_is_casbin_s(rows: Rows) -> None:
    """For every name, role and domain. Casbin keeps the two kinds of link apart, so what holds
    everywhere is told to it once more for each domain."""
    table = directory_from(text_adapter(*lines(rows)))
    told = [(a, b, d) for a, b, one in rows for d in (DOMAINS if one is None else [one])]
    managers = enforcer_of(ROLES, *lines(rows), *lines([*told])).rm_map
    names = names_of(rows)
    for who in names:
        for role in names:
            # To Casbin everybody holds a role of their own name.
            held = managers["g"].has_link(who, role) and who != role
            assert (role in table.roles_of(who)) == held
            for domain in DOMAINS:
                held = managers["g2"].has_link(who, role, domain) and who != role
                assert (role in table.roles_of(who, domain)) == held


@settings(max_examples=60, deadline=None)
@given(acyclic(names=30), st.sets(st.sampled_from([f"n{i}" for i in range(30)]), max_size=3))
def test_the_table_is_the_closure_however_long_chains_are(rows: Rows, closed: set[str]) -> None:
    chain: Rows = [(f"n{i}", f"n{i + 1}", None) for i in range(0, 29, 2)]
    rows = [*rows, *chain, *((f"n{i}", f"n{i + 1}", "x") for i in range(1, 29, 2))]
    table = directory_from(text_adapter(*lines(rows)))
    for domain in (None, *DOMAINS):
        for who in names_of(rows):
            assert table.roles_of(who, domain, closed) == naive(rows, who, domain, closed)


def naive(rows: Rows, who: str, domain: str | None, closed: set[str]) -> set[str]:
    """Adds what follows from what is known until nothing does."""
    held: set[str] = set()
    while True:
        more = {
            role
            for name, role, where in rows
            if (name == who or name in held) and where in (None, domain) and role not in closed
        }
        if more <= held:
            return held
        held |= more


def test_a_chain_of_two_thousand_roles() -> None:
    rows = [f"g, r{i}, r{i + 1}" for i in range(2000)]
    assert len(directory_from(text_adapter(*rows)).roles_of("r0")) == 2000


def test_the_order_of_rows_plays_no_part() -> None:
    rows = ["g, ann, a", "g, a, b", "g2, ann, c, x", "g, c, d"]
    one, other = (directory_from(text_adapter(*some)) for some in (rows, rows[::-1]))
    assert isinstance(one, Directory)
    assert one.links == other.links
    assert one.roles_of("ann", "x") == other.roles_of("ann", "x") == {"a", "b", "c", "d"}
