"""Values in plain words, as they would be written in a policy, cut where they are long."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from policy_engine.decision.intervals import Interval
from policy_engine.decision.truth import Unknown
from policy_engine.foundation.canonical import decimal_text, readable_text, timestamp_text
from policy_engine.language.checked import Window
from policy_engine.language.policy import Party
from policy_engine.values.durations import plain_duration

_LONGEST = 60


def worded(value: object) -> str:
    """A value for people: `500`, `12.50 EUR`, `4 hours`, `"chat"`, `2 to 4`."""
    match value:
        case bool():
            text = "true" if value else "false"
        case Decimal():
            text = decimal_text(value)
        case datetime():
            text = timestamp_text(value)
        case date() | time() | timedelta() | AbstractSet():
            text = readable_text(value)
        case str():
            text = f'"{value}"'
        case Unknown():
            text = "unknown"
        case Interval():
            text = _range(value)
        case _:
            text = str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}…"


def worded_window(window: Window) -> str:
    """`within 1 hour`, `within this day`, `during this session`."""
    match window.kind:
        case "duration":
            assert window.duration is not None
            return f"within {plain_duration(window.duration)}"
        case "session":
            return "during this session"
        case _:
            return f"within this {window.kind}"


def worded_parties(parties: tuple[Party, ...]) -> str:
    """`one of legal and 2 of finance`."""
    return " and ".join(
        f"{party.quorum} of {party.role}" if party.quorum > 1 else f"one of {party.role}"
        for party in parties
    )


def _range(value: Interval) -> str:
    if value.low is None and value.high is None:
        return "any number"
    if value.low is None:
        return f"{worded(value.high)} or less"
    if value.high is None:
        return f"{worded(value.low)} or more"
    return f"{worded(value.low)} to {worded(value.high)}"
