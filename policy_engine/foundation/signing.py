"""Signatures: keys with names that sign bytes, and keys that check who has signed them.

The scheme is Ed25519 (RFC 8032). A private key is kept as PEM (PKCS #8) behind a line with its
name; a public key is one line, `name+hash+base64`, as in C2SP signed notes, so that other programs
can use it. A name is visible ASCII without `+`: `acme.example/policy`. Nothing here prints a
private key. `cryptography`, which does the sums, is imported when a key is first used.
"""

from __future__ import annotations

import os
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from policy_engine.foundation.errors import InputError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_NAME = re.compile(r"[!-*,-~]{1,200}", re.ASCII)
_TEXT = re.compile(rf"({_NAME.pattern})\+([0-9a-f]{{8}})\+([A-Za-z0-9+/]+=*)", re.ASCII)
_NAMED = re.compile(r"\AName: ([^\n]*)\n")
_ED25519 = b"\x01"
_RAW_SIZE = 32
_LARGEST_FILE = 16 * 1024


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """A public key: checks that the holder of the private one has signed something."""

    name: str
    raw: bytes
    """The 32 bytes of the key as RFC 8032 writes it."""

    def __post_init__(self) -> None:
        _check_name(self.name)
        if len(self.raw) != _RAW_SIZE:
            raise InputError(f"a public key has {_RAW_SIZE} bytes, not {len(self.raw)}")
        if _is_of_small_order(self.raw):
            raise InputError(f"the public key of `{self.name}` proves nothing: anybody can sign")

    @classmethod
    def from_text(cls, text: str) -> VerifyingKey:
        """The key that stands in a line `name+hash+base64`. Raises `InputError`."""
        match = _TEXT.fullmatch(text.strip())
        if match is None:
            raise InputError("this is no public key: it is one line `name+hash+base64`")
        coded = from_base64(match[3])
        if coded is None or coded[:1] != _ED25519:
            raise InputError(f"the public key of `{match[1]}` is not of the kind Ed25519")
        key = cls(match[1], coded[1:])
        if key.id[:8] != match[2]:
            raise InputError(f"the public key of `{match[1]}` has a mistake in it: copy it again")
        return key

    @classmethod
    def from_pem(cls, text: str, name: str) -> VerifyingKey:
        """The key of a PEM text, as other programs write it, by this name. Raises `InputError`."""
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
        from cryptography.hazmat.primitives.serialization import load_pem_public_key

        try:
            key = load_pem_public_key(text.encode())
        except (ValueError, UnsupportedAlgorithm) as error:
            raise InputError("this is no public key in PEM") from error
        if not isinstance(key, Ed25519PublicKey):
            raise InputError("this public key is not of the kind Ed25519")
        return cls(name, key.public_bytes_raw())

    @property
    def id(self) -> str:
        """16 hexadecimal digits that tell keys apart; the first 8 are the hash in its text."""
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.raw).hexdigest()[:16]

    def verify(self, data: bytes, signature: bytes) -> bool:
        """Whether this is the signature (64 bytes) of these bytes by this key."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, data)
        except InvalidSignature:
            return False
        return True

    def __str__(self) -> str:
        return f"{self.name}+{self.id[:8]}+{b64encode(_ED25519 + self.raw).decode()}"


_FIELD = 2**255 - 19
_SMALL_ORDER = frozenset(
    (
        0,
        1,
        _FIELD - 1,
        0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
        0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
    )
)
"""The y of all points whose order divides 8: under such a key, signatures of nobody hold."""


def _is_of_small_order(raw: bytes) -> bool:
    """The sign of x, which is the highest bit, makes no difference."""
    y = int.from_bytes(raw, "little") & (2**255 - 1)
    return y % _FIELD in _SMALL_ORDER


class SigningKey:
    """A private key with its name. Whoever has it can sign in that name."""

    __slots__ = ("_key", "name")

    def __init__(self, name: str, key: Ed25519PrivateKey) -> None:
        _check_name(name)
        self.name = name
        self._key = key

    @classmethod
    def new(cls, name: str) -> SigningKey:
        """A key that nobody has yet. Raises `InputError` for a name that cannot be one."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return cls(name, Ed25519PrivateKey.generate())

    @classmethod
    def from_pem(cls, text: str, name: str | None = None) -> SigningKey:
        """The key of a PEM text, under this name or that of its first line. Raises `InputError`."""
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        match = _NAMED.match(text)
        name = name or (match[1] if match else None)
        if name is None:
            raise InputError("this private key does not begin with a line `Name: …`")
        try:
            key = load_pem_private_key(_NAMED.sub("", text).encode(), password=None)
        except (ValueError, UnsupportedAlgorithm) as error:
            raise InputError("this is no private key in PEM (PKCS #8)") from error
        except TypeError as error:
            raise InputError("this private key is behind a password: take that off") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise InputError("this private key is not of the kind Ed25519")
        return cls(name, key)

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> SigningKey:
        """The key of a file. Raises `InputError`."""
        return cls.from_pem(read_key_file(path))

    def to_pem(self) -> str:
        """The key as text. It is a secret: keep it where only its owner can read it."""
        from cryptography.hazmat.primitives import serialization

        pem = self._key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return f"Name: {self.name}\n{pem.decode()}"

    def write(self, path: str | os.PathLike[str]) -> None:
        """Writes a new file that its owner alone can read, whole or not at all. Raises
        `InputError`, also where there is a file already: a key that is written over is lost."""
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    file.write(self.to_pem())
                    file.flush()
                    os.fsync(file.fileno())
            except BaseException:  # whatever ends it early, half a key is none, and it goes on up
                Path(path).unlink(missing_ok=True)
                raise
        except FileExistsError as error:
            raise InputError(f"{os.fspath(path)} is there already: name a new file") from error
        except OSError as error:
            raise InputError(f"{os.fspath(path)}: {error.strerror or error}") from error

    @property
    def verifying(self) -> VerifyingKey:
        """The public half, to give away."""
        return VerifyingKey(self.name, self._key.public_key().public_bytes_raw())

    def sign(self, data: bytes) -> bytes:
        """The signature of these bytes: 64 bytes, always the same."""
        return self._key.sign(data)

    def __repr__(self) -> str:
        return f"SigningKey({self.name!r})"


def read_key_file(path: str | os.PathLike[str]) -> str:
    """The text of a file with a key. Raises `InputError`."""
    try:
        with Path(path).open("rb") as file:
            data = file.read(_LARGEST_FILE + 1)
    except OSError as error:
        raise InputError(f"{os.fspath(path)}: {error.strerror or error}") from error
    if len(data) > _LARGEST_FILE:
        raise InputError(f"{os.fspath(path)} is too large for a key")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise InputError(f"{os.fspath(path)} is no text") from error


def from_base64(text: str) -> bytes | None:
    """The bytes, or None unless the text is the one way to write them."""
    try:
        data = b64decode(text, validate=True)
    except ValueError:
        return None
    return data if b64encode(data).decode() == text else None


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise InputError(
            f"`{name}` cannot name a key: write visible ASCII without spaces and `+`, "
            "such as `acme.example/policy`"
        )
