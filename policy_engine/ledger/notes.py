"""Signed notes (C2SP signed-note): a text, and below it a line for each key that signed it.

Ed25519 signs, with the keys of `foundation.signing`; a public key is written `name+hash+base64`.
What is read is read strictly. Signatures of unknown keys, which may be of other kinds, are kept
and prove nothing. One of a known key that does not hold is never passed over, even beside one
that does.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from policy_engine.foundation.errors import LedgerError
from policy_engine.foundation.signing import VerifyingKey, from_base64

LARGEST_NOTE = 1_000_000
MOST_SIGNATURES = 100

_DASH = "— "
_KEY_ID_SIZE = 4

KeyRing: TypeAlias = Mapping[tuple[str, bytes], Sequence[VerifyingKey]]
"""Keys by their names and ids. An id is short: whoever tries long enough finds a key of another's
name and id, so there may be several."""


class Signer(Protocol):
    """Whoever can sign in the name of a key: a `SigningKey`, or a service that holds one."""

    @property
    def verifying(self) -> VerifyingKey: ...

    def sign(self, data: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Signature:
    """Who says to have signed: the name of a key, the 4 bytes of its id, and what it signed."""

    name: str
    key_id: bytes
    signature: bytes

    def __str__(self) -> str:
        return f"{_DASH}{self.name} {b64encode(self.key_id + self.signature).decode()}"


@dataclass(frozen=True, slots=True)
class Note:
    """A text, which ends with a newline, and its signatures in their order; none is verified."""

    text: str
    signatures: tuple[Signature, ...]

    @classmethod
    def parse(cls, data: bytes) -> Note:
        """The note in these bytes. Raises `LedgerError` unless they are written just so."""
        if len(data) > LARGEST_NOTE:
            raise LedgerError(f"a note of {len(data):,} bytes is larger than {LARGEST_NOTE:,}")
        try:
            whole = data.decode()
        except UnicodeDecodeError as error:
            raise LedgerError(f"a note is text in UTF-8: byte {error.start} is not") from error
        _check_characters(whole)
        text, blank, below = whole.rpartition("\n\n")
        if not blank or not below.endswith("\n"):
            raise LedgerError("a note ends with an empty line and lines with signatures")
        lines = below[:-1].split("\n")
        if len(lines) > MOST_SIGNATURES:
            raise LedgerError(f"a note has at most {MOST_SIGNATURES} signatures")
        return cls(f"{text}\n", tuple(_signature(line) for line in lines))

    def signed(self, signer: Signer) -> Note:
        """The same note with one more signature at its end."""
        key = signer.verifying
        made = Signature(key.name, key_id(key), signer.sign(self.text.encode()))
        return Note(self.text, (*self.signatures, made))

    def verify(self, known: Iterable[VerifyingKey]) -> tuple[VerifyingKey, ...]:
        """The known keys that have signed: one at least, or it raises `LedgerError`."""
        return self.verify_by(key_ring(known))

    def verify_by(self, known: KeyRing) -> tuple[VerifyingKey, ...]:
        """The same for many notes and the same keys."""
        text, found = self.text.encode(), list[VerifyingKey]()
        for one in self.signatures:
            keys = known.get((one.name, one.key_id), ())
            signed = [key for key in keys if key.verify(text, one.signature)]
            if keys and not signed:
                raise LedgerError(f"the signature of `{one.name}` does not hold")
            found += signed
        if not found:
            by = ", ".join(f"`{one.name}`" for one in self.signatures)
            raise LedgerError(f"no known key has signed it; it says to be signed by {by}")
        return tuple(dict.fromkeys(found))

    def __bytes__(self) -> bytes:
        lines = "".join(f"{one}\n" for one in self.signatures)
        return f"{self.text}\n{lines}".encode()


def sign(text: str, *signers: Signer) -> Note:
    """The note with this text, signed by each. Raises `LedgerError` for what no note can say."""
    if not signers:
        raise LedgerError("a note is signed by one key at least")
    if not text.endswith("\n"):
        raise LedgerError("the text of a note ends with a newline")
    note = Note(text, ())
    try:
        for signer in signers:
            note = note.signed(signer)
        return Note.parse(bytes(note))
    except UnicodeEncodeError as error:
        raise LedgerError("the text of a note cannot be written in UTF-8") from error


def key_ring(keys: Iterable[VerifyingKey]) -> KeyRing:
    """These keys, to be looked up by what a signature says of itself."""
    ring: dict[tuple[str, bytes], list[VerifyingKey]] = {}
    for key in dict.fromkeys(keys):
        ring.setdefault((key.name, key_id(key)), []).append(key)
    return ring


def key_id(key: VerifyingKey) -> bytes:
    """The 4 bytes that tell a key from others of its name."""
    return bytes.fromhex(key.id[: 2 * _KEY_ID_SIZE])


def _signature(line: str) -> Signature:
    name, space, coded = line.removeprefix(_DASH).partition(" ")
    data = from_base64(coded) if space and line.startswith(_DASH) else None
    if data is None or len(data) <= _KEY_ID_SIZE or not _is_name(name):
        raise LedgerError(f"{line!r} is no line with a signature")
    return Signature(name, data[:_KEY_ID_SIZE], data[_KEY_ID_SIZE:])


def _is_name(name: str) -> bool:
    return name != "" and "+" not in name and not any(character.isspace() for character in name)


def _check_characters(text: str) -> None:
    for character in text:
        if character < " " and character != "\n":
            raise LedgerError(f"a note has no control characters such as {character!r}")
