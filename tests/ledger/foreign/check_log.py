"""Checks a log and its proofs with the package `aics-tlog`, as `check_log.go` does with Go's.

python check_log.py KEY FOLDER OLDER... < claims
"""

from __future__ import annotations

import sys
from base64 import b64decode
from pathlib import Path

import aics_tlog as tlog


def main() -> None:
    key_text, folder, *older = sys.argv[1:]
    key = tlog.parse_vkey(key_text)
    head = opened((Path(folder) / "checkpoint").read_bytes(), key)
    reader = tlog.FileSystemTileReader(folder)
    tlog.audit_tiles(reader, head.size, head.root)
    verified = tlog.VerifiedTileReader(reader, head.size, head.root)
    for index in range(head.size):
        path = tlog.inclusion_proof_from_tiles(reader, index, head.size)
        leaf = tlog.leaf_hash(verified.entry(index))
        must(tlog.verify_inclusion(leaf, index, head.size, path, head.root))
    for size in map(int, older):
        root = tlog.tree_root_from_tiles(reader, size, head.size)
        path = tlog.consistency_proof_from_tiles(reader, size, head.size)
        must(tlog.verify_consistency(size, head.size, root, head.root, path))
    claims = [check(line.split(), key) for line in sys.stdin]
    print(f"{head.size} entries, {len(claims)} claims")


def opened(data: bytes, key: tlog.VKey) -> tlog.Checkpoint:
    note = tlog.parse_note(data)
    result = tlog.verify_checkpoint(note, key, expected_origin=key.name)
    must(result.log_ok)
    return tlog.parse_checkpoint(note.text)


def check(words: list[str], key: tlog.VKey) -> None:
    match words:
        case ["inclusion", size, root, index, leaf, *path]:
            hashes = list(map(b64decode, path))
            size, index = int(size), int(index)
            must(tlog.verify_inclusion(b64decode(leaf), index, size, hashes, b64decode(root)))
        case ["consistency", size, root, old, old_root, *path]:
            hashes = list(map(b64decode, path))
            roots = b64decode(old_root), b64decode(root)
            must(tlog.verify_consistency(int(old), int(size), *roots, hashes))
        case ["file", entry, proof]:
            check_file(b64decode(entry), b64decode(proof), key)
        case _:
            must(False)


def check_file(entry: bytes, proof: bytes, key: tlog.VKey) -> None:
    above, _, checkpoint = proof.partition(b"\n\n")
    first, index, *path = above.decode().split("\n")
    must(first == "c2sp.org/tlog-proof@v1" and index.startswith("index "))
    head = opened(checkpoint, key)
    place, hashes = int(index.removeprefix("index ")), list(map(b64decode, path))
    must(tlog.verify_inclusion(tlog.leaf_hash(entry), place, head.size, hashes, head.root))


def must(held: bool) -> None:
    if not held:
        raise SystemExit("it does not hold")


main()
