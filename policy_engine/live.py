"""An engine that can be replaced while it decides: new policies without a restart.

Every decision is made by one engine as a whole: the one that was current when it was asked for.
Decisions under way finish with theirs. To replace the engine is one assignment, so there is no
moment without one, and a bundle that is refused changes nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from threading import Lock
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeAlias, TypeVar

from policy_engine.engine import Engine

if TYPE_CHECKING:
    from policy_engine.access.casbin_gate import CasbinGate
    from policy_engine.access.directory import RoleSource
    from policy_engine.bundle.open import Bundle
    from policy_engine.foundation.signing import VerifyingKey
    from policy_engine.runtime.validations import Check

Directory: TypeAlias = "RoleSource | str | os.PathLike[str] | None"

_P = ParamSpec("_P")
_R = TypeVar("_R")


def _of_current(
    method: Callable[Concatenate[Engine, _P], _R],
) -> Callable[Concatenate[LiveEngine, _P], _R]:
    """The same method of the engine that is current when it is called."""
    name = method.__name__

    @wraps(method)
    def delegated(self: LiveEngine, /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        decided: _R = getattr(self.engine, name)(*args, **kwargs)
        return decided

    return delegated


class LiveEngine:
    """Decides by the engine that is current; safe to share among threads."""

    def __init__(
        self,
        engine: Engine,
        *,
        directory: Directory,
        checks: Mapping[str, Check] | None,
        also: CasbinGate | None,
    ) -> None:
        """What else an engine takes goes to each bundle that is loaded later (see
        `Engine.from_bundle`; a directory that is a path is read anew). None of it has a default:
        what `engine` has and this one is not told would be lost with the first load."""
        self.engine = engine
        """The current engine. Take it once where several questions must have the same answer."""
        self._directory = directory
        self._checks = checks
        self._also = also
        self._loading = Lock()

    @classmethod
    def from_bundle(
        cls,
        bundle: Bundle | str | os.PathLike[str],
        *,
        trusted: Iterable[VerifyingKey] | None = None,
        directory: Directory = None,
        checks: Mapping[str, Check] | None = None,
        also: CasbinGate | None = None,
    ) -> LiveEngine:
        """As `Engine.from_bundle`; later bundles get the same directory, checks and gate."""
        engine = Engine.from_bundle(
            bundle, trusted=trusted, directory=directory, checks=checks, also=also
        )
        return cls(engine, directory=directory, checks=checks, also=also)

    decide = _of_current(Engine.decide)
    verdict = _of_current(Engine.verdict)
    deciding = _of_current(Engine.deciding)

    def swap(self, engine: Engine) -> None:
        """From now on, this engine decides what is asked."""
        self.engine = engine

    def load(
        self, path: str | os.PathLike[str], *, trusted: Iterable[VerifyingKey] | None = None
    ) -> Engine:
        """Opens a bundle signed by one of `trusted` keys, and goes over to its policies.

        They are read before anything changes, for what is wrong with them must be known while the
        old ones still decide. Raises what `Engine.from_bundle` and `Engine.policy` raise; then the
        old engine stays. Of several loads at a time, one waits for the other.
        """
        with self._loading:
            engine = Engine.from_bundle(
                path,
                trusted=trusted,
                directory=self._directory,
                checks=self._checks,
                also=self._also,
            )
            _ = engine.policy
            self.swap(engine)
            return engine
