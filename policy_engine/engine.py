"""The composition: loads policies and the directory, and hands out decisions and gates.

engine = Engine.load("policies", directory="roles.csv")
decision = engine.decide(Action(Agent("bot-7"), "issue_refund", {...}))
gate = engine.gate(store="sqlite:///governance.db", tools={"issue_refund": issue_refund})
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from policy_engine.access.casbin_roles import read_directory
from policy_engine.access.directory import Directory
from policy_engine.bundle.files import read_beside, read_files
from policy_engine.decision.action import Action
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.decide import decide
from policy_engine.decision.evidence import Evidence, ValidationResult
from policy_engine.decision.outcome import Decision
from policy_engine.decision.present import headline, reasons
from policy_engine.decision.program import Program, compile_policy
from policy_engine.decision.rehearse import Rehearsal, rehearse
from policy_engine.decision.session import Session
from policy_engine.foundation.database import Database
from policy_engine.foundation.diagnostics import Diagnostic, in_order
from policy_engine.foundation.errors import GateError, PolicyError
from policy_engine.foundation.render import coloured, plain
from policy_engine.language.build import build
from policy_engine.language.policy import Kind, PolicySet
from policy_engine.ledger.ledger import Ledger
from policy_engine.runtime.accounts import Accounts
from policy_engine.runtime.executors import Tool, Tools
from policy_engine.runtime.gate import Gate
from policy_engine.runtime.ports import Clock, Executor, Facts, SystemClock
from policy_engine.runtime.validations import check_schemas, validate

Paths = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]


class Engine:
    """A policy set and a directory, ready to decide. Immutable; safe to share among threads."""

    def __init__(
        self,
        policy: PolicySet,
        directory: Directory | None = None,
        warnings: tuple[Diagnostic, ...] = (),
    ) -> None:
        self.policy = policy
        self.warnings = warnings
        self._directory = directory
        self._program: Program = compile_policy(policy)

    @classmethod
    def load(cls, policies: Paths, *, directory: str | Path | None = None) -> Engine:
        """The engine of policy files: a file, a folder, or several of either.

        `directory` is a Casbin CSV file of roles. Raises `PolicyError` with all diagnostics where
        the policies have errors or there are none, and `DirectoryError` for the directory.
        """
        policy, diagnostics = check(policies)
        if policy is None:
            raise PolicyError(diagnostics)
        roles = None if directory is None else read_directory(directory, _includes(policy))
        return cls(policy, roles, diagnostics)

    def decide(
        self,
        action: Action,
        *,
        session: Session | None = None,
        facts: Mapping[str, object] | None = None,
        evidence: Iterable[Evidence] = (),
        now: datetime | None = None,
        roles: Iterable[str] | None = None,
    ) -> Decision:
        """The answer to one action; performs nothing and remembers nothing.

        Without a `session`, provenance is unknown. `roles` overrides the directory, for callers
        that know better; with neither, roles are unknown. `now` defaults to the machine's clock
        and needs its offset from UTC.
        """
        return decide(
            self._program, action, self._circumstances(action, session, facts, evidence, now, roles)
        )

    def explain(
        self, action: Action, decision: Decision, *, every: bool = False, colour: bool = False
    ) -> str:
        """A decision in words, each reason at its place in the policy, for a terminal.

        `every` also tells the reasons that another one outweighs.
        """
        segments = [*headline(action, decision), *reasons(decision, every=every)]
        return coloured(segments) if colour else plain(segments)

    def validate(
        self,
        names: tuple[str, ...],
        action: Action,
        *,
        session: Session | None = None,
        facts: Mapping[str, object] | None = None,
        now: datetime | None = None,
    ) -> tuple[ValidationResult, ...]:
        """Runs validations of one action; the results are evidence for a further decision."""
        circumstances = self._circumstances(action, session, facts, (), now, None)
        return validate(self._program, names, action, circumstances)

    def test(self) -> list[Rehearsal]:
        """What came of each test that the policy files contain."""
        return [rehearse(self._program, test) for test in self.policy.tests]

    def human_roles(self, who: str, domain: str | None = None) -> frozenset[str]:
        """The roles of a person; none where there is no directory."""
        return self._roles(who, "human", domain) or frozenset()

    def gate(
        self,
        *,
        store: str | Path,
        tools: Mapping[str, Tool] | None = None,
        executor: Executor | None = None,
        facts: Facts | None = None,
        time_limit: float = 60.0,
        clock: Clock | None = None,
    ) -> Gate:
        """A gate whose actions, approvals and ledger live in `store` (`sqlite:///file.db`).

        `tools` are the functions that perform tasks, called with the input as keyword arguments
        and given up after `time_limit` seconds; `facts` looks up what the policy needs to know.
        Raises `GateError` for a tool that no task of the policy names.
        """
        strangers = sorted(set(tools or {}) - self.policy.tasks.keys())
        if strangers:
            raise GateError(f"the policy knows no task for the tools {', '.join(strangers)}")
        clock = clock or SystemClock()
        database = Database(store)
        ledger = Ledger(database, clock)
        return Gate(
            database=database,
            decider=self,
            roles=self,
            recorder=ledger,
            executor=executor or Tools(tools or {}, time_limit),
            facts=facts or _no_facts,
            clock=clock,
            accounts=Accounts(self.policy, ledger.salt),
        )

    def _circumstances(
        self,
        action: Action,
        session: Session | None,
        facts: Mapping[str, object] | None,
        evidence: Iterable[Evidence],
        now: datetime | None,
        roles: Iterable[str] | None,
    ) -> Circumstances:
        now = now or datetime.now(UTC)
        if now.utcoffset() is None:
            raise ValueError("`now` needs its offset from UTC")
        if isinstance(roles, str):
            raise TypeError("`roles` are several names, not one text")
        principal = action.principal
        held = (
            self._roles(principal.id, principal.kind, action.domain)
            if roles is None
            else self.policy.including(frozenset(roles), principal.kind)
        )
        return Circumstances(now, held, session, facts or {}, tuple(evidence))

    def _roles(self, who: str, kind: Kind, domain: str | None) -> frozenset[str] | None:
        """Roles by the directory, less those kept for the other kind of principal.

        A principal whose id is the name of a role or group would inherit what that includes: it
        has no roles at all.
        """
        if self._directory is None:
            return None
        if who in self.policy.roles or self._directory.is_role(who):
            return frozenset()
        closed = {r.name for r in self.policy.roles.values() if r.kind not in (None, kind)}
        return self._directory.roles_of(who, domain, closed_to=closed)


def check(policies: Paths) -> tuple[PolicySet | None, tuple[Diagnostic, ...]]:
    """The policy set of files, or None where they have errors; and all diagnostics."""
    paths = [policies] if isinstance(policies, (str, os.PathLike)) else list(policies)
    files = read_files(paths)
    if files.diagnostics:
        return None, in_order(files.diagnostics)
    built = build(files.sources, read_beside)
    schemas = check_schemas(built.policy) if built.policy is not None else ()
    diagnostics = in_order((*built.diagnostics, *schemas))
    usable = not any(d.is_error for d in diagnostics)
    return (built.policy if usable else None), diagnostics


def _includes(policy: PolicySet) -> list[tuple[str, str]]:
    return [(r.name, included) for r in policy.roles.values() for included in r.includes]


def _no_facts(action: Action) -> Mapping[str, object]:
    return {}
