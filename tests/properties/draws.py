"""Chance: all that is random about a policy, an action and its circumstances, from one number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import TypeVar

from hypothesis import strategies as st

T = TypeVar("T")


class Draw:
    """The same number draws the same things, whatever the machine and the hash seed."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def coin(self) -> bool:
        return self._random.random() < 0.5

    def once_in(self, number: int) -> bool:
        """True once in so many times; never for 0."""
        return number > 0 and self._random.randrange(number) == 0

    def number(self, low: int, high: int) -> int:
        """From `low` to `high`, both included."""
        return self._random.randint(low, high)

    def pick(self, choices: Sequence[T]) -> T:
        return self._random.choice(choices)

    def some(self, choices: Sequence[T], low: int, high: int) -> list[T]:
        """So many different ones, in any order."""
        most = min(high, len(choices))
        return self._random.sample(choices, self.number(min(low, most), most))

    def many(self, choices: Sequence[T], high: int) -> list[T]:
        """So many at most, some perhaps twice."""
        return [self.pick(choices) for _ in range(self.number(0, high))]


def drawn(make: Callable[[Draw], T]) -> st.SearchStrategy[T]:
    """What a function makes of chance, as Hypothesis takes it."""
    return st.integers(0, 2**63).map(lambda seed: make(Draw(seed)))
