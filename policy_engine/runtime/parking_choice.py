"""Which parking a store gets: the durable one, where its extra is installed."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from policy_engine.runtime.parking import Parking, Polling
from policy_engine.runtime.ports import Clock


def parking_for(store: str | Path, clock: Clock) -> Parking:
    """Durable parking beside a store, or `Polling` where the extra `runtime` is not installed."""
    if find_spec("dbos") is None:
        return Polling(clock)
    from policy_engine.runtime.parking_dbos import DbosParking

    return DbosParking(store, clock)
