"""What leads back to itself: roles that include each other, imports, facts looked up with facts.

Strongly connected components by Tarjan (1972), without recursion: time grows with the edges, where
a walk from each edge would take the square.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping


class Cycles:
    """The circles among named things, each of which leads to some others."""

    def __init__(self, edges: Mapping[str, Iterable[str]]) -> None:
        self._edges = edges
        self._lowest: dict[str, int] = {}
        """By name: the earliest thing known to be on a circle with it; all are numbered as met."""
        self._path: list[str] = []
        self._circle: dict[str, int] = {}
        for name in edges:
            if name not in self._lowest:
                self._walk(name)

    def closes(self, start: str, goal: str) -> bool:
        """Whether the edge from `start` to `goal` is part of a circle."""
        return self._circle.get(start, -1) == self._circle.get(goal, -2)

    def _walk(self, root: str) -> None:
        open_ = [self._opened(root)]
        while open_:
            name, number, waiting = open_[-1]
            for following in waiting:
                if following not in self._lowest:
                    open_.append(self._opened(following))
                    break
                if following not in self._circle:
                    self._lowest[name] = min(self._lowest[name], self._lowest[following])
            else:
                open_.pop()
                self._close(name, number)
                if open_:
                    above = open_[-1][0]
                    self._lowest[above] = min(self._lowest[above], self._lowest[name])

    def _opened(self, name: str) -> tuple[str, int, Iterator[str]]:
        number = self._lowest[name] = len(self._lowest)
        self._path.append(name)
        return name, number, iter(self._edges.get(name, ()))

    def _close(self, name: str, number: int) -> None:
        """If nothing before it is on its circle, all that came after it is."""
        if self._lowest[name] != number:
            return
        while name not in self._circle:
            self._circle[self._path.pop()] = number
