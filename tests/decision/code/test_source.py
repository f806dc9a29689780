"""What the source of small policies looks like: the policy above, the functions below.

`pytest --update` writes them anew; read the difference.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.decision.code.asking import desk

FOLDER = Path(__file__).parents[2] / "rendered" / "code"
LINE = "\n" + "─" * 100 + "\n"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.txt")), ids=lambda path: path.stem)
def test_the_source_of_a_policy(path: Path, update: bool) -> None:
    text, _, expected = path.read_text(encoding="utf-8").partition(LINE)
    written = "\n".join(one.text for one in desk(text.strip("\n") + "\n").functions.values())
    if update:
        path.write_text(f"{text.strip()}{LINE}{written}", encoding="utf-8")
    assert written == expected


def test_there_is_one() -> None:
    assert [path.stem for path in FOLDER.glob("*.txt")] != []
