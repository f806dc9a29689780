"""What exports are made of, also where entries were erased or cannot be read."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import pytest

from policy_engine.audit.exports.as_csv import folder_csv
from policy_engine.audit.exports.as_ocsf import lines
from policy_engine.audit.exports.as_oscal import assessment_results
from policy_engine.audit.exports.as_sarif import log
from policy_engine.audit.exports.as_xlsx import workbook
from policy_engine.audit.exports.material import Material, gather
from policy_engine.foundation.database import Database
from policy_engine.ledger.ledger import LedgerReader
from policy_engine.ledger.record import Record
from tests.audit.busy import BusyDesk
from tests.audit.exports.conftest import LATER

Spoil = Callable[[Record], Record]

SPOILT: dict[str, Spoil] = {
    "erased": lambda record: replace(record, text=None, salt=None),
    "no JSON": lambda record: replace(record, text="{"),
    "no object": lambda record: replace(record, text="[]"),
    "other members": lambda record: replace(record, text='{"action":7,"reasons":{"controls":1}}'),
}


def spoilt(desk: BusyDesk, kind: str, spoil: Spoil) -> Material:
    """The record with each entry of a kind spoilt."""
    with closing(Database(desk.store, must_exist=True)) as database:
        records = [*LedgerReader(database).records()]
    changed = [spoil(record) if record.kind == kind else record for record in records]
    return gather(changed, written=LATER)


def test_the_origin_is_that_of_the_opening(controlled: BusyDesk, material: Material) -> None:
    with closing(Database(controlled.store, must_exist=True)) as database:
        opening = next(iter(LedgerReader(database).records()))
    assert material.origin == opening.body["ledger"]


def test_controls_are_those_of_the_deciding_rules(material: Material) -> None:
    by_rule = {key: controls for (_, key), controls in material.controls.items()}
    assert by_rule == {
        "rule large in desk.policy": ("eu.art_14", "iso.a_9"),
        "rule known in desk.policy": ("eu.art_14",),
    }


@pytest.mark.parametrize("how", SPOILT)
@pytest.mark.parametrize("kind", ["opened", "session", "decided", "executed", "rejected"])
def test_a_spoilt_record_is_exported_and_called_so(
    controlled: BusyDesk, kind: str, how: str
) -> None:
    found = spoilt(controlled, kind, SPOILT[how])
    verification = found.report.verification
    assert verification.findings
    events = [json.loads(line) for line in lines(found).splitlines()]
    assert sum(e["class_uid"] == 2004 for e in events) == len(verification.findings)
    (run,) = json.loads(log(found))["runs"]
    assert run["properties"]["holds"] == verification.holds
    assert workbook(found)
    assert len(folder_csv(found)) == 6
    if found.controls:
        assert "L70" in assessment_results(found)


@pytest.mark.parametrize("how", ["erased", "no JSON", "no object"])
def test_an_opening_that_cannot_be_read_leaves_no_origin(controlled: BusyDesk, how: str) -> None:
    assert spoilt(controlled, "opened", SPOILT[how]).origin == "(not recorded)"
