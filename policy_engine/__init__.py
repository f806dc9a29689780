"""A declarative policy and governance engine for AI agents. This is the front door.

What stands behind it is imported when it is first asked for, so that a part costs no more than it
is.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from policy_engine.decision.action import Action, Agent, Human
    from policy_engine.decision.evidence import (
        Approval,
        Asked,
        Confirmation,
        Rejection,
        ValidationResult,
    )
    from policy_engine.decision.history import History, PastAction
    from policy_engine.decision.outcome import Decision, Outcome, Reason
    from policy_engine.decision.session import Session
    from policy_engine.engine import Engine
    from policy_engine.foundation.errors import (
        ApprovalError,
        DirectoryError,
        GateError,
        InputError,
        LedgerError,
        PolicyEngineError,
        PolicyError,
        StoreError,
    )
    from policy_engine.runtime.gate import Gate, Result
    from policy_engine.runtime.people import Waiting
    from policy_engine.runtime.store import Status

__version__ = "0.1.0"

__all__ = [
    "Action",
    "Agent",
    "Approval",
    "ApprovalError",
    "Asked",
    "Confirmation",
    "Decision",
    "DirectoryError",
    "Engine",
    "Gate",
    "GateError",
    "History",
    "Human",
    "InputError",
    "LedgerError",
    "Outcome",
    "PastAction",
    "PolicyEngineError",
    "PolicyError",
    "Reason",
    "Rejection",
    "Result",
    "Session",
    "Status",
    "StoreError",
    "ValidationResult",
    "Waiting",
]

_BEHIND = {
    "decision.action": ("Action", "Agent", "Human"),
    "decision.evidence": ("Approval", "Asked", "Confirmation", "Rejection", "ValidationResult"),
    "decision.history": ("History", "PastAction"),
    "decision.outcome": ("Decision", "Outcome", "Reason"),
    "decision.session": ("Session",),
    "engine": ("Engine",),
    "foundation.errors": tuple(name for name in __all__ if name.endswith("Error")),
    "runtime.gate": ("Gate", "Result"),
    "runtime.people": ("Waiting",),
    "runtime.store": ("Status",),
}
_MODULES = {name: module for module, names in _BEHIND.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
