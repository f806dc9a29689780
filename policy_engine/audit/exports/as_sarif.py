"""What went against a rule, as SARIF 2.1.0: one log, one run.

Results are what the verification found, and the actions that were refused, rejected by a person,
or had their output withheld. A refusal is a note: the policy did its work. Each names its rule
and, where the record has it, the place in the policy; its entries are logical locations.

Source: OASIS, Static Analysis Results Interchange Format 2.1.0.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from policy_engine.audit.exports.material import PRODUCT, Material
from policy_engine.audit.exports.places import place_of, rule_id
from policy_engine.audit.story import Reason, Standing, Story
from policy_engine.audit.words import LABELS, shown
from policy_engine.decision.codes import CODES
from policy_engine.foundation.canonical import Json, timestamp_text
from policy_engine.ledger.verify import Finding
from policy_engine.runtime.codes import WITHHELD

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
REJECTED = "rejected"
"""The rule id of a person's no to what no rule is known to have asked for."""

_LEVELS = {Standing.REFUSED: "note", Standing.REJECTED: "note", Standing.WITHHELD: "warning"}

_SUMMARIES = {code.id: code.summary for code in CODES}
_LONGEST = 1_000

_Rule = tuple[str, str]
"""An id, and what the rule says."""


def log(material: Material) -> str:
    """The log as JSON text."""
    rules: dict[str, str] = {}
    results: list[Json] = []
    for rule, result in _results(material):
        rules.setdefault(*rule)
        results.append(result)
    places = {name: number for number, name in enumerate(rules)}
    for found in results:
        assert isinstance(found, dict)
        found["ruleIndex"] = places[str(found["ruleId"])]
    run: dict[str, Json] = {
        "tool": {"driver": _driver(rules)},
        "automationDetails": {"id": f"ledger/{material.origin}/", "guid": _run_id(material)},
        "columnKind": "unicodeCodePoints",
        "results": results,
        "properties": _about(material),
    }
    whole = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"


def _driver(rules: dict[str, str]) -> Json:
    listed: list[Json] = [
        {"id": name, "shortDescription": {"text": shown(said or name, _LONGEST)}}
        for name, said in rules.items()
    ]
    return {"name": PRODUCT, "rules": listed}


def _run_id(material: Material) -> str:
    period = material.report.summary.period
    ends = (timestamp_text(at) if at else "" for at in (period.start, period.end))
    return material.uuid("run", material.report.verification.head, *ends)


def _about(material: Material) -> Json:
    report = material.report
    return {
        "ledger": material.origin,
        "head": report.verification.head,
        "entries": report.verification.entries,
        "holds": report.verification.holds,
        "pinned": report.pinned,
        "asOf": timestamp_text(material.at),
    }


def _results(material: Material) -> Iterator[tuple[_Rule, dict[str, Json]]]:
    for number, finding in enumerate(material.report.verification.findings):
        yield _finding(material, finding, number)
    for story in material.report.summary.stories:
        if story.standing in _LEVELS:
            yield _stopped(material, story)


def _finding(material: Material, finding: Finding, number: int) -> tuple[_Rule, dict[str, Json]]:
    code = finding.code
    guid = material.uuid("result", code.id, finding.number, finding.text, number)
    return (code.id, code.summary), {
        "ruleId": code.id,
        "level": code.severity.value,
        "message": {"text": _plain(finding.text)},
        "locations": [{"logicalLocations": [_entry(finding.number)]}],
        "guid": guid,
    }


def _stopped(material: Material, story: Story) -> tuple[_Rule, dict[str, Json]]:
    reason = _reason(story)
    rule = _rule(story, reason)
    location: dict[str, Json] = {"logicalLocations": [_entry(story.evidence.first)]}
    place = None if reason is None else place_of(reason.place)
    if place is not None:
        location["physicalLocation"] = {
            "artifactLocation": {"uri": place.uri},
            "region": {"startLine": place.line, "startColumn": place.column},
        }
    return rule, {
        "ruleId": rule[0],
        "level": _LEVELS[story.standing],
        "message": {"text": _plain(_said(story))},
        "locations": [location],
        "guid": material.uuid("result", story.evidence.first),
        "partialFingerprints": {"ledgerEntry/v1": f"{material.origin}:{story.evidence.first}"},
        "properties": _properties(material, story),
    }


def _reason(story: Story) -> Reason | None:
    """What stopped it, as far as a rule or code of the decision did; the first of several."""
    if story.standing is Standing.WITHHELD:
        return None
    if story.standing is Standing.REJECTED:
        return next((ask.reason for ask in story.asks if ask.reason is not None), None)
    return next((reason for reason in story.reasons if reason.outcome != "allow"), None)


def _rule(story: Story, reason: Reason | None) -> _Rule:
    if story.standing is Standing.WITHHELD:
        return WITHHELD.id, WITHHELD.summary
    if reason is not None:
        said = reason.title if reason.rule else _SUMMARIES.get(reason.code, reason.title)
        return rule_id(reason), said
    if story.standing is Standing.REJECTED:
        return REJECTED, "a person rejected the action"
    return "refused", "the action was refused; the record does not say why"


def _said(story: Story) -> str:
    why = [reason.title for reason in story.reasons if reason.outcome != "allow"]
    if story.rejection is not None:
        why = [f"{story.rejection.by}: {story.rejection.reason}"]
    if story.standing is Standing.WITHHELD:
        why = [story.problem] if story.problem else []
    what = f"{story.task} by {story.principal}, {LABELS[story.standing]}"
    return f"{what}: {'; '.join(why)}" if why else what


def _plain(text: str) -> str:
    """A message that means its words: no link, no placeholder, one line (SARIF, 3.11.5 and 6)."""
    for character, written in (
        ("\\", "\\\\"),
        ("[", "\\["),
        ("]", "\\]"),
        ("{", "{{"),
        ("}", "}}"),
    ):
        text = text.replace(character, written)
    return shown(text, _LONGEST)


def _entry(number: int) -> Json:
    return {"name": f"entry {number}", "fullyQualifiedName": f"ledger/{number}"}


def _properties(material: Material, story: Story) -> Json:
    keys = [reason.key for reason in story.reasons]
    named = dict.fromkeys(name for key in keys for name in material.controls_of(story, key))
    return {
        "action": story.action,
        "proposed": timestamp_text(story.proposed),
        "standing": story.standing.value,
        "policy": story.policy,
        "rules": [rule_id(reason) for reason in story.reasons],
        "controls": [*named],
        "entries": [story.evidence.first, story.evidence.last],
        "decision": story.evidence.decision,
        "digest": story.evidence.digest,
    }
