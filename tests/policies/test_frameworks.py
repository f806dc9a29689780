"""The catalogues that ship: clean, laid out, and numbered like the publications they stand for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from policy_engine.foundation.source import Source
from policy_engine.language.format import formatted
from policy_engine.loading import check

FOLDER = Path(__file__).resolve().parents[2] / "policies" / "frameworks"
FILES = sorted(FOLDER.glob("*.policy"))
IDS = {
    "aiuc_1": r"[a-f]0\d\d",
    "eu_ai_act": r"art_\d\da?(_\d+)?(_([a-h]|b[ab]))?",
    "iso_42001": r"a_([2-9]|10)(_[12])?_\d",
    "nist_ai_rmf": r"(govern|map|measure|manage)_[1-6]_\d+",
    "owasp_agentic": r"asi(0[1-9]|10)",
    "soc_2": r"(cc[1-9]|a1|pi1|c1)_\d",
}
"""How the controls of each are named."""

each = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


def controls(file: Path) -> Mapping[str, str]:
    policy, diagnostics = check(file)
    assert policy is not None
    assert [d.title for d in diagnostics] == []
    (framework,) = policy.frameworks.values()
    assert framework.name == file.stem
    return framework.controls


@each
def test_nothing_is_to_be_said_about_it_and_it_is_laid_out(file: Path) -> None:
    assert controls(file)
    text = file.read_text(encoding="utf-8")
    assert formatted(Source(file.name, text)) == (text, ())


@each
def test_controls_are_named_after_the_publication_and_each_has_a_title_of_its_own(
    file: Path,
) -> None:
    found = controls(file)
    assert [name for name in found if not re.fullmatch(IDS[file.stem], name)] == []
    assert len(set(found.values())) == len(found)


@each
def test_its_comment_says_which_publication_it_is_and_whose_words_the_titles_are(
    file: Path,
) -> None:
    comment = " ".join(re.findall(r"^# (.*)", file.read_text(encoding="utf-8"), re.MULTILINE))
    assert "our own words" in comment
    assert re.search(r"20\d\d", comment)


@pytest.mark.parametrize(
    ("name", "number"),
    [("iso_42001", 38), ("owasp_agentic", 10)],
)
def test_those_that_are_said_to_be_whole_are(name: str, number: int) -> None:
    assert len(controls(FOLDER / f"{name}.policy")) == number


def test_all_of_them_load_together() -> None:
    policy, _ = check(FOLDER)
    assert policy is not None
    assert sorted(policy.frameworks) == sorted(IDS)
