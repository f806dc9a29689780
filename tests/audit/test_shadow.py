"""Where a shadow differed: each action once, newly allowed first, with the last example."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from policy_engine.audit.shadow import (
    EASED,
    FAILED,
    NEWLY_ALLOWED,
    STRICTER,
    UNTOLD,
    Difference,
    Kind,
    Pair,
    kind_of,
    trials,
)
from policy_engine.cli.main import main
from policy_engine.foundation.database import Database
from policy_engine.ledger.ledger import Ledger
from policy_engine.ledger.record import Record
from tests.fakes import FakeClock
from tests.fakes.records import told as entry

OLD, NEW = "a" * 64, "b" * 64


def body(
    action: str,
    live: str,
    shadow: str,
    *,
    task: str = "pay",
    live_by: str = "huge",
    shadow_by: str | None = "working",
    policy: str = NEW,
) -> dict[str, object]:
    """The body of an entry. `shadow_by` None: no rule did, but a code."""
    code = "D505" if shadow_by is None else "D501"
    below = {"code": "D511", "outcome": "other", "rule": "outweighed"}
    return {
        "action": action,
        "task": task,
        "live": live,
        "live_policy": OLD,
        "live_reasons": [{"code": "D501", "outcome": live, "rule": live_by}, below],
        "shadow": shadow,
        "shadow_policy": policy,
        "shadow_reasons": [{"code": code, "outcome": shadow, "rule": shadow_by}, below],
        "error": "KeyError" if shadow == "error" else None,
    }


def records(bodies: Iterable[object], kind: str = "shadowed") -> list[Record]:
    return [
        entry(number, f"2026-05-0{number}T09:00:00Z", kind, one)
        for number, one in enumerate(bodies, 1)
    ]


@pytest.mark.parametrize(
    ("live", "shadow", "kind"),
    [
        ("deny", "allow", NEWLY_ALLOWED),
        ("escalate", "allow", NEWLY_ALLOWED),
        ("validate", "allow", NEWLY_ALLOWED),
        ("deny", "escalate", EASED),
        ("escalate", "validate", EASED),
        ("allow", "validate", STRICTER),
        ("allow", "deny", STRICTER),
        ("allow", "error", FAILED),
        ("deny", "error", FAILED),
        ("deny", "perhaps", FAILED),
    ],
)
def test_the_direction_of_a_difference(live: str, shadow: str, kind: Kind) -> None:
    assert kind_of(Pair(live, shadow)) is kind


def test_newly_allowed_comes_first_then_the_most_frequent() -> None:
    (trial,) = trials(
        records(
            [
                body("a-1", "allow", "deny"),
                body("a-2", "allow", "deny"),
                body("a-3", "allow", "escalate"),
                body("a-4", "allow", "error"),
                body("a-5", "deny", "escalate"),
                body("a-6", "deny", "allow"),
            ]
        )
    )
    assert [(*one.pair, one.actions) for one in trial.differences] == [
        ("deny", "allow", 1),
        ("deny", "escalate", 1),
        ("allow", "error", 1),
        ("allow", "deny", 2),
        ("allow", "escalate", 1),
    ]
    assert (trial.actions, trial.since, trial.until) == (
        6,
        "2026-05-01T09:00:00Z",
        "2026-05-06T09:00:00Z",
    )


def test_groups_are_by_task_and_by_the_rules_that_decided_with_the_last_example() -> None:
    (trial,) = trials(
        records(
            [
                body("a-1", "deny", "allow"),
                body("a-2", "deny", "allow"),
                body("a-3", "deny", "allow", live_by="never"),
                body("a-4", "deny", "allow", task="close"),
                body("a-5", "allow", "deny", live_by="working", shadow_by=None),
            ]
        )
    )
    allow = Pair("deny", "allow")
    assert trial.differences == (
        Difference(allow, "pay", ("huge",), ("working",), 2, "a-2", 2),
        Difference(allow, "close", ("huge",), ("working",), 1, "a-4", 4),
        Difference(allow, "pay", ("never",), ("working",), 1, "a-3", 3),
        Difference(Pair("allow", "deny"), "pay", ("working",), ("D505",), 1, "a-5", 5),
    )
    assert trial.pairs == ((allow, 4), (Pair("allow", "deny"), 1))


def test_an_action_counts_once_by_its_latest_difference() -> None:
    (trial,) = trials(
        records([body("a-1", "deny", "allow"), body("a-1", "escalate", "allow", live_by="large")])
    )
    assert [(one.live_by, one.actions, one.entry) for one in trial.differences] == [
        (("large",), 1, 2)
    ]


def test_actions_that_the_store_did_not_keep_count_each() -> None:
    (trial,) = trials(records([body("-", "deny", "error"), body("-", "deny", "error")]))
    assert (trial.actions, trial.differences[0].shadow_by) == (2, ("KeyError",))


def test_each_policy_that_was_tried_is_told_by_itself_the_latest_first() -> None:
    found = trials(
        records(
            [
                body("a-1", "deny", "allow", policy=OLD),
                body("a-1", "deny", "allow", policy=NEW),
                body("a-2", "deny", "allow", policy=OLD),
            ]
        )
    )
    assert [(trial.policy, trial.actions) for trial in found] == [(OLD, 2), (NEW, 1)]


@pytest.mark.parametrize("spoilt", [[], {}, {"live": 1, "shadow_reasons": [None, {"rule": []}]}])
def test_a_record_that_was_altered_is_still_read(spoilt: object) -> None:
    found = trials(records([spoilt, body("a-1", "deny", "allow")]))
    told = [(trial.policy, one.pair, one.task) for trial in found for one in trial.differences]
    assert (NEW, Pair("deny", "allow"), "pay") in told
    assert set(told[1:]) <= {(UNTOLD, Pair(UNTOLD, UNTOLD), UNTOLD)}


def test_other_entries_are_passed_over() -> None:
    assert trials(records([body("a-1", "deny", "allow")], kind="decided")) == ()


# The command


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A record with two differences."""
    path = tmp_path / "store.db"
    with closing(Database(path)) as database:
        ledger = Ledger(database, FakeClock())
        ledger.record("shadowed", body("a-1", "allow", "deny", task="mail\u202e"))
        ledger.record("shadowed", body("a-2", "deny", "allow"))
    return path


