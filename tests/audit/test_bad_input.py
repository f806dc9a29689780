"""Logs, evidence and stores that were cut off, altered, signed by another, or are no such thing.

Whoever runs a command is told what is wrong and where, the rest is still done where that is safe,
and nothing is written half. Exit code 6: the record does not hold; 1: it cannot be read.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.audit.busy import BusyDesk
from tests.audit.exports.conftest import CONTROLLED
from tests.audit.ran import Ran, cut, in_one_line, run
from tests.fakes.stores import alter

# Logs and evidence that somebody hands us


class Handed(NamedTuple):
    """A log and a folder of evidence, and the key that has signed both."""

    log: Path
    evidence: Path
    key: str
    store: str
    folder: Path


@pytest.fixture(scope="module")
def handed(tmp_path_factory: pytest.TempPathFactory) -> Handed:
    folder = tmp_path_factory.mktemp("handed")
    desk = BusyDesk(folder, CONTROLLED)
    for amount in (50, 500, 40):
        desk.pay(amount)
    desk.gate.close()
    key, log, evidence = folder / "key", folder / "log", folder / "evidence"
    public = run("keys", "new", "acme.example/log", "-o", key).said.split("\n")[0]
    assert run("ledger", "export", log, "--store", desk.store, "--key", key).code == 0
    assert run("audit", "evidence", evidence, "--store", desk.store, "--key", key).code == 0
    return Handed(log, evidence, public, desk.store, folder)


def checked(handed: Handed, what: Path, folder: Path, spoil: Callable[[Path], object]) -> Ran:
    shutil.copytree(what, folder)
    spoil(folder)
    return run("ledger", "check", folder, "--trust", handed.key)


def signed_by_another(handed: Handed, name: str, *command: str) -> Callable[[Path], object]:
    """The same written anew by whoever has the store and another key."""

    def spoil(folder: Path) -> None:
        shutil.rmtree(folder)
        key = folder.with_name("other-key")
        run("keys", "new", name, "-o", key)
        assert run(*command, folder, "--store", handed.store, "--key", key).code == 0

    return spoil


def files(folder: Path) -> list[Path]:
    return sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("share", [0, 0.5, 0.99])
@pytest.mark.parametrize("what", ["log", "evidence"])
def test_what_was_signed_and_cut_off_is_refused_whichever_file_it_is(
    what: str, share: float, handed: Handed, tmp_path: Path
) -> None:
    whole: Path = getattr(handed, what)
    for number, name in enumerate(files(whole)):
        size = int((whole / name).stat().st_size * share)

        def spoil(folder: Path, name: Path = name, size: int = size) -> None:
            cut(folder / name, size)

        in_one_line(checked(handed, whole, tmp_path / str(number), spoil), 1)


@pytest.mark.parametrize("what", ["log", "evidence"])
def test_what_was_signed_and_is_gone_or_is_no_file_is_refused_by_name(
    what: str, handed: Handed, tmp_path: Path
) -> None:
    whole: Path = getattr(handed, what)
    for number, name in enumerate(files(whole)):
        gone = checked(handed, whole, tmp_path / f"{number}", lambda f, n=name: (f / n).unlink())
        in_one_line(gone, 1, str(name))

        def spoil(folder: Path, name: Path = name) -> None:
            (folder / name).unlink()
            (folder / name).mkdir()

        in_one_line(checked(handed, whole, tmp_path / f"{number}-folder", spoil), 1, str(name))


def entries_of(log: Path) -> Path:
    (found,) = (log / "tile/entries").rglob("*.p/*")
    return found


def reordered(log: Path) -> None:
    """The first entry comes last; each is as it was."""
    data = entries_of(log).read_bytes()
    size = 2 + int.from_bytes(data[:2])
    entries_of(log).write_bytes(data[size:] + data[:size])


def edited(log: Path) -> None:
    data = entries_of(log).read_bytes()
    assert b"opened" in data
    entries_of(log).write_bytes(data.replace(b"opened", b"closed", 1))


def claims_more(log: Path) -> None:
    lines = (log / "checkpoint").read_text(encoding="utf-8").split("\n")
    lines[1] = f"{int(lines[1]) + 1}"
    (log / "checkpoint").write_text("\n".join(lines), encoding="utf-8")


def no_text(log: Path) -> None:
    (log / "checkpoint").write_bytes(b"\xff\xfe\0" * 30)


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (reordered, "tile/entries/"),
        (edited, "tile/entries/"),
        (claims_more, "checkpoint"),
        (no_text, "UTF-8"),
    ],
)
def test_a_log_in_another_order_or_with_other_words_is_refused(
    spoil: Callable[[Path], None], word: str, handed: Handed, tmp_path: Path
) -> None:
    in_one_line(checked(handed, handed.log, tmp_path / "log", spoil), 1, word)


@pytest.mark.parametrize("name", ["evil.example/log", "acme.example/log"])
def test_what_another_key_has_signed_is_refused_whatever_it_calls_itself(
    name: str, handed: Handed, tmp_path: Path
) -> None:
    log = signed_by_another(handed, name, "ledger", "export")
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    words = ("no known key has signed it", name)
    in_one_line(checked(handed, handed.log, tmp_path / "a/log", log), 1, *words)
    evidence = signed_by_another(handed, name, "audit", "evidence")
    in_one_line(checked(handed, handed.evidence, tmp_path / "b/evidence", evidence), 1, *words)


def test_evidence_with_more_than_was_signed_is_refused(handed: Handed, tmp_path: Path) -> None:
    def spoil(folder: Path) -> None:
        (folder / "more.txt").write_text("and more", encoding="utf-8")

    in_one_line(checked(handed, handed.evidence, tmp_path / "e", spoil), 1, "more.txt")


@pytest.mark.parametrize("place", ["nowhere", "key"])
def test_a_log_that_is_none(place: str, handed: Handed) -> None:
    in_one_line(run("ledger", "check", handed.folder / place, "--trust", handed.key), 1, place)


# Stores


def cut_to(share: float) -> Callable[[Path], None]:
    return lambda path: cut(path, int(path.stat().st_size * share))


def no_file(path: Path) -> None:
    path.unlink()


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def words(path: Path) -> None:
    path.write_text("no database at all\n" * 1000, encoding="utf-8")


def statements(*all_: str) -> Callable[[Path], None]:
    return lambda path: alter(path, *all_)


def policy_of(desk: BusyDesk, folder: Path) -> Path:
    """The policy of the desk, and a constraint from later."""
    path, text = folder / "later.policy", (desk.folder / "desk.policy").read_text(encoding="utf-8")
    path.write_text(f"{text}\nconstraint capped never pay when amount > 100\n", encoding="utf-8")
    return path


def commands(store: Path, folder: Path, policy: Path) -> Mapping[str, tuple[str | Path, ...]]:
    """Every command that reads a record, and writes below `folder`."""
    place = f"sqlite:///{store}"
    return {
        "report": ("audit", "report", "--store", place),
        "page": ("audit", "report", "--store", place, "--html", folder / "page.html"),
        "export": (*("audit", "export", "--store", place, "--format"), "ocsf", "-o", folder / "e"),
        "replay": ("audit", "replay", policy, "--over", place),
        "shadow": ("audit", "shadow", "--store", place),
        "constraint": ("audit", "constraint", "capped", "--policy", policy, "--store", place),
        "suitability": ("audit", "suitability", "--store", place),
        "verify": ("ledger", "verify", "--store", place),
    }


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Where commands write; nothing else is there."""
    made = tmp_path / "out"
    made.mkdir()
    return made


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (cut_to(0), "holds no ledger"),
        (cut_to(0.001), "cannot be opened as a store"),
        (cut_to(0.5), "cannot be opened as a store"),
        (cut_to(0.9), "cannot be opened as a store"),
        (words, "cannot be opened as a store"),
        (no_file, "there is no store at"),
        (a_folder, "there is no store at"),
        (statements("drop table ledger"), "holds no ledger"),
        (statements("alter table ledger rename column head to root"), "ledger of another version"),
        (statements("alter table ledger drop column salt"), "ledger of another version"),
        (statements("drop table ledger_tiles"), "no such table: ledger_tiles"),
    ],
)
def test_a_store_that_is_none_ends_every_command_with_1_and_its_name(
    spoil: Callable[[Path], None], word: str, store: Path, desk: BusyDesk, out: Path
) -> None:
    spoil(store)
    for name, command in commands(store, out, policy_of(desk, out.parent)).items():
        in_one_line(run(*command), 1, "copy.db", word)
        assert list(out.iterdir()) == [], name


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (statements("update ledger set body = '{' where number = 2"), "entry 2"),
        (statements("update ledger set body = x'ff00fe' where number = 2"), "entry 2"),
        (statements("update ledger set at = '2026-02-30T00:00:00Z' where number = 2"), "entry 2"),
        (statements("update ledger set at = 'yesterday' where number = 2"), "entry 2"),
        (statements("update ledger set kind = 5 where number = 2"), "entry 2"),
        (statements("update ledger set head = x'00' where number = 2"), "entry 2"),
        (statements("delete from ledger where number = 2"), "entry 2 is missing"),
        (statements("delete from ledger"), "the record is empty"),
    ],
)
def test_a_record_that_does_not_hold_is_told_by_every_command_with_6(
    spoil: Callable[[Path], None], word: str, store: Path, desk: BusyDesk, out: Path
) -> None:
    spoil(store)
    for name, command in commands(store, out, policy_of(desk, out.parent)).items():
        ran = run(*command)
        assert (ran.code, "the record does not hold" in ran.said) == (6, True), (name, ran)
        assert word in ran.said or name == "export", (name, ran)
        assert "does not hold: entry 2: entry 2" not in ran.said, (name, ran)
    events = [json.loads(line) for line in (out / "e").read_text(encoding="utf-8").splitlines()]
    assert any(word in event["message"] for event in events)


@pytest.mark.parametrize("name", ["replay", "shadow", "constraint", "suitability"])
def test_a_program_is_told_what_does_not_hold(
    name: str, store: Path, desk: BusyDesk, tmp_path: Path
) -> None:
    command = (*commands(store, tmp_path, policy_of(desk, tmp_path))[name], "--format", "json")
    assert json.loads(run(*command).said)["doubts"] == []
    alter(store, "update ledger set head = x'00' where number = 2")
    ran = run(*command)
    doubts = json.loads(ran.said)["doubts"]
    assert (ran.code, [one["place"] for one in doubts]) == (6, ["entry 2", "entry 3"])
    assert doubts[0]["why"].startswith("entry 2 does not follow")
