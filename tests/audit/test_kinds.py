"""Every kind of entry that the gate writes is one that the audit knows and the guide explains."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from policy_engine.audit.chronicle import KINDS, UNTOLD

ROOT = Path(__file__).resolve().parents[2]


def recorded(folder: Path) -> Iterator[tuple[str, str]]:
    """Each kind that is written somewhere below a folder, with its place."""
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                kind = node.args[0] if node.args and node.func.attr == "record" else None
                if isinstance(kind, ast.Constant) and isinstance(kind.value, str):
                    yield kind.value, f"{path.name}:{node.lineno}"


def written() -> dict[str, str]:
    """By kind, where it is written first. `-` is the id of an action that has none."""
    engine = ROOT / "policy_engine"
    found = [*recorded(engine / "ledger"), *recorded(engine / "runtime")]
    return {kind: place for kind, place in reversed(found) if kind != "-"}


def test_the_report_tells_every_kind_or_leaves_it_out_knowingly() -> None:
    unheard = {kind: place for kind, place in written().items() if kind not in KINDS | UNTOLD}
    assert unheard == {}


def test_the_report_knows_no_kind_that_nobody_writes() -> None:
    assert (KINDS | UNTOLD) - set(written()) == set()


def test_the_guide_explains_every_kind() -> None:
    guide = (ROOT / "docs" / "guides" / "audit.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| ", guide, re.MULTILINE)
    explained = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert set(written()) - explained == set()


def test_a_kind_that_the_audit_never_heard_of_would_be_found(tmp_path: Path) -> None:
    (tmp_path / "new.py").write_text('self._recorder.record(\n    "dreamt", {})\n')
    assert list(recorded(tmp_path)) == [("dreamt", "new.py:1")]
    assert "dreamt" not in KINDS | UNTOLD
