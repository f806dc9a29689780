"""The frozen table of roles: direct links closed over, cycles refused."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property
from typing import NamedTuple

from policy_engine.foundation.errors import DirectoryError


class Link(NamedTuple):
    """`who` holds (or, for a role, includes) `role`; in every domain where `domain` is None."""

    who: str
    role: str
    domain: str | None


class Directory:
    """Who holds which role. Raises `DirectoryError` when made with a cycle of roles."""

    def __init__(self, links: frozenset[Link], size: int) -> None:
        self.links = links
        self.size = size
        """How many assignments were read."""
        self._refuse_cycles()

    def is_role(self, name: str) -> bool:
        """Whether the directory uses this name for a role: then it is nobody's own."""
        return name in self._roles

    def roles_of(
        self, who: str, domain: str | None = None, closed_to: Collection[str] = ()
    ) -> frozenset[str]:
        """All roles held directly or through others; chains do not run through `closed_to`."""
        found: set[str] = set()
        waiting = [who]
        while waiting:
            for role in self._direct(waiting.pop(), domain):
                if role not in found and role not in closed_to:
                    found.add(role)
                    waiting.append(role)
        return frozenset(found)

    @cached_property
    def _roles(self) -> frozenset[str]:
        return frozenset(link.role for link in self.links)

    @cached_property
    def _by_who(self) -> dict[tuple[str, str | None], list[str]]:
        table: dict[tuple[str, str | None], list[str]] = {}
        for link in sorted(self.links, key=lambda link: (link.who, link.role, link.domain or "")):
            table.setdefault((link.who, link.domain), []).append(link.role)
        return table

    def _direct(self, who: str, domain: str | None) -> list[str]:
        everywhere = self._by_who.get((who, None), [])
        return everywhere if domain is None else everywhere + self._by_who.get((who, domain), [])

    def _refuse_cycles(self) -> None:
        for domain in {None, *(link.domain for link in self.links)}:
            for link in self.links:
                if link.who in self.roles_of(link.who, domain):
                    raise DirectoryError(f"the role `{link.who}` includes itself in the directory")
