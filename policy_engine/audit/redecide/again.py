"""One decision, made again from what its entry has, and held against it.

When exactly it was decided stands in no entry: after the entry before, and a moment before its own.
Times that the store names are tried where they lie in there, then the two ends; what follows at one
of them follows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from policy_engine.audit.reading import is_sealed, members, objects, text
from policy_engine.audit.redecide.answers import Differs, Found, Lacks, Trial
from policy_engine.audit.redecide.before import Before
from policy_engine.audit.redecide.kept import KeptAction
from policy_engine.audit.redecide.known import Known
from policy_engine.audit.redecide.rejections import Rejections
from policy_engine.audit.redecide.said import TakenBack
from policy_engine.audit.redecide.sealed import Seal, agrees
from policy_engine.audit.redecide.sessions import Sessions
from policy_engine.decision import codes
from policy_engine.decision.action import Action
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.decide import decide
from policy_engine.decision.history import History
from policy_engine.decision.outcome import Decision
from policy_engine.decision.program import compile_policy
from policy_engine.decision.question import Question
from policy_engine.decision.session import Session
from policy_engine.foundation.canonical import canonical_text
from policy_engine.language.policy import PolicySet
from policy_engine.ledger.record import Record
from policy_engine.runtime.accounts import Accounts
from policy_engine.values.plain import plain

NO_ID = "-"
"""The gate's word for an action that it refused before it could be kept."""

NO_FORM = "it has no canonical form, so nobody kept it"
NO_ACTION = "something of it is sealed, and the store does not have the action"
NO_FACTS = "a fact is sealed, and the store does not have it as it was"
CHAINED = "it was delegated, and the record has no roles of who delegated it"
NESTED = "a tool proposed it while it ran, and the record does not say which action's"
BY_CASBIN = "a Casbin policy denied it, of which the record has nothing"

_OF_ACTION = ("task", "principal", "on_behalf_of", "domain", "chain", "input", "context")
_BESIDE = ("session", "facts", "facts_digest", "seen_outputs")
_A_WHILE = timedelta(seconds=5)
"""No gate takes longer from a decision to its entry."""


class Book:
    """A policy set by which entries were decided."""

    def __init__(self, policy: PolicySet, salt: bytes) -> None:
        self.policy = policy
        self.program = compile_policy(policy)
        self.accounts = Accounts(policy, salt)
        self.before = Before(policy)


@dataclass(frozen=True, slots=True)
class Entry:
    """A `decided` entry and what was known when it was written."""

    record: Record
    at: datetime
    previous: datetime
    """The time of the entry before."""
    known: Known
    suspended: frozenset[str]
    rejections: Rejections
    taken_back: tuple[TakenBack, ...]

    @property
    def body(self) -> Mapping[str, object]:
        return self.record.body

    def moments(self) -> list[datetime]:
        """When it may have been decided."""
        kept = self.known.kept
        named = (kept.acted_at, kept.proposed_at) if kept is not None else ()
        found = (at for at in (*named, self.at, self.previous) if at is not None)
        first = max(self.previous, self.at - _A_WHILE)
        return list(dict.fromkeys(at for at in found if first <= at <= self.at)) or [self.at]


