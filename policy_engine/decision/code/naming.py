"""Names in generated code. None is taken over from a policy as it stands."""

from __future__ import annotations


def variable_of(prefix: str, name: str) -> str:
    """A variable for a datum of the policy; the prefix keeps it from meaning anything to Python.

    The grammar has no other names than the first kind; should it ever, nothing of them gets out.
    """
    if name.isidentifier() and name.isascii():
        return f"{prefix}_{name}"
    return f"{prefix}_{name.encode().hex()}_"


def raw_of(variable: str) -> str:
    """A variable for the same datum before it is read; no prefix is `raw`, so no datum has it."""
    return f"raw_{variable}"
