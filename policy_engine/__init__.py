"""A declarative policy and governance engine for AI agents. This is the front door."""

from policy_engine.decision.action import Action, Agent, Human
from policy_engine.decision.evidence import Approval, Asked, Rejection, ValidationResult
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
    "Decision",
    "DirectoryError",
    "Engine",
    "Gate",
    "GateError",
    "Human",
    "InputError",
    "LedgerError",
    "Outcome",
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