class Again:
    """Decides entries of one policy set again."""

    def __init__(self, book: Book, sessions: Sessions) -> None:
        self._book = book
        self._sessions = sessions

    def found(self, entry: Entry) -> Found:
        """Whether a decision follows. Notes of the action what its digest binds."""
        known = entry.known
        if known.id == NO_ID:
            return self._formless(entry.body)
        if known.action is None:
            return Lacks(NO_ACTION)
        given, lacks = self._given(entry, known.action)
        decision = decide(self._book.program, known.action, given)
        told = self._book.accounts.decision(
            known.id, known.action, given.session, given.facts, decision
        )
        other = self._bound(entry, known.action, decision, told)
        if other is not None:
            return other
        lacks = lacks or self._lacks(entry, known.action)
        if lacks is not None:
            return Lacks(lacks)
        return _rests_on_other(entry.body, told) or self._answered(
            entry, known.action, given, decision
        )

    def binds(self, known: Known, digest: str | None) -> bool:
        """Whether this is the digest of an action as the policy reads it; notes that it is."""
        if known.action is None or known.action.task not in self._book.policy.tasks:
            return False
        question = Question(self._book.program, known.action, Circumstances(known.at))
        if self._book.accounts.seal(question.action_digest) != digest:
            return False
        input_ = None if question.misfits else question.input
        _bind(known, question.proposals, input_)
        return True

    def _formless(self, body: Mapping[str, object]) -> Found:
        """What could not be written down: of that, the record has that it was denied."""
        has_digest = body.get("action_digest") != self._book.accounts.seal(None)
        if has_digest or text(body, "outcome") != "deny":
            return Differs(
                "nobody kept it, and it was not denied for having no canonical form", is_sure=True
            )
        return Lacks(NO_FORM)

    def _given(self, entry: Entry, action: Action) -> tuple[Circumstances, str | None]:
        """What it was decided in, less what was said of it; and why that cannot be told."""
        body, book, known = entry.body, self._book, entry.known
        session, attributes, lack = self._session(text(body, "session"))
        facts = _facts(body, known.kept, book.accounts.seal)
        now, id_ = entry.moments()[0], text(body, "session")
        past = book.before.lacks(action.task, now, known.id)
        history = History()
        if past is None:
            family = self._sessions.family(id_)
            history = book.before.history(action.task, now, known.id, id_, family)
        given = Circumstances(
            now,
            _roles(body.get("roles")),
            session,
            facts or {},
            (),
            history,
            attributes,
            chain_roles=_chain_roles(body),
            suspended=entry.suspended,
        )
        return given, lack or (NO_FACTS if facts is None else None) or past

    def _session(self, id_: str | None) -> tuple[Session | None, Mapping[str, object], str | None]:
        if id_ is None:
            return None, {}, None
        lack = self._sessions.lacks(id_)
        if lack is not None:
            return None, {}, lack
        session = self._sessions.session(id_, self._book.policy)
        return session, self._sessions.attributes(id_), None

    def _bound(
        self, entry: Entry, action: Action, decision: Decision, told: Mapping[str, object]
    ) -> Found:
        """What is wrong with the action itself; else the record's digest binds it.

        `told` is what the gate would tell of it.
        """
        known, body = entry.known, entry.body
        if told["action_digest"] != body.get("action_digest"):
            if known.kept is not None:
                return Differs(
                    "the store's action of this id is not the one that was decided", is_sure=True
                )
            if action.on_behalf_of is not None:
                return Lacks(NO_ACTION)
            return Differs(
                "the action that it tells of is not the one that was decided", is_sure=True
            )
        if known.kept is not None and known.kept.session != body.get("session"):
            return Differs("the store has it in another session", is_sure=True)
        wrong = _unlike(told, body, _OF_ACTION)
        if wrong:
            names = ", ".join(wrong)
            what = f"it tells of another action than the one that was decided: {names}"
            return Differs(what, is_sure=True)
        _bind(known, decision.proposals, decision.input)
        return None

    def _lacks(self, entry: Entry, action: Action) -> str | None:
        """What no entry has of such an action."""
        task = self._book.policy.tasks.get(action.task)
        kept = entry.known.kept
        if len(action.chain) != len(_chain_roles(entry.body)):
            return CHAINED
        if task is not None and task.exclusive and (kept is None or kept.is_nested):
            return NESTED
        if any(text(one, "code") == codes.CASBIN.id for one in objects(entry.body, "reasons")):
            return BY_CASBIN
        return None

    def _answered(
        self, entry: Entry, action: Action, given: Circumstances, bare: Decision
    ) -> Found:
        """The answer with all that had been said, as far as that can be told."""
        book, said = self._book, entry.known.said
        moments = tuple(entry.moments())
        trial = Trial(book.program, action, given, moments, entry.body)
        rejected = entry.rejections.of(bare, book.accounts.seal)
        if said.is_nothing:
            return trial.bare(rejected, bare)
        readings = said.readings(bare, book.policy, book.accounts.seal, entry.taken_back)
        return trial.heard(readings, rejected)


def _bind(known: Known, proposals: tuple[str, ...], input_: Mapping[str, object] | None) -> None:
    known.is_bound, known.proposals = True, proposals
    known.input = None if input_ is None else cast("Mapping[str, object]", plain(input_))


def _rests_on_other(body: Mapping[str, object], told: Mapping[str, object]) -> Found:
    """What of the facts and the session is not as the entry says."""
    wrong = _unlike(told, body, _BESIDE)
    if not wrong:
        return None
    what = f"it does not rest on what its entry says: {', '.join(wrong)}"
    return Differs(what, is_sure=wrong != ["seen_outputs"])


def _facts(
    body: Mapping[str, object], kept: KeptAction | None, seal: Seal
) -> Mapping[str, object] | None:
    """The facts of an entry. Where it seals one, those of the store, unless they have become
    others since: then None."""
    told = members(body, "facts")
    if not is_sealed(told):
        return told
    facts = {} if kept is None else {n: v for n, v in kept.facts.items() if n in told}
    return facts if agrees(told, facts, seal) else None


def _chain_roles(body: Mapping[str, object]) -> tuple[frozenset[str] | None, ...]:
    told = body.get("chain_roles")
    return tuple(map(_roles, told)) if isinstance(told, list) else ()


def _roles(told: object) -> frozenset[str] | None:
    return frozenset(map(str, told)) if isinstance(told, list) else None


def _unlike(
    told: Mapping[str, object], body: Mapping[str, object], names: tuple[str, ...]
) -> list[str]:
    """The members that are not alike, in the words of the record."""
    return [name for name in names if not _same(told[name], body.get(name))]


def _same(one: object, other: object) -> bool:
    if type(one) is str and type(other) is str:
        return one == other
    return canonical_text(one) == canonical_text(other)
