"""Opens a bundle: one file, read once, and refused unless somebody trusted has signed all of it.

The order matters: first the form of the file, then the signatures, then what the manifest says,
then every member by its digest. Nothing is unpacked to the disk. The policies are read when they
are asked for; the parser is not even imported before.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from policy_engine.bundle.archive import LARGEST_BUNDLE, read_archive
from policy_engine.bundle.flaw import Flaw
from policy_engine.bundle.manifest import (
    CODE,
    MANIFEST,
    SIGNATURES,
    Manifest,
    Part,
    code_tag,
    read_manifest,
)
from policy_engine.bundle.signatures import Signature, read_signatures, signers
from policy_engine.foundation.errors import BundleError
from policy_engine.foundation.signing import VerifyingKey
from policy_engine.foundation.version import VERSION
from policy_engine.language.version import LANGUAGE

if TYPE_CHECKING:
    from policy_engine.language.policy import PolicySet

_ANEW = "get it anew from where it was built"


@dataclass(frozen=True)
class Bundle:
    """A bundle whose every byte was checked. Immutable; safe to share among threads."""

    name: str
    """Which file it was."""
    manifest: Manifest
    signed_by: tuple[VerifyingKey, ...]
    """The trusted keys that have signed it; none only where anybody was trusted."""
    signatures: tuple[Signature, ...]
    """Whoever is said to have signed it. Only `signed_by` is proved."""
    _data: bytes = field(repr=False)
    _members: Mapping[str, memoryview] = field(repr=False)

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the file in hexadecimal."""
        return sha256(self._data).hexdigest()

    @property
    def policy_digest(self) -> str:
        """The digest of the policy set in it, as its manifest says."""
        return self.manifest.policy

    def code(self) -> bytes | None:
        """The functions made of the policies, or None where they must be made anew.

        They can do whatever Python can, so they are handed out only where somebody trusted has
        signed them, and only to the versions of Python and of the engine that they are for.
        """
        fits = self.manifest.engine == VERSION and code_tag() in self.manifest.code
        if not self.signed_by or not fits:
            return None
        return bytes(self._members[CODE + code_tag()])

    def policy(self) -> PolicySet:
        """The policy set, read when it is first asked for.

        Raises `PolicyError` where it has errors, and `BundleError` where it is not the one that
        the manifest names.
        """
        return self._policy

    @cached_property
    def _policy(self) -> PolicySet:
        from policy_engine.bundle.contents import read_policy

        try:
            files = {place: str(self._members[place], "utf-8") for place in self.manifest.files}
        except UnicodeDecodeError as error:
            raise BundleError(self.name, "a file in it is not UTF-8", _ANEW) from error
        policy = read_policy(self.manifest.given, files)
        if policy.digest != self.policy_digest:
            problem = f"its policies are {policy.digest[:12]}, not {self.policy_digest[:12]}"
            raise BundleError(self.name, problem, "build it anew")
        return policy


def open_bundle(
    path: str | os.PathLike[str],
    *,
    trusted: Iterable[VerifyingKey] | None = None,
    trust_anybody: bool = False,
) -> Bundle:
    """The bundle in a file that one of the `trusted` keys, at least, has signed.

    With `trust_anybody=True` no signature is asked for: whoever can write the file can then say
    what agents may do. It is for looking at a bundle, and for tests. Raises `BundleError` that
    says which bundle, what is wrong and what to do.
    """
    name = os.fspath(path)
    return read_bundle(_read(name), name, trusted=trusted, trust_anybody=trust_anybody)


def read_bundle(
    data: bytes,
    name: str,
    *,
    trusted: Iterable[VerifyingKey] | None = None,
    trust_anybody: bool = False,
) -> Bundle:
    """The same from the bytes of the file; `name` is what people call it."""
    if trust_anybody and trusted is not None:
        raise ValueError("either some keys are trusted, or anybody is")
    try:
        return _checked(data, name, None if trust_anybody else tuple(trusted or ()))
    except Flaw as flaw:
        raise BundleError(name, flaw.problem, flaw.advice) from flaw


def _checked(data: bytes, name: str, trusted: tuple[VerifyingKey, ...] | None) -> Bundle:
    members = read_archive(data)
    written, signatures = _signed(members)
    by = () if trusted is None else signers(written, signatures, trusted)
    manifest = read_manifest(written)
    _check_language(manifest)
    _check_members(manifest, members)
    return Bundle(name, manifest, by, signatures, data, members)


def _signed(members: Mapping[str, memoryview]) -> tuple[bytes, tuple[Signature, ...]]:
    """The manifest as bytes, and the signatures that stand beside it."""
    for path in (MANIFEST, SIGNATURES):
        if path not in members:
            raise Flaw(f"it has no {path}", _ANEW)
    return bytes(members[MANIFEST]), read_signatures(bytes(members[SIGNATURES]))


def _check_language(manifest: Manifest) -> None:
    version = manifest.language
    if version > LANGUAGE:
        problem = f"it is in version {version} of the language, and this engine knows {LANGUAGE}"
        raise Flaw(problem, "update the engine that opens it")
    if version < LANGUAGE:
        problem = f"it is in version {version} of the language, and this engine needs {LANGUAGE}"
        raise Flaw(problem, "build it anew with the engine that opens it")


def _check_members(manifest: Manifest, members: Mapping[str, memoryview]) -> None:
    declared = manifest.members()
    found = members.keys() - {MANIFEST, SIGNATURES}
    for path in sorted(declared.keys() ^ found):
        there = "has" if path in found else "lacks"
        listed = "does not list" if path in found else "lists"
        raise Flaw(f"it {there} {path}, which its manifest {listed}", _ANEW)
    for path, part in declared.items():
        if Part.of(members[path]) != part:
            raise Flaw(f"{path} is not what the manifest says", _ANEW)


def _read(name: str) -> bytes:
    """The bytes of a regular file, no more than a bundle may have."""
    try:
        # Asked before it is opened, for to open a pipe is to wait for whoever writes into it.
        if not stat.S_ISREG(Path(name).stat().st_mode):
            raise BundleError(name, "it is no regular file", "name the file itself")
        with Path(name).open("rb") as file:
            return file.read(LARGEST_BUNDLE + 1)
    except OSError as error:
        problem = f"it cannot be read: {error.strerror or error}"
        raise BundleError(name, problem, "look whether it is there and may be read") from error
