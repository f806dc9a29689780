"""The composition: loads policies and the directory, and hands out decisions and gates.

engine = Engine.load("policies", directory="roles.csv")
decision = engine.decide(Action(Agent("bot-7"), "issue_refund", {...}))
gate = engine.gate(store="sqlite:///governance.db", tools={"issue_refund": issue_refund})
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from policy_engine.access.casbin_roles import read_directory
from policy_engine.access.directory import Directory
from policy_engine.bundle.files import Roots, read_beside, read_files
from policy_engine.decision.action import Action
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.decide import decide
from policy_engine.decision.evidence import Evidence, ValidationResult
from policy_engine.decision.history import History
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
from policy_engine.runtime.lookups import Lookups
from policy_engine.runtime.ports import Clock, Executor, Facts, SystemClock
from policy_engine.runtime.validations import Check, check_schemas, validate

Paths = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]


class Engine:
    """A policy set and a directory, ready to decide. Immutable; safe to share among threads."""

    def __init__(
        self,
        policy: PolicySet,
        directory: Directory | None = None,
        warnings: tuple[Diagnostic, ...] = (),
        checks: Mapping[str, Check] | None = None,
    ) -> None:
        self._checks = dict(checks or {})
        self.policy = policy
        self.warnings = warnings
        self._directory = directory
        self._program: Program = compile_policy(policy)

    @classmethod
    def load(
        cls,
        policies: Paths,
        *,
        directory: str | Path | None = None,
        kept: timedelta | None = None,
        checks: Mapping[str, Check] | None = None,
    ) -> Engine:
        """The engine of policy files: a file, a folder, or several of either, with their imports.

        `directory` is a Casbin CSV file of roles; `checks` are the functions that validations name
        (`checks iban with "acme.checks:iban"`), each called with what it checks as keyword
        arguments and passing with True or None; `kept` is how long the store keeps the past
        (None: for ever), which every question about the past must respect. Raises `PolicyError`
        with all diagnostics where the policies have errors or there are none, and
        `DirectoryError` for the directory.
        """
        policy, diagnostics = check(policies, kept=kept)
        if policy is None:
            raise PolicyError(diagnostics)
        roles = None if directory is None else read_directory(directory, _includes(policy))
        return cls(policy, roles, diagnostics, checks)

    def decide(
        self,
        action: Action,
        *,
        session: Session | None = None,
        facts: Mapping[str, object] | None = None,
        evidence: Iterable[Evidence] = (),
        now: datetime | None = None,
        roles: Iterable[str] | None = None,
        history: History | None = None,
        attributes: Mapping[str, object] | None = None,
        root: str | None = None,
        suspended: Iterable[str] = (),
    ) -> Decision:
        """The answer to one action; performs nothing and remembers nothing.

        Without a `session`, provenance is unknown; without a `history`, so is the past, and
        limits count as passed. `roles` overrides the directory, for callers that know better;
        with neither, roles are unknown; those of who delegated come from the directory alone.
        `now` defaults to the machine's clock and needs its offset from UTC. `attributes` are what
        is said of the session, `root` is the id of the action from which this one was delegated,
        `suspended` who and what may do nothing for now (`agent bot-7`, `task pay`, `session s-1`).
        """
        given = self._circumstances(action, session, facts, now, roles)
        circumstances = replace(
            given,
            evidence=tuple(evidence),
            history=history,
            attributes=attributes or {},
            root=root,
            suspended=_names("suspended", suspended),
        )
        return decide(self._program, action, circumstances)

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
        history: History | None = None,
        attributes: Mapping[str, object] | None = None,
        output: tuple[object, ...] = (),
    ) -> tuple[ValidationResult, ...]:
        """Runs validations of one action; the results are evidence for a further decision.

        `output` is what the task returned, in a tuple of one, for `require … after`.
        """
        given = self._circumstances(action, session, facts, now, None)
        circumstances = replace(given, history=history, attributes=attributes or {})
        return validate(self._program, names, action, circumstances, self._checks, output)

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
        and given up after `time_limit` seconds; they also look up the facts that the policy has
        `from` a task. `facts` hands in all others.
        Raises `GateError` for a tool that no task of the policy names, and where a check that the
        policy names is not registered with the engine.
        """
        missing = sorted(
            v.function
            for v in self.policy.validations.values()
            if v.function is not None and v.function not in self._checks
        )
        if missing:
            raise GateError(f"no check is registered as {', '.join(missing)}")
        strangers = sorted(set(tools or {}) - self.policy.tasks.keys())
        if strangers:
            raise GateError(f"the policy knows no task for the tools {', '.join(strangers)}")
        clock = clock or SystemClock()
        called = Tools(tools or {}, time_limit)
        database = Database(store)
        ledger = Ledger(database, clock)
        return Gate(
            database=database,
            decider=self,
            roles=self,
            recorder=ledger,
            executor=executor or called,
            facts=Lookups(self.policy, called, facts or _no_facts),
            clock=clock,
            accounts=Accounts(self.policy, ledger.salt),
            policy=self.policy,
        )

    def _circumstances(
        self,
        action: Action,
        session: Session | None,
        facts: Mapping[str, object] | None,
        now: datetime | None,
        roles: Iterable[str] | None,
    ) -> Circumstances:
        now = now or datetime.now(UTC)
        if now.utcoffset() is None:
            raise ValueError("`now` needs its offset from UTC")
        principal = action.principal
        held = (
            self._roles(principal.id, principal.kind, action.domain)
            if roles is None
            else self.policy.including(_names("roles", roles), principal.kind)
        )
        chain = tuple(self._roles(p.id, p.kind, action.domain) for p in action.chain)
        return Circumstances(now, held, session, facts or {}, chain_roles=chain)

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


def check(
    policies: Paths, *, at: datetime | None = None, kept: timedelta | None = None
) -> tuple[PolicySet | None, tuple[Diagnostic, ...]]:
    """The policy set of files, or None where they have errors; and all diagnostics.

    `at` is the time by which exceptions have expired (default: now); `kept` is how long the store
    keeps the past (None: for ever).
    """
    paths = [policies] if isinstance(policies, (str, os.PathLike)) else list(policies)
    files = read_files(paths)
    if files.diagnostics:
        return None, in_order(files.diagnostics)
    at = at or datetime.now(UTC)
    built = build(files.sources, read_beside, Roots(paths).find, at=at, kept=kept)
    schemas = check_schemas(built.policy) if built.policy is not None else ()
    diagnostics = in_order((*built.diagnostics, *schemas))
    usable = not any(d.is_error for d in diagnostics)
    return (built.policy if usable else None), diagnostics


def _includes(policy: PolicySet) -> list[tuple[str, str]]:
    return [(r.name, included) for r in policy.roles.values() for included in r.includes]


def _names(what: str, given: Iterable[str]) -> frozenset[str]:
    if isinstance(given, str):
        raise TypeError(f"`{what}` are several names, not one text")
    return frozenset(given)


def _no_facts(action: Action) -> Mapping[str, object]:
    return {}