def shadow(store: Path, *arguments: str) -> Result:
    command = ["audit", "shadow", "--store", str(store), *arguments]
    return CliRunner().invoke(main, command, catch_exceptions=False)


def test_a_person_reads_tables(store: Path) -> None:
    result = shadow(store)
    assert result.exit_code == 0
    assert "policy bbbbbb: 2 actions answered otherwise" in result.output
    assert result.output.index("Newly allowed") < result.output.index("Stricter")
    rows = [line.split() for line in result.output.splitlines() if "a-2" in line]
    assert rows == [["pay", "deny", "by", "huge", "allow", "by", "working", "1", "a-2", "3"]]
    assert "\u202e" not in result.output


def test_a_program_reads_json(store: Path) -> None:
    account = json.loads(shadow(store, "--format", "json").output)
    (trial,) = account["trials"]
    assert account["doubts"] == []
    assert (trial["policy"], trial["actions"]) == (NEW, 2)
    assert trial["pairs"] == [
        {"live": "deny", "shadow": "allow", "actions": 1},
        {"live": "allow", "shadow": "deny", "actions": 1},
    ]
    assert trial["differences"][0] == {
        "kind": "newly_allowed",
        "task": "pay",
        "live": "deny",
        "live_by": ["huge"],
        "shadow": "allow",
        "shadow_by": ["working"],
        "actions": 1,
        "last": {"action": "a-2", "entry": 3},
    }


def test_a_record_without_differences_says_so(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with closing(Database(path)) as database:
        Ledger(database, FakeClock())
    assert shadow(path).output == (
        "the record has no difference of a shadow\nthe record holds: 1 entry\n"
    )
    assert json.loads(shadow(path, "--format", "json").output) == {"trials": [], "doubts": []}


def test_a_store_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    assert shadow(tmp_path / "none.db").exit_code == 1
    assert list(tmp_path.iterdir()) == []
