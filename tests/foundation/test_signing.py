"""Keys: what they sign, how they are written, and what is no key."""

from __future__ import annotations

import stat
from base64 import b64decode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from policy_engine import InputError, SigningKey, VerifyingKey

PUBLISHED = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
"""The key of the example in the documentation of Go's package `sumdb/note`."""
NOTE = (
    b"If you think cryptography is the answer to your problem,\n"
    b"then you don't know what your problem is.\n"
)
NOTE_SIGNATURE = (
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
)
KEY = SigningKey.new("acme.example/policy")


def test_a_signature_of_another_program_holds() -> None:
    key = VerifyingKey.from_text(PUBLISHED)
    hash_, signature = b64decode(NOTE_SIGNATURE)[:4], b64decode(NOTE_SIGNATURE)[4:]
    assert (key.id[:8], key.verify(NOTE, signature)) == (hash_.hex(), True)
    assert key.verify(NOTE + b" ", signature) is False


def test_a_signature_is_by_one_key_over_one_text() -> None:
    signature = KEY.sign(b"pay")
    assert KEY.verifying.verify(b"pay", signature) is True
    assert KEY.verifying.verify(b"pay ", signature) is False
    assert SigningKey.new(KEY.name).verifying.verify(b"pay", signature) is False
    assert KEY.verifying.verify(b"pay", signature[:-1]) is False


def test_what_is_written_is_read_back() -> None:
    assert VerifyingKey.from_text(f"{KEY.verifying}\n") == KEY.verifying
    again = SigningKey.from_pem(KEY.to_pem())
    assert (again.name, again.verifying) == (KEY.name, KEY.verifying)
    renamed = SigningKey.from_pem(KEY.to_pem(), "other")
    assert (renamed.name, renamed.verifying.raw) == ("other", KEY.verifying.raw)


def test_a_public_key_in_pem_gets_its_name_from_whoever_reads_it() -> None:
    public = ed25519.Ed25519PublicKey.from_public_bytes(KEY.verifying.raw)
    assert VerifyingKey.from_pem(pem(public), KEY.name) == KEY.verifying


def test_the_id_depends_on_the_name() -> None:
    assert KEY.verifying.id != VerifyingKey("other", KEY.verifying.raw).id


def test_a_private_key_is_for_its_owner_and_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    KEY.write(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert SigningKey.read(path).verifying == KEY.verifying
    with pytest.raises(InputError, match="is there already: name a new file"):
        SigningKey.new("other").write(path)
    assert SigningKey.read(path).verifying == KEY.verifying


def test_half_a_key_is_not_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(InputError, match="No space left on device"):
        KEY.write(tmp_path / "key.pem")
    assert list(tmp_path.iterdir()) == []


def test_no_representation_shows_the_secret() -> None:
    secret = KEY.to_pem().split("\n")[2]
    assert [secret in text for text in (repr(KEY), str(KEY), f"{KEY}")] == [False] * 3
    assert secret in KEY.to_pem()


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "ą", "x" * 201])
def test_a_name_is_visible_ascii_without_plus(name: str) -> None:
    with pytest.raises(InputError, match="cannot name a key"):
        SigningKey.new(name)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "one line"),
        (KEY.to_pem(), "one line"),
        (PUBLISHED.replace("c74f20a3", "c74f20a4"), "mistake"),
        (PUBLISHED.replace("PeterNeumann", "PeterNeuman"), "mistake"),
        (PUBLISHED[:-1], "Ed25519"),
        (PUBLISHED.replace("+ARpc", "+Ahpc"), "Ed25519"),
        ("a+00000000+AQ==", "32 bytes"),
    ],
)
def test_what_is_no_public_key_is_refused(text: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        VerifyingKey.from_text(text)


def test_each_letter_of_a_public_key_counts() -> None:
    text = str(KEY.verifying)
    for place, letter in enumerate(text):
        wrong = text[:place] + ("B" if letter == "A" else "A") + text[place + 1 :]
        with pytest.raises(InputError):
            VerifyingKey.from_text(wrong)


def test_keys_of_other_kinds_are_refused() -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(InputError, match="not of the kind Ed25519"):
        SigningKey.from_pem(private_pem(other), "a")
    with pytest.raises(InputError, match="not of the kind Ed25519"):
        VerifyingKey.from_pem(pem(other.public_key()), "a")


def test_what_is_no_private_key_is_refused(tmp_path: Path) -> None:
    locked = private_pem(
        ed25519.Ed25519PrivateKey.generate(), serialization.BestAvailableEncryption(b"x")
    )
    for text, name, problem in (
        (locked, "a", "behind a password"),
        (str(KEY.verifying), "a", "no private key"),
        (KEY.to_pem().partition("\n")[2], None, "does not begin with a line"),
    ):
        with pytest.raises(InputError, match=problem):
            SigningKey.from_pem(text, name)
    with pytest.raises(InputError, match="No such file"):
        SigningKey.read(tmp_path / "none.pem")
    (tmp_path / "large.pem").write_bytes(b"x" * 20_000)
    with pytest.raises(InputError, match="too large"):
        SigningKey.read(tmp_path / "large.pem")
    (tmp_path / "odd.pem").write_bytes(b"\xff")
    with pytest.raises(InputError, match="no text"):
        SigningKey.read(tmp_path / "odd.pem")


def pem(key: ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(serialization.Encoding.PEM, form).decode()


def private_pem(
    key: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey,
    lock: serialization.KeySerializationEncryption | None = None,
) -> str:
    form = serialization.PrivateFormat.PKCS8
    lock = lock or serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, lock).decode()


ORDER_8 = (
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
)
FIELD = 2**255 - 19


@pytest.mark.parametrize("sign", [0, 0x80], ids=["plus", "minus"])
@pytest.mark.parametrize(
    "raw",
    [
        *(number.to_bytes(32, "little") for number in (0, 1, FIELD - 1, FIELD, FIELD + 1)),
        *map(bytes.fromhex, ORDER_8),
    ],
    ids=["0", "1", "-1", "0 again", "1 again", "of order 8", "of order 8 too"],
)
def test_a_key_under_which_anybody_can_sign_is_none(raw: bytes, sign: int) -> None:
    """Points of small order: signatures that nobody made hold for some messages."""
    with pytest.raises(InputError, match="proves nothing"):
        VerifyingKey("acme.example/policy", bytes((*raw[:31], raw[31] | sign)))
