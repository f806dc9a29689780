"""A log as a folder: what is written, what stays, and that no byte of it can be altered."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from policy_engine import LedgerError, SigningKey
from policy_engine.ledger.checkpoints import Checkpoint
from policy_engine.ledger.export import CHECKPOINT, export, read_back, read_entries, read_tile_file
from policy_engine.ledger.notes import Note
from policy_engine.ledger.proofs import prove
from policy_engine.ledger.tiles import LARGEST_BUNDLE, Tile, TileHashes, bundle_bytes, tiles_of
from tests.ledger import trees

KEY = SigningKey.new("example.org/log")
ORIGIN = KEY.name
KEYS = (KEY.verifying,)
ALL = trees.entries(600)
EVERY = 1 if os.environ.get("POLICY_EVERY") else 31
"""Of a large file, which bytes are altered."""


def exported(folder: Path, *sizes: int) -> Path:
    """A log that was published at each of these sizes."""
    for size in sizes:
        export(folder, ALL[:size], ORIGIN, KEY)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def refusal(folder: Path) -> str:
    with pytest.raises(LedgerError) as raised:
        read_back(folder, KEYS, ORIGIN)
    return str(raised.value)


def named(folder: Path) -> str:
    """The file that a refusal names first."""
    return refusal(folder).split(" ")[0].removeprefix(f"{folder}/").removesuffix(":")


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 512, 600])
def test_what_is_written_is_read_back(tmp_path: Path, size: int) -> None:
    head = export(tmp_path / "a" / "log", iter(ALL[:size]), ORIGIN, KEY)
    folder = tmp_path / "a" / "log"
    assert head == Checkpoint(ORIGIN, size, trees.mth(ALL[:size]))
    assert read_back(folder, KEYS, ORIGIN) == head
    assert tuple(read_entries(folder, size)) == ALL[:size]
    assert set(contents(folder)) == {CHECKPOINT, *(tile.path for tile in tiles_of(size))}


def test_the_folder_is_all_that_a_proof_needs(tmp_path: Path) -> None:
    folder = exported(tmp_path, 600)
    note = Note.parse((folder / CHECKPOINT).read_bytes())
    read = TileHashes(600, lambda tile: read_tile_file(folder, tile))
    for index in (0, 255, 256, 511, 599):
        proof = prove(index, note, read)
        assert proof.verify(ALL[index], KEYS, ORIGIN).size == 600


def test_everybody_may_read_what_was_written(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        folder = exported(tmp_path / "log", 300)
    finally:
        os.umask(before)
    modes = {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file()}
    assert modes == {0o644}


@pytest.mark.parametrize(
    "sizes", [(0, 1), (1, 2), (3, 3), (5, 256), (255, 257, 300, 600), (2, 600)]
)
def test_a_log_grows_and_what_was_published_stays(tmp_path: Path, sizes: tuple[int, ...]) -> None:
    published = dict[str, bytes]()
    for size in sizes:
        found = contents(exported(tmp_path, size))
        assert {name: found[name] for name in published} == published
        published = {name: data for name, data in found.items() if name != CHECKPOINT}
        assert read_back(tmp_path, KEYS, ORIGIN).size == size


@pytest.mark.parametrize(
    ("size", "entries", "why"),
    [
        (300, ALL[:299], "holds 300 entries already, not 299"),
        (300, (), "holds 300 entries already, not 0"),
        (3, (b"other", *ALL[1:300]), "holds another log: its first 3 entries differ"),
        (300, (*ALL[:299], b"other"), "holds another log: its first 300 entries differ"),
        (300, (b"other", *ALL[1:300]), "tile/0/000 is published already, and differs"),
    ],
)
def test_a_published_log_is_neither_shortened_nor_changed(
    tmp_path: Path, size: int, entries: tuple[bytes, ...], why: str
) -> None:
    folder = exported(tmp_path / "log", size)
    before = contents(folder)
    with pytest.raises(LedgerError) as raised:
        export(folder, entries, ORIGIN, KEY)
    assert str(raised.value).endswith(why)
    assert contents(folder) == before


def test_a_folder_holds_one_log(tmp_path: Path) -> None:
    folder = exported(tmp_path, 3)
    other = SigningKey.new("example.org/other")
    with pytest.raises(LedgerError, match=r"holds the log `example\.org/log`, not `example\.org/o"):
        export(folder, ALL[:4], other.name, other)
    (folder / CHECKPOINT).write_bytes(b"nothing")
    with pytest.raises(LedgerError, match="checkpoint: a note ends with"):
        export(folder, ALL[:4], ORIGIN, KEY)


class PowerCut(BaseException):
    """Ends whatever runs."""


def broken_off(at: int) -> Iterator[bytes]:
    yield from ALL[:at]
    raise PowerCut


@pytest.mark.parametrize("at", [0, 4, 256, 300, 512, 599])
def test_an_export_that_ends_early_leaves_the_log_as_it_was(tmp_path: Path, at: int) -> None:
    folder = exported(tmp_path / "log", 3)
    with pytest.raises(PowerCut):
        export(folder, broken_off(at), ORIGIN, KEY)
    assert read_back(folder, KEYS, ORIGIN) == Checkpoint(ORIGIN, 3, trees.mth(ALL[:3]))
    exported(folder, 600)
    assert read_back(folder, KEYS, ORIGIN).size == 600


def test_whenever_an_export_ends_no_file_is_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The power is cut at each sync and each renaming in turn."""
    whole = contents(exported(tmp_path / "whole", 3, 600))
    old = exported(tmp_path / "old", 3)
    left = [0]

    def counted(call: Callable[..., object]) -> Callable[..., object]:
        def cut(*arguments: object) -> object:
            left[0] -= 1
            if left[0] < 0:
                raise PowerCut
            return call(*arguments)

        return cut

    monkeypatch.setattr(os, "fsync", counted(os.fsync))
    monkeypatch.setattr(Path, "replace", counted(Path.replace))
    for allowed in range(1000):
        folder = tmp_path / "log"
        shutil.copytree(old, folder)
        left[0] = allowed
        try:
            exported(folder, 600)
        except PowerCut:
            found = contents(folder)
            assert all(whole[name] == found[name] for name in found if name != CHECKPOINT)
            assert read_back(folder, KEYS, ORIGIN).size in (3, 600)
        else:
            break
        shutil.rmtree(folder)
    assert contents(folder) == whole
    assert allowed > 15


