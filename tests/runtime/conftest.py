from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import Desk

HEAD = 'policy desk.t "T" owner "o@desk.example" times in "Europe/Warsaw"\n'


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.gate.close()


@pytest.fixture
def open_desk(tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    """A desk of another policy, given without its first line."""
    made: list[Desk] = []

    def open_(text: str, **options: Any) -> Desk:
        made.append(Desk(tmp_path, HEAD + text, **options))
        return made[-1]

    yield open_
    for desk in made:
        desk.gate.close()
