"""Canonical text is the same whether it is written in one pass or in two."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given, strategies as st

from policy_engine.foundation.canonical import (
    _written as written,
    canonical_text,
    encode,
)
from policy_engine.foundation.kinds import Money
from tests.properties.profile import examples

KEYS = st.text(st.sampled_from('a$Zé"\\\n\U0001f600\ue000 '), max_size=3)
LEAVES = st.one_of(
    KEYS,
    st.integers(),
    st.booleans(),
    st.none(),
    st.sampled_from(
        [
            Decimal("1.50"),
            datetime(2026, 1, 1, tzinfo=UTC),
            date(2026, 1, 1),
            timedelta(1),
            Money(Decimal(5), "EUR"),
            frozenset({"b", "a"}),
        ]
    ),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(KEYS, inner, max_size=4),
    ),
    max_leaves=12,
)


@examples(500)
@given(VALUES)
def test_one_pass_writes_what_two_write(value: object) -> None:
    assert canonical_text(value) == written(encode(value))
