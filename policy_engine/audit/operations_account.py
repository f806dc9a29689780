"""What people did around the actions, as JSON."""

from __future__ import annotations

from datetime import datetime

from policy_engine.audit.operations import Erasure, Operations, StandIn, Suspension
from policy_engine.foundation.canonical import Json, timestamp_text


def operations_account(found: Operations) -> dict[str, Json]:
    """Times are RFC 3339 in UTC; None where something has not ended, or is not recorded."""
    return {
        "suspensions": [_suspension(one) for one in found.suspensions],
        "stand_ins": [_stand_in(one) for one in found.stand_ins],
        "erasures": [_erasure(one) for one in found.erasures],
        "shadow_differences": found.shadowed,
    }


def _suspension(one: Suspension) -> Json:
    return {
        "name": one.name,
        "entry": one.entry,
        "since": timestamp_text(one.since),
        "by": one.by,
        "reason": one.reason,
        "until": time_account(one.until),
        "lifted_by": one.lifted_by,
        "lifted_why": one.lifted_why,
        "actions_refused": one.stopped,
    }


def _stand_in(one: StandIn) -> Json:
    return {
        "role": one.role,
        "domain": one.domain,
        "by": one.by,
        "to": one.to,
        "entry": one.entry,
        "since": timestamp_text(one.since),
        "until": time_account(one.until),
        "reason": one.reason,
        "taken_back": time_account(one.taken_back),
    }


def _erasure(one: Erasure) -> Json:
    return {
        "erased_entry": one.erased,
        "entry": one.entry,
        "at": timestamp_text(one.at),
        "by": one.by,
        "reason": one.reason,
    }


def time_account(at: datetime | None) -> Json:
    """RFC 3339 in UTC; None for what is not known."""
    return None if at is None else timestamp_text(at)
