"""The figures of the run are counted: whatever goes wrong shows in one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from policy_engine import Status
from policy_engine.foundation.database import Database
from tests.faults.audit import Figures, counted
from tests.faults.scene import POLICY, Scene, pay

GOOD = Figures(stores=1, actions=2, effects=2)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """Two payments, as they should be."""
    made = Scene(tmp_path, str(tmp_path / "s.db"), ceilings=(("pay", 2),))
    made.write(POLICY)
    gate = made.gate()
    for amount in (1, 2):
        assert made.tell(gate.submit(pay(amount))).status is Status.EXECUTED
    gate.close()
    yield made


def note(name: str, line: str) -> Callable[[Scene], object]:
    def more(scene: Scene) -> None:
        key = scene.effects()[0].key
        with (scene.folder / name).open("a", encoding="utf-8") as file:
            file.write(line.format(key=key) + "\n")

    return more


def tell(*statements: str) -> Callable[[Scene], object]:
    def change(scene: Scene) -> None:
        with closing(Database(scene.store)) as database, database.transaction():
            for statement in statements:
                database.execute(statement)

    return change


def test_what_went_well_counts_as_nothing(scene: Scene) -> None:
    assert counted(scene) == GOOD
    assert counted(scene).none_went_wrong


@pytest.mark.parametrize(
    ("change", "figures"),
    [
        (note("effects", "pay 1 {key}"), {"effects": 3, "twice": 1, "passed": 1}),
        (
            note("effects", "pay 9 stranger"),
            {"effects": 3, "lost": 1, "unauthorised": 1, "passed": 1},
        ),
        (note("told", "stranger"), {"lost": 1}),
        (
            tell("DELETE FROM proposals", "DELETE FROM actions WHERE rowid = 1"),
            {"actions": 1, "lost": 1},
        ),
        (tell("UPDATE actions SET status = 'executing' WHERE rowid = 1"), {"lost": 1}),
        (tell("UPDATE ledger SET body = '{}' WHERE number = 2"), {"unauthorised": 2}),
    ],
    ids=["done twice", "done unasked", "told of", "gone", "without an end", "altered"],
)
def test_what_went_wrong_is_counted(
    scene: Scene, change: Callable[[Scene], object], figures: dict[str, int]
) -> None:
    change(scene)
    found = counted(scene)
    assert found == replace(GOOD, **figures)
    assert not found.none_went_wrong


def test_a_ceiling_that_was_passed_is_counted(scene: Scene) -> None:
    assert counted(replace(scene, ceilings=(("pay", 1),))).passed == 1
