"""A bundle is opened only where every byte of it is what somebody trusted has signed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from policy_engine import BundleError, Engine, SigningKey, open_bundle
from policy_engine.bundle.archive import read_archive
from policy_engine.bundle.contents import read_contents
from policy_engine.bundle.manifest import (
    MANIFEST,
    SIGNATURES,
    Manifest,
    Part,
    code_tag,
    read_manifest,
)
from policy_engine.bundle.open import Bundle, read_bundle
from policy_engine.bundle.pack import pack, packed
from policy_engine.bundle.signatures import sign
from policy_engine.foundation.canonical import canonical
from policy_engine.language.version import LANGUAGE
from tests.bundle.desk import SMALL, changed, key, write_files

CODE = b"functions"
FILE = "policies/a.policy"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A signed bundle of one policy, with code for this version of Python."""
    path = write_files(tmp_path_factory.mktemp("small"), {"a.policy": SMALL})
    return pack([path], key=key(), code=lambda policy: CODE)


def opened(data: bytes, *keys: SigningKey) -> Bundle:
    return read_bundle(data, "a.bundle", trusted=[k.verifying for k in keys or (key(),)])


def refusal(data: bytes, *keys: SigningKey) -> str:
    with pytest.raises(BundleError) as raised:
        opened(data, *keys)
    error = raised.value
    assert str(error) == f"a.bundle: {error.problem}; {error.advice}"
    assert error.bundle == "a.bundle" and error.advice
    return error.problem


def manifest_of(data: bytes) -> Manifest:
    return read_manifest(bytes(read_archive(data)[MANIFEST]))


def signed(data: bytes, manifest: bytes, *keys: SigningKey) -> bytes:
    """The bundle with another manifest, signed by these keys."""
    return changed(data, {MANIFEST: manifest, SIGNATURES: sign(manifest, keys or (key(),))})


def signed_with(data: bytes, **changes: object) -> bytes:
    """The bundle with another manifest as JSON, signed by the trusted key."""
    value = json.loads(bytes(read_archive(data)[MANIFEST])) | changes
    return signed(data, canonical({k: v for k, v in value.items() if v is not None}))


def test_what_was_packed_is_there(small: bytes) -> None:
    bundle = opened(small)
    assert bundle.signed_by == (key().verifying,)
    assert bundle.manifest.given == (FILE,)
    assert bundle.manifest.files == {FILE: Part.of(SMALL.encode())}
    assert (bundle.code(), bundle.policy_digest) == (CODE, bundle.policy().digest)


def test_the_digest_is_that_of_the_file(small: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.bundle"
    path.write_bytes(small)
    done = subprocess.run(["sha256sum", path], capture_output=True, text=True, check=True)
    bundle = open_bundle(path, trusted=[key().verifying])
    assert (bundle.name, bundle.digest) == (str(path), done.stdout.split()[0])


def test_the_same_input_gives_the_same_bytes_anywhere(
    small: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_files(tmp_path, {"elsewhere/a.policy": SMALL})
    os.utime(path, (1, 1))
    assert pack([path], key=key(), code=lambda policy: CODE) == small
    monkeypatch.chdir(path.parent)
    assert pack(["a.policy"], key=key(), code=lambda policy: CODE) == small
    monkeypatch.chdir("/")
    assert pack([path.parent], key=key(), code=lambda policy: CODE) == small


def test_every_other_byte_is_refused(small: bytes) -> None:
    for place, byte in enumerate(small):
        data = small[:place] + bytes((byte ^ (1 + place % 255),)) + small[place + 1 :]
        with pytest.raises(BundleError):
            opened(data)


@given(place=st.integers(min_value=0), mask=st.integers(1, 255))
def test_any_other_byte_is_refused(place: int, mask: int) -> None:
    data = bytearray(_unchanging())
    data[place % len(data)] ^= mask
    with pytest.raises(BundleError):
        opened(bytes(data))


@given(st.data())
def test_cut_off_longer_or_repeated_it_is_refused(data: st.DataObject) -> None:
    whole = _unchanging()
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(whole))] * 2)))
    inserted = data.draw(st.just(whole[start:end]) | st.binary(max_size=20))
    other = whole[:start] + inserted + whole[data.draw(st.sampled_from((start, end))) :]
    if other != whole:
        with pytest.raises(BundleError):
            opened(other)


