"""A Casbin model and policy that somebody has already, as one more gate before an action.

It can only narrow: where Casbin says no, or says nothing that can be understood, the action is
denied; where it says yes, the policies decide as if it were not there. Casbin is asked about the
principal that acts in the end, not about those who delegated the action.

It rests on the checks of `casbin_policy`, made when the gate is made and again whenever the
enforcer's rows have changed since: what is faulty is not asked. It promises that one enforcer is
used by one thread at a time. A lock sees to that; Casbin takes some four microseconds a rule for
each answer, so this is not the place where time is saved.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from os import PathLike, fspath
from threading import RLock
from typing import Any

import casbin

from policy_engine.access.casbin_policy import faults_of_enforcer, faults_of_rows
from policy_engine.decision import codes
from policy_engine.decision.action import Action
from policy_engine.decision.outcome import Decision, Outcome, Reason
from policy_engine.foundation.errors import GateError

Request = Callable[[Action], tuple[object, ...]]
"""What Casbin is asked about an action, in the order of the model's request definition."""

_PARTS: dict[str, Callable[[Action], object]] = {
    "sub": lambda action: action.principal.id,
    "dom": lambda action: _domain(action),
    "obj": lambda action: action.task,
    "act": lambda action: "perform",
}


class CasbinGate:
    """Asks an enforcer of Casbin's whether an action may pass. Safe to share among threads."""

    def __init__(self, enforcer: Any, *, request: Request | None = None) -> None:
        """`enforcer` is a plain `casbin.Enforcer` with its policy loaded; leave its answers to the
        gate from then on. `request` makes of an action what the model's request definition wants.
        By default that is, by the names in the definition: `sub` the principal's id, `dom` the
        action's domain, `obj` the task, `act` the word `perform`.

        Raises `GateError` for an enforcer whose answers are not to be relied on, with the first
        faults, and for a definition with other names where no `request` is given.
        """
        self._enforcer = enforcer
        self._turn = RLock()
        _raise(list(islice(faults_of_enforcer(enforcer), _MOST)))
        self._rows: dict[str, list[Any]] = {}
        self._check()
        self._request = request or _request(enforcer.model["r"]["r"].tokens)
        self.trouble: Exception | None = None
        """Why the last action that was asked about got no answer; None where it got one."""

    @classmethod
    def load(
        cls,
        model: str | PathLike[str],
        policy: str | PathLike[str],
        *,
        request: Request | None = None,
    ) -> CasbinGate:
        """The gate of a model file and a CSV policy file. Raises `GateError`, as above and for a
        file that Casbin cannot read."""
        try:
            enforcer = casbin.Enforcer(fspath(model), fspath(policy))
        except Exception as error:  # Casbin raises whatever its parsers do
            raise GateError(f"Casbin cannot load {model} and {policy}: {error!r}") from error
        return cls(enforcer, request=request)

    def allows(self, action: Action) -> bool | None:
        """What Casbin says; None where it raises, has a faulty policy by now, is switched off, or
        answers with anything but True or False."""
        try:
            asked = self._request(action)
            with self._turn:
                answer = self._answer(asked)
            if not isinstance(answer, bool):
                raise GateError(f"Casbin answers `{answer!r}`")
        except Exception as error:  # noqa: BLE001 — what Casbin cannot answer is unknown
            self.trouble = error
            return None
        self.trouble = None
        return answer

    def narrow(self, action: Action, decision: Decision) -> Decision:
        """The decision as it is where Casbin allows the action; denied, with one more reason,
        where it does not or where nobody knows."""
        answer = self.allows(action)
        if answer is True:
            return decision
        denies = [reason for reason in decision.reasons if reason.outcome is Outcome.DENY]
        others = decision.reasons[len(denies) :]
        reasons = (*denies, _reason(action, answer), *others)
        return replace(decision, outcome=Outcome.DENY, reasons=reasons)

    def _answer(self, asked: tuple[object, ...]) -> object:
        if not self._enforcer.enabled:
            raise GateError("the enforcer is switched off, so it would allow everything")
        self._check()
        return self._enforcer.enforce(*asked)

    def _check(self) -> None:
        """Looks at the rows where they are others than those that were found to be sound.

        Casbin never alters a row, it replaces it, so comparing is quick: mostly by identity.
        """
        rows = {
            kind: definition.policy
            for section in ("p", "g")
            for kind, definition in (self._enforcer.model[section] or {}).items()
        }
        if rows != self._rows:
            _raise(list(islice(faults_of_rows(self._enforcer), _MOST)))
            self._rows = {kind: [*found] for kind, found in rows.items()}


_MOST = 5
"""Whoever mends five faults looks at the rest of them too."""


def _raise(faults: list[str]) -> None:
    if faults:
        raise GateError("the Casbin policy cannot be relied on: " + "; ".join(faults))


def _request(tokens: list[str]) -> Request:
    names = [token.removeprefix("r_") for token in tokens]
    if strangers := [name for name in names if name not in _PARTS]:
        raise GateError(
            f"what is `{'`, `'.join(strangers)}` of a request? Hand in `request`, a function that "
            f"makes ({', '.join(names)}) of an action"
        )
    parts = [_PARTS[name] for name in names]
    return lambda action: tuple(part(action) for part in parts)


def _domain(action: Action) -> str:
    # Casbin would ask for a domain that is called `None`.
    if action.domain is None:
        raise GateError("the model asks for a domain and the action has none")
    return action.domain


def _reason(action: Action, answer: bool | None) -> Reason:
    principal = action.principal.id
    if answer is None:
        title = f"nobody knows whether Casbin allows `{action.task}` to `{principal}`"
        unknown, change = "Casbin gave no answer", "an answer of Casbin's"
    else:
        title = f"Casbin does not allow `{action.task}` to `{principal}`"
        unknown, change = None, "a rule of the Casbin policy that allows it"
    return Reason(codes.CASBIN, Outcome.DENY, title, unknown=unknown, would_change=change)
