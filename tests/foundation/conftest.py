"""A store nobody has used, of each kind of database."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.postgres import Server, postgresql as postgresql

KINDS = ("sqlite", "postgresql")


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 's.db'}"
    server: Server = request.getfixturevalue("postgresql")
    return server.new_store()


@pytest.fixture
def stores(store: str, tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[], str]:
    """More of the same kind."""

    def another() -> str:
        if store.startswith("sqlite"):
            return f"sqlite:///{tmp_path / 'other.db'}"
        server: Server = request.getfixturevalue("postgresql")
        return server.new_store()

    return another
