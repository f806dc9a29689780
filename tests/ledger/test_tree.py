"""The tree is that of RFC 6962, and no proof holds but the one that the RFC defines."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest
from hypothesis import given, settings, strategies as st

from policy_engine import LedgerError
from policy_engine.ledger.tree import (
    EMPTY_ROOT,
    LARGEST_SIZE,
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_of,
    subtree_hash,
    verify_consistency,
    verify_inclusion,
)
from tests.ledger import trees

MOST = 300
ALL = trees.entries(MOST)
STORED = trees.Stored(ALL)
ROOTS = [trees.mth(ALL[:size]) for size in range(MOST + 1)]
LEAVES = [leaf_hash(entry) for entry in ALL]

KNOWN_ENTRIES = (
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
)
KNOWN_ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
"""The entries that the first logs of Certificate Transparency are tested with, and the roots."""


def grown(size: int) -> Frontier:
    frontier = Frontier()
    for leaf in LEAVES[:size]:
        frontier.append(leaf)
    return frontier


def refusal(call: Callable[..., object], *arguments: object) -> str:
    with pytest.raises(LedgerError) as raised:
        call(*arguments)
    return str(raised.value)


def holds(call: Callable[..., None], *arguments: object) -> bool:
    try:
        call(*arguments)
    except LedgerError:
        return False
    return True


def other(hash_: bytes, bit: int = 0) -> bytes:
    """The hash with one of its 256 bits turned over."""
    return (int.from_bytes(hash_, "big") ^ 1 << bit).to_bytes(32, "big")


def test_roots_are_those_that_certificate_transparency_publishes() -> None:
    frontier = Frontier()
    found = [frontier.root().hex()]
    for entry in KNOWN_ENTRIES:
        frontier.append(leaf_hash(bytes.fromhex(entry)))
        found.append(frontier.root().hex())
    assert tuple(found) == KNOWN_ROOTS


def test_the_root_of_every_size_is_that_of_the_rfc() -> None:
    frontier = Frontier()
    found = [frontier.root()]
    for leaf in LEAVES:
        frontier.append(leaf)
        found.append(frontier.root())
    assert found == ROOTS
    assert [root_of(size, STORED) for size in range(MOST + 1)] == ROOTS


def test_appending_gives_the_hashes_of_all_subtrees_that_become_complete() -> None:
    frontier, levels = Frontier(), [list[bytes]() for _ in STORED.levels]
    for index, leaf in enumerate(LEAVES):
        for level, hash_ in enumerate(frontier.append(leaf)):
            assert index >> level == len(levels[level])
            levels[level].append(hash_)
    assert levels == STORED.levels


@pytest.mark.parametrize("size", [*range(34), 255, 256, 257])
def test_a_frontier_goes_on_from_its_state(size: int) -> None:
    before = grown(size)
    after = Frontier(before.size, before.peaks)
    assert (after.size, after.peaks, after.root()) == (size, before.peaks, ROOTS[size])
    after.append(LEAVES[size])
    assert (after.root(), before.root()) == (ROOTS[size + 1], ROOTS[size])


@pytest.mark.parametrize(
    ("size", "peaks", "why"),
    [
        (-1, b"", "no tree has the size -1"),
        (2**63, bytes(32), "no tree has the size 9223372036854775808"),
        (3, bytes(32), "32 bytes cannot be the frontier of a tree of 3"),
        (4, bytes(33), "33 bytes cannot be the frontier of a tree of 4"),
        (0, bytes(32), "32 bytes cannot be the frontier of a tree of 0"),
    ],
)
def test_what_is_no_state_of_a_frontier(size: int, peaks: bytes, why: str) -> None:
    assert refusal(Frontier, size, peaks) == why


def test_a_whole_subtree_is_appended_at_once() -> None:
    """Beside the same leaves one by one: the same root, and the same hashes completed by each."""
    leaves = [leaf_hash(bytes((number,))) for number in range(56)]
    one_by_one, at_once, at = Frontier(), Frontier(), 0
    for level in (3, 3, 4, 3, 2, 2, 3):
        part = leaves[at : at + (1 << level)]
        completed = [one_by_one.append(leaf) for leaf in part][-1]
        assert at_once.append(subtree_hash(part), level) == completed[level:]
        assert (at_once.size, at_once.root()) == (one_by_one.size, one_by_one.root())
        at += 1 << level
    assert at == len(leaves)
    assert refusal(at_once.append, bytes(32), 4) == "a tree of 56 has no room for 16 more at once"


def test_only_hashes_are_appended_and_only_up_to_the_largest_size() -> None:
    assert refusal(Frontier().append, b"entry") == "a hash has 32 bytes: this is none"
    full = Frontier(LARGEST_SIZE, bytes(32 * 63))
    refused = f"a tree of {LARGEST_SIZE} has no room for 1 more at once"
    assert refusal(full.append, bytes(32)) == refused
    assert full.size == LARGEST_SIZE


def test_every_inclusion_proof_is_that_of_the_rfc_and_holds() -> None:
    for size in range(1, MOST + 1):
        step = 1 if size < 130 else 7
        for index in {*range(0, size, step), size - 2 if size > 1 else 0, size - 1}:
            path = inclusion_proof(index, size, STORED)
            assert path == trees.path(index, ALL[:size])
            verify_inclusion(LEAVES[index], index, size, path, ROOTS[size])


def test_every_consistency_proof_is_that_of_the_rfc_and_holds() -> None:
    for second in range(MOST + 1):
        step = 1 if second < 130 else 7
        for first in {*range(0, second + 1, step), max(second - 1, 0), second}:
            path = consistency_proof(first, second, STORED)
            assert path == (trees.proof(first, ALL[:second]) if first else ())
            verify_consistency(first, second, path, ROOTS[first], ROOTS[second])


def test_a_path_fits_exactly_the_places_that_lie_on_the_same_sides() -> None:
    """What the path leaves open of the size is bound by the root that was signed with it."""
    places = [(index, size) for size in range(1, 18) for index in range(size)]
    sides = {place: trees.sides(*place) for place in places}
    for index, size in places:
        path = trees.path(index, ALL[:size])
        for place in places:
            held = holds(verify_inclusion, LEAVES[index], *place, path, ROOTS[size])
            assert held == (sides[place] == sides[index, size]), (index, size, place)


def test_no_path_holds_at_another_index_or_with_the_head_of_another_size() -> None:
    places = [(index, size) for size in range(1, 18) for index in range(size)]
    for index, size in places:
        path = trees.path(index, ALL[:size])
        for place in places:
            held = holds(verify_inclusion, LEAVES[index], *place, path, ROOTS[place[1]])
            assert held == (place == (index, size)), (index, size, place)


def test_no_consistency_proof_holds_between_other_trees() -> None:
    pairs = [(first, second) for second in range(1, 14) for first in range(1, second + 1)]
    for first, second in pairs:
        path = trees.proof(first, ALL[:second])
        for other_pair in pairs:
            roots = [ROOTS[size] for size in other_pair]
            held = holds(verify_consistency, *other_pair, path, *roots)
            same = path == trees.proof(other_pair[0], ALL[: other_pair[1]])
            assert held == same, (first, second, other_pair)


SIZES = st.integers(1, MOST)


@settings(deadline=None)
@given(st.data())
def test_an_altered_inclusion_proof_does_not_hold(data: st.DataObject) -> None:
    size = data.draw(SIZES)
    index = data.draw(st.integers(0, size - 1))
    path = list(trees.path(index, ALL[:size]))
    bit = data.draw(st.integers(0, 255))
    leaf, root = LEAVES[index], ROOTS[size]
    assert not holds(verify_inclusion, other(leaf, bit), index, size, path, root)
    assert not holds(verify_inclusion, leaf, index, size, path, other(root, bit))
    assert not holds(verify_inclusion, leaf, index, size, [*path, other(root, bit)], root)
    elsewhere = data.draw(st.integers(-1, size).filter(lambda place: place != index))
    assert not holds(verify_inclusion, leaf, elsewhere, size, path, root)
    for altered in altered_paths(data, path, bit):
        assert not holds(verify_inclusion, leaf, index, size, altered, root)


@settings(deadline=None)
@given(st.data())
def test_an_altered_consistency_proof_does_not_hold(data: st.DataObject) -> None:
    second = data.draw(SIZES)
    first = data.draw(st.integers(1, second))
    path = list(trees.proof(first, ALL[:second]))
    bit = data.draw(st.integers(0, 255))
    small, large = ROOTS[first], ROOTS[second]
    assert not holds(verify_consistency, first, second, path, other(small, bit), large)
    assert not holds(verify_consistency, first, second, path, small, other(large, bit))
    assert not holds(verify_consistency, first, second, [*path, small], small, large)
    assert not holds(verify_consistency, second + 1, second, path, small, large)
    for altered in altered_paths(data, path, bit):
        assert not holds(verify_consistency, first, second, altered, small, large)


def altered_paths(data: st.DataObject, path: list[bytes], bit: int) -> list[list[bytes]]:
    """The path with one hash altered, left out, or exchanged with its neighbour."""
    if not path:
        return []
    at = data.draw(st.integers(0, len(path) - 1))
    made = [[*path[:at], other(path[at], bit), *path[at + 1 :]], path[:at] + path[at + 1 :]]
    if at:
        made.append([*path[: at - 1], path[at], path[at - 1], *path[at + 1 :]])
    return made


ROOT_5 = ROOTS[5]
PATH_5 = trees.path(2, ALL[:5])


@pytest.mark.parametrize(
    ("call", "arguments", "why"),
    [
        (verify_inclusion, (LEAVES[2], 5, 5, PATH_5, ROOT_5), "a tree of 5 has no index 5"),
        (verify_inclusion, (LEAVES[2], -1, 5, PATH_5, ROOT_5), "a tree of 5 has no index -1"),
        (verify_inclusion, (LEAVES[2], 0, 0, (), EMPTY_ROOT), "a tree of 0 has no index 0"),
        (verify_inclusion, (LEAVES[2], 2, 2**63, PATH_5, ROOT_5), f"no tree has the size {2**63}"),
        (verify_inclusion, (LEAVES[2], 2, -5, PATH_5, ROOT_5), "no tree has the size -5"),
        (verify_inclusion, (b"", 2, 5, PATH_5, ROOT_5), "a hash has 32 bytes: this is none"),
        (verify_inclusion, (LEAVES[2], 2, 5, (b"",), ROOT_5), "a hash has 32 bytes: this is none"),
        (verify_inclusion, (LEAVES[2], 2, 5, PATH_5, b""), "a hash has 32 bytes: this is none"),
        (
            verify_inclusion,
            (LEAVES[2], 2, 5, PATH_5[:-1], ROOT_5),
            "the inclusion proof is too short for this tree",
        ),
        (
            verify_inclusion,
            (LEAVES[2], 2, 5, (*PATH_5, ROOT_5), ROOT_5),
            "the inclusion proof is too long for this tree",
        ),
        (
            verify_inclusion,
            (LEAVES[3], 2, 5, PATH_5, ROOT_5),
            "the entry is not at index 2 of the tree with this root",
        ),
        (
            verify_consistency,
            (5, 3, (), ROOT_5, ROOTS[3]),
            "a tree of 3 cannot begin with one of 5",
        ),
        (
            verify_consistency,
            (0, 5, (), ROOT_5, ROOT_5),
            "this is not the root of the empty tree",
        ),
        (
            verify_consistency,
            (0, 0, (), EMPTY_ROOT, ROOT_5),
            "this is not the root of the empty tree",
        ),
        (
            verify_consistency,
            (0, 5, (ROOT_5,), EMPTY_ROOT, ROOT_5),
            "the consistency proof is too long for these trees",
        ),
        (
            verify_consistency,
            (5, 5, (ROOT_5,), ROOT_5, ROOT_5),
            "the consistency proof is too long for these trees",
        ),
        (
            verify_consistency,
            (5, 5, (), ROOT_5, other(ROOT_5)),
            "there are two different trees of 5",
        ),
        (
            verify_consistency,
            (4, 5, (), ROOTS[4], ROOT_5),
            "the consistency proof is too short for these trees",
        ),
        (
            verify_consistency,
            (3, 5, trees.proof(3, ALL[:5])[:-1], ROOTS[3], ROOT_5),
            "the consistency proof is too short for these trees",
        ),
        (
            verify_consistency,
            (3, 5, (*trees.proof(3, ALL[:5]), ROOT_5), ROOTS[3], ROOT_5),
            "the consistency proof is too long for these trees",
        ),
        (
            verify_consistency,
            (3, 5, trees.proof(3, ALL[:5]), ROOTS[2], ROOT_5),
            "the tree of 5 does not begin with the tree of 3",
        ),
        (verify_consistency, (-1, 5, (), ROOT_5, ROOT_5), "no tree has the size -1"),
        (verify_consistency, (5, 2**63, (), ROOT_5, ROOT_5), f"no tree has the size {2**63}"),
        (verify_consistency, (5, 5, (), b"", b""), "a hash has 32 bytes: this is none"),
        (inclusion_proof, (3, 3, STORED), "a tree of 3 has no index 3"),
        (consistency_proof, (4, 3, STORED), "a tree of 3 cannot begin with one of 4"),
        (root_of, (-1, STORED), "no tree has the size -1"),
        (root_of, (3, lambda level, index: b"short"), "a hash has 32 bytes: this is none"),
    ],
)
def test_what_does_not_hold_says_why(
    call: Callable[..., object], arguments: tuple[object, ...], why: str
) -> None:
    assert refusal(call, *arguments) == why


def test_whatever_is_handed_in_nothing_else_than_a_ledger_error_is_raised() -> None:
    numbers = (-1, 0, 1, 2, 3, LARGEST_SIZE, LARGEST_SIZE + 1, 2**200)
    paths: tuple[tuple[bytes, ...], ...] = ((), (ROOT_5,), (b"",), (ROOT_5,) * 70)
    for first, second, path in product(numbers, numbers, paths):
        holds(verify_inclusion, ROOT_5, first, second, path, ROOT_5)
        holds(verify_consistency, first, second, path, ROOT_5, ROOT_5)
