"""Each code has a page in one form, whose example gives exactly that code.

What `Example` gives is built, rehearsed or executed by the layer of the code:

    S N T A    the policy (and the files beside it) has this one diagnostic
    D          the policy's test, or the Python fence's `decision`, has this code and no other
               among the reasons for its outcome
    R L B      the Python fence defines `code`, and it is this one

A fence under `Instead` is free of it: no diagnostics, no such reason, `code` is None. A Python
fence runs in a folder of its own, where the policy of its page is `example.policy`. A `json` or
`csv` fence is whichever file of that kind the policy names; a fence that begins with
```policy library/mail.policy is that file, found by an import. Policies are checked on one day,
with a store that keeps the past for 400 days.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from policy_engine import Decision, Gate
from policy_engine.bundle import codes as bundle
from policy_engine.cli.codes import CODES
from policy_engine.decision import codes as decision
from policy_engine.decision.program import compile_policy
from policy_engine.decision.rehearse import rehearse
from policy_engine.foundation.data import read_data
from policy_engine.foundation.database import Database
from policy_engine.foundation.diagnostics import Code, Diagnostic
from policy_engine.foundation.render import plain, render
from policy_engine.foundation.source import Source
from policy_engine.language import codes as language
from policy_engine.language.build import build
from policy_engine.language.policy import PolicySet
from policy_engine.ledger import codes as ledger
from policy_engine.runtime import codes as runtime
from policy_engine.runtime.validations import check_schemas

PAGES = Path(__file__).resolve().parents[2] / "docs" / "codes"
HEADINGS = ("Why it matters", "Example", "Instead")
DAY = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEPT = timedelta(days=400)
WIDEST = 89
LINES = range(15, 53)
LAYERS: Mapping[str, tuple[Code, ...]] = {
    "SNTA": language.CODES,
    "D": decision.CODES,
    "R": runtime.CODES,
    "L": ledger.CODES,
    "B": bundle.CODES,
}
FIRST_DIGIT = {"S": 1, "N": 2, "T": 3, "A": 4, "D": 5, "R": 6, "L": 7, "B": 8}

_FENCE = re.compile(r"^```(\w+(?: [\w./]+)?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)

each_code = pytest.mark.parametrize("code", CODES, ids=lambda code: code.id)


@dataclass(frozen=True)
class Section:
    """A part of a page: what it says, and its fences by language (and name, where there is one)."""

    prose: str
    fences: Mapping[str, str]


@dataclass(frozen=True)
class Page:
    """A page as it is shown by `policy explain`."""

    title: str
    summary: str
    headings: tuple[str, ...]
    sections: Mapping[str, Section]


def page_of(code: Code) -> Page:
    """The page of a code. Fails the test where there is none."""
    try:
        text = read_data(f"codes/{code.id}.md")
    except FileNotFoundError:
        pytest.fail(f"docs/codes/{code.id}.md is missing")
    outside = _FENCE.sub(lambda fence: re.sub(r"^#", "-", fence[0], flags=re.MULTILINE), text)
    marks = [*_HEADING.finditer(outside)]
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    title, _, summary = text[: marks[0].start() if marks else None].partition("\n")
    sections = {
        mark[1]: section_of(text[mark.end() : end]) for mark, end in zip(marks, ends, strict=True)
    }
    return Page(title, summary.strip(), tuple(mark[1] for mark in marks), sections)


def section_of(text: str) -> Section:
    found = _FENCE.findall(text)
    assert len(dict(found)) == len(found), "two fences of one language (and name) in a section"
    return Section(_FENCE.sub("", text).strip(), dict(found))


# The codes


def test_ids_are_unique() -> None:
    assert [i for i, n in Counter(code.id for code in CODES).items() if n > 1] == []


def test_names_are_unique() -> None:
    """`policy explain` takes a name for a code."""
    assert [i for i, n in Counter(code.name for code in CODES).items() if n > 1] == []


@each_code
def test_the_letter_says_the_layer(code: Code) -> None:
    assert re.fullmatch(rf"[A-Z]{FIRST_DIGIT[code.id[0]]}\d\d", code.id)
    assert [letters for letters, found in LAYERS.items() if code in found] == [
        letters for letters in LAYERS if code.id[0] in letters
    ]


@each_code
def test_the_row_reads_well(code: Code) -> None:
    """Names of lower-case words; one sentence, no capital, no full stop."""
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code.name)
    assert re.fullmatch(r"[`a-z].*[^.\s]", code.summary)


# The pages


def test_no_page_without_a_code() -> None:
    assert {page.name for page in PAGES.iterdir()} <= {f"{code.id}.md" for code in CODES}


@each_code
def test_page_has_the_form(code: Code) -> None:
    page = page_of(code)
    assert page.title == f"# {code.id} {code.name}"
    assert page.summary and "\n\n" not in page.summary
    assert page.headings == HEADINGS
    assert page.sections["Why it matters"].prose and not page.sections["Why it matters"].fences
    assert page.sections["Example"].fences
    assert page.sections["Instead"].prose or page.sections["Instead"].fences


@each_code
def test_page_fits_a_terminal(code: Code) -> None:
    lines = (PAGES / f"{code.id}.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if len(line) > WIDEST or line != line.rstrip()] == []
    assert len(lines) in LINES


@each_code
def test_example_gives_exactly_the_code(
    code: Code, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert given(code, page_of(code).sections["Example"].fences) == [code.id]


@each_code
def test_instead_is_clean(code: Code, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    sections = page_of(code).sections
    fences = sections["Instead"].fences
    if fences:
        policy = {"policy": sections["Example"].fences.get("policy", "")}
        assert code.id not in given(code, {**policy, **fences})


def given(code: Code, fences: Mapping[str, str]) -> list[str]:
    """The ids of the codes that the fences of one section give."""
    if code in language.CODES:
        found = checked(fences)[1]
        assert all(d.code == code for d in found), plain(render(found))
        return [d.code.id for d in found]
    if "python" not in fences:
        return deciding(rehearsed(fences))
    variables = executed(fences)
    return deciding(variables["decision"]) if code in decision.CODES else ids(variables["code"])


def ids(found: str | None) -> list[str]:
    return [] if found is None else [found]


def deciding(found: Decision) -> list[str]:
    """The codes of the reasons for the outcome."""
    return sorted({r.code.id for r in found.reasons if r.outcome is found.outcome})


def checked(fences: Mapping[str, str]) -> tuple[PolicySet | None, tuple[Diagnostic, ...]]:
    """What comes of the policy fence, with the other fences as the files that it names."""

    def find(policy: str) -> Source | None:
        name = policy.replace(".", "/") + ".policy"
        text = fences.get(f"policy {name}")
        return None if text is None else Source(name, text)

    source = Source("example.policy", fences["policy"])
    built = build(
        [source], lambda _, name: fences.get(name.rpartition(".")[2]), find, at=DAY, kept=KEPT
    )
    schemas = check_schemas(built.policy) if built.policy else ()
    return built.policy, (*built.diagnostics, *schemas)


def rehearsed(fences: Mapping[str, str]) -> Decision:
    """The decision of the one test in the policy fence, which comes out as it expects."""
    policy, found = checked(fences)
    assert policy is not None and not found, plain(render(found))
    (test,) = policy.tests
    rehearsal = rehearse(compile_policy(policy), test)
    assert rehearsal.problems == ()
    return rehearsal.decision


def executed(fences: Mapping[str, str]) -> dict[str, Any]:
    """The variables of the Python fence, once it ran beside the policy fence."""
    if fences.get("policy"):
        assert not checked(fences)[1], plain(render(checked(fences)[1]))
        Path("example.policy").write_text(fences["policy"], encoding="utf-8")
    variables: dict[str, Any] = {"__name__": "example"}
    exec(compile(fences["python"], "the fence", "exec"), variables)
    for value in variables.values():
        if isinstance(value, Gate | Database):
            value.close()
    return variables
