"""OSCAL assessment results: the same each time, and evidence rather than a judgement."""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from policy_engine.audit.exports.as_oscal import MOST_EVIDENCE, assessment_results, token
from policy_engine.audit.exports.material import Material
from policy_engine.foundation.errors import InputError
from tests.audit.busy import BusyDesk
from tests.audit.exports.conftest import LATER, material_of


def result_of(material: Material) -> dict[str, Any]:
    (result,) = json.loads(assessment_results(material))["assessment-results"]["results"]
    return dict(result)


def test_a_finding_is_evidence_for_a_control_and_never_says_that_it_is_met(
    material: Material,
) -> None:
    findings = result_of(material)["findings"]
    assert [f["title"] for f in findings] == ["Evidence for eu.art_14", "Evidence for iso.a_9"]
    assert {f["target"]["status"]["state"] for f in findings} == {"not-satisfied"}
    assert {f["target"]["status"]["reason"] for f in findings} == {"other"}
    text = assessment_results(material).lower()
    assert "compliant" not in text
    assert '"satisfied"' not in text


def test_a_finding_leads_to_the_rules_that_carry_its_control(material: Material) -> None:
    result = result_of(material)
    titles = {o["uuid"]: o["title"].partition(":")[0] for o in result["observations"]}
    related = {
        f["target"]["target-id"]: [titles[r["observation-uuid"]] for r in f["related-observations"]]
        for f in result["findings"]
    }
    assert related == {
        "eu.art_14": ["desk.policy/large", "desk.policy/known"],
        "iso.a_9": ["desk.policy/large"],
    }


def test_a_control_that_no_rule_named_has_no_finding(material: Material) -> None:
    (selection,) = result_of(material)["reviewed-controls"]["control-selections"]
    assert selection == {
        "include-controls": [{"control-id": "eu.art_14"}, {"control-id": "iso.a_9"}]
    }


def test_the_record_that_was_read_is_named_and_told(material: Material) -> None:
    document = json.loads(assessment_results(material))["assessment-results"]
    (record,) = document["back-matter"]["resources"]
    assert document["import-ap"]["href"] == f"#{record['uuid']}"
    verification = material.report.verification
    assert b64decode(record["base64"]["value"]).decode() == (
        f"ledger {material.origin}\nentries {verification.entries}\nhead {verification.head}\n"
    )


def test_without_a_control_there_is_nothing_to_write(material: Material, empty: Material) -> None:
    for without in (replace(material, controls={}), empty):
        with pytest.raises(InputError, match="names a control; add `satisfies`"):
            assessment_results(without)


def test_a_record_that_does_not_hold_is_said_in_every_finding(broken: Material) -> None:
    result = result_of(broken)
    assert [f["description"] for f in result["findings"]] == [
        f"The record does not hold: nothing here counts as evidence for {control}."
        for control in ("eu.art_14", "iso.a_9")
    ]
    assert result["observations"][0]["description"].startswith("The record does not hold.")
    assert "L703" in result["observations"][0]["remarks"]


def test_the_same_record_gives_the_same_document_whenever_it_is_read(
    controlled: BusyDesk, material: Material
) -> None:
    later = material_of(controlled.store, written=LATER + timedelta(days=400))
    assert assessment_results(later) == assessment_results(material)


def test_ids_differ_within_a_document_and_between_ledgers(material: Material) -> None:
    other = replace(material, origin="another")
    mine, theirs = (
        [
            result["uuid"],
            *(o["uuid"] for o in result["observations"]),
            *(f["uuid"] for f in result["findings"]),
        ]
        for result in (result_of(material), result_of(other))
    )
    assert len({*mine, *theirs}) == len(mine) + len(theirs)


def test_an_observation_counts_all_and_names_the_newest(material: Material) -> None:
    summary = material.report.summary
    first = summary.stories[1]
    stories = tuple(
        replace(first, action=f"a-{n}", evidence=replace(first.evidence, entries=(n,)))
        for n in range(1, MOST_EVIDENCE + 11)
    )
    many = replace(
        material, report=replace(material.report, summary=replace(summary, stories=stories))
    )
    observation = next(o for o in result_of(many)["observations"] if "large" in o["title"])
    assert observation["description"].startswith(
        "60 actions (ran after people signed: 60); the newest"
    )
    assert len(observation["relevant-evidence"]) == MOST_EVIDENCE


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("eu_ai_act.art_14", "eu_ai_act.art_14"),
        ("9.1", "_9.1"),
        ("a b/c", "a_b_c"),
        ("", "_"),
        ("Überwachung", "Überwachung"),
    ],
)
def test_a_control_is_an_oscal_token(name: str, written: str) -> None:
    assert token(name) == written
