"""The manifest of a bundle: what it is, what is in it, and the digest of each part.

It is canonical JSON, so it can be written in one way only, and it is what is signed. Whoever
trusts the signature can trust all members whose digests are in it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from policy_engine.bundle.flaw import Flaw
from policy_engine.foundation.canonical import canonical
from policy_engine.foundation.errors import InputError
from policy_engine.foundation.reading import read_json

KIND = "agent policy bundle"
FORMAT = 1
MANIFEST = "manifest.json"
SIGNATURES = "manifest.sig"
GIVEN = "policies/"
IMPORTS = "imports/"
CODE = "code/"

_ANEW = "get it anew from where it was built"


@dataclass(frozen=True, slots=True)
class Part:
    """One member: the SHA-256 of its bytes in hexadecimal, and how many they are."""

    sha256: str
    size: int

    @classmethod
    def of(cls, data: bytes | memoryview) -> Part:
        return cls(sha256(data).hexdigest(), len(data))


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a bundle says of itself."""

    language: int
    """The version of the policy language."""
    engine: str
    """The version of the engine that made it."""
    policy: str
    """The digest of the policy set."""
    given: tuple[str, ...]
    """The policy files that were asked for; all others are there because these name them."""
    files: Mapping[str, Part]
    """All files of the policy set by their paths."""
    code: Mapping[str, Part]
    """Functions made of the policies, by the version of Python that can run them."""

    def members(self) -> dict[str, Part]:
        """All that must be in the bundle beside the manifest and its signatures, by path."""
        return {**self.files, **{CODE + tag: part for tag, part in self.code.items()}}

    def written(self) -> bytes:
        """The bytes that are signed."""
        return canonical(
            {
                "kind": KIND,
                "format": FORMAT,
                "language": self.language,
                "engine": self.engine,
                "policy": self.policy,
                "given": self.given,
                "files": _listed(self.files),
                "code": _listed(self.code),
            }
        )


def read_manifest(data: bytes) -> Manifest:
    """The manifest in the bytes. Raises `Flaw`, also for a format that is not known here."""
    try:
        value = read_json(data, what=MANIFEST)
    except InputError as error:
        raise Flaw(str(error), _ANEW) from error
    if not isinstance(value, dict) or value.get("kind") != KIND:
        raise Flaw(f"{MANIFEST} is not that of a bundle", _ANEW)
    if value.get("format") != FORMAT:
        problem = f"it is of format {value.get('format')!r}, and this engine reads {FORMAT}"
        raise Flaw(problem, "build it anew with the version of the engine that opens it")
    try:
        manifest = _manifest(value)
        known = manifest.written() == data
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise Flaw(f"{MANIFEST} is not written as it must be", _ANEW) from error
    if not known:
        raise Flaw(f"{MANIFEST} is not written as it must be", _ANEW)
    return manifest


def code_tag() -> str:
    """What this version of Python calls the code that it can run, such as `cpython-311`."""
    return sys.implementation.cache_tag or "unknown"


def _listed(parts: Mapping[str, Part]) -> dict[str, object]:
    return {name: {"sha256": part.sha256, "size": part.size} for name, part in parts.items()}


def _manifest(value: Mapping[str, object]) -> Manifest:
    language, engine, policy, given = (
        value[name] for name in ("language", "engine", "policy", "given")
    )
    if type(language) is not int or not isinstance(engine, str) or not isinstance(policy, str):
        raise TypeError
    if not isinstance(given, list) or not given:
        raise TypeError
    files, code = _parts(value["files"]), _parts(value["code"])
    if any(path not in files for path in given):
        raise ValueError
    if not all(path.startswith((GIVEN, IMPORTS)) for path in files):
        raise ValueError
    return Manifest(language, engine, policy, tuple(given), files, code)


def _parts(value: object) -> dict[str, Part]:
    if not isinstance(value, dict):
        raise TypeError
    return {name: Part(part["sha256"], part["size"]) for name, part in value.items()}
