"""Policy files under pytest: what is collected, what is reported, and where."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parents[2]
_TASKS = """policy t.tasks "Tasks" owner "o@t.example"
role clerk for agents
task pay "Pay" { input n: Integer }
"""
_RULES = """policy t.rules "Rules" owner "o@t.example"
rule paying "Clerks pay" permit clerk to pay when n < 5

test "a small sum" given agent "a" as clerk when pay { n: 1 } expect allow
test "a small sum" given agent "a" as clerk when pay { n: 2 } expect allow
"""
_WRONG = 'test "too much" given agent "a" as clerk when pay { n: 9 } expect allow\n'


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """One run of pytest with the plugin, and no other, in a folder."""
    command = [sys.executable, "-m", "pytest", "-p", "policy_engine.pytest_plugin", *arguments]
    environment = {
        **os.environ,
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
    }
    environment.pop("PYTEST_ADDOPTS", None)
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120
    )


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "tasks.policy").write_text(_TASKS)
    (tmp_path / "rules.policy").write_text(_RULES)
    return tmp_path


def test_files_of_a_folder_are_read_together(desk: Path) -> None:
    done = run(desk, "-v")
    assert done.returncode == 0, done.stdout
    assert "rules.policy::a small sum PASSED" in done.stdout
    assert "rules.policy::a small sum (2) PASSED" in done.stdout
    assert "2 passed" in done.stdout


def test_a_failure_shows_the_place_and_the_reasons(desk: Path) -> None:
    (desk / "rules.policy").write_text(_RULES + _WRONG)
    done = run(desk, "--junit-xml", "out.xml")
    assert done.returncode == 1
    assert "--> rules.policy:6:67" in done.stdout
    assert "expected allow, the answer is deny" in done.stdout
    assert "no rule permits `pay` to `a` here" in done.stdout
    assert "FAILED rules.policy::too much - expected allow, the answer is deny" in done.stdout
    assert "Traceback" not in done.stdout
    cases = ElementTree.parse(desk / "out.xml").getroot().iter("testcase")
    assert [case.get("name") for case in cases][-1] == "too much"


def test_the_location_is_that_of_the_test(desk: Path) -> None:
    (desk / "conftest.py").write_text(
        "def pytest_collection_modifyitems(items):\n"
        "    for item in items:\n"
        "        print('AT', item.location)\n"
    )
    assert "AT ('rules.policy', 3, 't.rules: a small sum')" in run(desk, "-s").stdout


def test_policy_errors_are_one_failing_item(desk: Path) -> None:
    (desk / "rules.policy").write_text(_RULES.replace("to pay", "to pya"))
    done = run(desk)
    assert done.returncode == 1
    assert "unknown task `pya`" in done.stdout
    assert "rules.policy:2:" in done.stdout
    assert "FAILED rules.policy::policy check" in done.stdout


def test_files_that_do_not_go_together_are_read_alone(desk: Path) -> None:
    alone = _TASKS + _RULES.partition("\n")[2]
    (desk / "tasks.policy").write_text(alone)
    (desk / "rules.policy").write_text(alone)
    done = run(desk)
    assert (done.returncode, "4 passed" in done.stdout) == (0, True), done.stdout


def test_a_root_is_read_as_a_whole(desk: Path) -> None:
    below = desk / "below"
    below.mkdir()
    (desk / "rules.policy").rename(below / "rules.policy")
    assert run(desk).returncode == 1
    (desk / "pytest.ini").write_text("[pytest]\npolicy_roots = .\n")
    done = run(desk)
    assert (done.returncode, "2 passed" in done.stdout) == (0, True), done.stdout


def test_what_is_collected_can_be_chosen(desk: Path) -> None:
    assert run(desk, "--no-policy-tests").returncode == pytest.ExitCode.NO_TESTS_COLLECTED
    (desk / "pytest.ini").write_text("[pytest]\npolicy_files = other*.policy\n")
    assert run(desk).returncode == pytest.ExitCode.NO_TESTS_COLLECTED


def test_the_engine_waits_for_a_policy_file(tmp_path: Path) -> None:
    """What is imported before is the front door's business, not the plugin's."""
    source = (ROOT / "policy_engine" / "pytest_plugin.py").read_text()
    top = source.partition("class Loaded")[0].partition("if TYPE_CHECKING")[0]
    assert "policy_engine" not in top.split('"""')[2]


def test_the_policies_of_this_repository_pass() -> None:
    """Those that ship and those of the examples; the ones below `tests` are for other tests."""
    done = run(ROOT, "-o", "addopts=", "-p", "no:cacheprovider", "-q", "policies", "examples")
    assert done.returncode == 0, done.stdout


def test_the_policies_below_tests_are_not_collected() -> None:
    done = run(
        ROOT, "-o", "addopts=", "-p", "no:cacheprovider", "--collect-only", "-q", "tests/corpus"
    )
    assert done.returncode == pytest.ExitCode.NO_TESTS_COLLECTED, done.stdout
