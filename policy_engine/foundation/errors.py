"""Every exception this package raises on purpose.

    PolicyEngineError
    ├── PolicyError         the policy files have errors; carries all diagnostics
    ├── BundleError         a bundle of policies is not to be trusted, or cannot be read or made
    ├── DirectoryError      the directory of roles cannot be used
    ├── InputError          data handed in cannot be read (JSON, session files, arguments)
    ├── GateError           the gate cannot start, or was asked for what it cannot do
    │   └── ApprovalError   this person cannot sign or reject this action
    ├── StoreError          the store cannot be opened, read or written
    └── LedgerError         the record cannot be opened, or does not hold

A refused action is none of these: it is a `Decision`.
"""

from __future__ import annotations

from policy_engine.foundation.diagnostics import Diagnostic


class PolicyEngineError(Exception):
    """The root of all of them."""


class PolicyError(PolicyEngineError):
    """The policy files have errors; `diagnostics` holds all of them, in order of place."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        self.diagnostics = diagnostics
        errors = [d for d in diagnostics if d.is_error]
        lines = [f"{d.place or '-'}: {d.code.id}: {d.title}" for d in errors[:5]]
        if len(errors) > 5:
            lines.append(f"… and {len(errors) - 5} more")
        count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
        super().__init__(f"the policy has {count}\n" + "\n".join(lines))


class BundleError(PolicyEngineError):
    """A bundle of policies is not to be trusted, or cannot be read or made.

    Says which `bundle`, what the `problem` is, and what to do about it (`advice`).
    """

    def __init__(self, bundle: str, problem: str, advice: str) -> None:
        self.bundle = bundle
        self.problem = problem
        self.advice = advice
        super().__init__(f"{bundle}: {problem}; {advice}")


class DirectoryError(PolicyEngineError):
    """The directory of roles cannot be used."""


class InputError(PolicyEngineError):
    """Data handed in cannot be read."""


class GateError(PolicyEngineError):
    """The gate cannot start, or was asked for what it cannot do."""


class ApprovalError(GateError):
    """This person cannot sign or reject this action."""


class StoreError(PolicyEngineError):
    """The store cannot be opened, read or written."""


class LedgerError(PolicyEngineError):
    """The record cannot be opened, or does not hold."""
