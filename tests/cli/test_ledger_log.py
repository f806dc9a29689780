"""`policy ledger sign`, `export`, `prove`, `check`, `erase`: the record in the hands of others."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from policy_engine.cli.main import main
from policy_engine.foundation.database import Database
from policy_engine.ledger.ledger import LedgerReader
from tests.fakes import Desk


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with a record, and a key."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("POLICY_STORE", "sqlite:///desk.db")
    desk = Desk(tmp_path)
    for amount in (50, 60):
        desk.pay(amount)
    desk.gate.close()
    made = policy("keys", "new", "desk.example/ledger", "-o", "k.pem")
    (tmp_path / "k.pub").write_text(made.output)
    made = policy("keys", "new", "desk.example/ledger", "-o", "other.pem")
    (tmp_path / "other.pub").write_text(made.output)
    return tmp_path


def policy(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


def ledger(*arguments: str) -> Result:
    return policy("ledger", *arguments)


def decided() -> str:
    """The number of the first entry with a decision."""
    with closing(Database("desk.db", must_exist=True)) as database:
        return str(next(LedgerReader(database).records("decided")).number)


def test_a_checkpoint_of_today_is_found_in_the_record_of_tomorrow(folder: Path) -> None:
    signed = ledger("sign", "--key", "k.pem", "-o", "checkpoint")
    assert (signed.exit_code, signed.output) == (0, Path("checkpoint").read_text())
    desk = Desk(folder)
    desk.pay(70)
    desk.gate.close()
    verified = ledger("verify", "--checkpoint", "checkpoint", "--trust", "k.pub")
    assert verified.exit_code == 0
    assert "signed checkpoints that hold: 1" in verified.output


def test_a_record_that_does_not_hold_is_not_signed(folder: Path) -> None:
    with closing(Database("desk.db")) as database:
        database.execute("UPDATE ledger SET kind = 'intent' WHERE number = 3")
    signed = ledger("sign", "--key", "k.pem", "-o", "checkpoint")
    assert signed.exit_code == 6
    assert "the record does not hold, so it is not signed" in signed.output
    assert not Path("checkpoint").exists()


@pytest.mark.parametrize("command", ["sign", "export"])
def test_a_record_that_was_cut_off_since_it_was_signed(folder: Path, command: str) -> None:
    ledger("sign", "--key", "k.pem")
    with closing(Database("desk.db")) as database:
        database.execute("DELETE FROM ledger WHERE number > 8")
    where = ["log"] if command == "export" else []
    refused = ledger(command, *where, "--key", "k.pem")
    assert refused.exit_code in (1, 6)
    assert "11 entries were signed, and the record has 8" in refused.output
    assert not Path("log").exists()


def test_a_checkpoint_of_another_record_is_not(folder: Path) -> None:
    ledger("sign", "--key", "k.pem", "-o", "checkpoint")
    Path("desk.db").unlink()
    for beside in ("desk.db-wal", "desk.db-shm"):
        Path(beside).unlink(missing_ok=True)
    desk = Desk(folder)
    for amount in (1, 2, 3, 4):
        desk.pay(amount)
    desk.gate.close()
    verified = ledger("verify", "--checkpoint", "checkpoint", "--trust", "k.pub")
    assert verified.exit_code == 6
    assert "L703" in verified.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "give --trust"),
        (("--trust", "other.pub"), "no known key has signed it"),
    ],
    ids=["no key", "another key"],
)
def test_a_checkpoint_counts_by_a_trusted_key_alone(arguments: tuple[str, ...], told: str) -> None:
    ledger("sign", "--key", "k.pem", "-o", "checkpoint")
    result = ledger("verify", "--checkpoint", "checkpoint", *arguments)
    assert result.exit_code in (1, 2)
    assert told in result.output


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("nowhere.pub", "error: there is no file `nowhere.pub` with a public key in it\n"),
        ("k.pem", "error: k.pem: this is no public key: it is one line `name+hash+base64`\n"),
        ("a+b", "error: this is no public key: it is one line `name+hash+base64`\n"),
    ],
)
def test_what_is_no_public_key_is_named(key: str, told: str) -> None:
    checked = ledger("check", "log", "--trust", key)
    assert (checked.exit_code, checked.output) == (2, told)


def test_a_log_for_others_is_checked_without_the_store() -> None:
    assert ledger("export", "log", "--key", "k.pem").exit_code == 0
    Path("desk.db").rename("elsewhere.db")
    checked = ledger("check", "log", "--trust", "k.pub")
    assert checked.exit_code == 0
    assert "the log holds: 10 entries" in checked.output


def test_an_altered_log_is_named_by_its_file() -> None:
    ledger("export", "log", "--key", "k.pem")
    (entries,) = Path("log/tile/entries").rglob("10")
    entries.write_bytes(entries.read_bytes().replace(b"decided", b"decidec", 1))
    checked = ledger("check", "log", "--trust", "k.pub")
    assert checked.exit_code == 1
    assert "tile/entries/000.p/10" in checked.output


def test_a_log_goes_on_from_the_checkpoint_of_an_earlier_day(folder: Path) -> None:
    ledger("sign", "--key", "k.pem", "-o", "checkpoint")
    desk = Desk(folder)
    desk.pay(70)
    desk.gate.close()
    ledger("export", "log", "--key", "k.pem")
    checked = ledger("check", "log", "--trust", "k.pub", "--checkpoint", "checkpoint")
    assert checked.exit_code == 0
    assert "it goes on from the 11 entries of the checkpoint" in checked.output


def test_a_log_that_was_cut_off_and_signed_again_is_not_what_it_was() -> None:
    ledger("export", "log", "--key", "k.pem")
    ledger("sign", "--key", "k.pem", "-o", "checkpoint")
    assert ledger("check", "log", "--trust", "k.pub").exit_code == 0
    checked = ledger("check", "log", "--trust", "k.pub", "--checkpoint", "checkpoint")
    assert checked.exit_code == 1
    assert "log was cut off: it has 10 entries, and had 11" in checked.output


def test_only_what_was_handed_out_is_checked() -> None:
    Path("empty").mkdir()
    for place in ("empty", "k.pub", "nowhere"):
        checked = ledger("check", place, "--trust", "k.pub")
        assert checked.exit_code == 1
        told = f"{place}/checkpoint is not there: this is no folder that `export`, `seal`"
        assert told in checked.output.replace("\n", " ")


@pytest.mark.parametrize("file", ["checkpoint", "MANIFEST"])
def test_a_note_that_is_none_is_named(file: str) -> None:
    policy("audit", "evidence", "given", "--key", "k.pem")
    place = next(Path("given").rglob(file))
    place.write_text("nothing\n")
    checked = ledger("check", str(place.parent), "--trust", "k.pub")
    assert checked.exit_code == 1
    assert str(place) in checked.output.replace("\n", "")


def test_one_entry_is_proved_to_whoever_has_no_store() -> None:
    number = decided()
    proved = ledger("prove", number, "--key", "k.pem", "-o", "one")
    assert proved.exit_code == 0
    Path("desk.db").rename("elsewhere.db")
    checked = ledger("check", "one", "--trust", "k.pub")
    assert checked.exit_code == 0
    first, *body = checked.output.splitlines()
    assert first.startswith(f"entry {number} of 10 of policy-engine/ledger/")
    assert json.loads("".join(body))["outcome"] == "allow"


@pytest.mark.parametrize("name", ["proof", "entry", "body.json", "salt"])
def test_no_file_of_a_proof_can_be_altered(name: str) -> None:
    ledger("prove", "3", "--key", "k.pem", "-o", "third")
    data = bytearray(Path("third", name).read_bytes())
    data[len(data) // 2] ^= 1
    Path("third", name).write_bytes(bytes(data))
    assert ledger("check", "third", "--trust", "k.pub").exit_code == 1


def test_what_an_entry_told_is_destroyed_and_the_record_holds() -> None:
    number = decided()
    erased = ledger("erase", number, "--by", "ann", "--reason", "asked by the person")
    assert erased.exit_code == 0
    verified = ledger("verify", "--format", "json")
    assert verified.exit_code == 0
    told = json.loads(verified.output)
    assert (told["holds"], told["erased"]) == (True, 1)
    assert {finding["code"] for finding in told["findings"]} == {"L707"}
    ledger("prove", number, "--key", "k.pem", "-o", "third")
    checked = ledger("check", "third", "--trust", "k.pub")
    assert (checked.exit_code, "what it tells is not here" in checked.output) == (0, True)
    assert ledger("erase", number, "--by", "ann", "--reason", "again").exit_code == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "nowhere", "--trust", "k.pub"),
        ("prove", "3", "--key", "nowhere.pem", "-o", "third"),
        ("prove", "99", "--key", "k.pem", "-o", "third"),
        ("sign", "--key", "k.pub"),
        ("verify", "--checkpoint", "nowhere", "--trust", "k.pub"),
    ],
    ids=["no folder", "no key", "no entry", "a public key", "no checkpoint"],
)
def test_what_is_not_there_is_one_line(arguments: tuple[str, ...]) -> None:
    result = ledger(*arguments)
    assert result.exit_code in (1, 2)
    assert len(result.output.splitlines()) == 1
