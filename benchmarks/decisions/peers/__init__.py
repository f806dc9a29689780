"""Other engines behind one small Protocol, each in a file of its own.

Each is used as its documentation shows, with everything prepared before the clock runs that can be:
policies parsed into handles, requests in the engine's own form, roles as data, rules indexed by
task where the engine lets its user do that. All of this favours the peer.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from benchmarks.decisions.workload import Workload
from benchmarks.environment import missing


class Peer(Protocol):
    """An engine that answers the requests of the workload that it was loaded with."""

    largest: int
    """So many rules at most are asked of it: beyond, one round alone would take minutes."""

    def load(self, workload: Workload) -> None:
        """Takes the rules in; prepares the requests."""
        ...

    def decide(self, number: int) -> bool:
        """Whether the request of that number is allowed."""
        ...


class Recording(Peer, Protocol):
    """An engine that also keeps an audit log."""

    def decide_recorded(self, number: int) -> bool:
        """The same as `decide`, with an entry in the log."""
        ...


class Known(NamedTuple):
    """Where a peer is, and which package of the index it needs."""

    module: str
    package: str
    kind: str = "Engine"


PEERS = {
    "cedarpy": Known("cedar", "cedarpy"),
    "regorus": Known("rego", "gordon-to-regorus"),
    "regorus-vm": Known("rego", "gordon-to-regorus", "Machine"),
    "pycasbin": Known("casbin_fast", "pycasbin"),
    "agentmesh": Known("agent_mesh", "agent-governance-toolkit-core"),
    "vakt": Known("vakt_guard", "vakt"),
}


DOGWOOD = Known("dogwood_past", "dogwood-py", "Authorizer")
"""The one peer that remembers; it answers other questions (`remembering.py`)."""

NAMES = (*PEERS, "dogwood")


class Found(NamedTuple):
    """The peers that can be asked, and why the others cannot."""

    peers: dict[str, Peer]
    missing: dict[str, str]


def find(names: Iterable[str]) -> Found:
    """The peers of these names. Raises `KeyError` for a name that no peer has."""
    found = Found({}, {})
    for name in names:
        known = PEERS[name]
        try:
            module = import_module(f"{__name__}.{known.module}")
        except ImportError as error:
            found.missing[name] = _why(known, error)
        else:
            found.peers[name] = getattr(module, known.kind)()
    return found


def load_dogwood() -> Any:
    """What makes Dogwood's authorizer of past payments and a ceiling; or a text: why it cannot."""
    try:
        module = import_module(f"{__name__}.{DOGWOOD.module}")
    except ImportError as error:
        return _why(DOGWOOD, error)
    return getattr(module, DOGWOOD.kind)


def versions() -> dict[str, str]:
    """The version of each peer's package that is installed."""
    found: dict[str, str] = {}
    for known in (*PEERS.values(), DOGWOOD):
        try:
            found[known.package] = version(known.package)
        except PackageNotFoundError:
            continue
    return found


def _why(known: Known, error: ImportError) -> str:
    """What pip said of the package, or else what Python says."""
    noted = missing(Path(sys.prefix)).get(known.package)
    return f"{known.package}: {noted or error}"