def test_an_edited_member_is_refused(small: bytes) -> None:
    other = SMALL.replace("<= 100", "<= 900").encode()
    assert refusal(changed(small, {FILE: other})) == f"{FILE} is not what the manifest says"
    name = f"code/{code_tag()}"
    assert refusal(changed(small, {name: b"Functions"})) == f"{name} is not what the manifest says"


def test_an_edited_manifest_is_refused(small: bytes) -> None:
    """Also where it fits to the members that were edited with it."""
    other = SMALL.replace("<= 100", "<= 900").encode()
    manifest = replace(manifest_of(small), files={FILE: Part.of(other)}).written()
    data = changed(small, {FILE: other, MANIFEST: manifest})
    assert refusal(data) == "the signature of `acme.example/policy` does not hold"


@pytest.mark.parametrize("name", ["policies/b.policy", "code/cpython-1", "note.txt", "code/a/b"])
def test_a_member_that_is_not_declared_is_refused(small: bytes, name: str) -> None:
    assert (
        refusal(changed(small, {name: b""})) == f"it has {name}, which its manifest does not list"
    )


def test_a_member_that_is_missing_is_refused(small: bytes) -> None:
    assert refusal(changed(small, {FILE: None})) == f"it lacks {FILE}, which its manifest lists"
    assert refusal(changed(small, {MANIFEST: None})) == "it has no manifest.json"
    assert refusal(changed(small, {SIGNATURES: None})) == "it has no manifest.sig"


def test_another_key_is_refused(small: bytes) -> None:
    problem = refusal(small, key("other"))
    assert f"signed by `acme.example/policy` ({key().verifying.id})" in problem
    assert f"trusted is `other` ({key('other').verifying.id})" in problem


def test_another_key_of_the_same_name_is_refused(small: bytes) -> None:
    assert "it is signed by" in refusal(small, SigningKey.new(key().name))


def test_a_signature_of_another_bundle_is_refused(small: bytes, tmp_path: Path) -> None:
    other = pack([write_files(tmp_path, {"a.policy": SMALL + "role s\n"})], key=key())
    data = changed(small, {SIGNATURES: bytes(read_archive(other)[SIGNATURES])})
    assert refusal(data) == "the signature of `acme.example/policy` does not hold"


def test_a_signature_of_another_key_under_a_trusted_name_is_refused(small: bytes) -> None:
    text = signatures((key().name, key().verifying.id, key("other").sign(_manifest(small))))
    assert "does not hold" in refusal(changed(small, {SIGNATURES: text}))


def test_one_of_several_signatures_is_enough(small: bytes) -> None:
    data = signed(small, _manifest(small), key(), key("other"))
    for one in ("other", "acme.example/policy"):
        assert opened(data, key(one)).signed_by == (key(one).verifying,)
    both = opened(data, key("other"), key(), key("third")).signed_by
    assert both == (key().verifying, key("other").verifying)


