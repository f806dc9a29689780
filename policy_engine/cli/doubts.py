"""Whether the record holds, and what keeps it from holding, on the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from policy_engine.audit.doubts import Doubt, placed
from policy_engine.audit.words import counted, shown
from policy_engine.cli import output

_LONGEST = 200
_MOST_ROWS = 20


def show_doubts(doubts: Sequence[Doubt], entries: int) -> None:
    """That a record of so many entries holds; else a line for each doubt, the first ones."""
    if not doubts:
        output.say(f"the record holds: {counted(entries, 'entry', 'entries')}", "allow")
    for one in doubts[:_MOST_ROWS]:
        told = shown(placed(one.place, one.why), _LONGEST)
        output.say(f"the record does not hold: {told}", "deny")
    if len(doubts) > _MOST_ROWS:
        output.say(f"and {len(doubts) - _MOST_ROWS:,} more", "frame")
