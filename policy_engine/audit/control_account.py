"""What stands for each control, as JSON: everything the page says, for programs.

Times are RFC 3339 in UTC, spans of time are seconds.
"""

from __future__ import annotations

from policy_engine.audit.account import spread_account
from policy_engine.audit.control_words import caveats
from policy_engine.audit.controls import Carrier, Control, Controls, Status
from policy_engine.audit.story import Story
from policy_engine.audit.uses import Use, Waived
from policy_engine.foundation.canonical import Json, timestamp_text


def controls_account(found: Controls) -> dict[str, Json]:
    """The whole framework as data."""
    return {
        "name": found.framework,
        "title": found.title,
        "policy": found.policy,
        "decided_by_this_policy": found.decided,
        "decided_by_others": found.elsewhere,
        "caveats": [*caveats(found)],
        "statuses": {status.value: len(found.of(status)) for status in Status},
        "controls": [_control(control) for control in found.controls],
    }


def _control(control: Control) -> dict[str, Json]:
    return {
        "control": control.name,
        "title": control.title,
        "status": control.status.value,
        "carried_by": [_carrier(carrier) for carrier in control.carriers],
        "record": [*control.record],
        "samples": [_sample(story) for story in control.samples],
    }


def _carrier(one: Carrier) -> dict[str, Json]:
    until = one.observed_until
    return {
        "kind": one.kind,
        "name": one.name,
        "title": one.title,
        "place": one.place,
        "observed_until": None if until is None else timestamp_text(until),
        "use": None if one.use is None else _use(one.use),
    }


def _use(use: Use) -> dict[str, Json]:
    return {
        "actions_of_its_tasks": use.in_reach,
        "applied": use.applied,
        "let_pass": use.let_pass,
        "refused": use.refused,
        "held_for_people": use.asked,
        "signatures": use.signed,
        "rejected": use.rejected,
        "checked": use.checked,
        "confirmed": use.confirmed,
        "would_have_stopped": use.would,
        "waiting": spread_account(use.waiting),
        "under_other_versions": use.elsewhere,
        "exceptions": [_exception(waived) for waived in use.exceptions],
    }


def _exception(waived: Waived) -> dict[str, Json]:
    return {
        "name": waived.name,
        "title": waived.title,
        "place": waived.place,
        "until": timestamp_text(waived.until),
        "approved_by": waived.approved_by,
        "asked": waived.asked,
        "signatures": waived.signed,
    }


def _sample(story: Story) -> dict[str, Json]:
    return {
        "action": story.action,
        "task": story.task,
        "principal": story.principal,
        "proposed": timestamp_text(story.proposed),
        "standing": story.standing.value,
        "entries": [story.evidence.first, story.evidence.last],
        "signed_by": [approval.by for approval in story.approvals],
        "decision": story.evidence.decision,
        "digest": story.evidence.digest,
    }
