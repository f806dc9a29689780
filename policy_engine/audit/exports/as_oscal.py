"""The record as evidence for controls: OSCAL assessment results, 1.2.1.

An observation says what a rule did, with the entries that show it; a finding gathers the
observations for one control that the rules name. A finding is **never** `satisfied`: the record is
evidence for a control, and whether the control is met is for the assessor to say. OSCAL knows two
states only, so each finding is `not-satisfied` for the reason `other`, and says so in words.

Source: NIST, OSCAL 1.2.1, assessment results model.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from policy_engine.audit.exports.material import PRODUCT, Material
from policy_engine.audit.exports.places import rule_id
from policy_engine.audit.story import Reason, Standing, Story
from policy_engine.audit.words import LABELS, counted, listed, shown
from policy_engine.foundation.canonical import Json, timestamp_text
from policy_engine.foundation.errors import InputError

OSCAL = "1.2.1"
MOST_EVIDENCE = 50
"""Actions that an observation names; all are counted."""

NOT_JUDGED = (
    "This is evidence for the control. Nobody has judged here whether the control is met: "
    "OSCAL has no state for that, so the state is the cautious one."
)
_NAMESPACE = "https://agent-policy-engine.example/ns/oscal"
_TITLE = "Evidence from the record of an agent gate"


@dataclass(slots=True)
class _Seen:
    """What one rule did, while stories are read."""

    reason: Reason
    controls: dict[str, None] = field(default_factory=dict)
    stories: list[Story] = field(default_factory=list)


def assessment_results(material: Material) -> str:
    """The document as JSON text.

    Raises `InputError` where no rule that decided names a control: OSCAL can say that all controls
    were reviewed, or which, but not that none was.
    """
    whole = {"assessment-results": _document(material)}
    return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"


def _document(material: Material) -> dict[str, Json]:
    plan = material.uuid("plan")
    return {
        "uuid": material.uuid("assessment-results", *_scope(material)),
        "metadata": {
            "title": _TITLE,
            "last-modified": timestamp_text(material.at),
            "version": material.report.verification.head,
            "oscal-version": OSCAL,
            "remarks": f"Written by {PRODUCT}, from ledger {material.origin}.",
        },
        "import-ap": {"href": f"#{plan}", "remarks": "There is no plan: the record was read."},
        "results": [_result(material)],
        "back-matter": {"resources": [_record(material, plan)]},
    }


def _record(material: Material, uuid: str) -> Json:
    """What was read, so that whoever has the record sees that it is this one."""
    verification = material.report.verification
    said = f"ledger {material.origin}\nentries {verification.entries}\nhead {verification.head}\n"
    return {
        "uuid": uuid,
        "title": "The record",
        "description": (
            f"Ledger {material.origin}: the whole of it was verified, and actions "
            "of the period were gathered by the rules that decided them."
        ),
        "base64": {
            "filename": "record.txt",
            "media-type": "text/plain",
            "value": b64encode(said.encode("utf-8")).decode("ascii"),
        },
    }


def _scope(material: Material) -> tuple[str, ...]:
    """What tells one export of a ledger from another."""
    period = material.report.summary.period
    ends = (timestamp_text(at) if at else "" for at in (period.start, period.end))
    return material.report.verification.head, *ends


def _result(material: Material) -> Json:
    summary = material.report.summary
    seen = _seen(material)
    by_control: dict[str, list[_Seen]] = {}
    for one in seen:
        for control in one.controls:
            by_control.setdefault(control, []).append(one)
    if not by_control:
        raise InputError(
            "nothing for OSCAL: no rule that decided names a control;"
            " add `satisfies` with its name to the rules that carry it"
        )
    first = summary.period.start or min((s.proposed for s in summary.stories), default=material.at)
    return {
        "uuid": material.uuid("result", *_scope(material)),
        "title": _TITLE,
        "description": (
            f"{counted(len(summary.stories), 'action')}, "
            f"{counted(len(by_control), 'control')} named by the rules that decided."
        ),
        "start": timestamp_text(first),
        "end": timestamp_text(max(first, summary.period.end or material.at)),
        "props": [*_record_props(material)],
        "reviewed-controls": _reviewed(sorted(by_control)),
        "observations": [_verified(material), *(_observation(material, one) for one in seen)],
        "findings": [
            _finding(material, control, by_control[control]) for control in sorted(by_control)
        ],
    }


def _seen(material: Material) -> Sequence[_Seen]:
    """By rule or code, in the order in which they first decided or asked."""
    found: dict[str, _Seen] = {}
    for story in material.report.summary.stories:
        asking = [ask.reason for ask in story.asks if ask.reason is not None]
        for key, reason in {r.key: r for r in (*asking, *story.reasons)}.items():
            one = found.setdefault(key, _Seen(reason))
            one.stories.append(story)
            one.controls |= dict.fromkeys(map(token, material.controls_of(story, key)))
    return tuple(found.values())


def token(name: str) -> str:
    """A name as an OSCAL token: letters, digits, `.`, `-` and `_`, a letter or `_` first."""
    kept = re.sub(r"[^\w.\-]", "_", name)
    return kept if re.match(r"[^\W\d]", kept) else f"_{kept}"


def _reviewed(controls: Sequence[str]) -> Json:
    return {
        "description": "The controls that the rules name which decided.",
        "control-selections": [{"include-controls": [{"control-id": c} for c in controls]}],
    }


def _observation_id(material: Material, one: _Seen) -> str:
    entries = one.stories[0].evidence.first, one.stories[-1].evidence.last
    return material.uuid("observation", one.reason.key, *entries, len(one.stories))


def _observation(material: Material, one: _Seen) -> Json:
    name, total = rule_id(one.reason), len(one.stories)
    standings = Counter(story.standing for story in one.stories)
    ends = [f"{LABELS[s]}: {standings[s]:,}" for s in Standing if standings[s]]
    newest = one.stories[-MOST_EVIDENCE:]
    some = f"; the newest {len(newest):,} are named" if len(newest) < total else ""
    carried = f" Evidence for {listed(list(one.controls))}." if one.controls else ""
    observation: dict[str, Json] = {
        "uuid": _observation_id(material, one),
        "title": shown(f"{name}: {one.reason.title}", 400),
        "description": f"{counted(total, 'action')} ({listed(ends)}){some}.{carried}",
        "props": [
            *_prop("rule", name),
            *_prop("place", one.reason.place),
            *_prop("actions", str(total)),
        ],
        "methods": ["EXAMINE"],
        "relevant-evidence": [_evidence(material, story) for story in newest],
        "collected": timestamp_text(_latest(one.stories)),
    }
    return {**observation, "types": ["control-objective"]} if one.controls else observation


def _latest(stories: Iterable[Story]) -> datetime:
    return max(story.ended or story.proposed for story in stories)


def _evidence(material: Material, story: Story) -> Json:
    entries = f"entries {story.evidence.first} to {story.evidence.last}"
    what = f"{shown(story.task)} by {shown(story.principal)}, {LABELS[story.standing]}"
    return {
        "description": f"{what}: {entries} of ledger {material.origin}",
        "props": [
            *_prop("action", story.action),
            *_prop("entry", str(story.evidence.first)),
            *_prop("decision", str(story.evidence.decision or "")),
            *_prop("tree-index", _index(story)),
            *_prop("digest", story.evidence.digest),
            *_prop("policy", story.policy),
        ],
    }


def _index(story: Story) -> str | None:
    """Of the latest decision in the tree of the record: what a proof of it is for."""
    decision = story.evidence.decision
    return None if decision is None else str(decision - 1)


def _verified(material: Material) -> Json:
    verification = material.report.verification
    found = [f"{f.code.id}, entry {f.number}: {f.text}" for f in verification.findings]
    holds = "The record holds." if verification.holds else "The record does not hold."
    observation: dict[str, Json] = {
        "uuid": material.uuid("observation", "record", verification.entries, verification.head),
        "title": "Whether the record holds",
        "description": f"{holds} {counted(verification.entries, 'entry', 'entries')} were checked.",
        "props": [*_record_props(material)],
        "methods": ["TEST"],
        "collected": timestamp_text(material.at),
    }
    if not found:
        return observation
    return {**observation, "types": ["finding"], "remarks": "\n".join(found)}


def _finding(material: Material, control: str, seen: Sequence[_Seen]) -> Json:
    """`seen` are the rules that name the control."""
    rules = listed([rule_id(one.reason) for one in seen])
    actions = {story.evidence.first for one in seen for story in one.stories}
    said = f"Evidence for {control}: {rules} decided or held {counted(len(actions), 'action')}."
    if not material.report.verification.holds:
        said = f"The record does not hold: nothing here counts as evidence for {control}."
    related: list[Json] = [{"observation-uuid": _observation_id(material, one)} for one in seen]
    return {
        "uuid": material.uuid("finding", control, *_scope(material)),
        "title": f"Evidence for {control}",
        "description": said,
        "target": {
            "type": "objective-id",
            "target-id": control,
            "status": {"state": "not-satisfied", "reason": "other", "remarks": NOT_JUDGED},
        },
        "related-observations": related,
        "remarks": NOT_JUDGED,
    }


def _record_props(material: Material) -> Iterator[Json]:
    verification = material.report.verification
    yield from _prop("ledger", material.origin)
    yield from _prop("head", verification.head)
    yield from _prop("tree-size", str(verification.entries))
    yield from _prop("tree-root", verification.root)
    yield from _prop("record-holds", "yes" if verification.holds else "no")
    yield from _prop("pinned-head", material.report.pinned)


def _prop(name: str, value: str | None) -> Iterator[Json]:
    """A property; none where there is nothing to say. Its value is one line."""
    text = shown(value or "", 1_000).strip()
    if text:
        yield {"name": name, "ns": _NAMESPACE, "value": text}
