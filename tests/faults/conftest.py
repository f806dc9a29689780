"""Scenes for faults; when a test is over, what is left of each of them is counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from tests.faults.audit import books_of, counted
from tests.faults.scene import POLICY, ROLES, Scene
from tests.postgres import Server, postgresql as postgresql

Stage: TypeAlias = Callable[..., Scene]


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a new store, of either kind."""
    if request.param == "sqlite":
        return str(tmp_path / "s.db")
    server: Server = request.getfixturevalue("postgresql")
    return server.new_store()


@pytest.fixture
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    """Makes scenes, by default on SQLite. The figures of all of them go into the test's report."""
    made: list[Scene] = []

    def make(policy: str = POLICY, roles: str = ROLES, store: str = "", **options: Any) -> Scene:
        folder = tmp_path / f"scene{len(made)}"
        folder.mkdir()
        made.append(Scene(folder, store or str(folder / "s.db"), **options))
        made[-1].write(policy, roles)
        return made[-1]

    yield make
    for scene in made:
        audited(request, scene)


def audited(request: pytest.FixtureRequest, scene: Scene) -> None:
    """Counts what is left of a scene, for the last lines of the run.

    What its processes have left under way is settled first, as by any gate that comes after them.
    """
    if "executing" in books_of(scene).statuses.values():
        gate = scene.gate()
        gate.settle()
        gate.close()
    figures = counted(scene)
    request.node.user_properties.append(("faults", asdict(figures)))
    if request.node.get_closest_marker("xfail") is None:
        assert figures.none_went_wrong, figures
