"""Programs and schemas that we did not write accept what we export, and refuse it spoiled.

They are NIST's OSCAL model in `compliance-trestle`, the JSON schema of SARIF as OASIS publishes it,
and Microsoft's Multitool, which knows what GitHub's code scanning asks for besides. (The schema of
OCSF is a library that is always there: see `test_events.py`.) Where one is not to be had, the last
lines of the run say so.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft7Validator

from policy_engine.audit.exports.as_oscal import OSCAL, assessment_results
from policy_engine.audit.exports.as_sarif import log
from policy_engine.audit.exports.material import Material
from policy_engine.cli.main import main
from tests.audit.exports.test_events import every_standing
from tests.packages import NpmPackage, from_npm, from_pypi

LOCK = Path(__file__).with_name("foreign") / "trestle.lock"
SCHEMA = NpmPackage(
    "@microsoft/jest-sarif",
    "1.0.0-beta.0",
    "sha512-A1fOhPd6Ic5iDk4F9YPw1qNB4XF+7+IviR7xl8r2F6QzQkx5cpY9LsGk2rExiFIEcBbjpVnSmwWGBukASkiQ9A==",
)
MULTITOOL = NpmPackage(
    "@microsoft/sarif-multitool-linux",
    "5.7.0",
    "sha512-NxUbpq6ISCWoTQ/NfOYEwEDKq1Heka/rMoJ5R5LMydcAZQX/X7g5mWHcgxDub+0M07LC96tZ5LZHvF1Qy3gjTA==",
)

Oscal = Callable[[dict[str, Any]], str]
"""What trestle finds wrong with a document; empty where it is valid."""
Multitool = Callable[..., list[tuple[str, str]]]
"""The errors and warnings of Multitool about some logs: level and rule."""


def sarif_of(which: str, request: pytest.FixtureRequest) -> dict[str, Any]:
    """The log of a material, or of every standing there is."""
    if which == "every standing":
        return dict(json.loads(log(every_standing(request.getfixturevalue("material")))))
    return dict(json.loads(log(request.getfixturevalue(which))))


# OSCAL


@pytest.fixture(scope="module")
def trestle(pytestconfig: pytest.Config) -> Callable[..., tuple[int, str]]:
    assert pytestconfig.cache is not None
    packages = from_pypi(LOCK, pytestconfig.cache.mkdir("trestle"))
    if packages is None:
        pytest.skip("compliance-trestle cannot be installed: OSCAL was not held against its model")
    environment = {**os.environ, "PYTHONPATH": str(packages)}

    def run(folder: Path, *arguments: str | Path) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "trestle", *arguments],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    return run


@pytest.fixture(scope="module")
def oscal(
    trestle: Callable[..., tuple[int, str]], tmp_path_factory: pytest.TempPathFactory
) -> Oscal:
    workspace = tmp_path_factory.mktemp("workspace")
    assert trestle(workspace, "init", "--local")[0] == 0
    names = (f"evidence-{number}" for number in count(1))

    def check(document: dict[str, Any]) -> str:
        name = next(names)
        file = workspace.with_name(f"{name}.json")
        file.write_text(json.dumps(document), encoding="utf-8")
        code, said = trestle(workspace, "import", "-f", file, "-o", name)
        if code == 0:
            code, said = trestle(workspace, "validate", "-t", "assessment-results", "-n", name)
        return said if code else ""

    return check


@pytest.mark.parametrize("which", ["material", "broken"])
def test_assessment_results_are_valid_for_trestle(
    which: str, oscal: Oscal, request: pytest.FixtureRequest
) -> None:
    document = json.loads(assessment_results(request.getfixturevalue(which)))
    assert oscal(document) == ""


def without_plan(results: dict[str, Any]) -> None:
    del results["import-ap"]


def one_id_twice(results: dict[str, Any]) -> None:
    first, second, *_ = results["results"][0]["observations"]
    second["uuid"] = first["uuid"]


def no_such_state(results: dict[str, Any]) -> None:
    results["results"][0]["findings"][0]["target"]["status"]["state"] = "evidence"


def a_name_with_a_space(results: dict[str, Any]) -> None:
    results["results"][0]["findings"][0]["target"]["target-id"] = "art 14"


@pytest.mark.parametrize("spoil", [without_plan, one_id_twice, no_such_state, a_name_with_a_space])
def test_trestle_refuses_what_is_no_oscal(
    spoil: Callable[[dict[str, Any]], None], oscal: Oscal, material: Material
) -> None:
    document = json.loads(assessment_results(material))
    spoil(document["assessment-results"])
    assert oscal(document) != ""


def test_trestle_has_the_version_that_we_write(trestle: Callable[..., tuple[int, str]]) -> None:
    assert f"OSCAL version {OSCAL}" in trestle(Path.cwd(), "version")[1]


# SARIF


@pytest.fixture(scope="module")
def schema(pytestconfig: pytest.Config) -> Draft7Validator:
    assert pytestconfig.cache is not None
    folder = from_npm(SCHEMA, pytestconfig.cache.mkdir("sarif-schema"))
    if folder is None:
        pytest.skip(f"{SCHEMA.name} cannot be fetched: SARIF was not held against its schema")
    text = (folder / "package/lib/schemas/sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8")
    return Draft7Validator(json.loads(text))


@pytest.mark.parametrize("which", ["material", "broken", "empty", "every standing"])
def test_a_log_is_valid_by_the_schema_of_oasis(
    which: str, schema: Draft7Validator, request: pytest.FixtureRequest
) -> None:
    problems = [p.message for p in schema.iter_errors(sarif_of(which, request))]
    assert problems == []


@pytest.fixture
def checks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What `policy check` finds here, of what is not there, and in a folder elsewhere."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    wrong = "rule x permit nobody to nothing\npolicy [a](b) {0}\n"
    for name in ("here/a b[1].policy", "elsewhere.policy"):
        (tmp_path / name).write_text(wrong, encoding="utf-8")
    found = []
    for path in (".", "none.policy", str(tmp_path), "../elsewhere.policy"):
        command = ["check", path, "--format", "sarif"]
        result = CliRunner().invoke(main, command, catch_exceptions=False)
        assert result.exit_code == 3
        found.append(json.loads(result.output))
        assert found[-1]["runs"][0]["results"]
    return found


def test_what_is_wrong_with_a_policy_is_valid_by_it_too(
    schema: Draft7Validator, checks: list[dict[str, Any]]
) -> None:
    assert [p.message for one in checks for p in schema.iter_errors(one)] == []


def test_the_schema_refuses_what_is_no_sarif(schema: Draft7Validator, material: Material) -> None:
    for spoil in ("version", "runs"):
        document = json.loads(log(material))
        del document[spoil]
        assert not schema.is_valid(document)
    document = json.loads(log(material))
    document["runs"][0]["results"][0]["level"] = "fatal"
    assert not schema.is_valid(document)


@pytest.fixture(scope="module")
def multitool(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Multitool:
    assert pytestconfig.cache is not None
    fits = (platform.system(), platform.machine()) == ("Linux", "x86_64")
    folder = from_npm(MULTITOOL, pytestconfig.cache.mkdir("multitool")) if fits else None
    if folder is None:
        pytest.skip(f"{MULTITOOL.name} is not to be had: code scanning has not accepted our SARIF")
    program = folder / "package/Sarif.Multitool"
    program.chmod(0o755)
    place = tmp_path_factory.mktemp("multitool")

    def check(*documents: dict[str, Any]) -> list[tuple[str, str]]:
        told = place / "told.sarif"
        told.unlink(missing_ok=True)
        logs = [place / f"{number}.sarif" for number, _ in enumerate(documents)]
        for path, document in zip(logs, documents, strict=True):
            path.write_text(json.dumps(document), encoding="utf-8")
        which = ["--rule-kind", "Sarif;Ghas", "--level", "Error;Warning"]
        subprocess.run(
            [program, "validate", *logs, "--output", told, *which],
            env={**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
            capture_output=True,
            timeout=120,
            check=False,
        )
        (run,) = json.loads(told.read_text(encoding="utf-8-sig"))["runs"]
        return sorted((r.get("level", "warning"), r["ruleId"]) for r in run["results"])

    return check


NO_HOMEPAGE = [("warning", "SARIF2005")]
"""It asks for a page about the program (`informationUri`); there is none to name."""


def test_code_scanning_has_nothing_against_our_logs(
    multitool: Multitool, request: pytest.FixtureRequest
) -> None:
    logs = [sarif_of(w, request) for w in ("material", "broken", "empty", "every standing")]
    assert multitool(*logs) == NO_HOMEPAGE * len(logs)


def test_code_scanning_has_nothing_against_what_is_wrong_with_a_policy(
    multitool: Multitool, checks: list[dict[str, Any]]
) -> None:
    assert multitool(*checks) == NO_HOMEPAGE * len(checks)


def test_multitool_refuses_what_code_scanning_refuses(
    multitool: Multitool, material: Material
) -> None:
    document = json.loads(log(material))
    del document["runs"][0]["tool"]["driver"]["rules"][0]["help"]
    assert ("error", "GH2012") in multitool(document)
    document = json.loads(log(material))
    document["runs"][0]["results"][0]["ruleIndex"] = 99
    assert multitool(document) != NO_HOMEPAGE