def test_a_trusted_signature_that_does_not_hold_is_not_passed_over(small: bytes) -> None:
    good = (key().name, key().verifying.id, key().sign(_manifest(small)))
    bad = ("other", key("other").verifying.id, bytes(64))
    data = changed(small, {SIGNATURES: signatures(good, bad)})
    assert opened(data, key()).signed_by == (key().verifying,)
    assert refusal(data, key(), key("other")) == "the signature of `other` does not hold"


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{}",
        b"[1]",
        b'[{"key":"a","id":"b"}]',
        b'[{"key":1,"id":"b","signature":""}]',
        b'[{"id":"b","key":"a","signature":"?"}]',
        b'[{"id":"b","key":"a","signature":"QQ=="},{"id":"b","key":"a","signature":"QQ=="}]',
        b'[{"id":"b","key":"b","signature":"QQ=="},{"id":"b","key":"a","signature":"QQ=="}]',
        b'[ {"id":"b","key":"a","signature":"QQ=="}]',
        b'[{"id":"b","key":"a","more":1,"signature":"QQ=="}]',
        b"[" * 1000,
    ],
)
def test_signatures_are_written_in_one_way(small: bytes, text: bytes) -> None:
    assert (
        refusal(changed(small, {SIGNATURES: text})) == "manifest.sig is not written as it must be"
    )


def test_too_many_signatures_are_refused(small: bytes) -> None:
    with pytest.raises(Exception, match="more than 16 signatures"):
        sign(_manifest(small), [key(f"k{number}") for number in range(17)])
    text = signatures(*((f"k{n:02}", "0" * 16, bytes(64)) for n in range(17)))
    assert "manifest.sig" in refusal(changed(small, {SIGNATURES: text}))


@pytest.mark.parametrize(("version", "advice"), [(LANGUAGE + 1, "update"), (LANGUAGE - 1, "anew")])
def test_another_version_of_the_language_is_refused(
    small: bytes, version: int, advice: str
) -> None:
    with pytest.raises(BundleError, match=f"version {version} of the language") as raised:
        opened(signed_with(small, language=version))
    assert advice in raised.value.advice


@pytest.mark.parametrize("version", [0, 2, "1", True, [1]])
def test_another_format_is_refused(small: bytes, version: object) -> None:
    problem = refusal(signed_with(small, format=version))
    assert problem.startswith(("it is of format", "manifest.json is not written"))


@pytest.mark.parametrize(
    "changes",
    [
        {"more": 1},
        {"policy": None},
        {"engine": 1},
        {"language": "1"},
        {"language": True},
        {"given": []},
        {"given": ["policies/none.policy"]},
        {"given": [[]]},
        {"given": FILE},
        {"files": []},
        {"files": {FILE: {}}},
        {"files": {FILE: {"sha256": "", "size": 1, "more": 1}}},
        {"files": {FILE: {"sha256": "", "size": 1}, "code/x": {"sha256": "", "size": 1}}},
        {"code": {"x": []}},
    ],
)
def test_a_manifest_is_written_in_one_way(small: bytes, changes: dict[str, object]) -> None:
    """Even one that is signed."""
    assert refusal(signed_with(small, **changes)) == "manifest.json is not written as it must be"


def test_a_manifest_of_something_else_is_refused(small: bytes) -> None:
    assert "not that of a bundle" in refusal(signed_with(small, kind="note"))
    assert "not that of a bundle" in refusal(signed(small, b"[]"))
    assert "line 1 column 1" in refusal(signed(small, b"no JSON"))
    spaced = _manifest(small).replace(b":", b": ", 1)
    assert "not written as it must be" in refusal(signed(small, spaced))


