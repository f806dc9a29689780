"""A declarative policy and governance engine for AI agents. This is the front door.

What stands behind it is imported when it is first asked for, so that a part costs no more than it
is.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from policy_engine.foundation.version import VERSION

if TYPE_CHECKING:
    from policy_engine.bundle.open import Bundle, open_bundle
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
        BundleError,
        DirectoryError,
        GateError,
        InputError,
        LedgerError,
        PolicyEngineError,
        PolicyError,
        StoreError,
    )
    from policy_engine.foundation.signing import SigningKey, VerifyingKey
    from policy_engine.live import LiveEngine
    from policy_engine.runtime.conversation import (
        Denied,
        Failed,
        Held,
        NotPerformed,
        OutcomeUnknown,
        Withheld,
    )
    from policy_engine.runtime.gate import Gate
    from policy_engine.runtime.metrics import Metrics
    from policy_engine.runtime.notices import Notice
    from policy_engine.runtime.notices_webhook import Webhook
    from policy_engine.runtime.people import Waiting
    from policy_engine.runtime.result import Result
    from policy_engine.runtime.store import Status

__version__ = VERSION

__all__ = [
    "Action",
    "Agent",
    "Approval",
    "ApprovalError",
    "Asked",
    "Bundle",
    "BundleError",
    "Confirmation",
    "Decision",
    "Denied",
    "DirectoryError",
    "Engine",
    "Failed",
    "Gate",
    "GateError",
    "Held",
    "History",
    "Human",
    "InputError",
    "LedgerError",
    "LiveEngine",
    "Metrics",
    "NotPerformed",
    "Notice",
    "Outcome",
    "OutcomeUnknown",
    "PastAction",
    "PolicyEngineError",
    "PolicyError",
    "Reason",
    "Rejection",
    "Result",
    "Session",
    "SigningKey",
    "Status",
    "StoreError",
    "ValidationResult",
    "VerifyingKey",
    "Waiting",
    "Webhook",
    "Withheld",
    "open_bundle",
]

_BEHIND = {
    "bundle.open": ("Bundle", "open_bundle"),
    "decision.action": ("Action", "Agent", "Human"),
    "decision.evidence": ("Approval", "Asked", "Confirmation", "Rejection", "ValidationResult"),
    "decision.history": ("History", "PastAction"),
    "decision.outcome": ("Decision", "Outcome", "Reason"),
    "decision.session": ("Session",),
    "engine": ("Engine",),
    "foundation.errors": tuple(name for name in __all__ if name.endswith("Error")),
    "foundation.signing": ("SigningKey", "VerifyingKey"),
    "live": ("LiveEngine",),
    "runtime.conversation": (
        "Denied",
        "Failed",
        "Held",
        "NotPerformed",
        "OutcomeUnknown",
        "Withheld",
    ),
    "runtime.gate": ("Gate",),
    "runtime.metrics": ("Metrics",),
    "runtime.notices": ("Notice",),
    "runtime.notices_webhook": ("Webhook",),
    "runtime.people": ("Waiting",),
    "runtime.result": ("Result",),
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
