from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from shutil import copy

import pytest

from tests.audit.redecide.desk import open_desk, place, played
from tests.fakes import Desk


@pytest.fixture(scope="package")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Read only: one day for all tests."""
    made = open_desk(tmp_path_factory.mktemp("day"))
    played(made)
    made.gate.close()
    yield made


@pytest.fixture
def store(day: Desk, tmp_path: Path) -> Path:
    """A copy of that day's store to spoil."""
    return Path(copy(place(day), tmp_path / "copy.db"))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = open_desk(tmp_path)
    yield made
    made.gate.close()
