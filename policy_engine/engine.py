"""The composition: loads policies and the directory, and hands out decisions and gates.

engine = Engine.load("policies", directory="roles.csv")
decision = engine.decide(Action(Agent("bot-7"), "issue_refund", {...}))
gate = engine.gate(store="sqlite:///governance.db", tools={"issue_refund": issue_refund})
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from policy_engine.decision.action import Action
from policy_engine.decision.circumstances import Circumstances, names_of
from policy_engine.decision.code.answering import Answering
from policy_engine.decision.code.cached import Cached, Unreadable, loads
from policy_engine.decision.code.verdicts import Verdicts
from policy_engine.decision.session import Session

if TYPE_CHECKING:
    from policy_engine.access.casbin_gate import CasbinGate
    from policy_engine.access.directory import Roles as HeldRoles, RoleSource
    from policy_engine.bundle.open import Bundle
    from policy_engine.decision.clearance import Clearance, Clearing
    from policy_engine.decision.columns.decide import Batch, Prepared, Table
    from policy_engine.decision.evidence import Evidence, ValidationResult
    from policy_engine.decision.history import History
    from policy_engine.decision.nearest import Change
    from policy_engine.decision.outcome import Decision
    from policy_engine.decision.program import Program
    from policy_engine.decision.rehearse import Rehearsal
    from policy_engine.foundation.diagnostics import Diagnostic
    from policy_engine.foundation.signing import VerifyingKey
    from policy_engine.language.policy import Kind, PolicySet
    from policy_engine.loading import Paths
    from policy_engine.runtime.executors import Tool
    from policy_engine.runtime.gate import Gate
    from policy_engine.runtime.notices import Channel
    from policy_engine.runtime.ports import Clock, Executor, Facts
    from policy_engine.runtime.validations import Check
    from policy_engine.runtime.watching import Watcher

_NOBODY: frozenset[str] = frozenset()

# To decide by the functions of a bundle takes nothing that reads policies: what does (Lark,
# Casbin, JSON Schema, the store) is imported by the methods that need it.


class Engine(Answering):
    """A policy set and a directory, ready to decide. Immutable; safe to share among threads."""

    def __init__(
        self,
        policy: PolicySet,
        directory: RoleSource | str | os.PathLike[str] | None = None,
        warnings: tuple[Diagnostic, ...] = (),
        checks: Mapping[str, Check] | None = None,
        *,
        also: CasbinGate | None = None,
    ) -> None:
        """The engine of a policy set. The other arguments are those of `load`."""
        self._start(lambda: policy, checks, also, warnings)
        self._take(directory)

    @classmethod
    def load(
        cls,
        policies: Paths,
        *,
        directory: RoleSource | str | os.PathLike[str] | None = None,
        kept: timedelta | None = None,
        checks: Mapping[str, Check] | None = None,
        also: CasbinGate | None = None,
    ) -> Engine:
        """The engine of policy files: a file, a folder, or several of either, with their imports.

        `directory` says who holds which role: a Casbin CSV file, or a `Directory` or
        `LiveDirectory` made of any Casbin adapter. `checks` are the functions that validations name
        (`checks iban with "acme.checks:iban"`), each called with what it checks as keyword
        arguments and passing with True or None; `kept` is how long the store keeps the past
        (None: for ever), which every question about the past must respect; `also` is an existing
        Casbin policy that must allow an action besides. Raises `PolicyError` with all diagnostics
        where the policies have errors or there are none, and `DirectoryError` for the directory.
        """
        from policy_engine.foundation.errors import PolicyError
        from policy_engine.loading import check

        policy, diagnostics = check(policies, kept=kept)
        if policy is None:
            raise PolicyError(diagnostics)
        return cls(policy, directory, diagnostics, checks, also=also)

    @classmethod
    def from_bundle(
        cls,
        bundle: Bundle | str | os.PathLike[str],
        *,
        trusted: Iterable[VerifyingKey] | None = None,
        directory: RoleSource | str | os.PathLike[str] | None = None,
        checks: Mapping[str, Check] | None = None,
        also: CasbinGate | None = None,
    ) -> Engine:
        """The engine of a signed bundle: an open one, or a file signed by one of `trusted` keys.

        With the code that the bundle has for this version of Python and of the engine it decides
        at once, and no policy is parsed; without it the policies are read when something needs
        them. Raises `BundleError` for a bundle that is not to be trusted, and, when they are read,
        for policies that are not those of its manifest.
        """
        from policy_engine.bundle.open import Bundle, open_bundle

        opened = bundle if isinstance(bundle, Bundle) else open_bundle(bundle, trusted=trusted)
        engine = cls.__new__(cls)
        engine._start(opened.policy, checks, also)
        cached = engine._code_of(opened)
        if cached is not None:
            engine._cached = cached
            engine._read = lambda: _thawed(cached, opened)
        engine._take(directory)
        return engine

    def _start(
        self,
        policy: Callable[[], PolicySet],
        checks: Mapping[str, Check] | None,
        also: CasbinGate | None,
        warnings: tuple[Diagnostic, ...] = (),
    ) -> None:
        self._read = policy
        self._checks = dict(checks or {})
        self._also = also
        self._allows = None if also is None else also.allows
        self._cached: Cached | None = None
        self.warnings = warnings

    def _code_of(self, bundle: Bundle) -> Cached | None:
        """The code of a bundle; None where it has none that fits: then it is made anew."""
        code = bundle.code()
        try:
            cached = None if code is None else loads(code, lambda: self._program, self._allows)
        except Unreadable:
            return None
        return cached if cached is not None and cached.policy == bundle.policy_digest else None

    def _take(self, directory: RoleSource | str | os.PathLike[str] | None) -> None:
        """The directory, with what the roles of the policy include."""
        self._directory: HeldRoles | None = None
        if directory is None:
            return
        if isinstance(directory, (str, os.PathLike)):
            from policy_engine.access.casbin_roles import read_directory

            directory = read_directory(Path(directory))
        pairs = [(name, one) for name, (_, some) in self._role_table.items() for one in some]
        self._directory = directory.including(pairs)

    @cached_property
    def policy(self) -> PolicySet:
        """The policy set."""
        return self._read()

    @cached_property
    def _program(self) -> Program:
        from policy_engine.decision.program import compile_policy

        return compile_policy(self.policy)

    @cached_property
    def _verdicts(self) -> Verdicts:
        if self._cached is not None:
            return self._cached.verdicts
        from policy_engine.decision.code.program import verdicts_of

        return verdicts_of(self._program, self._allows)

    @cached_property
    def _columns(self) -> Prepared:
        from policy_engine.decision.columns.decide import Prepared

        return Prepared(self._program, self._verdicts, self._allows)

    @cached_property
    def _role_table(self) -> Mapping[str, tuple[Kind | None, tuple[str, ...]]]:
        """Of each role the kind of principal that may hold it, and what it includes."""
        if self._cached is not None:
            return self._cached.roles
        return {role.name: (role.kind, role.includes) for role in self.policy.roles.values()}

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
        circumstances = self.circumstances(
            action,
            session=session,
            facts=facts,
            evidence=evidence,
            now=now,
            roles=roles,
            history=history,
            attributes=attributes,
            root=root,
            suspended=suspended,
        )
        return self.decide_in(action, circumstances)

    def decide_in(self, action: Action, circumstances: Circumstances) -> Decision:
        """The same in circumstances that are put together already."""
        from policy_engine.decision.decide import decide

        decision = decide(self._program, action, circumstances)
        return decision if self._also is None else self._also.narrow(action, decision)

    def clear(self, action: Action, circumstances: Circumstances) -> Clearance | None:
        """What an action that is allowed at once needs to happen: the same as `decide_in` says, in
        a fraction of the time. None where it is not allowed, or there is more to be said of it."""
        if not self._clearing.may_clear(action, circumstances):
            return None
        verdict = self.deciding(action, circumstances.roles, circumstances)
        return self._clearing.clearance(action, circumstances, verdict)

    @cached_property
    def _clearing(self) -> Clearing:
        from policy_engine.decision.clearance import Clearing

        return Clearing(self._program)

    def decide_batch(self, table: Table, *, now: datetime | None = None) -> Table:
        """The answers of `deciding` to all rows of an Arrow table (extra `batch`); what its
        columns mean stands in docs/guides/batch.md."""
        from policy_engine.decision.columns.decide import decide_columns

        return decide_columns(self._columns, table, roles=self._roles, now=now)

    def decide_batches(
        self, batches: Iterable[Batch], *, now: datetime | None = None
    ) -> Iterator[Batch]:
        """The same for a stream, a batch at a time."""
        from policy_engine.decision.columns.decide import decide_batches

        return decide_batches(self._columns, batches, roles=self._roles, now=now)

    def explain(
        self,
        action: Action,
        decision: Decision,
        *,
        every: bool = False,
        colour: bool = False,
        to: Literal["operator", "agent"] = "operator",
    ) -> str:
        """A decision in words.

        To an operator: each reason at its place in the policy, with the values that mattered, for
        a terminal; `every` also tells the reasons that another one outweighs. To an agent: what
        stands against it and what it could do, without values, lists, places and names.
        """
        from policy_engine.decision.present import for_agent, headline, reasons
        from policy_engine.foundation.render import coloured, plain

        if to == "agent":
            segments = [*for_agent(action, decision)]
        else:
            segments = [*headline(action, decision), *reasons(decision, every=every)]
        return coloured(segments) if colour else plain(segments)

    def nearest(self, action: Action, circumstances: Circumstances) -> tuple[Change, ...]:
        """The smallest changes of one number, date or amount of the input that would alter the
        outcome, each tried out: milder, or of an action that is allowed stricter.

        `circumstances` are those of the decision (see `circumstances`).
        """
        from policy_engine.decision.nearest import nearest_changes

        return nearest_changes(self._program, action, circumstances)

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
        from policy_engine.runtime.validations import validate

        circumstances = self.circumstances(
            action,
            session=session,
            facts=facts,
            now=now,
            history=history,
            attributes=attributes,
        )
        return validate(self._program, names, action, circumstances, self._checks, output)

    def read(self, session: Session) -> None:
        """Reads what a session has seen, now and not in the next decision.

        Changes no answer. For whoever has the time when a tool has answered rather than when the
        next action is proposed; only what is new is read.
        """
        from policy_engine.decision.reading import read

        read(self._program, session)

    def test(self) -> list[Rehearsal]:
        """What came of each test that the policy files contain."""
        from policy_engine.decision.rehearse import rehearse

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
        watch: Iterable[Watcher] = (),
        shadow: Engine | None = None,
        notices: Iterable[Channel] = (),
    ) -> Gate:
        """A gate whose actions, approvals and ledger live in `store` (`sqlite:///file.db`).

        `tools` are the functions that perform tasks, called with the input as keyword arguments
        and given up after `time_limit` seconds; they also look up the facts that the policy has
        `from` a task. `facts` hands in all others. `watch` are told of each entry of the record
        once it is kept. `shadow` is asked beside this engine and decides nothing; where its first
        answer to an action differs, that is recorded. `notices` are the channels over which people
        learn that they are asked, once this gate is a worker.
        Raises `GateError` for a tool that no task of the policy names, and where a check that the
        policy names is not registered with the engine.
        """
        from policy_engine.foundation.database import Database
        from policy_engine.ledger.ledger import Ledger
        from policy_engine.runtime.accounts import Accounts
        from policy_engine.runtime.alive import alive_for
        from policy_engine.runtime.executors import Tools
        from policy_engine.runtime.gate import Gate
        from policy_engine.runtime.lookups import Lookups, no_facts
        from policy_engine.runtime.outbox import Outbox
        from policy_engine.runtime.ports import SystemClock
        from policy_engine.runtime.shadows import Shadow
        from policy_engine.runtime.watching import Watched

        self._refuse_gaps(tools or {})
        clock = clock or SystemClock()
        called = Tools(tools or {}, time_limit)
        database = Database(store)
        ledger = Ledger(database, clock)
        outbox = Outbox(database, clock)
        recorder = Watched(ledger, database, within=(outbox,), after=tuple(watch))
        beside = Shadow(shadow, shadow.policy, database, recorder) if shadow else None
        return Gate(
            database=database,
            decider=self,
            roles=self,
            recorder=recorder,
            executor=executor or called,
            facts=Lookups(self._program, called, facts or no_facts),
            clock=clock,
            accounts=Accounts(self.policy, ledger.salt),
            alive=alive_for(store),
            policy=self.policy,
            shadow=beside,
            outbox=outbox,
            channels=notices,
        )

    def _refuse_gaps(self, tools: Mapping[str, Tool]) -> None:
        """Raises `GateError` for a check that is missing, and for a tool that nobody asked for."""
        from policy_engine.foundation.errors import GateError

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

    def circumstances(
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
    ) -> Circumstances:
        """All that a decision rests on besides the action; the arguments are those of `decide`."""
        now = now or datetime.now(UTC)
        if now.tzinfo is not UTC and now.utcoffset() is None:
            raise ValueError("`now` needs its offset from UTC")
        principal, chain = action.principal, action.chain
        held = (
            self._roles(principal.id, principal.kind, action.domain)
            if roles is None
            else self.policy.including(names_of("roles", roles), principal.kind)
        )
        return Circumstances(
            now,
            held,
            session,
            facts or {},
            tuple(evidence),
            history,
            attributes or {},
            tuple([self._roles(p.id, p.kind, action.domain) for p in chain]) if chain else (),
            root,
            names_of("suspended", suspended) if suspended != () else _NOBODY,
        )

    def _roles(self, who: str, kind: Kind, domain: str | None) -> frozenset[str] | None:
        """Roles by the directory, less those kept for the other kind of principal.

        A principal whose id is the name of a role or group would inherit what that includes: it
        has no roles at all.
        """
        if self._directory is None:
            return None
        if who in self._role_table or self._directory.is_role(who):
            return _NOBODY
        return self._directory.roles_of(who, domain, closed_to=self._closed[kind])

    @cached_property
    def _closed(self) -> Mapping[Kind, frozenset[str]]:
        """The roles that are kept for the other kind of principal."""
        roles = self._role_table.items()
        return {
            "agent": frozenset(name for name, (kind, _) in roles if kind == "human"),
            "human": frozenset(name for name, (kind, _) in roles if kind == "agent"),
        }


def _thawed(cached: Cached, bundle: Bundle) -> PolicySet:
    from policy_engine.loading import thawed

    return thawed(cached, bundle)
