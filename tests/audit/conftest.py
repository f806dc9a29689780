from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from policy_engine.audit.summary import Summary
from tests.audit.busy import BusyDesk, busy, read
from tests.fakes.stores import copy_of


@pytest.fixture(scope="package")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BusyDesk]:
    """Read only: one ledger for all tests of the audit."""
    made = busy(tmp_path_factory.mktemp("busy"))
    yield made
    made.gate.close()


@pytest.fixture(scope="package")
def summary(desk: BusyDesk) -> Summary:
    return read(desk)


@pytest.fixture
def store(desk: BusyDesk, tmp_path: Path) -> Path:
    """A copy of the ledger to spoil."""
    return copy_of(desk.folder / "desk.db", tmp_path / "copy.db")
