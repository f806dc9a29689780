"""Records with their sealed folders, in segments that a few entries fill."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.ledger.sealed_book import Book, cut


@pytest.fixture
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    cut(monkeypatch)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    book = Book(tmp_path)
    with closing(book.database):
        yield book


@pytest.fixture
def another(tmp_path: Path) -> Iterator[Book]:
    (tmp_path / "other").mkdir()
    book = Book(tmp_path / "other")
    with closing(book.database):
        yield book
