"""OCSF and SARIF: what the schema asks for is there, and says what the record says."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from policy_engine.audit.exports.as_ocsf import VERSION, events, lines
from policy_engine.audit.exports.as_sarif import log
from policy_engine.audit.exports.material import Material
from policy_engine.audit.exports.places import place_of
from policy_engine.audit.story import Standing

_CLASSES = {6003: ("api_activity", ["security_control"]), 2004: ("detection_finding", [])}


def validators() -> dict[int, Draft202012Validator]:
    """The public schema of each class, as one document."""
    schema = OcsfJsonSchemaEmbedded(get_ocsf_schema(version=VERSION))
    return {
        uid: Draft202012Validator(schema.get_class_schema(name, profiles))
        for uid, (name, profiles) in _CLASSES.items()
    }


def every_standing(material: Material) -> Material:
    """One action in each standing there is."""
    summary = material.report.summary
    first = summary.stories[0]
    stories = tuple(
        replace(first, standing=standing, problem="the output is no receipt", code="R603")
        for standing in Standing
    )
    return replace(
        material, report=replace(material.report, summary=replace(summary, stories=stories))
    )


def run_of(material: Material) -> dict[str, Any]:
    (run,) = json.loads(log(material))["runs"]
    return dict(run)


@pytest.mark.parametrize("which", ["material", "broken", "empty"])
def test_events_are_valid_by_the_public_schema(which: str, request: pytest.FixtureRequest) -> None:
    by_class = validators()
    material: Material = request.getfixturevalue(which)
    written = [json.loads(line) for line in lines(material).splitlines()]
    written += [*events(every_standing(material))] if which == "material" else []
    assert written
    for event in written:
        problems = [*by_class[event["class_uid"]].iter_errors(event)]
        assert problems == [], (event, [p.message for p in problems])
        assert event["type_uid"] == event["class_uid"] * 100 + event["activity_id"]


def test_the_schema_is_asked_in_earnest() -> None:
    assert not validators()[6003].is_valid({"class_uid": 6003})


def test_a_number_and_its_caption_say_the_same(material: Material, broken: Material) -> None:
    """The schema knows the captions; 99 is another word than these."""
    classes = get_ocsf_schema(version=VERSION)["classes"]
    compared = set()
    for event in (*events(every_standing(material)), *events(broken)):
        name, _ = _CLASSES[int(str(event["class_uid"]))]
        for number, known in classes[name]["attributes"].items():
            caption = known.get("sibling")
            if "enum" in known and caption in event and event[number] != 99:
                assert event[caption] == known["enum"][str(event[number])]["caption"], number
                compared.add(number)
    assert compared >= {"activity_id", "severity_id", "status_id", "action_id", "disposition_id"}


def test_an_event_says_what_the_gate_made_of_it(material: Material) -> None:
    told = [(e["status"], e["action"], e["disposition"]) for e in events(material)]
    assert told == [
        ("Success", "Allowed", "Allowed"),
        ("Success", "Allowed", "Approved"),
        ("Failure", "Denied", "Rejected"),
        ("Failure", "Denied", "Blocked"),
        ("Failure", "Denied", "Blocked"),
        ("Failure", "Denied", "Blocked"),
    ]


def test_nothing_that_was_not_carried_out_is_a_success(material: Material) -> None:
    carried = {Standing.RAN, Standing.SIGNED, Standing.CONFIRMED}
    successes = {
        standing
        for standing, event in zip(Standing, events(every_standing(material)), strict=True)
        if event["status"] == "Success"
    }
    assert successes == carried


def test_ids_of_events_differ_and_stay(broken: Material) -> None:
    ids = [e["metadata"]["uid"] for e in events(broken)]  # type: ignore[index,call-overload]
    assert len(ids) == len(set(ids)) == 7
    assert lines(broken) == lines(broken)


def _object(required: list[str], **members: object) -> dict[str, object]:
    """An object of SARIF 2.1.0 that has these members and no others."""
    return {
        "type": "object",
        "required": required,
        "properties": members,
        "additionalProperties": False,
    }


_TEXT, _WORDS = {"type": "string"}, {"type": "string", "minLength": 1}
_GUID = {"type": "string", "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-"}
_MESSAGE = _object(["text"], text=_WORDS)
_NUMBER = {"type": "integer", "minimum": 1}
_PHYSICAL = _object(
    ["artifactLocation"],
    artifactLocation=_object(["uri"], uri=_WORDS),
    region=_object(["startLine"], startLine=_NUMBER, startColumn=_NUMBER),
)
_LOGICAL = _object(["name"], name=_WORDS, fullyQualifiedName=_WORDS)
_RESULT = _object(
    ["message"],
    ruleId=_WORDS,
    ruleIndex={"type": "integer", "minimum": 0},
    level={"enum": ["none", "note", "warning", "error"]},
    message=_MESSAGE,
    locations={
        "type": "array",
        "items": _object(
            [],
            physicalLocation=_PHYSICAL,
            logicalLocations={"type": "array", "items": _LOGICAL, "uniqueItems": True},
        ),
    },
    guid=_GUID,
    partialFingerprints={"type": "object", "additionalProperties": _TEXT},
    properties={"type": "object"},
)
_RULE = _object(
    ["id"],
    id=_WORDS,
    name=_WORDS,
    shortDescription=_MESSAGE,
    fullDescription=_MESSAGE,
    help=_MESSAGE,
)
_RULES = {"type": "array", "items": _RULE, "uniqueItems": True}
_RUN = _object(
    ["tool"],
    tool=_object(
        ["driver"],
        driver=_object(["name"], name=_WORDS, semanticVersion=_WORDS, rules=_RULES),
    ),
    automationDetails=_object([], id=_WORDS, guid=_GUID),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    results={"type": "array", "items": _RESULT},
    properties={"type": "object"},
)
SARIF = _object(
    ["version", "runs"],
    **{"$schema": _WORDS, "version": {"const": "2.1.0"}, "runs": {"type": "array", "items": _RUN}},
)
"""The members that the specification requires or allows, of those objects that are written."""


@pytest.mark.parametrize("which", ["material", "broken", "empty"])
def test_a_sarif_log_has_what_the_specification_requires(
    which: str, request: pytest.FixtureRequest
) -> None:
    material: Material = request.getfixturevalue(which)
    problems = [
        p.message for p in Draft202012Validator(SARIF).iter_errors(json.loads(log(material)))
    ]
    assert problems == []
    run = run_of(material)
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    assert all(rules[r["ruleIndex"]]["id"] == r["ruleId"] for r in run["results"])
    assert len({result["guid"] for result in run["results"]}) == len(run["results"])


def test_sarif_results_are_what_went_against_a_rule(broken: Material) -> None:
    found = [(r["ruleId"], r["level"]) for r in run_of(broken)["results"]]
    assert found == [
        ("L703", "error"),
        ("desk.policy/large", "note"),
        ("desk.policy/known", "note"),
        ("desk.policy/exact", "note"),
        ("D503", "note"),
    ]


def test_withheld_outputs_are_warnings_and_what_ran_is_no_result(material: Material) -> None:
    results = run_of(every_standing(material))["results"]
    assert [(r["ruleId"], r["level"]) for r in results] == [
        ("R608", "warning"),
        ("refused", "note"),
        ("rejected", "note"),
    ]


def test_a_message_of_sarif_holds_no_link_and_no_placeholder(material: Material) -> None:
    summary = material.report.summary
    rejected = next(s for s in summary.stories if s.rejection is not None)
    assert rejected.rejection is not None
    said = replace(rejected.rejection, reason="[see](https://evil.example) {0}\u202e\\")
    stories = (replace(rejected, rejection=said),)
    spoiled = replace(
        material, report=replace(material.report, summary=replace(summary, stories=stories))
    )
    (result,) = run_of(spoiled)["results"]
    assert result["message"]["text"].endswith(r"\[see\](https://evil.example) {{0}}�" + "\\\\")


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("policies/a b.policy:52:8", ("policies/a%20b.policy", 52, 8)),
        ("/srv/a#1.policy:1:1", ("file:///srv/a%231.policy", 1, 1)),
        ("C:\\policies\\a.policy:3:4", ("file:///C:/policies/a.policy", 3, 4)),
        ("http://evil.example:1:1", ("http%3A//evil.example", 1, 1)),
        ("a/\udcff\ud800.policy:1:1", ("a/%3F%3F.policy", 1, 1)),
        ("a/\udcff.policy:1:1", ("a/%FF.policy", 1, 1)),
        ("a.policy:0:1", None),
        ("a.policy:1", None),
        ("a.policy", None),
        ("", None),
        (None, None),
    ],
)
def test_a_place_is_a_uri_reference_with_line_and_column(
    written: str | None, place: tuple[str, int, int] | None
) -> None:
    assert place_of(written) == place
