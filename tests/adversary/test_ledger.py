"""Changing the past so that a verification does not notice, or does not finish."""

from __future__ import annotations

import pytest

from tests.adversary.conftest import Lab, act

POLICY = """
task pay { input amount: Decimal }
rule r permit bot to pay
"""


@pytest.fixture
def past(lab: Lab) -> Lab:
    gate = lab.gate(POLICY, tools={"pay": lambda amount: "ok"})
    for amount in (1, 2):
        gate.submit(act("pay", {"amount": amount}))
    return lab


@pytest.mark.parametrize(
    "body",
    [
        "[1]",
        '{"action":[1]}',
        '{"approvals":[1]}',
        '{"approvals":[{"by":{}}]}',
        "[" * 100_000,
        '{"a":' + "[" * 900 + "]" * 900 + "}",
    ],
    ids=["list", "list for action", "number for approval", "object for signer", "open", "deep"],
)
def test_a_strange_body_is_a_finding_and_no_traceback(past: Lab, body: str) -> None:
    past.execute("UPDATE ledger SET body = ?, kind = 'intent' WHERE number = 3", body)
    assert not past.verified().holds


@pytest.mark.parametrize("number", [0, -5])
def test_an_entry_before_the_first_is_found(past: Lab, number: int) -> None:
    """Entries are read from number 1: one below stands in the book and is never looked at."""
    past.execute(
        "INSERT INTO ledger VALUES (?, 'x', 'approved', '{}', x'00', x'00', x'00')", number
    )
    assert not past.verified().holds


def test_an_empty_record_does_not_hold(past: Lab) -> None:
    """Whoever deletes all of it is told that the record holds: 0 entries."""
    past.execute("DELETE FROM ledger")
    assert not past.verified().holds


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger SET body = replace(body, 'allow', 'deny')",
        "UPDATE ledger SET body = replace(body, '{\"', '{ \"') WHERE number = 2",
        "UPDATE ledger SET at = x'00' WHERE number = 2",
        "UPDATE ledger SET kind = 'opened' WHERE number = 3",
        "UPDATE ledger SET head = x'ff' WHERE number = 3",
        "UPDATE ledger SET number = number + 100",
        "UPDATE ledger SET body = (SELECT body FROM ledger WHERE number = 3) WHERE number = 2",
        "DELETE FROM ledger WHERE number = 3",
        "DELETE FROM ledger WHERE number > 5",
    ],
)
def test_tampering_is_found(past: Lab, statement: str) -> None:
    head = past.verified().head
    past.execute(statement)
    assert not past.verified(pinned=head).holds
