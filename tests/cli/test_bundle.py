"""`policy keys` and `policy bundle`: from a new key to a bundle that is verified elsewhere."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from policy_engine import Engine, VerifyingKey
from policy_engine.cli.main import main
from tests.bundle.desk import SMALL, write_files


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_files(tmp_path, {"a.policy": SMALL})
    return tmp_path


@pytest.fixture
def public() -> str:
    """The public half of a new key, whose private half is in `key.pem`."""
    return policy("keys", "new", "acme.example/policy", "-o", "key.pem").output.strip()


def policy(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


def build(*arguments: str) -> Result:
    return policy("bundle", "build", "a.policy", "-o", "a.bundle", *arguments)


def test_a_new_key_prints_its_public_half_alone(folder: Path) -> None:
    result = policy("keys", "new", "acme.example/policy", "-o", "key.pem")
    key = VerifyingKey.from_text(result.output)
    assert (result.exit_code, result.output) == (0, f"{key}\n")
    assert stat.S_IMODE((folder / "key.pem").stat().st_mode) == 0o600


def test_a_key_is_not_written_over(folder: Path, public: str) -> None:
    before = (folder / "key.pem").read_text()
    result = policy("keys", "new", "acme.example/policy", "-o", "key.pem")
    told = "error: key.pem is there already: name a new file\n"
    assert (result.exit_code, result.output) == (2, told)
    assert (folder / "key.pem").read_text() == before


def test_a_bundle_is_built_and_verified(folder: Path, public: str) -> None:
    built = build("--key", "key.pem")
    digest = Engine.load("a.policy").policy.digest
    assert (built.exit_code, f"policy {digest}" in built.output) == (0, True)
    head = (
        f"written to a.bundle; signed by acme.example/policy ({VerifyingKey.from_text(public).id})"
    )
    assert built.output.splitlines()[0] == head
    (folder / "key.pub").write_text(f"{public}\n")
    for trust in (public, "key.pub"):
        verified = policy("bundle", "verify", "a.bundle", "--trust", trust)
        assert verified.exit_code == 0
        assert verified.output.startswith("the bundle is whole; signed by acme.example/policy (")
        assert verified.output.splitlines()[1:] == built.output.splitlines()[1:]


def test_the_same_policies_give_the_same_file(folder: Path, public: str) -> None:
    build("--key", "key.pem")
    first = (folder / "a.bundle").read_bytes()
    build("--key", "key.pem")
    assert (folder / "a.bundle").read_bytes() == first
    assert sorted(path.name for path in folder.iterdir()) == ["a.bundle", "a.policy", "key.pem"]


def test_the_engine_takes_what_was_built(public: str) -> None:
    build("--key", "key.pem")
    engine = Engine.from_bundle("a.bundle", trusted=[VerifyingKey.from_text(public)])
    assert engine.policy.digest == Engine.load("a.policy").policy.digest


def test_two_keys_sign(public: str) -> None:
    other = policy("keys", "new", "audit", "-o", "audit.pem").output.strip()
    build("--key", "key.pem", "--key", "audit.pem")
    for trust in (public, other):
        assert policy("bundle", "verify", "a.bundle", "--trust", trust).exit_code == 0
    both = policy("bundle", "verify", "a.bundle", "--trust", public, "--trust", other)
    assert both.output.splitlines()[0].count("(") == 2


@pytest.mark.parametrize("damage", [b"", b"PK", None])
def test_what_does_not_verify_fails(folder: Path, public: str, damage: bytes | None) -> None:
    build("--key", "key.pem")
    data = (folder / "a.bundle").read_bytes()
    changed = data.replace(b"<= 100", b"<= 900") if damage is None else damage
    (folder / "a.bundle").write_bytes(changed)
    result = policy("bundle", "verify", "a.bundle", "--trust", public)
    assert (result.exit_code, result.output.startswith("error: a.bundle: ")) == (1, True)


def test_another_key_does_not_verify(public: str) -> None:
    build("--key", "key.pem")
    other = policy("keys", "new", "other", "-o", "other.pem").output.strip()
    result = policy("bundle", "verify", "a.bundle", "--trust", other)
    assert (result.exit_code, "trusted is `other`" in result.output) == (1, True)


def test_what_is_no_key_is_wrong_use(public: str) -> None:
    build("--key", "key.pem")
    for arguments in (
        ("bundle", "verify", "a.bundle", "--trust", "nonsense"),
        ("bundle", "verify", "a.bundle", "--trust", "key.pem"),
        ("bundle", "verify", "a.bundle"),
        ("bundle", "build", "a.policy", "-o", "b.bundle", "--key", "none.pem"),
        ("keys", "new", "a b", "-o", "b.pem"),
    ):
        result = policy(*arguments)
        assert (result.exit_code, "PRIVATE" in result.output) == (2, False)


def test_without_a_key_it_says_that_nobody_trusts_it(folder: Path, public: str) -> None:
    result = build()
    assert result.exit_code == 0
    assert "warning: nobody has signed this bundle" in result.output
    verified = policy("bundle", "verify", "a.bundle", "--trust", public)
    assert (verified.exit_code, "nobody has signed it" in verified.output) == (1, True)


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"a.policy": SMALL + "rule q permit nobody to pay\n"}, "N202"),
        (
            {
                "a.policy": SMALL + 'validation v checks input against schema "s.json"\n'
                "rule w require v before pay\n",
                "s.json": '{"type": "nonsense"}',
            },
            "T315",
        ),
    ],
)
def test_policies_with_errors_are_not_built(folder: Path, files: dict[str, str], code: str) -> None:
    write_files(folder, files)
    result = build()
    assert (result.exit_code, code in result.output) == (3, True)
    assert not (folder / "a.bundle").exists()


def test_where_it_cannot_be_written_it_says_so(folder: Path) -> None:
    result = policy("bundle", "build", "a.policy", "-o", "none/a.bundle")
    assert result.exit_code == 2
    assert "none/a.bundle cannot be written: No such file or directory" in result.output


def test_a_file_without_a_place_is_said(folder: Path) -> None:
    text = f'{SMALL}validation v checks input against schema "../{folder.name}/s.json"\n'
    write_files(folder, {"a.policy": text, "s.json": "{}"})
    result = build()
    assert (result.exit_code, "has no place in a bundle" in result.output) == (1, True)


def test_show_tells_what_is_in_it_and_vouches_for_nothing(public: str) -> None:
    build("--key", "key.pem")
    result = policy("bundle", "show", "a.bundle")
    assert result.exit_code == 0
    assert result.output.startswith("not verified; says that it is signed by acme.example/policy")
    assert "policies/a.policy" in result.output


def test_both_tell_it_to_programs_too(public: str) -> None:
    build("--key", "key.pem")
    shown = json.loads(policy("bundle", "show", "a.bundle", "--format", "json").output)
    arguments = ("bundle", "verify", "a.bundle", "--trust", public, "--format", "json")
    verified = json.loads(policy(*arguments).output)
    assert (shown.pop("verified"), shown.pop("signed_by")) == (False, [])
    assert (verified.pop("verified"), verified.pop("signed_by")) == (True, [public])
    assert shown == verified
    assert verified["policy"] == Engine.load("a.policy").policy.digest
