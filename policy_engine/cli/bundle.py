"""`policy bundle`: policies and all that they name as one signed file."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import click

from policy_engine.bundle.contents import Contents, read_contents
from policy_engine.bundle.flaw import Flaw
from policy_engine.bundle.manifest import code_tag
from policy_engine.bundle.open import Bundle, open_bundle, read_bundle
from policy_engine.bundle.pack import packed
from policy_engine.bundle.signatures import Signature
from policy_engine.cli import output
from policy_engine.cli.exit_codes import Exit
from policy_engine.cli.options import counted, end, ends_cleanly, format_option, verifying_key
from policy_engine.cli.whole import write_whole
from policy_engine.decision.code.cached import dumps
from policy_engine.foundation.errors import BundleError, PolicyError
from policy_engine.foundation.signing import SigningKey, VerifyingKey
from policy_engine.runtime.validations import check_schemas


@click.group("bundle")
def command() -> None:
    """Policies and all that they name as one signed file."""


@command.command("build")
@click.argument("paths", nargs=-1, required=True)
@click.option("-o", "--output", "file", required=True, metavar="FILE", help="The bundle.")
@click.option(
    "--key", "keys", multiple=True, metavar="FILE", help="Sign with this private key; repeatable."
)
@ends_cleanly
def build(paths: tuple[str, ...], file: str, keys: tuple[str, ...]) -> None:
    """Check policy files and folders, and write them as one bundle.

    What they import and the schemas that they name go with them, and the functions that this
    version of Python can decide by. The same policies and key give the same file.
    """
    signing = [SigningKey.read(key) for key in keys]
    contents = _contents(paths, file)
    output.diagnostics(contents.warnings, to_error=True)
    data = packed(contents, signing, {code_tag(): dumps(contents.policy)})
    bundle = read_bundle(data, file, trust_anybody=True)
    write_whole(Path(file), data)
    if not signing:
        output.warn("nobody has signed this bundle, so no engine trusts it: give a --key")
    _show(bundle, f"written to {file}; signed by {_by(bundle.signatures)}", "allow")


@command.command("verify")
@click.argument("file")
@click.option(
    "--trust",
    multiple=True,
    required=True,
    metavar="KEY",
    help="A public key, or a file with one in it; repeatable. One of them must have signed.",
)
@format_option
@ends_cleanly
def verify(file: str, trust: tuple[str, ...], form: str) -> None:
    """Check that a bundle is whole and signed by a key that you trust, and read its policies.

    The functions in it are not run. Ends with exit code 1 where anything is wrong.
    """
    bundle = open_bundle(file, trusted=[verifying_key(text) for text in trust])
    try:
        bundle.policy()
    except PolicyError as error:
        output.diagnostics(error.diagnostics, to_error=True)
        end(Exit.POLICY_ERRORS)
    if form == "json":
        output.show_json(_account(bundle))
    else:
        _show(bundle, f"the bundle is whole; signed by {_by(bundle.signed_by)}", "allow")


@command.command("show")
@click.argument("file")
@format_option
@ends_cleanly
def show(file: str, form: str) -> None:
    """Tell what a bundle says of itself. Whether that is true, only `verify` tells."""
    bundle = open_bundle(file, trust_anybody=True)
    if form == "json":
        output.show_json(_account(bundle))
        return
    _show(bundle, f"not verified; says that it is signed by {_by(bundle.signatures)}", "escalate")
    members = bundle.manifest.members().items()
    rows = ([path, str(part.size), part.sha256[:12]] for path, part in sorted(members))
    output.table("", ["member", "#bytes", "SHA-256"], rows)


def _contents(paths: tuple[str, ...], file: str) -> Contents:
    try:
        return read_contents(paths, at=datetime.now(UTC), check=check_schemas)
    except PolicyError as error:
        output.diagnostics(error.diagnostics, to_error=True)
        end(Exit.POLICY_ERRORS)
    except Flaw as flaw:
        raise BundleError(file, flaw.problem, flaw.advice) from flaw


def _show(bundle: Bundle, head: str, style: str) -> None:
    manifest = bundle.manifest
    parts = [counted(len(manifest.files), "file")]
    parts += [f"code for {tag}" for tag in sorted(manifest.code)]
    output.say(head, style)
    output.say(f"{', '.join(parts)}; language {manifest.language}, engine {manifest.engine}")
    output.say(f"policy {bundle.policy_digest}", "frame")
    output.say(f"bundle {bundle.digest}", "frame")


def _by(signed: Iterable[VerifyingKey | Signature]) -> str:
    return ", ".join(f"{one.name} ({one.id})" for one in signed) or "nobody"


def _account(bundle: Bundle) -> dict[str, object]:
    manifest = bundle.manifest
    return {
        "bundle": bundle.digest,
        "policy": bundle.policy_digest,
        "verified": bool(bundle.signed_by),
        "signed_by": [str(key) for key in bundle.signed_by],
        "says_signed_by": [{"key": s.name, "id": s.id} for s in bundle.signatures],
        "language": manifest.language,
        "engine": manifest.engine,
        "members": {path: part.sha256 for path, part in sorted(manifest.members().items())},
    }
