"""A page read in one go says what looking at each of its entries says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from policy_engine.ledger import verify as verifying
from policy_engine.ledger.pages import sound
from policy_engine.ledger.record import NO_HEAD, Record
from policy_engine.ledger.verify import verify
from policy_engine.runtime.codes import NO_TOOL
from tests.fakes.records import AT, chained

NAMES = st.sampled_from(["ann", "joe", "r1"])
SIGNED = st.fixed_dictionaries(
    {}, optional={"by": NAMES, "rule": NAMES, "rule_digest": NAMES, "facts_digest": NAMES}
)
BODIES = st.fixed_dictionaries(
    {"action": st.sampled_from(["a1", "a2"]) | st.none() | st.integers()},
    optional={
        "action_digest": st.sampled_from(["x", "y"]),
        "policy": st.sampled_from(["p", "q"]),
        "outcome": st.sampled_from(["allow", "allow", "deny", None]),
        "approvals": st.lists(SIGNED | NAMES, max_size=2) | NAMES,
        "confirmations": st.lists(NAMES | st.none(), max_size=2) | NAMES,
        "code": st.sampled_from([NO_TOOL.id, "R1"]),
        "entry": st.integers(0, 9) | NAMES,
        "key": NAMES,
        "input": st.dictionaries(st.sampled_from(["outcome", "policy", "x"]), NAMES),
        **dict.fromkeys(("by", "rule", "rule_digest", "facts_digest"), NAMES),
    },
)
KINDS = st.sampled_from(
    ["decided", "intent", "executed", "failed", "approved", "confirmed", "erased", "signing_key"]
)
ENTRIES = st.lists(st.tuples(st.just(AT), KINDS, BODIES), max_size=12)


def closely(records: list[Record]) -> object:
    """What is found where no page is taken for sound."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verifying, "sound", lambda *_: None)
        return verify(records)


@given(ENTRIES)
def test_both_ways_find_the_same(entries: list[tuple[str, str, dict[str, object]]]) -> None:
    records = chained([(AT, "opened", {}), *entries])
    assert sound(records, 0, NO_HEAD) is not None
    assert verify(records) == closely(records)


@pytest.mark.parametrize("text", ["[]", "1", '{"a":1}}', '{"a":"\\ud800"}', '{"a":', ""])
def test_what_is_no_object_is_looked_at(text: str) -> None:
    """It may be as its digest says all the same."""
    first, second = chained([(AT, "opened", {}), (AT, "decided", {})])
    other = replace(second, text=text)
    assert sound([first, other], 0, NO_HEAD) is None
    assert verify([first, other]) == closely([first, other])
