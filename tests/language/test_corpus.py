"""Tiny policies with the expected code on the faulty line, held both ways.

A line that ends in `#! CODE` must give that code; a line without may give none. `#! -` marks a
line where a diagnostic of another line may also point.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from policy_engine.foundation.source import Source
from policy_engine.language.build import build

CORPUS = Path(__file__).parents[1] / "corpus"
_MARK = re.compile(r"#! (\S+)\s*$")


def _chunks() -> list[tuple[str, str]]:
    found = []
    for file in sorted(CORPUS.glob("*.policy")):
        for number, text in enumerate(file.read_text().split("\n---\n"), 1):
            found.append((f"{file.stem}-{number}", text))
    return found


@pytest.mark.parametrize(("text"), [pytest.param(t, id=name) for name, t in _chunks()])
def test_diagnostics_stand_on_the_faulty_lines(text: str) -> None:
    expected = {
        (number, mark[1])
        for number, line in enumerate(text.splitlines(), 1)
        if (mark := _MARK.search(line))
    }
    source = Source("corpus.policy", re.sub(r"#!.*", lambda m: " " * len(m[0]), text))
    found = {
        (d.labels[0].span.line, d.code.id) for d in build([source], lambda *_: None).diagnostics
    }
    anywhere = {number for number, code in expected if code == "-"}
    wanted = {(number, code) for number, code in expected if code != "-"}
    assert {f for f in found if f[0] not in anywhere} == wanted
