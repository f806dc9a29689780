"""The command line: what it prints, and the exit code that scripts rely on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from policy_engine.cli.main import COMMANDS, main
from tests.fakes import write_policy
from tests.fakes.stores import alter


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("POLICY_PATH", "desk.policy")
    monkeypatch.setenv("POLICY_DIRECTORY", "roles.csv")
    monkeypatch.setenv("POLICY_STORE", "sqlite:///desk.db")
    write_policy(tmp_path)
    return tmp_path


def policy(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


def write_action(folder: Path, **changes: object) -> None:
    action = {
        "principal": {"id": "bot"},
        "task": "pay",
        "input": {"to": "shop-1", "amount": 50},
        "facts": {"account": {"id": "a", "balance": 5000}},
        "session": {"request": "pay 50 to shop-1"},
        "now": "2026-05-04T09:00:00Z",
        **changes,
    }
    (folder / "action.json").write_text(json.dumps(action))


def write_session(folder: Path, *amounts: int) -> None:
    head = {"session": "s-1", "request": "pay shop-1", "principal": {"id": "bot"}}
    facts = {"account": {"id": "a", "balance": 5000}}
    steps = [
        {"task": "pay", "input": {"to": "shop-1", "amount": a}, "facts": facts, "output": "paid"}
        for a in amounts
    ]
    lines = [json.dumps(line) for line in (head, *steps)]
    (folder / "session.jsonl").write_text("\n".join(lines) + "\n")


def test_every_command_has_help() -> None:
    for command in COMMANDS:
        result = policy(command, "--help")
        assert (result.exit_code, "Usage:" in result.output) == (0, True)


def test_check_says_what_is_there() -> None:
    result = policy("check", "desk.policy")
    assert result.exit_code == 0
    assert "6 rules, 3 tasks, 0 tests; no errors, no warnings" in result.output


@pytest.mark.parametrize("form", ["human", "json", "sarif", "github"])
def test_check_says_what_is_wrong_in_every_format(folder: Path, form: str) -> None:
    (folder / "bad.policy").write_text('policy a.b owner "c"\nrole a\nrole a\ntask t {\n')
    result = policy("check", "bad.policy", "--format", form)
    assert result.exit_code == 3
    assert "N210" in result.output
    assert "S101" in result.output
    if form in ("json", "sarif"):
        json.loads(result.output)


def artifacts(path: str) -> list[dict[str, str]]:
    """The files of the results of a check as SARIF, each once."""
    (run,) = json.loads(policy("check", path, "--format", "sarif").output)["runs"]
    (driver,) = run["tool"].values()
    assert [driver["rules"][one["ruleIndex"]]["id"] for one in run["results"]] == [
        one["ruleId"] for one in run["results"]
    ]
    assert {*driver["rules"][0]} >= {"id", "shortDescription", "fullDescription", "help"}
    places = [one["locations"][0]["physicalLocation"] for one in run["results"]]
    found = {json.dumps(place["artifactLocation"], sort_keys=True) for place in places}
    return [json.loads(one) for one in sorted(found)]


def test_sarif_names_files_by_their_place_below_the_working_directory(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "here/a b").mkdir(parents=True)
    monkeypatch.chdir(folder / "here")
    below, beside = folder / "here/a b/x.policy", folder / "bad#1.policy"
    for path in (below, beside):
        path.write_text("role a\nrole a\n", encoding="utf-8")
    here = {"uri": "a%20b/x.policy", "uriBaseId": "%SRCROOT%"}
    for given in ("a b/x.policy", str(below), "../here/a b/x.policy"):
        assert artifacts(given) == [here]
    elsewhere = {"uri": f"file://{folder.as_posix()}/bad%231.policy"}
    for given in ("../bad#1.policy", str(beside)):
        assert artifacts(given) == [elsewhere]
    none = {"uri": "none.policy", "uriBaseId": "%SRCROOT%"}
    for given in ("none.policy", str(folder / "here/none.policy")):
        assert artifacts(given) == [none]


@pytest.mark.parametrize(
    ("input_", "code", "word"),
    [
        ({"to": "shop-1", "amount": -1}, 4, "DENY"),
        ({"to": "shop-1", "amount": 500}, 5, "ESCALATE"),
        ({"to": "shop-1", "amount": 50}, 5, "VALIDATE"),
        ({"to": "shop-1"}, 4, "`amount` is missing"),
        ({"to": "shop-1", "amount": "1"}, 4, "must be Decimal"),
    ],
)
def test_decide_answers_with_words_and_an_exit_code(
    folder: Path, input_: dict[str, object], code: int, word: str
) -> None:
    write_action(folder, input=input_)
    result = policy("decide", "--action", "action.json")
    assert (result.exit_code, word in result.output) == (code, True)
    as_json = policy("decide", "--action", "action.json", "--format", "json")
    assert as_json.exit_code == code
    assert json.loads(as_json.output)["outcome"] in ("deny", "escalate", "validate")


def test_decide_allows(folder: Path) -> None:
    write_action(folder, task="look", input={})
    assert policy("decide", "--action", "action.json").exit_code == 0


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "line 1 column 2"),
        ('{"task": "a", "task": "b"}', "stands twice"),
        ('{"task": NaN}', "is not JSON"),
        ('{"task": "pay"}', "`principal`"),
        ('{"task": "pay", "principal": {"id": "a"}, "rolls": []}', "`rolls`"),
        ("[]", "an object must stand here"),
        ('{"task": "pay", "principal": {"id": ""}}', "principal.id"),
        ("[" * 100_000, "nested"),
    ],
)
def test_a_broken_action_file_is_a_usage_error(folder: Path, text: str, problem: str) -> None:
    (folder / "action.json").write_text(text)
    result = policy("decide", "--action", "action.json")
    assert (result.exit_code, problem in result.output) == (2, True)


def test_policy_errors_have_their_own_exit_code(folder: Path) -> None:
    (folder / "desk.policy").write_text("policy a.b\nrule x permit nobody to nothing\n")
    write_action(folder)
    for arguments in (["decide", "--action", "action.json"], ["pending"], ["test", "."]):
        assert policy(*arguments).exit_code == 3


def test_a_session_waits_is_signed_and_goes_on(folder: Path) -> None:
    write_session(folder, 50, 500)
    first = policy("run", "--session", "session.jsonl")
    assert first.exit_code == 5
    assert "2 actions: 1 held, 1 executed" in first.output
    waiting = policy("pending")
    id_ = waiting.output.split()[0]
    assert "A manager signs above 100" in waiting.output
    assert policy("approve", id_, "--by", "bot").exit_code == 1
    assert policy("approve", id_, "--by", "ann").exit_code == 0
    second = policy("run", "--session", "session.jsonl")
    assert (second.exit_code, "settled earlier" in second.output) == (0, True)
    verified = policy("ledger", "verify", "--format", "json")
    assert json.loads(verified.output)["holds"] is True


def test_a_session_is_rejected(folder: Path) -> None:
    write_session(folder, 500)
    policy("run", "--session", "session.jsonl")
    id_ = policy("pending").output.split()[0]
    assert policy("reject", id_, "--by", "ann").exit_code == 2
    assert policy("reject", id_, "--by", "ann", "--reason", "no").exit_code == 0
    assert policy("run", "--session", "session.jsonl").exit_code == 4


def test_an_agent_is_stopped_and_let_go_on(folder: Path) -> None:
    write_session(folder, 500)
    policy("run", "--session", "session.jsonl")
    assert policy("suspend", "agent", "bot", "--by", "ann").exit_code == 2
    stopped = policy("suspend", "agent", "bot", "--by", "ann", "--reason", "it errs")
    assert (stopped.exit_code, "ann suspended agent bot" in stopped.output) == (0, True)
    assert "nothing waits" in policy("pending").output
    lifted = policy("lift", "agent", "bot", "--by", "ann", "--reason", "mended")
    assert (lifted.exit_code, "ann lifted agent bot" in lifted.output) == (0, True)
    assert policy("lift", "agent", "bot", "--by", "ann", "--reason", "again").exit_code == 1


def test_a_tampered_ledger_exits_with_findings(folder: Path) -> None:
    write_session(folder, 50)
    policy("run", "--session", "session.jsonl")
    alter(folder / "desk.db", "UPDATE ledger SET at = '2020-01-01T00:00:00Z' WHERE number = 2")
    result = policy("ledger", "verify")
    assert (result.exit_code, "L702" in result.output) == (6, True)


def test_a_store_that_is_not_there_is_not_made(folder: Path) -> None:
    result = policy("ledger", "verify", "--store", "sqlite:///none.db")
    assert (result.exit_code, (folder / "none.db").exists()) == (1, False)


def test_failing_policy_tests_fail(folder: Path) -> None:
    test = 'test "x" given agent "bot" as clerk when look {} expect deny\n'
    (folder / "desk.policy").write_text((folder / "desk.policy").read_text() + test)
    result = policy("test", "desk.policy")
    assert (result.exit_code, "expected deny, the answer is allow" in result.output) == (1, True)


def test_explain_knows_ids_and_names_and_helps() -> None:
    assert "N201" in policy("explain", "N201").output
    assert policy("explain", "unknown-task").exit_code == 0
    assert "N201" in policy("explain").output
    missing = policy("explain", "N2O1")
    assert (missing.exit_code, "perhaps?" in missing.output) == (2, True)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell: str) -> None:
    assert "_POLICY_COMPLETE" in policy("completion", shell).output
