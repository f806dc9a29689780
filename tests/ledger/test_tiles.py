"""Tiles: where they stand, what is in them, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as st

from policy_engine import LedgerError
from policy_engine.ledger.tiles import (
    Cutter,
    Tile,
    TileHashes,
    bundle_bytes,
    read_bundle,
    read_tile,
    tile_at,
    tile_bytes,
    tiles_of,
)
from policy_engine.ledger.tree import (
    LARGEST_SIZE,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_of,
)
from tests.ledger import trees

SIZE = 66_000
STORED = trees.Stored(trees.entries(SIZE))
"""Large enough for three levels of tiles."""


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 999), "tile/0/999"),
        (Tile(0, 1000), "tile/0/x001/000"),
        (Tile(1, 1_234_067), "tile/1/x001/x234/067"),
        (Tile(0, 273, 112), "tile/0/273.p/112"),
        (Tile(63, 0, 1), "tile/63/000.p/1"),
        (Tile(None, 0, 255), "tile/entries/000.p/255"),
        (Tile(None, 1_234_067), "tile/entries/x001/x234/067"),
        (Tile(0, LARGEST_SIZE >> 8), "tile/0/x036/x028/x797/x018/x963/967"),
    ],
)
def test_where_a_tile_stands(tile: Tile, path: str) -> None:
    assert tile.path == path
    assert Tile.from_path(path) == tile


@pytest.mark.parametrize(
    "path",
    [
        *("", "tile", "tile/0", "tile/0/", "tile/0/0", "tile/0/00", "tile/0/0000", "tile/0/x000"),
        *("tile/00/000", "tile/01/000", "tile/64/000", "tile/-1/000", "tile/100/000", "tile/x/000"),
        *("tile/0/x000/000", "tile/0/001/000", "tile/0/x001/x000", "tile/0/000/", "/tile/0/000"),
        *("tile/0/000.p", "tile/0/000.p/", "tile/0/000.p/0", "tile/0/000.p/01", "tile/0/000.p/256"),
        *("tile/0/000.p/999", "tile/0/000.p/1000", "tile/0/000.p/-1", "tile/0/000.p/1/2"),
        *("tile/data/000", "tile/Entries/000", "tile/0/../000", "tile/0/000\n", "tile/0/٠٠٠"),
        *("tile/0/x999/x999/x999/x999/x999/999", f"tile/0/{'x001/' * 5000}000"),
    ],
)
def test_what_is_no_path_of_a_tile(path: str) -> None:
    with pytest.raises(LedgerError):
        Tile.from_path(path)


@given(st.none() | st.integers(0, 63), st.integers(0, LARGEST_SIZE >> 8), st.integers(1, 256))
def test_a_path_names_one_tile(level: int | None, index: int, width: int) -> None:
    tile = Tile(level, index, width)
    assert Tile.from_path(tile.path) == tile


@pytest.mark.parametrize(
    ("level", "index", "width"),
    [(-1, 0, 1), (64, 0, 1), (0, -1, 1), (0, 2**60, 1), (0, 0, 0), (0, 0, 257)],
)
def test_what_is_no_tile(level: int, index: int, width: int) -> None:
    with pytest.raises(LedgerError, match="no log has the tile"):
        Tile(level, index, width)


def test_the_tiles_of_70_000_entries_are_those_of_the_specification() -> None:
    tiles = [tile for tile in tiles_of(70_000) if tile.level is not None]
    counts = [
        (level, sum(t.level == level and t.width == 256 for t in tiles)) for level in range(3)
    ]
    assert counts == [(0, 273), (1, 1), (2, 0)]
    partial = [tile.path for tile in tiles if tile.width < 256]
    assert partial == ["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"]


@pytest.mark.parametrize(
    ("size", "paths"),
    [
        (0, []),
        (1, ["tile/entries/000.p/1", "tile/0/000.p/1"]),
        (256, ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]),
        (
            257,
            [
                *("tile/entries/000", "tile/entries/001.p/1"),
                *("tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1"),
            ],
        ),
    ],
)
def test_what_a_log_consists_of(size: int, paths: list[str]) -> None:
    assert [tile.path for tile in tiles_of(size)] == paths
    assert [tile_at(tile.level, tile.index, size) for tile in tiles_of(size)] == list(
        tiles_of(size)
    )
    assert all(tile.end <= size for tile in tiles_of(size))
    assert tile_at(0, size // 256 + 1, size) is None


@pytest.mark.parametrize(
    ("tile", "end"),
    [(Tile(None, 0, 3), 3), (Tile(0, 1, 3), 259), (Tile(1, 0, 2), 512), (Tile(1, 1, 1), 65_792)],
)
def test_how_many_entries_a_tile_needs(tile: Tile, end: int) -> None:
    assert tile.end == end
    assert tile_at(tile.level, tile.index, end) == tile
    assert tile_at(tile.level, tile.index, end - 1) != tile


def test_where_a_log_ends_it_has_no_tile() -> None:
    assert [tile_at(level, 1, 256 ** ((level or 0) + 1)) for level in (None, 0, 1)] == [None] * 3


def test_no_log_has_a_size_below_zero() -> None:
    for call in (lambda: list(tiles_of(-1)), lambda: TileHashes(-1, tile_reader)):
        with pytest.raises(LedgerError, match="no tree has the size -1"):
            call()


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, SIZE])
def test_cutting_gives_all_tiles_as_the_specification_defines_them(size: int) -> None:
    cutter, found = Cutter(), dict[Tile, bytes]()
    for index in range(size):
        found.update(cutter.add(STORED(0, index)))
    found.update(cutter.rest())
    expected = {tile: tile_bytes(tile, STORED) for tile in tiles_of(size) if tile.level is not None}
    assert found == expected
    assert (cutter.size, cutter.root()) == (size, root_of(size, STORED))


@given(st.lists(st.integers(0, 600), max_size=8))
def test_leaves_in_any_portions_make_the_same_tiles(portions: list[int]) -> None:
    size = 0
    cutter, by_one = Cutter(), Cutter()
    found, expected = list[tuple[Tile, bytes]](), list[tuple[Tile, bytes]]()
    for portion in portions:
        leaves = [STORED(0, index) for index in range(size, size + portion)]
        found.extend(cutter.add_all(leaves))
        for leaf in leaves:
            expected.extend(by_one.add(leaf))
        size += portion
    assert (found, list(cutter.rest())) == (expected, list(by_one.rest()))
    assert (cutter.size, cutter.root()) == (size, by_one.root())


def tile_reader(tile: Tile) -> bytes:
    return tile_bytes(tile, STORED)


@settings(deadline=None)
@given(st.data())
def test_proofs_from_tiles_are_those_from_all_hashes(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, SIZE))
    index = data.draw(st.integers(0, size - 1))
    read = TileHashes(size, tile_reader)
    assert root_of(size, read) == root_of(size, STORED)
    assert inclusion_proof(index, size, read) == inclusion_proof(index, size, STORED)
    assert consistency_proof(index, size, read) == consistency_proof(index, size, STORED)


@pytest.mark.parametrize(
    ("level", "index"), [(0, 300), (0, -1), (-1, 0), (8, 1), (9, 0), (64, 0), (10**9, 0)]
)
def test_a_log_has_only_the_hashes_of_complete_subtrees(level: int, index: int) -> None:
    with pytest.raises(LedgerError, match="a log of 300 has no hash at level"):
        TileHashes(300, tile_reader)(level, index)


def test_a_tile_is_exactly_as_wide_as_its_name_says() -> None:
    tile = Tile(0, 1, 2)
    data = tile_bytes(tile, STORED)
    assert read_tile(tile, data) == (STORED(0, 256), STORED(0, 257))
    for wrong in (b"", data[:-1], data + b"\0", data[:32]):
        with pytest.raises(LedgerError, match=rf"tile/0/001.p/2 has {len(wrong)} bytes, not 64"):
            read_tile(tile, wrong)
    with pytest.raises(LedgerError, match="holds entries, not hashes"):
        tile_bytes(Tile(None, 0), STORED)


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=256))
def test_bundles_come_back(entries: list[bytes]) -> None:
    tile = Tile(None, 3, len(entries))
    assert read_bundle(tile, bundle_bytes(entries)) == tuple(entries)


def test_a_full_bundle_comes_back() -> None:
    entries = (b"x",) * 256
    assert read_bundle(Tile(None, 0), bundle_bytes(entries)) == entries


def test_lengths_are_written_with_the_high_byte_first() -> None:
    assert bundle_bytes([b"ab", b"", b"x" * 258]) == b"\0\2ab" + b"\0\0" + b"\1\2" + b"x" * 258


BUNDLE = bundle_bytes([b"one", b"three"])


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "ends at byte 0 after 0 entries, not 2"),
        (BUNDLE[:5], "ends at byte 5 after 1 entries, not 2"),
        (BUNDLE[:6], "is cut off in the entry that begins at byte 5"),
        (BUNDLE[:7], "is cut off in the entry that begins at byte 5"),
        (BUNDLE[:-1], "is cut off in the entry that begins at byte 5"),
        (BUNDLE[:1], "is cut off in the entry that begins at byte 0"),
        (b"\xff\xff" + BUNDLE, "is cut off in the entry that begins at byte 0"),
        (BUNDLE + b"!", "has 1 more bytes than its entries, from byte 12"),
        (BUNDLE + BUNDLE, "has 12 more bytes than its entries, from byte 12"),
    ],
)
def test_what_is_no_bundle_of_two_entries(data: bytes, why: str) -> None:
    with pytest.raises(LedgerError) as raised:
        read_bundle(Tile(None, 0, 2), data)
    assert str(raised.value) == f"tile/entries/000.p/2 {why}"


def test_what_fits_no_bundle() -> None:
    largest = b"x" * 65_535
    assert read_bundle(Tile(None, 0, 1), bundle_bytes([largest])) == (largest,)
    for entries in ([], [b""] * 257, [largest + b"x"]):
        with pytest.raises(LedgerError, match=r"bundle holds|larger than 65,535"):
            bundle_bytes(entries)


def test_each_entry_of_a_bundle_hashes_to_the_tile_beside_it() -> None:
    entries = trees.entries(300)[256:]
    bundle = read_bundle(Tile(None, 1, 44), bundle_bytes(entries))
    beside = read_tile(Tile(0, 1, 44), tile_bytes(Tile(0, 1, 44), STORED))
    assert tuple(map(leaf_hash, bundle)) == beside
