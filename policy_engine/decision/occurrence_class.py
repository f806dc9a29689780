"""What a question about the past asks for, as a class of past actions that can be tallied.

The condition after `where` is taken apart: what rests on the past action alone is settled once;
what says that something of it equals something of the present (`past.payee == payee`) becomes a
key. There is no class where anything else is asked: then the past actions are gone through.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from policy_engine.decision.action import Principal
from policy_engine.decision.closures import Compiler, may_range
from policy_engine.decision.comparing import is_native
from policy_engine.decision.dependence import narrowed, needs
from policy_engine.decision.frame import Frame
from policy_engine.decision.history import PastAction
from policy_engine.decision.plain_reads import PlainReads, plain_names, plain_reads
from policy_engine.decision.provenance import SessionOrigins
from policy_engine.decision.recollection import (
    Recalled,
    Recollection,
    input_roots,
    past_roots,
    reached,
)
from policy_engine.decision.tallies import Entry, Keys, native
from policy_engine.decision.truth import Truth, every
from policy_engine.foundation.source import Span
from policy_engine.language import checked as c
from policy_engine.language.policy import PolicySet
from policy_engine.values.arithmetic import equal
from policy_engine.values.types import PRINCIPAL

_NEVER = datetime.min.replace(tzinfo=UTC)


class Parts(NamedTuple):
    """A condition taken apart."""

    settled: tuple[c.Checked, ...]
    """What rests on the past action alone."""
    then: tuple[c.Checked, ...]
    """Of the past action, what must equal …"""
    now: tuple[c.Checked, ...]
    """… this of the present."""


class _Found(NamedTuple):
    """A past action as done by one of those who did it."""

    keys: Keys | None
    truth: Truth
    term: object


class OccurrenceClass:
    """The past actions that a question looks at. Keys: what equals something of the present, the
    session (where that is the window)."""

    def __init__(
        self,
        occurrence: c.Occurrence,
        parts: Parts,
        term: c.Checked | None,
        compiler: Compiler,
        policy: PolicySet,
        *,
        span: Span,
        counts: bool,
        by_session: bool,
    ) -> None:
        self.tasks = occurrence.tasks
        self.has_amounts = term is not None
        principals = (n for n, key in enumerate(parts.then) if key.type == PRINCIPAL)
        self.names = frozenset(principals)
        self._stage, self._span, self._counts = occurrence.stage, span, counts
        self._by_session = by_session
        self._settled = tuple(compiler.compile(part) for part in parts.settled)
        self._then = tuple(compiler.compile(part) for part in parts.then)
        self._now = tuple(compiler.compile(part) for part in parts.now)
        self._term = compiler.compile(term) if term is not None else None
        read = (*parts.settled, *parts.then, *(() if term is None else (term,)))
        self._policy = narrowed(policy, self.tasks, needs(read, compiler.define).data)
        names = plain_names(read, "past")
        self._plain: PlainReads | None = None
        if names is not None and not parts.settled:
            self._plain = plain_reads(names, "past", self.tasks, policy)
        self._origins = SessionOrigins(None, policy.tasks, {})
        self._no_past = Recollection(None, None, _NEVER, policy)

    def asked(self, frame: Frame) -> Keys | None:
        """The keys that are asked for now; None where they cannot be told."""
        keys = tuple([key(frame) for key in self._now])
        return native((*keys, frame.past.session) if self._by_session else keys)

    def entries(self, action: PastAction) -> Sequence[Entry]:
        came = reached(action, self._stage, self._span, counts=self._counts)
        if came is False or (self._by_session and action.session is None):
            return ()
        read = self._plain.of(action) if self._plain is not None else None
        if read is not None:
            term = read.pop() if self.has_amounts else None
            return (Entry(self._keys(action, tuple(read)), came is True, term),)
        return self._read(action, came is True)

    def _read(self, action: PastAction, came: bool) -> Sequence[Entry]:
        """The long way: what the condition says of each of those who did it."""
        input_ = input_roots(self._policy, action)
        if not action.chain:
            keys, truth, term = self._by(action, action.principal, input_)
            surely = came and truth is True
            return () if truth is False else (Entry(keys, surely, term),)
        found = [self._by(action, who, input_) for who in action.doers]
        if all(one.truth is False for one in found):
            return ()
        first, *others = found
        if not all(_are_alike(first, other) for other in others):
            return (Entry(None, False),)
        return (Entry(first.keys, came and first.truth is True, first.term),)

    def _by(self, action: PastAction, who: Principal, input_: Recalled) -> _Found:
        recalled = past_roots(self._policy, action, who, input_)
        frame = Frame(recalled.roots, {}, recalled.absent, self._origins, _NEVER, self._no_past)
        truth = every([part(frame) for part in self._settled])
        if truth is False:
            return _Found(None, False, None)
        keys = self._keys(action, tuple([key(frame) for key in self._then]))
        return _Found(keys, truth, self._term(frame) if self._term is not None else None)

    def _keys(self, action: PastAction, keys: Keys) -> Keys | None:
        return native((*keys, action.session) if self._by_session else keys)


def taken_apart(
    where: c.Checked | None, term: c.Checked | None, compiler: Compiler
) -> Parts | None:
    """The parts of a condition; None where something else of the present matters."""
    if term is not None and not _rests_on_past(term, compiler):
        return None
    settled: list[c.Checked] = []
    pairs: list[tuple[c.Checked, c.Checked]] = []
    for part in _conjuncts(where):
        if _rests_on_past(part, compiler):
            settled.append(part)
        elif (pair := _pair(part, compiler)) is not None:
            pairs.append(pair)
        else:
            return None
    return Parts(tuple(settled), tuple(p for p, _ in pairs), tuple(n for _, n in pairs))


def _conjuncts(node: c.Checked | None) -> Iterator[c.Checked]:
    if isinstance(node, c.Every):
        for part in node.parts:
            yield from _conjuncts(part)
    elif node is not None:
        yield node


def _pair(node: c.Checked, compiler: Compiler) -> tuple[c.Checked, c.Checked] | None:
    """The side that rests on the past action and the other, where the two must be equal."""
    if not isinstance(node, c.Compare) or node.operator != "==":
        return None
    for then, now in ((node.left, node.right), (node.right, node.left)):
        is_plain = all(is_native(side.type) and not may_range(side) for side in (then, now))
        if is_plain and _rests_on_past(then, compiler) and not _reads_past(now, compiler):
            return then, now
    return None


def _rests_on_past(node: c.Checked, compiler: Compiler) -> bool:
    return needs((node,), compiler.define).only("past")


def _reads_past(node: c.Checked, compiler: Compiler) -> bool:
    return any(root == "past" for root, _ in needs((node,), compiler.define).data)


def _are_alike(one: _Found, other: _Found) -> bool:
    same = one.truth is other.truth or (
        one.truth not in (True, False) and other.truth not in (True, False)
    )
    same = same and equal(one.term, other.term) is True
    return same and one.keys is not None and one.keys == other.keys
