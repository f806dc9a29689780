"""The frozen table of roles: direct links closed over, cycles refused, answers kept.

It rests on links alone and knows nothing of where they were read. It promises that one question
has one answer for as long as the table lives: `roles_of` hands out the very same set again. Many
threads may ask at once without a lock: what is written after the table was made are answers that
each of them would have computed alike.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import NamedTuple, Protocol

from policy_engine.foundation.errors import DirectoryError

MOST_ANSWERS = 65_536
"""How many answers a table keeps. Past that it starts anew: memory stays bounded."""

_Graph = Mapping[str, tuple[str, ...]]


class Link(NamedTuple):
    """`who` holds (or, for a role, includes) `role`; in every domain where `domain` is None."""

    who: str
    role: str
    domain: str | None


class Roles(Protocol):
    """What a decision asks about roles."""

    def roles_of(
        self, who: str, domain: str | None = None, closed_to: Collection[str] = ()
    ) -> frozenset[str] | None:
        """All roles held, directly or through others; None where nobody knows."""

    def is_role(self, name: str) -> bool:
        """Whether the name is used for a role: then it is nobody's own."""


class RoleSource(Roles, Protocol):
    """Roles to which a policy adds what its own roles include."""

    def including(self, includes: Iterable[tuple[str, str]]) -> Roles:
        """The same with pairs of role and included role. Raises `DirectoryError` for a cycle."""


class Directory:
    """Who holds which role. Raises `DirectoryError` when made with a cycle of roles."""

    def __init__(self, links: frozenset[Link], size: int) -> None:
        self.links = links
        self.size = size
        """How many assignments were read."""
        by_domain = _by_domain(links)
        self._everywhere = by_domain.pop(None, {})
        self._by_domain = by_domain
        self._roles = frozenset(link.role for link in links)
        self._answers: dict[tuple[str, str | None, frozenset[str]], frozenset[str]] = {}
        _refuse_cycle(self._everywhere)
        for own in by_domain.values():
            _refuse_cycle(_reachable(own, self._everywhere))

    def including(self, includes: Iterable[tuple[str, str]]) -> Directory:
        """The same with pairs of role and included role. Raises `DirectoryError` for a cycle."""
        added = {Link(role, included, None) for role, included in includes}
        return Directory(self.links | added, self.size) if added else self

    def is_role(self, name: str) -> bool:
        """Whether the directory uses this name for a role: then it is nobody's own."""
        return name in self._roles

    def roles_of(
        self, who: str, domain: str | None = None, closed_to: Collection[str] = frozenset()
    ) -> frozenset[str]:
        """All roles held directly or through others; chains do not run through `closed_to`."""
        if closed_to.__class__ is not frozenset:
            closed_to = frozenset(closed_to)
        try:
            return self._answers[who, domain, closed_to]
        except KeyError:
            return self._answer(who, domain, frozenset(closed_to))

    def _answer(self, who: str, domain: str | None, closed_to: frozenset[str]) -> frozenset[str]:
        """Names and domains that the table does not have are not kept: anybody may ask for them."""
        own = {} if domain is None else self._by_domain.get(domain, {})
        if who not in own and who not in self._everywhere:
            return _NONE
        question = who, domain if own else None, closed_to
        if (kept := self._answers.get(question)) is not None:
            return kept
        answers = self._answers
        if len(answers) >= MOST_ANSWERS:
            answers = self._answers = {}
        # Of two threads that ask the same for the first time, both get what one of them found.
        return answers.setdefault(question, _held(who, own, self._everywhere, closed_to))


_NONE: frozenset[str] = frozenset()


def _held(who: str, own: _Graph, everywhere: _Graph, closed_to: frozenset[str]) -> frozenset[str]:
    found: set[str] = set()
    waiting = [who]
    while waiting:
        name = waiting.pop()
        for role in (*everywhere.get(name, ()), *own.get(name, ())):
            if role not in found and role not in closed_to:
                found.add(role)
                waiting.append(role)
    return frozenset(found)


def _by_domain(links: Iterable[Link]) -> dict[str | None, dict[str, tuple[str, ...]]]:
    table: dict[str | None, dict[str, list[str]]] = {}
    for who, role, domain in sorted(links, key=lambda link: (link.who, link.role)):
        table.setdefault(domain, {}).setdefault(who, []).append(role)
    return {
        domain: {who: tuple(roles) for who, roles in graph.items()}
        for domain, graph in table.items()
    }


def _reachable(own: _Graph, everywhere: _Graph) -> dict[str, tuple[str, ...]]:
    """The links that matter to one domain: those of a cycle that it closes are among them."""
    graph: dict[str, tuple[str, ...]] = {}
    waiting = [*own]
    while waiting:
        name = waiting.pop()
        if name not in graph:
            graph[name] = (*everywhere.get(name, ()), *own.get(name, ()))
            waiting += graph[name]
    return graph


def _refuse_cycle(graph: _Graph) -> None:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        names = error.args[1][::-1]
        raise DirectoryError(
            f"the role `{names[0]}` includes itself in the directory: {' → '.join(names)}"
        ) from None
