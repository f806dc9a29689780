"""Many rules at once: bit vectors say what the rules say one after the other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.code import clauses as written, function, vectors
from policy_engine.decision.code.clauses import Atom
from policy_engine.decision.code.support import outside
from policy_engine.decision.code.vectors import Entry, Ranges, vectors_of
from policy_engine.decision.history import History
from tests.decision.code.asking import Desk, act
from tests.decision.loading import NOW, loaded

DECLARED = """
role clerk
role lead for humans
task t { input n: Integer  input s: "a" | "b" | "c"  input name: Text  input flag: Boolean
  input d?: Decimal }
validation fits checks n that n > 0
"""
CONDITIONS = [
    "n == {i}",
    "n != {i}",
    "n < {i}",
    "n <= {i}",
    "n > {i}",
    "{i} < n",
    "n >= {i} and n < {j}",
    "n > {j} and n < {i}",
    "n in [{i}, {j}]",
    "n not in [{i}, {j}] and n < 40",
    'n == {i} and s == "a"',
    's in ["a", "b"] and flag',
    'not flag and name == "x{i}"',
    'name starts with "x{i}"',
    "n == {i} and n == {j}",
    "d is given and d > {i}",
    "n > {i} and not (n > {j} or flag)",
]
FORMS = [
    "rule r{k} permit {who} to t when {c}",
    "rule r{k} forbid {who} to t when {c} and n > 45",
    "rule r{k} escalate t to lead when {c} and n > 35",
    "rule r{k} require fits before t when {c} and n > 25",
]
SUBJECTS = ["any agent", "any principal", "clerk", "clerk, lead", "any human"]


def policy(rules: int) -> str:
    lines = [DECLARED]
    for k in range(rules):
        condition = CONDITIONS[k % len(CONDITIONS)].format(i=k % 23 * 2, j=k % 7 * 5 + 3)
        form = FORMS[0] if k % 3 else FORMS[k % len(FORMS)]
        lines.append(form.format(k=k, who=SUBJECTS[k % len(SUBJECTS)], c=condition))
    return "\n".join(lines)


@pytest.fixture(params=[(160, 4096), (1, 4096), (1, 16), (1, 2), (1, 1)], ids=str)
def one(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """The same policy: tests, vectors, and vectors with ever coarser ranges."""
    many, ranges = request.param
    monkeypatch.setattr(function, "MANY", many)
    monkeypatch.setattr(vectors, "MOST_RANGES", ranges)
    yield Desk(loaded(policy(120)).policy)


def test_all_ways_say_the_same(one: Desk) -> None:
    given = Circumstances(NOW, history=History())
    seen = set()
    for n in range(-1, 50):
        for s, flag, name in (("a", True, "x4"), ("b", False, "x10"), ("c", False, "")):
            action = act("t", n=n, s=s, flag=flag, name=name, d=n)
            roles = frozenset({"clerk"}) if n % 2 else frozenset({"lead"})
            outcome, rules = one.same(action, given, roles)
            seen.add(outcome)
            assert outcome == "deny" or rules != ()
    assert seen == {"allow", "deny", "escalate", "validate"}


def test_with_many_rules_vectors_are_written() -> None:
    """From `MANY` rules of one level on; and these are decided by the generated code."""
    found = Desk(loaded(policy(2 * function.MANY)).policy)
    assert found.functions["t"].vectors == {"allow"}
    action = act("t", n=4, s="a", flag=True, name="x4")
    assert found.is_left(action) is False
    assert found.same(action)[0] == "allow"


def entry(bit: int, *atoms: Atom) -> Entry:
    return Entry(bit, frozenset(), None, tuple(written.Clause("", atom) for atom in atoms))


def between(low: int, high: int) -> tuple[Atom, Atom]:
    return Atom("i_n", ">=", (low,)), Atom("i_n", "<=", (high,))


@pytest.mark.parametrize("ranges", [1, 2, 3, 5, 64])
def test_a_table_of_ranges(ranges: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """At each position it has the rules whose own span has it; coarse ones with a check besides."""
    monkeypatch.setattr(vectors, "MOST_RANGES", ranges)
    spans = [(low, high) for low in range(6) for high in range(6)]
    entries = [entry(bit, *between(*span)) for bit, span in enumerate(spans)]
    constants = vectors.constants_of(entries)
    assert constants == {"i_n": (0, 1, 2, 3, 4, 5)}
    (table,) = vectors_of(entries, constants).tables
    assert isinstance(table, Ranges)
    for number in range(6):
        position = 2 * number + 1
        found = table.masks[position >> table.shift]
        if table.shift:
            open_ = found & table.open[position >> table.shift]
            found ^= outside(open_, position, table.first, table.last)
        expected = sum(1 << bit for bit, (low, high) in enumerate(spans) if low <= number <= high)
        assert found == expected
