"""What keeps the record from holding, on the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from policy_engine.audit.doubts import Doubt
from policy_engine.audit.words import shown
from policy_engine.cli import output

_LONGEST = 200
_MOST_ROWS = 20


def show_doubts(doubts: Sequence[Doubt]) -> None:
    """A line each, the first ones; nothing where the record holds."""
    for one in doubts[:_MOST_ROWS]:
        why = shown(one.why, _LONGEST)
        told = why if why.startswith(one.place) else f"{one.place}: {why}"
        output.say(f"the record does not hold: {told}", "deny")
    if len(doubts) > _MOST_ROWS:
        output.say(f"and {len(doubts) - _MOST_ROWS:,} more", "frame")
