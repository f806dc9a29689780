"""The signatures of a bundle: who has signed its manifest.

A signature is over the very bytes of `manifest.json`, so any program that knows Ed25519 can check
it. A signature in the name of a trusted key that does not hold is never passed over, even beside
one that does.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from typing import NamedTuple

from policy_engine.bundle.flaw import Flaw
from policy_engine.bundle.manifest import SIGNATURES
from policy_engine.foundation.canonical import canonical
from policy_engine.foundation.errors import InputError
from policy_engine.foundation.reading import read_json
from policy_engine.foundation.signing import SigningKey, VerifyingKey, from_base64

MOST_SIGNATURES = 16

_ANEW = "get it anew from where it was built"


class Signature(NamedTuple):
    """Who says to have signed, by name and id of the key, and the 64 bytes."""

    name: str
    id: str
    signature: bytes


def sign(manifest: bytes, keys: Iterable[SigningKey]) -> bytes:
    """The member with the signatures of all keys, which may be none. Raises `Flaw`."""
    made = {Signature(k.name, k.verifying.id, k.sign(manifest)) for k in keys}
    if len(made) > MOST_SIGNATURES:
        raise Flaw(f"it has more than {MOST_SIGNATURES} signatures", "sign it with fewer keys")
    return _written(sorted(made))


def read_signatures(data: bytes) -> tuple[Signature, ...]:
    """The signatures in a member, none of them verified. Raises `Flaw`."""
    try:
        signatures = _signatures(read_json(data, what=SIGNATURES))
    except (InputError, KeyError, TypeError, ValueError) as error:
        raise Flaw(f"{SIGNATURES} is not written as it must be", _ANEW) from error
    if _written(signatures) != data or list(signatures) != sorted(set(signatures)):
        raise Flaw(f"{SIGNATURES} is not written as it must be", _ANEW)
    return signatures


def signers(
    manifest: bytes, signatures: tuple[Signature, ...], trusted: Iterable[VerifyingKey]
) -> tuple[VerifyingKey, ...]:
    """The trusted keys that have signed, one at least. Raises `Flaw`."""
    keys = {(key.name, key.id): key for key in trusted}
    found: list[VerifyingKey] = []
    for name, id_, signature in signatures:
        key = keys.get((name, id_))
        if key is None:
            continue
        if not key.verify(manifest, signature):
            raise Flaw(f"the signature of `{name}` does not hold", _ANEW)
        found.append(key)
    if not found:
        raise Flaw(_nobody(signatures, keys), "sign it with a key that is trusted here")
    return tuple(found)


def _nobody(signatures: tuple[Signature, ...], keys: Iterable[tuple[str, str]]) -> str:
    if not signatures:
        return "nobody has signed it"
    by = _names((one.name, one.id) for one in signatures)
    return f"it is signed by {by}, and trusted is {_names(keys) or 'nobody'}"


def _names(keys: Iterable[tuple[str, str]]) -> str:
    return ", ".join(f"`{name}` ({id_})" for name, id_ in sorted(keys))


def _written(signatures: Iterable[Signature]) -> bytes:
    return canonical(
        [
            {"key": s.name, "id": s.id, "signature": b64encode(s.signature).decode()}
            for s in signatures
        ]
    )


def _signatures(value: object) -> tuple[Signature, ...]:
    if not isinstance(value, list) or len(value) > MOST_SIGNATURES:
        raise TypeError
    return tuple(_signature(one["key"], one["id"], one["signature"]) for one in value)


def _signature(name: object, id_: object, text: object) -> Signature:
    if not isinstance(name, str) or not isinstance(id_, str) or not isinstance(text, str):
        raise TypeError
    signature = from_base64(text)
    if signature is None:
        raise ValueError
    return Signature(name, id_, signature)
