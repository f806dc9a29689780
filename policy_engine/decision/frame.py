"""What a condition can see while it is evaluated: data by root, and where data comes from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from policy_engine.decision.truth import Truth
from policy_engine.foundation.source import Span
from policy_engine.language.checked import Root
from policy_engine.values.types import Type


class Origins(Protocol):
    """Answers where a datum comes from."""

    def dictated(self, value: object, type_: Type, span: Span) -> Truth: ...

    def trusted(self, value: object, type_: Type, span: Span) -> Truth: ...


class Frame:
    """The data of one decision, and the variables of the place being evaluated."""

    __slots__ = ("absent", "origins", "roots")

    def __init__(
        self,
        roots: Mapping[Root, Mapping[str, object]],
        origins: Origins,
        absent: Mapping[tuple[Root, str], str] | None = None,
    ) -> None:
        self.roots = roots
        self.origins = origins
        self.absent = absent or {}
        """Why a datum is not known; under the name "" why nothing of a root is."""

    def with_locals(self, values: Mapping[str, object], *, only: bool = False) -> Frame:
        """A frame with more variables, or (`only`) with these alone."""
        kept = {} if only else self.roots["local"]
        return Frame({**self.roots, "local": {**kept, **values}}, self.origins, self.absent)
