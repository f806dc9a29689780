"""The adapter only translates: what it takes over, what it leaves out, and what it refuses."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from benchmarks.tau2.engine import decide, decision, question

_EASTERN = timezone(timedelta(hours=-5))
_CALL = (
    "telecom",
    "enable_roaming",
    {"customer_id": "C1", "line_id": "L2"},
    {
        "now": "2025-02-25T12:08:00",
        "customer": {"customer_id": "C1", "line_ids": ["L2"], "bill_ids": []},
        "line": {
            "line_id": "L2",
            "status": "Active",
            "contract_end_date": "2026-12-31",
            "data_refueling_gb": 0.0,
            "roaming_enabled": False,
        },
        "surroundings": {"is_abroad": True},
    },
)


@pytest.mark.parametrize(
    ("context", "outcome"),
    [
        ({"session_user": "C1", "user_confirmed": True}, "allow"),
        ({"session_user": "C1", "user_confirmed": False}, "escalate"),
        ({"session_user": "C1"}, "escalate"),
        ({"session_user": "C9", "user_confirmed": True}, "deny"),
        ({"user_confirmed": True}, "deny"),
        ({}, "deny"),
    ],
)
def test_consent_and_identity(context: dict[str, object], outcome: str) -> None:
    assert decide(*_CALL, context) == outcome


def test_a_yes_changes_nothing_where_the_policy_says_no() -> None:
    domain, tool, arguments, _ = _CALL
    context = {"session_user": "C1", "user_confirmed": True}
    assert "roaming_abroad" in decision(domain, tool, arguments, {}, context).rules


def test_a_tool_that_the_policy_does_not_know_is_denied() -> None:
    assert decide("telecom", "close_account", {}, {}, {"user_confirmed": True}) == "deny"


def test_a_company_without_a_policy_is_an_error() -> None:
    with pytest.raises(KeyError):
        decide("bakery", "bake", {}, {}, {})


def test_times_get_their_offset_and_nothing_else_changes() -> None:
    facts = {
        "now": "2024-05-15T15:00:00",
        "reservation": {"created_at": "2024-05-14T16:03:16", "flights": [{"date": "2024-05-20"}]},
    }
    context = {"session_user": "mia", "cancel_reason": "health", "v1": True}
    action, given = question("airline", "cancel_reservation", {}, facts, context)
    assert given.now == datetime(2024, 5, 15, 15, tzinfo=_EASTERN)
    assert given.facts["reservation"] == {
        "created_at": datetime(2024, 5, 14, 16, 3, 16, tzinfo=_EASTERN),
        "flights": [{"date": "2024-05-20"}],
    }
    assert action.context == {"cancel_reason": "health"}
    assert given.attributes == {"user": "mia"}
    assert action.on_behalf_of is not None
    assert action.on_behalf_of.id == "mia"
    assert (given.history, given.session, given.evidence) == (None, None, ())