def test_what_an_export_left_behind_does_not_bind(tmp_path: Path) -> None:
    """Nobody vouched for it: no checkpoint told of it."""
    folder = exported(tmp_path / "log", 3)
    with pytest.raises(PowerCut):
        export(folder, broken_off(600), ORIGIN, KEY)
    others = (*ALL[:3], *(b"other " + entry for entry in ALL[3:]))
    head = export(folder, others, ORIGIN, KEY)
    assert read_back(folder, KEYS, ORIGIN) == head
    assert tuple(read_entries(folder, 600)) == others


def test_the_largest_bundle_is_read_back(tmp_path: Path) -> None:
    export(tmp_path, [b"x" * 65_535] * 256, ORIGIN, KEY)
    assert (tmp_path / "tile/entries/000").stat().st_size == LARGEST_BUNDLE == 256 * 65_537
    assert read_back(tmp_path, KEYS, ORIGIN).size == 256


def test_an_entry_that_fits_no_bundle_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="an entry of 65,536 bytes is larger than 65,535"):
        export(tmp_path / "log", [b"x" * 65_536, *ALL], ORIGIN, KEY)
    assert not (tmp_path / "log").exists()


class Broken:
    """Signs something else."""

    verifying = KEY.verifying

    def sign(self, data: bytes) -> bytes:
        return KEY.sign(data + b"!")


def test_no_checkpoint_is_published_that_would_be_refused(tmp_path: Path) -> None:
    folder = exported(tmp_path, 3)
    for signers, why in (((Broken(),), "does not hold"), ((), "signed by one key at least")):
        with pytest.raises(LedgerError, match=why):
            export(folder, ALL[:4], ORIGIN, *signers)
    assert read_back(folder, KEYS, ORIGIN).size == 3


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"")
    for name in ("log", "log/below", "x" * 300):
        with pytest.raises(LedgerError, match=name):
            exported(tmp_path / name, 3)


@pytest.mark.parametrize("sizes", [(1,), (2, 3, 5)])
def test_any_altered_byte_of_a_small_log_is_found_and_its_file_named(
    tmp_path: Path, sizes: tuple[int, ...]
) -> None:
    folder = exported(tmp_path, *sizes)
    altered = 0
    for name, data in contents(folder).items():
        for at in range(len(data)):
            for change in (0x01, 0x80):
                changed = data[:at] + bytes([data[at] ^ change]) + data[at + 1 :]
                (folder / name).write_bytes(changed)
                assert named(folder) == name
                altered += 1
        (folder / name).write_bytes(data)
    assert altered == 2 * sum(map(len, contents(folder).values()))
    assert read_back(folder, KEYS, ORIGIN).size == sizes[-1]


def test_altered_bytes_of_a_log_of_two_levels_are_found_and_their_file_named(
    tmp_path: Path,
) -> None:
    folder = exported(tmp_path, 100, 257)
    for name, data in contents(folder).items():
        for at in range(0, len(data), EVERY if len(data) > 500 else 1):
            changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
            (folder / name).write_bytes(changed)
            assert named(folder) == name
        (folder / name).write_bytes(data)
    assert read_back(folder, KEYS, ORIGIN).size == 257


