"""One gate among those that share a store: by its lock, the others know that it lives."""

from __future__ import annotations

import uuid

from policy_engine.foundation.errors import StoreError
from policy_engine.runtime.alive import Alive


class Presence:
    """A name that is never used twice, and the lock that goes with it."""

    def __init__(self, alive: Alive) -> None:
        self.name = uuid.uuid4().hex
        self.alive = alive

    def show(self) -> None:
        """Takes the lock, or makes sure of it. Raises `StoreError` where that cannot be had.

        Who begins an action without it could be taken for dead while the tool still runs.
        """
        if not self.alive.hold(self.name):
            raise StoreError("this gate cannot show that it lives: its lock is not to be had")

    def end(self) -> None:
        """Gives the lock up: what is still under way is for others to settle."""
        self.alive.close()
