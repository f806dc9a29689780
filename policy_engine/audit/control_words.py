"""How a report by control says things: statuses, what limits them, where to look. Plain text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo

from policy_engine.audit.controls import Carrier, Controls, Status
from policy_engine.audit.story import Story
from policy_engine.audit.words import counted, day, duration, listed, shown

LABELS: Mapping[Status, str] = {
    Status.ENFORCED: "enforced",
    Status.IN_FORCE: "in force, not applied",
    Status.EVIDENCE: "evidence only",
    Status.MISSING: "missing",
}
MEANINGS: Mapping[Status, str] = {
    Status.ENFORCED: "a rule carries it, and was applied in the period",
    Status.IN_FORCE: "a rule carries it, and the record does not show that it was applied",
    Status.EVIDENCE: "nothing enforces it, but the record as such is evidence for it",
    Status.MISSING: "nothing enforces it, and the record as such is no evidence for it",
}


def caveats(found: Controls) -> tuple[str, ...]:
    """What limits all that is said about the controls, in sentences."""
    said = []
    if not found.holds:
        said.append("The record does not hold, so nothing in it counts as evidence.")
    if found.elsewhere:
        actions = counted(found.elsewhere, "action was", "actions were")
        said.append(
            f"{actions} not decided by this version of the policy, {found.policy[:6]}, and"
            " count for no rule: what the rules said then is not known here."
        )
    return tuple(said)


def carrier_notes(one: Carrier, zone: tzinfo) -> Sequence[str]:
    """What somebody must know to read its numbers rightly."""
    notes = []
    if one.use is None:
        notes.append("claimed; nothing here proves it")
    if one.observed_until is not None:
        notes.append(f"under observation until {day(one.observed_until, zone)}: decides nothing")
    if one.use is not None and one.use.would:
        stopped = counted(one.use.would, "action")
        notes.append(f"would have stopped {stopped} while it was under observation")
    if one.use is not None and one.use.elsewhere:
        decided = counted(one.use.elsewhere, "action")
        notes.append(f"a rule of this name decided {decided} under other versions")
    return notes


def entries_text(story: Story) -> str:
    """`entries 11 to 18, decided in entry 16`: where an action stands in the record."""
    found = story.evidence
    one = found.last == found.first
    where = f"entry {found.first:,}" if one else f"entries {found.first:,} to {found.last:,}"
    return where if found.decision is None else f"{where}, decided in entry {found.decision:,}"


def signers_text(story: Story) -> str:
    """`signed by ann after 20 min`, by all who signed; empty where nobody did."""
    return listed(
        [
            f"signed by {shown(one.by, 60)}"
            + (f" after {duration(one.waited)}" if one.waited is not None else "")
            for one in story.approvals
        ]
    )
