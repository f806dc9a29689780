"""`policy ledger seal`, `check` of what it wrote, and the audits that read it without a store."""

from __future__ import annotations

import builtins
import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from policy_engine.cli.main import main
from policy_engine.foundation.database import Database
from policy_engine.ledger.ledger import LedgerReader
from tests.fakes import Desk

SEGMENT = Path("sealed", "segment-000000.parquet")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with a record, a key, and the record sealed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("POLICY_STORE", "sqlite:///desk.db")
    pay(tmp_path, 50, 60, 5000)
    made = policy("keys", "new", "desk.example/ledger", "-o", "k.pem")
    (tmp_path / "k.pub").write_text(made.output)
    sealed = seal()
    assert sealed.exit_code == 0, sealed.output
    return tmp_path


def pay(folder: Path, *amounts: int) -> None:
    desk = Desk(folder)
    for amount in amounts:
        desk.pay(amount)
    desk.gate.close()


def policy(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


def seal() -> Result:
    return policy("ledger", "seal", "sealed", "--key", "k.pem")


def check(*more: str) -> Result:
    return policy("ledger", "check", "sealed", "--trust", "k.pub", *more)


def entries() -> list[str]:
    """The kinds of the record's entries."""
    with closing(Database("desk.db", must_exist=True)) as database:
        return [record.kind for record in LedgerReader(database).records()]


def without_store(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("desk.db").rename("gone.db")
    monkeypatch.setenv("POLICY_STORE", "sqlite:///nowhere.db")


def test_what_was_sealed_is_checked_without_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    number = len(entries())
    without_store(monkeypatch)
    checked = check()
    assert checked.exit_code == 0
    assert f"the sealed record holds: {number} entries of policy-engine/ledger/" in checked.output
    assert "erased" not in checked.output


def test_a_folder_grows_and_says_what_it_did(folder: Path) -> None:
    first = Path("sealed", "checkpoint").read_bytes()
    Path("earlier").write_bytes(first)
    pay(folder, 70)
    grown = seal()
    assert grown.output.startswith(f"{len(entries())} entries of policy-engine/ledger/")
    assert "segments written: 1" in grown.output
    assert "segments written: 0" in seal().output
    checked = check("--checkpoint", "earlier")
    assert checked.exit_code == 0
    assert "it goes on from the" in checked.output


def test_what_was_erased_in_the_store_is_erased_by_the_next_seal() -> None:
    number = entries().index("decided") + 1
    policy("ledger", "erase", str(number), "--by", "ann", "--reason", "asked to")
    assert "entries whose content is erased there now: 1" in seal().output
    assert "entries whose content was erased: 1" in check().output


def test_damage_ends_with_exit_code_1_and_the_name_of_the_file() -> None:
    data = bytearray(SEGMENT.read_bytes())
    data[len(data) // 2] ^= 1
    SEGMENT.write_bytes(data)
    checked = check()
    assert checked.exit_code == 1
    assert f"{SEGMENT} is not as it was when it was signed" in checked.output


def test_the_key_must_be_trusted(folder: Path) -> None:
    made = policy("keys", "new", "desk.example/ledger", "-o", "other.pem")
    (folder / "other.pub").write_text(made.output)
    checked = policy("ledger", "check", "sealed", "--trust", "other.pub")
    assert checked.exit_code == 1
    assert "no known key has signed it" in checked.output
    assert policy("ledger", "check", "sealed").exit_code == 2


def account(*arguments: str) -> tuple[int, dict[str, Any]]:
    """What a command says as JSON, but for when it was said."""
    result = policy(*arguments, "--format", "json")
    told = json.loads(result.output)
    told.pop("written", None)
    return result.exit_code, told


def test_the_report_on_a_sealed_record_is_that_on_the_store(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    code, told = account("audit", "report")
    assert code == 0
    without_store(monkeypatch)
    assert account("audit", "report", "--sealed", "sealed") == (code, told)


def test_the_page_on_a_sealed_record_has_proofs(monkeypatch: pytest.MonkeyPatch) -> None:
    without_store(monkeypatch)
    made = policy("audit", "report", "--sealed", "sealed", "--html", "page.html", "--key", "k.pem")
    assert made.exit_code == 0
    assert "c2sp.org/tlog-proof@v1" in Path("page.html").read_text()


def test_a_replay_over_a_sealed_record_is_that_over_the_store(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = str(next(folder.glob("*.policy")))
    code, told = account("audit", "replay", rules, "--over", "desk.db")
    assert code == 0
    assert told["actions"] > 0
    without_store(monkeypatch)
    assert account("audit", "replay", rules, "--over", "sealed") == (code, told)


@pytest.mark.parametrize("command", ["report", "replay"])
def test_an_audit_of_a_damaged_folder_does_not_pass(
    command: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    SEGMENT.write_bytes(SEGMENT.read_bytes()[:-1])
    rules = str(next(folder.glob("*.policy")))
    over = {"report": ("--sealed", "sealed"), "replay": (rules, "--over", "sealed")}[command]
    result = policy("audit", command, *over)
    assert result.exit_code == 1
    assert "is not as it was when it was signed" in result.output.replace("\n", " ")


def test_without_arrow_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    imported = builtins.__import__

    def missing(name: str, *more: Any, **others: Any) -> Any:
        if name in ("policy_engine.ledger.seal", "policy_engine.ledger.sealed"):
            raise ModuleNotFoundError("No module named 'pyarrow'")
        return imported(name, *more, **others)

    monkeypatch.setattr(builtins, "__import__", missing)
    for result in (seal(), check(), policy("audit", "report", "--sealed", "sealed")):
        assert result.exit_code == 1
        assert "sealed records need the extra `audit`" in result.output