def test_nobody_is_trusted_unless_somebody_says_so(small: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.bundle"
    path.write_bytes(small)
    for trusted in (None, []):
        with pytest.raises(BundleError, match="trusted is nobody"):
            open_bundle(path, trusted=trusted)
    with pytest.raises(ValueError, match="either some keys are trusted, or anybody is"):
        open_bundle(path, trusted=[key().verifying], trust_anybody=True)


def test_an_unsigned_bundle_is_opened_on_demand_alone_and_its_code_never(tmp_path: Path) -> None:
    data = pack([write_files(tmp_path, {"a.policy": SMALL})], key=None, code=lambda policy: CODE)
    assert refusal(data) == "nobody has signed it"
    bundle = read_bundle(data, "a.bundle", trust_anybody=True)
    assert (bundle.signed_by, bundle.code()) == ((), None)
    assert bundle.policy().digest == bundle.policy_digest


def test_code_of_a_signed_bundle_that_nobody_verified_is_not_handed_out(small: bytes) -> None:
    bundle = read_bundle(small, "a.bundle", trust_anybody=True)
    assert (bundle.signatures[0].name, bundle.signed_by) == (key().name, ())
    assert bundle.code() is None


def test_code_of_another_python_or_engine_is_not_used(tmp_path: Path, small: bytes) -> None:
    contents = read_contents([write_files(tmp_path, {"a.policy": SMALL})])
    assert opened(packed(contents, [key()], {"cpython-1": CODE})).code() is None
    assert opened(packed(contents, [key()], {})).code() is None
    both = opened(packed(contents, [key()], {"cpython-1": b"", code_tag(): CODE}))
    assert both.code() == CODE
    assert opened(signed_with(small, engine="0.0.1")).code() is None


def test_policies_that_are_not_those_of_the_manifest_are_refused(small: bytes) -> None:
    bundle = opened(signed_with(small, policy="0" * 64))
    with pytest.raises(BundleError, match=r"its policies are [0-9a-f]{12}, not 000000000000"):
        bundle.policy()


def test_policies_that_are_no_text_are_refused(small: bytes) -> None:
    manifest = replace(manifest_of(small), files={FILE: Part.of(b"\xff")}).written()
    bundle = opened(signed(changed(small, {FILE: b"\xff"}), manifest))
    with pytest.raises(BundleError, match="not UTF-8"):
        bundle.policy()


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, problem in (
        ("none.bundle", "it cannot be read: No such file or directory"),
        ("", "it is no regular file"),
        ("pipe", "it is no regular file"),
    ):
        with pytest.raises(BundleError) as raised:
            open_bundle(tmp_path / name, trusted=[])
        assert (raised.value.bundle, raised.value.problem) == (str(tmp_path / name), problem)


def test_what_does_not_fit_into_a_bundle_is_refused(tmp_path: Path) -> None:
    path = write_files(tmp_path, {"a?.policy": SMALL})
    with pytest.raises(BundleError, match="cannot be the path of a member; rename the file"):
        pack([path], key=key())


def test_an_engine_decides_by_it(tmp_path: Path) -> None:
    from policy_engine.decision.code.cached import dumps

    write_files(tmp_path, {"a.policy": SMALL})
    (tmp_path / "a.bundle").write_bytes(pack([tmp_path / "a.policy"], key=key(), code=dumps))
    engine = Engine.from_bundle(tmp_path / "a.bundle", trusted=[key().verifying])
    assert engine.policy.digest == Engine.load(tmp_path / "a.policy").policy.digest


def test_to_open_takes_nothing_that_reads_policies(small: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.bundle").write_bytes(small)
    code = (
        "import sys; from policy_engine import open_bundle, VerifyingKey;"
        "bundle = open_bundle('a.bundle', trusted=[VerifyingKey.from_text(sys.argv[1])]);"
        "names = ('lark', 'casbin', 'jsonschema', 'pydantic', 'zipfile', 'click');"
        "print(len(bundle.code()), [name for name in names if name in sys.modules])"
    )
    command = [sys.executable, "-c", code, str(key().verifying)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == f"{len(CODE)} []\n"


def _manifest(data: bytes) -> bytes:
    return bytes(read_archive(data)[MANIFEST])


@cache
def _unchanging() -> bytes:
    """The small bundle again, for tests that run many times."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        return pack([write_files(Path(folder), {"a.policy": SMALL})], key=key())


def signatures(*given: tuple[str, str, bytes]) -> bytes:
    """A member with these signatures: name and id of the key, and the bytes."""
    listed: list[Mapping[str, str]] = [
        {"key": name, "id": id_, "signature": b64encode(signature).decode()}
        for name, id_, signature in sorted(given)
    ]
    return canonical(listed)
