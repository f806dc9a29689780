"""The report as OCSF events, one JSON object a line. OCSF 1.8.0.

An action is an event of class API Activity (6003): somebody's program asked for an operation, and
something was done or not. The profile `security_control` says what the gate made of it (`action`,
`disposition`, `policy`, `authorizations`). A class of logins or of rights that are granted would
not fit: nobody logs in, and no right stays behind. What the verification found is a Detection
Finding (2004). OCSF knows no task beyond create, read, update and delete, so the activity is 99,
with the task as its name; it has no place for entries and digests, so they are in `unmapped`.

Source: the OCSF schema, https://schema.ocsf.io/1.8.0.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from policy_engine.audit.exports.material import PRODUCT, Material
from policy_engine.audit.exports.places import rule_id
from policy_engine.audit.story import CARRIED_OUT, Standing, Story
from policy_engine.audit.words import LABELS
from policy_engine.foundation.canonical import Json, encode, timestamp_text
from policy_engine.foundation.diagnostics import Severity
from policy_engine.ledger.authorised import Finding

VERSION = "1.8.0"
API_ACTIVITY = 6003
DETECTION_FINDING = 2004
_OTHER = 99
_CREATE = 1
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00Z")


class _Sense(NamedTuple):
    """What a standing is in the numbers of OCSF, each with its caption."""

    status: tuple[int, str]
    action: tuple[int, str]
    disposition: tuple[int, str]
    severity: tuple[int, str]


_SUCCESS, _FAILURE, _UNKNOWN = (1, "Success"), (2, "Failure"), (0, "Unknown")
_ALLOWED, _DENIED = (1, "Allowed"), (2, "Denied")
_INFORMATIONAL, _LOW, _MEDIUM, _HIGH = (1, "Informational"), (2, "Low"), (3, "Medium"), (4, "High")

_SENSES: Mapping[Standing, _Sense] = {
    Standing.RAN: _Sense(_SUCCESS, _ALLOWED, (1, "Allowed"), _INFORMATIONAL),
    Standing.CONFIRMED: _Sense(_SUCCESS, _ALLOWED, (8, "Approved"), _INFORMATIONAL),
    Standing.SIGNED: _Sense(_SUCCESS, _ALLOWED, (8, "Approved"), _INFORMATIONAL),
    Standing.WITHHELD: _Sense(
        (_OTHER, "Output withheld"), _ALLOWED, (_OTHER, "Output withheld"), _MEDIUM
    ),
    Standing.READY: _Sense((_OTHER, "Ready"), _UNKNOWN, (14, "Delayed"), _INFORMATIONAL),
    Standing.WAITS: _Sense((_OTHER, "Waiting"), _UNKNOWN, (14, "Delayed"), _INFORMATIONAL),
    Standing.REFUSED: _Sense(_FAILURE, _DENIED, (2, "Blocked"), _LOW),
    Standing.REJECTED: _Sense(_FAILURE, _DENIED, (25, "Rejected"), _LOW),
    Standing.FAILED: _Sense(_FAILURE, _ALLOWED, (27, "Error"), _LOW),
    Standing.UNKNOWN: _Sense(_UNKNOWN, _UNKNOWN, _UNKNOWN, _MEDIUM),
}


def events(material: Material) -> Iterator[dict[str, Json]]:
    """What the verification found first, then the actions in the order of their proposal."""
    for number, finding in enumerate(material.report.verification.findings):
        yield _finding(material, finding, number)
    for story in material.report.summary.stories:
        yield _activity(material, story)


def lines(material: Material) -> str:
    """The events as JSON lines; empty where there is nothing to tell."""
    return "".join(
        json.dumps(event, ensure_ascii=False, separators=(",", ":")) + "\n"
        for event in events(material)
    )


def _activity(material: Material, story: Story) -> dict[str, Json]:
    sense = _SENSES[story.standing]
    event: dict[str, Json] = {
        **_class(API_ACTIVITY, "API Activity", 6, "Application Activity"),
        **_activity_id(API_ACTIVITY, _OTHER, story.task),
        "time": _millis(story.proposed),
        "message": f"{story.task}: {LABELS[story.standing]}",
        "metadata": _metadata(
            material, story.evidence.first, material.uuid("event", story.evidence.first)
        )
        | {"profiles": ["security_control"]},
        **_pair("severity", sense.severity),
        **_pair("status", sense.status),
        **_pair("action", sense.action),
        **_pair("disposition", sense.disposition),
        "actor": _actor(story),
        "src_endpoint": {"name": story.principal},
        "api": _api(story),
        "unmapped": _unmapped(material, story),
    }
    if detail := story.problem or (story.rejection.reason if story.rejection else None):
        event["status_detail"] = detail
    if code := story.code or _stopping_code(story):
        event["status_code"] = code
    if story.policy:
        event["policy"] = {"name": "policy", "uid": story.policy, "is_applied": True}
    if story.ended is not None:
        event["start_time"], event["end_time"] = _millis(story.proposed), _millis(story.ended)
    return event


def _stopping_code(story: Story) -> str | None:
    return next((r.code for r in story.reasons if r.outcome != "allow" and r.code), None)


def _api(story: Story) -> dict[str, Json]:
    request: Json = {"uid": story.action, "data": encode(story.input)}
    api: dict[str, Json] = {"operation": story.task, "request": request}
    if story.problem and story.standing not in CARRIED_OUT:
        api["response"] = {"error": story.code or "failed", "error_message": story.problem}
    return api


def _actor(story: Story) -> dict[str, Json]:
    """A person is a user; an agent is a user of type `agent`, and also the application."""
    person = story.kind == "human"
    kind: tuple[int, str] = (1, "User") if person else (_OTHER, story.kind)
    actor: dict[str, Json] = {"user": {"uid": story.principal, **_pair("type", kind)}}
    if not person:
        actor["app_uid"] = story.principal
    granted: list[Json] = [
        {"decision": reason.outcome, "policy": {"name": rule_id(reason), "desc": reason.title}}
        for reason in story.reasons
    ]
    return {**actor, "authorizations": granted} if granted else actor


def _unmapped(material: Material, story: Story) -> dict[str, Json]:
    keys = [reason.key for reason in story.reasons]
    controls = dict.fromkeys(name for key in keys for name in material.controls_of(story, key))
    found: dict[str, Json] = {
        "ledger": material.origin,
        "standing": story.standing.value,
        "first_entry": story.evidence.first,
        "last_entry": story.evidence.last,
        "decision_entry": story.evidence.decision,
        "decision_digest": story.evidence.digest,
        "on_behalf_of": story.on_behalf_of,
        "performed_by": story.performed_by,
        "tool_milliseconds": story.milliseconds,
        "places": [reason.place for reason in story.reasons if reason.place],
        "controls": [*controls],
        "signed": [
            {"by": a.by, "rule": a.rule, "at": timestamp_text(a.at)} for a in story.approvals
        ],
        "rejected_by": story.rejection.by if story.rejection else None,
        "confirmed_by": story.confirmation.by if story.confirmation else None,
    }
    return {name: value for name, value in found.items() if value not in (None, [])}


def _finding(material: Material, finding: Finding, number: int) -> dict[str, Json]:
    is_error = finding.code.severity is Severity.ERROR
    uid = material.uuid("finding", finding.code.id, finding.number, finding.text, number)
    return {
        **_class(DETECTION_FINDING, "Detection Finding", 2, "Findings"),
        **_activity_id(DETECTION_FINDING, _CREATE, "Create"),
        "time": _millis(material.at),
        "message": finding.text,
        "metadata": _metadata(material, finding.number, uid),
        **_pair("severity", _HIGH if is_error else _LOW),
        **_pair("status", (1, "New")),
        "finding_info": {
            "uid": uid,
            "title": finding.code.summary,
            "desc": finding.text,
            "types": [finding.code.id],
            "data_sources": [f"ledger {material.origin}"],
        },
        "unmapped": {
            "ledger": material.origin,
            "entry": finding.number,
            "head": material.report.verification.head,
        },
    }


def _class(uid: int, name: str, category: int, category_name: str) -> dict[str, Json]:
    return {
        "category_uid": category,
        "category_name": category_name,
        "class_uid": uid,
        "class_name": name,
    }


def _activity_id(class_uid: int, activity: int, name: str) -> dict[str, Json]:
    return {
        "activity_id": activity,
        "activity_name": name,
        "type_uid": class_uid * 100 + activity,
    }


def _pair(name: str, value: tuple[int, str]) -> dict[str, Json]:
    """`status_id` and its caption, `status`."""
    return {f"{name}_id": value[0], name: value[1]}


def _metadata(material: Material, entry: int, uid: str) -> dict[str, Json]:
    return {
        "version": VERSION,
        "product": {"name": PRODUCT, "vendor_name": PRODUCT},
        "log_name": f"ledger {material.origin}",
        "uid": uid,
        "sequence": entry,
    }


def _millis(at: datetime) -> int:
    """Milliseconds since 1970, as OCSF has its times."""
    return (at - _EPOCH) // timedelta(milliseconds=1)
