"""What has happened before, drawn for rules that count it, in plain data."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
WINDOW = timedelta(hours=1)
AGENTS = tuple(f"bot-{n}" for n in range(10))
ACTING = AGENTS[0]
"""Who asks; a tenth of the past is this agent's."""


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment that was made."""

    agent: str
    account: str
    amount: int
    at: datetime


def payments(number: int) -> list[Payment]:
    """So many payments of ten agents to a hundred accounts, all in the window, oldest first."""
    step = WINDOW / (number + 1)
    return [
        Payment(AGENTS[n % 10], f"account-{n // 10 % 100}", n % 7, NOW - WINDOW + step * (n + 1))
        for n in range(number)
    ]


class ByHand:
    """How many payments, and how much, as a careful engineer would keep it: sorted times and sums
    so far, one list of each for every agent, and two bisections a question."""

    def __init__(self, past: list[Payment]) -> None:
        own: dict[str, list[Payment]] = {agent: [] for agent in AGENTS}
        for payment in past:
            own[payment.agent].append(payment)
        self._times = {agent: [p.at for p in some] for agent, some in own.items()}
        self._sums = {
            agent: [0, *accumulate(p.amount for p in some)] for agent, some in own.items()
        }

    def count(self, agent: str, now: datetime) -> int:
        """How many payments in the window."""
        times = self._times[agent]
        return len(times) - bisect_left(times, now - WINDOW)

    def total(self, agent: str, now: datetime) -> int:
        """How much was paid in the window."""
        first = bisect_left(self._times[agent], now - WINDOW)
        sums = self._sums[agent]
        return sums[-1] - sums[first]
