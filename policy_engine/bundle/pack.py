"""Makes a bundle: policies and all that they name as one file, signed.

The same policies, keys and code give the same bytes, wherever and whenever it is made.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping

from policy_engine.bundle.archive import write_archive
from policy_engine.bundle.contents import CheckPolicy, Contents, read_contents
from policy_engine.bundle.flaw import Flaw
from policy_engine.bundle.manifest import (
    CODE,
    MANIFEST,
    SIGNATURES,
    Manifest,
    Part,
    code_tag,
)
from policy_engine.bundle.signatures import sign
from policy_engine.foundation.errors import BundleError
from policy_engine.foundation.signing import SigningKey
from policy_engine.foundation.version import VERSION
from policy_engine.language.policy import PolicySet
from policy_engine.language.version import LANGUAGE


def pack(
    paths: Iterable[str | os.PathLike[str]],
    *,
    key: SigningKey | None,
    code: Callable[[PolicySet], bytes] | None = None,
    check: CheckPolicy = lambda policy: (),
) -> bytes:
    """The bytes of a bundle of policy files and folders, with their imports and schemas.

    `key` signs it (None: nobody does); `code` makes what this version of Python can decide by;
    `check` says what else is wrong with a policy set. Raises `PolicyError` with all diagnostics
    where the policies have errors, and `BundleError` where they do not fit into a bundle.
    """
    try:
        contents = read_contents(paths, check=check)
    except Flaw as flaw:
        raise BundleError("a new bundle", flaw.problem, flaw.advice) from flaw
    made = {code_tag(): code(contents.policy)} if code is not None else {}
    return packed(contents, [key] if key is not None else [], made)


def packed(contents: Contents, keys: Iterable[SigningKey], code: Mapping[str, bytes]) -> bytes:
    """The same from contents that were read; `code` by the version of Python it is for.

    Raises `BundleError`.
    """
    files = {place: text.encode() for place, text in contents.files.items()}
    manifest = Manifest(
        language=LANGUAGE,
        engine=VERSION,
        policy=contents.policy.digest,
        given=contents.given,
        files={place: Part.of(data) for place, data in files.items()},
        code={name: Part.of(data) for name, data in code.items()},
    ).written()
    members = {**files, **{CODE + name: data for name, data in code.items()}}
    try:
        return write_archive({**members, MANIFEST: manifest, SIGNATURES: sign(manifest, keys)})
    except Flaw as flaw:
        raise BundleError("a new bundle", flaw.problem, flaw.advice) from flaw
