"""What a tool proposes while it runs belongs to the same root action as what it performs.

So a tool that works under `exclusive per` may use the gate itself and does not wait for itself.
Only the gate says so, around the call, and never whoever proposes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ROOT: ContextVar[str | None] = ContextVar("root", default=None)


def root_here() -> str | None:
    """The id of the action at the root of what is performed here; None outside of any call."""
    return _ROOT.get()


@contextmanager
def performing(root: str) -> Iterator[None]:
    """The call of a tool that belongs to this root."""
    token = _ROOT.set(root)
    try:
        yield
    finally:
        _ROOT.reset(token)
