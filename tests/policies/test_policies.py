"""The policies that ship: clean, tested, and without a rule that could be deleted unnoticed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from policy_engine import Engine
from policy_engine.loading import check

ROOT = Path(__file__).resolve().parents[2]
SETS = [ROOT / "policies" / "agentdojo" / "banking.policy", ROOT / "examples/refund_desk/policies"]

_RULE = re.compile(r"^rule (\w+)\b.*?(?=^\S)", re.MULTILINE | re.DOTALL)


def _rules() -> list[object]:
    return [
        pytest.param(path, name, id=f"{path.stem}: {name}")
        for path in SETS
        for name in Engine.load(path).policy.rules
    ]


@pytest.mark.parametrize("path", SETS, ids=lambda path: path.stem)
def test_it_is_clean_and_its_tests_pass(path: Path) -> None:
    policy, diagnostics = check(path)
    assert policy is not None
    assert diagnostics == ()
    assert [(r.test.title, r.problems) for r in Engine.load(path).test() if not r.passed] == []


@pytest.mark.parametrize(("path", "rule"), _rules())
def test_deleting_a_rule_changes_an_outcome(path: Path, rule: str, tmp_path: Path) -> None:
    """Not only a reason: what each test answers is compared, and reasons are left out."""
    before = {r.test.title: r.decision.outcome for r in Engine.load(path).test()}
    folder = path if path.is_dir() else path.parent
    for file in folder.rglob("*"):
        if file.is_file() and (path.is_dir() or file == path):
            target = tmp_path / file.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(_without(file.read_text(), rule))
    after = {r.test.title: r.decision.outcome for r in Engine.load(tmp_path).test()}
    assert before.keys() == after.keys()
    assert before != after


def _without(text: str, rule: str) -> str:
    text = re.sub(r"(expect \w+(?: to \w+)?) because .*", r"\1", text)
    return _RULE.sub(lambda m: "" if m[1] == rule else m[0], text)
