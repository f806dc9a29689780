"""`policy test`: what it prints in each form, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from policy_engine.cli.main import main

_RULES = """policy t.desk "A desk" owner "o@t.example"
role clerk for agents
task pay "Pay" { input n: Integer }
rule paying "Clerks pay" permit clerk to pay
rule large "Not too much" forbid any agent to pay when n > 5
"""
_SMALL = 'test "a small sum" given agent "a" as clerk when pay { n: 1 } expect allow\n'
_LARGE = 'test "a large sum" given agent "a" as clerk when pay { n: 9 } expect deny because large\n'
_WRONG = 'test "a wrong sum" given agent "a" as clerk when pay { n: 9 } expect allow\n'
_OTHER = """policy t.other "Another" owner "o@t.example"
test "an edge" given agent "a" as clerk when pay { n: 5 } expect allow
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(text: str, *arguments: str) -> Result:
    Path("desk.policy").write_text(_RULES + text)
    return CliRunner().invoke(main, ["test", ".", *arguments], catch_exceptions=False)


def test_it_says_what_passed_and_which_rules_never_decided() -> None:
    result = run(_SMALL)
    assert result.output == (
        "ok    a small sum\n1 passed, 0 failed\nno test saw these rules decide: large\n"
        "rules: 1 of 2 covered\nno test brought these rules into play: large\n"
    )
    assert result.exit_code == 0


def test_a_failed_test_comes_with_its_place_and_the_reasons() -> None:
    result = run(_WRONG)
    assert result.exit_code == 1
    assert "FAILED a wrong sum\n --> desk.policy:6:" in result.output
    assert "^^^^^ expected allow, the answer is deny" in result.output
    assert "deny[large]: Not too much" in result.output
    assert "0 passed, 1 failed" in result.output


def test_only_the_tests_that_are_asked_for_run() -> None:
    result = run(_SMALL + _WRONG, "--filter", "SMALL")
    assert (result.exit_code, "1 passed, 0 failed" in result.output) == (0, True)


def test_coverage_can_be_demanded() -> None:
    enough = run(_SMALL + _LARGE, "--coverage", "100")
    assert (enough.exit_code, "rules: 2 of 2 covered" in enough.output) == (0, True)
    short = run(_SMALL, "--coverage", "51")
    assert short.exit_code == 6
    assert "rules: 1 of 2 covered\nno test brought these rules into play: large" in short.output
    assert run(_SMALL, "--coverage", "50").exit_code == 0


def test_mistakes_that_no_test_notices_are_shown_at_their_place() -> None:
    result = run(_SMALL + _LARGE, "--mutate")
    assert result.exit_code == 0
    assert (
        "unnoticed: `n > 5` became `n >= 5`\n"
        " --> desk.policy:5:58\n"
        "  |\n"
        '5 | rule large "Not too much" forbid any agent to pay when n > 5\n'
        "  |                                                          ^ flip a comparison\n"
        "  |\n"
        "  = rule: large\n"
        "  = help: write a test in which `n` is exactly 5\n"
    ) in result.output
    assert "mistakes: 6 of 9 noticed, 66 %\n" in result.output
    assert "no test would miss" not in result.output


def test_rules_that_never_mattered_are_named() -> None:
    result = run(_SMALL, "--mutate")
    assert "no test would miss these rules: large\n" in result.output
    assert result.output.count("unnoticed: ") == 2
    assert "  = rule: large\n  = note: so do 3 other mistakes in it\n" in result.output


def test_a_score_can_be_demanded() -> None:
    assert run(_SMALL + _LARGE, "--fail-under", "66").exit_code == 0
    assert run(_SMALL + _LARGE, "--fail-under", "67").exit_code == 6
    assert run(_SMALL + _WRONG, "--fail-under", "71").exit_code == 1
    assert run(_SMALL, "--fail-under", "101").exit_code == 2


def test_as_json() -> None:
    plain = json.loads(run(_SMALL + _WRONG, "--format", "json").output)
    assert (plain["passed"], plain["failed"], plain["mutation"]) == (1, 1, None)
    assert plain["rules_without_effect"] == []
    assert plain["coverage"] == {"rules": 2, "covered": 2, "uncovered": []}
    mutated = json.loads(run(_SMALL + _LARGE, "--format", "json", "--mutate").output)["mutation"]
    assert (mutated["mutants"], mutated["killed"], mutated["score"]) == (9, 6, 0.6667)
    assert {"name": "large", "place": "desk.policy:5:58", "in": "rule"}.items() <= next(
        s for s in mutated["survivors"] if s["operator"] == "flip a comparison"
    ).items()


def test_as_junit(folder: Path) -> None:
    (folder / "other.policy").write_text(_OTHER)
    result = run(_SMALL + _WRONG, "--format", "junit")
    assert result.exit_code == 1
    root = ElementTree.fromstring(result.output)
    assert (root.tag, root.get("tests"), root.get("failures")) == ("testsuites", "3", "1")
    assert [suite.get("name") for suite in root] == ["desk.policy", "other.policy"]
    cases = {case.get("name"): case for case in root.iter("testcase")}
    assert cases["an edge"].get("classname") == "t.other"
    assert float(cases["an edge"].get("time", "")) >= 0
    failure = cases["a wrong sum"].find("failure")
    assert failure is not None and failure.text is not None
    assert failure.get("message") == "expected allow, the answer is deny"
    assert "desk.policy:7:" in failure.text


def test_junit_stays_xml_whatever_a_title_contains() -> None:
    title = r"\u0001 \u001b[31m <&> \ufffe \" ]]>"
    test = _WRONG.replace("a wrong sum", title)
    root = ElementTree.fromstring(run(test, "--format", "junit").output)
    (case,) = root.iter("testcase")
    assert case.get("name") == r'\x01 \x1b[31m <&> \ufffe " ]]>'


def test_a_title_cannot_move_the_cursor() -> None:
    assert "\x1b" not in run(_SMALL.replace("a small", r"a \u001b[2J")).output


@pytest.mark.parametrize("form", ["human", "json", "junit"])
def test_policy_errors_have_their_own_exit_code(form: str) -> None:
    assert run("rule x permit nobody to pay\n", "--format", form).exit_code == 3
