"""The side of an engine that answers with verdicts: asked often, in microseconds.

Rests on the functions of the policy's tasks and on who holds which role; what these cannot decide
goes to the interpreter, and what nothing can decide is denied. Nothing here raises.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from policy_engine.decision.action import Action
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.code.verdicts import Decide, Verdicts
from policy_engine.decision.outcome import Outcome
from policy_engine.decision.verdict import Verdict, verdict_of

if TYPE_CHECKING:
    from policy_engine.language.policy import Kind


class Answering(ABC):
    """Answers with verdicts, by the functions and the roles of whoever inherits from it."""

    @cached_property
    @abstractmethod
    def _verdicts(self) -> Verdicts:
        """The functions of the policy's tasks."""

    @abstractmethod
    def _roles(self, who: str, kind: Kind, domain: str | None) -> frozenset[str] | None:
        """The roles of a principal; None where they are not known."""

    @cached_property
    def _quick(self) -> Mapping[str, Decide]:
        return self._verdicts.quick.ready

    @cached_property
    def _whole(self) -> Mapping[str, Decide]:
        return self._verdicts.whole.ready

    def verdict(
        self,
        action: Action,
        roles: frozenset[str] | None = None,
        circumstances: Circumstances | None = None,
    ) -> Verdict:
        """The outcome alone, and one rule that it is owed to: what `decide` says, in microseconds.

        For whoever asks often and needs no reasons: to offer an agent only what it may do, say.
        `roles` are all that the principal holds, those that others include too (None: by the
        directory); `circumstances` are all else that rules may read (None: the time alone).
        Deciding by generated code; what that cannot decide goes to `decide`, and what cannot be
        decided is denied.
        """
        try:
            if roles is None:
                roles = self._held(action, circumstances)
            return self._quick[action.task](action, roles, circumstances)
        except Exception:  # noqa: BLE001 — asked for the first time, or in vain
            return self._answer("verdict", action, roles, circumstances)

    def deciding(
        self,
        action: Action,
        roles: frozenset[str] | None = None,
        circumstances: Circumstances | None = None,
    ) -> Verdict:
        """The same, with all rules that the outcome is owed to."""
        # Not one function with `verdict`: a call more is a tenth of what the answer takes.
        try:
            if roles is None:
                roles = self._held(action, circumstances)
            return self._whole[action.task](action, roles, circumstances)
        except Exception:  # noqa: BLE001 — asked for the first time, or in vain
            return self._answer("complete", action, roles, circumstances)

    def binding(self, action: Action) -> str | None:
        """The digest of an action, to which a `Confirmation` of it is bound: who, for whom, what,
        with which input. None where it cannot be written down: nobody can confirm it."""
        return self._verdicts.binding(action)

    def prepare(self, *tasks: str) -> None:
        """Compiles the functions of these tasks now; else each is when it is first asked about."""
        for task in tasks:
            self._verdicts.prepare(task)

    def _answer(
        self,
        part: Literal["verdict", "complete"],
        action: Action,
        roles: frozenset[str] | None,
        circumstances: Circumstances | None,
    ) -> Verdict:
        """The answer by a function that is not compiled yet; a deny where nothing has one."""
        try:
            held = self._held(action, circumstances) if roles is None else roles
            return self._verdicts.first(part, action, held, circumstances)
        except Exception:  # noqa: BLE001 — whatever cannot be decided is refused
            return verdict_of(Outcome.DENY, (), "")

    def _held(self, action: Action, circumstances: Circumstances | None) -> frozenset[str] | None:
        if circumstances is not None and circumstances.roles is not None:
            return circumstances.roles
        principal = action.principal
        return self._roles(principal.id, principal.kind, action.domain)