@pytest.mark.parametrize(
    "alter", [lambda data: data[:-1], lambda data: data + b"\n", lambda data: b""]
)
def test_a_file_that_is_too_short_or_too_long_is_named(
    tmp_path: Path, alter: Callable[[bytes], bytes]
) -> None:
    folder = exported(tmp_path, 100, 300)
    for name, data in contents(folder).items():
        (folder / name).write_bytes(alter(data))
        assert named(folder) == name
        (folder / name).write_bytes(data)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    folder = exported(tmp_path, 300)
    for name, data in contents(folder).items():
        (folder / name).unlink()
        assert f"{name}: No such file or directory" in refusal(folder)
        (folder / name).write_bytes(data)


@pytest.mark.parametrize(
    "name", ["tile/note.txt", "tile/0/000.bak", "tile/entries/000.p/x", "tile/8/0/000"]
)
def test_below_its_tiles_a_log_has_nothing_else(tmp_path: Path, name: str) -> None:
    folder = exported(tmp_path, 3)
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(b"")
    assert refusal(folder).endswith(f"'{name}' is no path of a tile")


def test_what_lies_beside_the_log_does_not_matter(tmp_path: Path) -> None:
    folder = exported(tmp_path, 3)
    (folder / "index.html").write_bytes(b"<h1>Our log</h1>")
    assert read_back(folder, KEYS, ORIGIN).size == 3


def test_a_bundle_altered_together_with_its_hashes_is_found(tmp_path: Path) -> None:
    folder = exported(tmp_path, 3)
    others = exported_others(tmp_path / "others", 3)
    for tile in (Tile(None, 0, 3), Tile(0, 0, 3)):
        (folder / tile.path).write_bytes(others[tile.path])
    assert refusal(folder).endswith("checkpoint does not have the root of the entries")
    (folder / Tile(0, 0, 3).path).write_bytes(bytes(96))
    assert refusal(folder).endswith(
        "tile/entries/000.p/3 and its tile of hashes differ, "
        "and neither leads to the root of the checkpoint"
    )


def test_a_folder_of_another_kind_is_left_as_it_is(tmp_path: Path) -> None:
    """Sealed segments have a checkpoint too, which says more."""
    note = Checkpoint(ORIGIN, 300, trees.mth(ALL[:300]), ("a line more",)).signed(KEY)
    (tmp_path / CHECKPOINT).write_bytes(bytes(note))
    with pytest.raises(LedgerError, match="holds no exported log"):
        export(tmp_path, ALL, ORIGIN, KEY)
    assert contents(tmp_path) == {CHECKPOINT: bytes(note)}


@pytest.mark.parametrize("size", [0, 1, 256, 300, 600])
def test_a_log_goes_on_from_what_it_was(tmp_path: Path, size: int) -> None:
    folder = exported(tmp_path, 600)
    earlier = Checkpoint(ORIGIN, size, trees.mth(ALL[:size]))
    assert read_back(folder, KEYS, ORIGIN, earlier).size == 600


@pytest.mark.parametrize(
    ("earlier", "why"),
    [
        (Checkpoint(ORIGIN, 300, bytes(32)), "written anew: its first 300 entries are others"),
        (Checkpoint(ORIGIN, 600, bytes(32)), "written anew: its first 600 entries are others"),
        (Checkpoint(ORIGIN, 601, bytes(32)), "was cut off: it has 600 entries, and had 601"),
        (Checkpoint("other", 300, trees.mth(ALL[:300])), f"is the log `{ORIGIN}`, and was `other`"),
    ],
    ids=["rewritten", "rewritten at its end", "cut off", "another log"],
)
def test_a_log_that_was_signed_anew_is_not_what_it_was(
    tmp_path: Path, earlier: Checkpoint, why: str
) -> None:
    """By whoever holds the key: the log holds by itself."""
    folder = exported(tmp_path, 600)
    with pytest.raises(LedgerError, match=why):
        read_back(folder, KEYS, ORIGIN, earlier)


def exported_others(folder: Path, size: int) -> dict[str, bytes]:
    export(folder, [b"other " + entry for entry in ALL[:size]], ORIGIN, KEY)
    return contents(folder)


def test_another_log_of_the_same_key_is_another_log(tmp_path: Path) -> None:
    folder = exported(tmp_path, 3)
    with pytest.raises(LedgerError, match=r"checkpoint: the checkpoint is of the log"):
        read_back(folder, KEYS, "example.org/other")
    with pytest.raises(LedgerError, match=r"checkpoint: no known key has signed it"):
        read_back(folder, [SigningKey.new(ORIGIN).verifying], ORIGIN)


def test_entries_are_read_strictly(tmp_path: Path) -> None:
    folder = exported(tmp_path, 3)
    (folder / "tile/entries/000.p/3").write_bytes(bundle_bytes(ALL[:2]))
    with pytest.raises(LedgerError, match="after 2 entries, not 3"):
        list(read_entries(folder, 3))
