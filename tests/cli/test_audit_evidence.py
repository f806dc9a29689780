"""`policy audit evidence`: a signed folder, and nothing in it can be changed unseen."""

from __future__ import annotations

import json
import shutil
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from policy_engine import Human
from policy_engine.cli.main import main
from policy_engine.foundation.database import Database
from tests.fakes import Desk

needs_tools = pytest.mark.skipif(
    not all(map(shutil.which, ("sha256sum", "openssl", "xxd"))),
    reason="verify.txt names tools that are not here",
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("POLICY_STORE", "sqlite:///desk.db")
    desk = Desk(tmp_path)
    for amount in (50, 9_000):
        desk.pay(amount)
    held = desk.pay(500)
    desk.gate.approve(str(held.ticket), by=Human("ann"))
    desk.gate.resume(str(held.id))
    desk.gate.close()
    made = policy("keys", "new", "desk.example/ledger", "-o", "k.pem")
    (tmp_path / "k.pub").write_text(made.output)
    return tmp_path


def policy(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


def evidence() -> Result:
    return policy("audit", "evidence", "given", "--key", "k.pem")


def check() -> Result:
    return policy("ledger", "check", "given", "--trust", "k.pub")


def followed() -> str:
    """What the commands of verify.txt print, with the line of the key where it says LINE."""
    lines = Path("given/verify.txt").read_text().splitlines()
    commands = "\n".join(line for line in lines if line.startswith(" " * 7))
    script = commands.replace("LINE", Path("k.pub").read_text().strip())
    done = subprocess.run(
        script,
        shell=True,
        cwd="given",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout


def test_the_folder_is_checked_without_the_store() -> None:
    made = evidence()
    assert made.exit_code == 0
    assert made.output.startswith("3 actions, 3 proofs")
    Path("desk.db").rename("elsewhere.db")
    checked = check()
    assert checked.exit_code == 0
    assert "files are as they were signed" in checked.output
    assert "the log holds" in checked.output


def test_it_has_what_verify_txt_says() -> None:
    evidence()
    told = Path("given/verify.txt").read_text()
    assert Path("k.pub").read_text().strip() in told
    assert Path("given/report.html").stat().st_size > 1_000
    assert json.loads(Path("given/report.json").read_text())["record"]["holds"] is True
    assert {p.name for p in Path("given/tables").iterdir()} >= {"actions.csv"}


KEPT = """
policy desk.house "House" owner "risk@desk.example"
framework house "Rules of the house" { paid "Who pays" }
task pay { input amount: Decimal }
rule paying permit any agent to pay satisfies house.paid
"""


def test_a_head_and_a_framework_are_told_of_as_in_the_report() -> None:
    Path("kept.policy").write_text(KEPT)
    head = str(policy("ledger", "verify").output.splitlines()[1].removeprefix("head "))
    how = ("--framework", "house", "--policy", "kept.policy", "--head", head)
    assert policy("audit", "evidence", "given", "--key", "k.pem", *how).exit_code == 0
    account = json.loads(Path("given/report.json").read_text())
    assert (account["framework"]["name"], account["record"]["pinned"]) == ("house", head)
    page = Path("given/report.html").read_text()
    assert "Evidence for " in page and "Rules of the house" in page
    other = ("audit", "evidence", "other", "--key", "k.pem", "--head", "0" * 64)
    assert policy(*other).exit_code == 6, "the record never had this head"


@needs_tools
def test_who_follows_verify_txt_finds_that_all_of_it_holds() -> None:
    evidence()
    assert followed() == "Signature Verified Successfully\n"


@needs_tools
@pytest.mark.parametrize(
    ("damage", "found"),
    [
        ("echo x > more.txt", "> more.txt"),
        ("rm log/checkpoint", "log/checkpoint: FAILED"),
        ("echo >> report.html", "report.html: FAILED"),
        ("sed -i '1s/^./x/' MANIFEST", "Signature Verification Failure"),
        ("for salt in proofs/*/salt; do echo 00 > $salt; done", ": another digest"),
    ],
)
def test_who_follows_verify_txt_finds_what_was_done_to_it(damage: str, found: str) -> None:
    evidence()
    subprocess.run(damage, shell=True, cwd="given", check=True)
    assert found in followed()


def test_no_file_can_be_altered_added_or_missing() -> None:
    evidence()
    files = [path for path in Path("given").rglob("*") if path.is_file()]
    for path in files:
        whole = path.read_bytes()
        path.write_bytes(bytes((whole[0] ^ 1,)) + whole[1:])
        assert check().exit_code == 1, path
        path.unlink()
        assert check().exit_code == 1, path
        path.write_bytes(whole)
    assert check().exit_code == 0
    Path("given/more.txt").write_text("x")
    assert "is not on the list" in check().output


def test_a_record_that_does_not_hold_says_so() -> None:
    with closing(Database("desk.db")) as database:
        database.execute("UPDATE ledger SET body = replace(body, '9000', '90')")
    made = evidence()
    assert made.exit_code == 6
    assert "the record does not hold: `policy ledger verify` says where" in made.output
    assert json.loads(Path("given/report.json").read_text())["record"]["holds"] is False


def test_nothing_is_written_over_or_half() -> None:
    Path("given").mkdir()
    assert evidence().exit_code == 2
    Path("given").rmdir()
    assert policy("audit", "evidence", "given", "--key", "nowhere.pem").exit_code in (1, 2)
    assert not Path("given").exists()
    assert not list(Path().glob(".given*"))
