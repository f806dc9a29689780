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
from policy_engine.foundation import sarif
from policy_engine.foundation.canonical import Json, timestamp_text
from policy_engine.foundation.sarif import Rule
from policy_engine.ledger.authorised import Finding
from policy_engine.runtime.codes import WITHHELD

REJECTED = "rejected"
"""The rule id of a person's no to what no rule is known to have asked for."""

_LEVELS = {Standing.REFUSED: "note", Standing.REJECTED: "note", Standing.WITHHELD: "warning"}

_CODES = {code.id: code for code in CODES}
_LONGEST = 1_000

_OF_A_RULE = (
    "A rule of the policy. A result names its place in the policy, and the entry of the record "
    "where the action begins: `policy audit export --format csv` has its input and who signed."
)
_OF_NONE = (
    "No rule of the policy is known for it. A result names the entry of the record where the "
    "action begins: `policy audit export --format csv` has what the record says of it."
)


def log(material: Material) -> str:
    """The log as JSON text."""
    rules: dict[str, Rule] = {}
    results: list[Json] = []
    for rule, result in _results(material):
        said = shown(rule.said or rule.id, _LONGEST)
        rules.setdefault(rule.id, rule._replace(said=said))
        results.append(result)
    places = {name: number for number, name in enumerate(rules)}
    for found in results:
        assert isinstance(found, dict)
        found["ruleIndex"] = places[str(found["ruleId"])]
    run: dict[str, Json] = {
        "tool": sarif.tool(PRODUCT, rules.values()),
        "automationDetails": {"id": f"ledger/{material.origin}/", "guid": _run_id(material)},
        "columnKind": "unicodeCodePoints",
        "results": results,
        "properties": _about(material),
    }
    return json.dumps(sarif.log(run), ensure_ascii=False, indent=2) + "\n"


def number(material: Material) -> int:
    """How many results the log has."""
    findings = len(material.report.verification.findings)
    return findings + sum(s.standing in _LEVELS for s in material.report.summary.stories)


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


def _results(material: Material) -> Iterator[tuple[Rule, dict[str, Json]]]:
    for number, finding in enumerate(material.report.verification.findings):
        yield _finding(material, finding, number)
    for story in material.report.summary.stories:
        if story.standing in _LEVELS:
            yield _stopped(material, story)


def _finding(material: Material, finding: Finding, number: int) -> tuple[Rule, dict[str, Json]]:
    code = finding.code
    guid = material.uuid("result", code.id, finding.number, finding.text, number)
    return Rule.of_code(code), {
        "ruleId": code.id,
        "level": code.severity.value,
        "message": sarif.message(shown(finding.text, _LONGEST)),
        "locations": [{"logicalLocations": [_entry(finding.number)]}],
        "guid": guid,
    }


def _stopped(material: Material, story: Story) -> tuple[Rule, dict[str, Json]]:
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
        "ruleId": rule.id,
        "level": _LEVELS[story.standing],
        "message": sarif.message(shown(_said(story), _LONGEST)),
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


def _rule(story: Story, reason: Reason | None) -> Rule:
    if story.standing is Standing.WITHHELD:
        return Rule.of_code(WITHHELD)
    if reason is not None and reason.rule:
        return Rule(rule_id(reason), reason.title, _OF_A_RULE)
    if reason is not None and reason.code in _CODES:
        return Rule.of_code(_CODES[reason.code])
    if reason is not None:
        return Rule(rule_id(reason), reason.title, _OF_NONE)
    if story.standing is Standing.REJECTED:
        return Rule(REJECTED, "a person rejected the action", _OF_NONE)
    return Rule("refused", "the action was refused; the record does not say why", _OF_NONE)


def _said(story: Story) -> str:
    why = [reason.title for reason in story.reasons if reason.outcome != "allow"]
    if story.rejection is not None:
        why = [f"{story.rejection.by}: {story.rejection.reason}"]
    if story.standing is Standing.WITHHELD:
        why = [story.problem] if story.problem else []
    what = f"{story.task} by {story.principal}, {LABELS[story.standing]}"
    return f"{what}: {'; '.join(why)}" if why else what


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
