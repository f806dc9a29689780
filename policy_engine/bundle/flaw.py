"""What is wrong with a bundle, said by those who read a part of it and know not which one it is."""

from __future__ import annotations


class Flaw(Exception):
    """What is wrong, and what to do about it; `open_bundle` adds which bundle."""

    def __init__(self, problem: str, advice: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.advice = advice
