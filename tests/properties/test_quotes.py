"""The reference evaluator quotes the pages that it follows, and they still say so."""

from __future__ import annotations

import ast
import re
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "docs" / name for name in ("semantics.md", "language.md")]
FILES = sorted((ROOT / "tests" / "reference").glob("*.py"))


def plain(text: str) -> str:
    """Words alone: no line ends, marks of emphasis, nor capital at the beginning."""
    return re.sub(r"\s+", " ", text.replace("*", "").replace("#", " ")).strip().lower()


def said(path: Path) -> str:
    """Docstrings and comments."""
    source = path.read_text(encoding="utf-8")
    found = [
        ast.get_docstring(node) or ""
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
    ]
    with path.open("rb") as file:
        tokens = list(tokenize.tokenize(file.readline))
    found += [token.string for token in tokens if token.type == tokenize.COMMENT]
    return " ".join(found)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_quoted_sentence_stands_on_a_page(path: Path) -> None:
    """Parts that are left out are marked by `…`."""
    pages = plain(" ".join(page.read_text(encoding="utf-8") for page in PAGES))
    quoted = re.findall("“([^”]*)”", said(path))
    parts = [plain(part).rstrip(".,;:") for quote in quoted for part in quote.split("…")]
    assert [part for part in parts if part not in pages] == []
