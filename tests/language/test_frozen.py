"""A policy set that was frozen is the same when it thaws; other bytes are none."""

from __future__ import annotations

import marshal
import zlib
from pathlib import Path

import pytest
from hypothesis import given

from policy_engine.language.frozen import NotFrozen, freeze, thaw
from policy_engine.loading import check
from tests.properties.draws import drawn
from tests.properties.profile import examples
from tests.properties.test_equivalence import Trial, trial

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = [
    *sorted((ROOT / "policies").glob("*/*.policy")),
    ROOT / "policies" / "examples" / "hospital",
]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_policy_that_ships_thaws_as_it_was(path: Path) -> None:
    policy, _ = check(path)
    assert policy is not None
    thawed = thaw(freeze(policy))
    assert thawed == policy
    assert thawed.digest == policy.digest
    assert {r.digest for r in thawed.rules.values()} == {r.digest for r in policy.rules.values()}


@examples(100)
@given(drawn(trial))
def test_every_statement_thaws_as_it_was(one: Trial) -> None:
    frozen = freeze(one.policy)
    thawed = thaw(frozen)
    assert thawed == one.policy
    assert freeze(thawed) == frozen


def test_what_was_shared_is_shared() -> None:
    policy, _ = check(ROOT / "policies" / "examples" / "refunds.policy")
    assert policy is not None
    thawed = thaw(freeze(policy))
    first, *others = thawed.rules.values()
    assert all(
        rule.span.source is first.span.source for rule in others if rule.policy == first.policy
    )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x",
        zlib.compress(b"x"),
        zlib.compress(marshal.dumps(("policy set 0", (0,), []))),
        zlib.compress(marshal.dumps(("policy set 1", (0,), [(0, ())]))),
        zlib.compress(marshal.dumps(("policy set 1", (5,), [(0, ())]))),
        zlib.compress(marshal.dumps(("policy set 1", (0,), [(99999, ())]))),
        zlib.compress(marshal.dumps(("policy set 1", (0,), [(3, ("no number",))]))),
        zlib.compress(marshal.dumps(5)),
    ],
)
def test_other_bytes_are_no_policy_set(data: bytes) -> None:
    with pytest.raises(NotFrozen):
        thaw(data)
