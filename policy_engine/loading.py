"""Where policy sets come from: files that are read and checked, or a bundle that has one ready.

To take one from a bundle needs no parser, so the parser is imported when files are read.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from policy_engine.bundle.files import Roots, read_files
from policy_engine.bundle.open import Bundle
from policy_engine.decision.code.cached import Cached
from policy_engine.foundation.diagnostics import Diagnostic, in_order
from policy_engine.language.frozen import NotFrozen, thaw
from policy_engine.language.policy import PolicySet

Paths = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]


def check(
    policies: Paths, *, at: datetime | None = None, kept: timedelta | None = None
) -> tuple[PolicySet | None, tuple[Diagnostic, ...]]:
    """The policy set of files, or None where they have errors; and all diagnostics.

    `at` is the time by which exceptions have expired (default: now); `kept` is how long the store
    keeps the past (None: for ever).
    """
    from policy_engine.language.build import build
    from policy_engine.runtime.validations import check_schemas

    paths = [policies] if isinstance(policies, (str, os.PathLike)) else list(policies)
    files = read_files(paths)
    if files.diagnostics:
        return None, in_order(files.diagnostics)
    at = at or datetime.now(UTC)
    roots = Roots(paths)
    built = build(files.sources, roots.read_beside, roots.find, at=at, kept=kept)
    schemas = check_schemas(built.policy) if built.policy is not None else ()
    diagnostics = in_order((*built.diagnostics, *schemas))
    usable = not any(d.is_error for d in diagnostics)
    return (built.policy if usable else None), diagnostics


def thawed(cached: Cached, bundle: Bundle) -> PolicySet:
    """The policy set that comes with the code of a bundle, if it is the one of its manifest."""
    try:
        policy = thaw(cached.frozen)
    except NotFrozen:
        return bundle.policy()
    return policy if policy.digest == bundle.policy_digest else bundle.policy()
