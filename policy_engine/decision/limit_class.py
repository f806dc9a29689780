"""What counts together for a limit, as a class of past actions that can be tallied.

A class is there where the conditions of the rule and the keys of its `per` rest on nothing but the
action: not on the time, the session's words, or the past. What a past action does not keep (facts,
what was said of the session) is unknown of it, as it is where actions are counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from policy_engine.decision.action import Principal, named
from policy_engine.decision.comparing import is_native
from policy_engine.decision.dependence import narrowed, needs
from policy_engine.decision.frame import Frame
from policy_engine.decision.history import History, PastAction
from policy_engine.decision.intervals import is_negative
from policy_engine.decision.plain_reads import PlainReads, plain_names, plain_reads
from policy_engine.decision.program import CompiledLimit, CompiledRule, is_self
from policy_engine.decision.provenance import SessionOrigins
from policy_engine.decision.question import conditions_met
from policy_engine.decision.recollection import (
    Recalled,
    Recollection,
    input_roots,
    spent,
    subject_roots,
)
from policy_engine.decision.tallies import (
    Counted,
    Entry,
    Keys,
    Tallies,
    known_tallies,
    native,
    tallies_of,
)
from policy_engine.decision.truth import Unknown
from policy_engine.foundation.source import Span
from policy_engine.language import checked as c
from policy_engine.language.policy import PolicySet

_NEVER = datetime.min.replace(tzinfo=UTC)


class LimitClass:
    """The past actions that a limit looks at. Keys: who (where it matters), `per`, the session
    (where that is the window)."""

    def __init__(self, compiled: CompiledRule, ceiling: CompiledLimit, policy: PolicySet) -> None:
        rule, name = compiled.rule, ceiling.limit.sum_of
        self.tasks = rule.tasks
        self.has_amounts = name is not None
        self.names = frozenset({0}) if ceiling.per_principal else frozenset[int]()
        self.by_session = ceiling.limit.window.kind == "session"
        self._ceiling = ceiling
        self._conditions = compiled
        self._span = rule.effect_span
        asked = needs(_nodes(compiled), policy.defines.__getitem__)
        self._policy = narrowed(policy, self.tasks, asked.data, *(() if name is None else (name,)))
        names = [] if name is None else [name]
        keys = plain_names((key for key in ceiling.limit.per if not is_self(key)), "input")
        self._plain: PlainReads | None = None
        if keys is not None and not compiled.conditions:
            self._plain = plain_reads([*keys, *names], "input", self.tasks, policy)
        self._reads_input_only = asked.only("input")
        self._origins = SessionOrigins(None, policy.tasks, {})
        self._no_past = Recollection(None, None, _NEVER, policy)

    def entries(self, action: PastAction) -> Sequence[Entry]:
        truth = spent(self._policy, action, self._span)
        if truth is False or (self.by_session and action.session is None):
            return ()
        surely = truth is True
        read = self._plain.of(action) if self._plain is not None else None
        if read is not None:
            amount = read.pop() if self.has_amounts else None
            if amount is None or not is_negative(amount):
                keys = self._keys(action, action.principal, tuple(read))
                return (Entry(keys, surely, amount),)
        return self._read(action, surely)

    def _read(self, action: PastAction, surely: bool) -> Sequence[Entry]:
        """The long way: what each of those who did it is and has."""
        input_ = input_roots(self._policy, action)
        amount = amount_of(self._ceiling, input_, self._span)
        found: dict[Keys | None, bool] = {}
        for who in action.doers if action.chain else (action.principal,):
            frame = self._frame(action, who, input_)
            met = conditions_met(self._conditions, frame) if self._conditions.conditions else True
            if met is not False:
                keys = self._keys(action, who, tuple([key(frame) for key in self._ceiling.per]))
                found[keys] = found.get(keys, False) or met is True
        return [Entry(keys, surely and sure, amount) for keys, sure in found.items()]

    def _frame(self, action: PastAction, who: Principal, input_: Recalled) -> Frame:
        recalled = input_
        if not self._reads_input_only:
            recalled = subject_roots(self._policy, action, who, input_)
        return Frame(recalled.roots, {}, recalled.absent, self._origins, _NEVER, self._no_past)

    def _keys(self, action: PastAction, who: Principal, per: Keys) -> Keys | None:
        keys = (named(who), *per) if self.names else per
        return native((*keys, action.session) if self.by_session else keys)


def class_of(compiled: CompiledRule, policy: PolicySet) -> LimitClass | None:
    """The class of a limit; None where it must be counted.

    That is where it rests on more than actions, or a key is of a type whose values Python may find
    equal though they are not (`Json` has both `true` and `1`) or cannot compare.
    """
    ceiling = compiled.limit
    assert ceiling is not None
    if not ceiling.kept:
        asked = needs(_nodes(compiled), policy.defines.__getitem__)
        has_class = not asked.moment and not asked.variables
        has_class = has_class and all(is_native(key.type) for key in ceiling.limit.per)
        ceiling.kept.append(LimitClass(compiled, ceiling, policy) if has_class else None)
    return ceiling.kept[0]  # type: ignore[return-value]


class LimitTally(NamedTuple):
    """What a limit counts in one history."""

    compiled: CompiledRule
    tallies: Tallies
    history: History
    policy: PolicySet


def tally_of(compiled: CompiledRule, policy: PolicySet, history: History) -> LimitTally | None:
    """The limit of a rule, tallied; None where it must be counted. Made once for a history."""
    class_ = class_of(compiled, policy)
    if class_ is None:
        return None
    tallies = tallies_of(class_, history, None)
    if tallies is None:
        return None
    return LimitTally(compiled, tallies, history, policy)


def counted_by(
    compiled: CompiledRule, keys: Keys, who: Principal, past: Recollection, *, make: bool
) -> Counted | None:
    """What counts together with an action of these keys (who acts left out) by this principal.

    None where it must be counted, or has not been tallied and shall not be (`make`).
    """
    ceiling, history = compiled.limit, past.history
    assert ceiling is not None
    class_ = class_of(compiled, past.policy)
    if history is None or class_ is None:
        return None
    start = past.start_of(ceiling.limit.window, compiled.rule.effect_span)
    known = native((named(who), *keys) if ceiling.per_principal else keys)
    if isinstance(start, Unknown) or known is None:
        return None
    tallies = (tallies_of if make else known_tallies)(class_, history, start)
    if tallies is None:
        return None
    asked = (*known, past.session) if class_.by_session else known
    return tallies.counted(asked, start, past.now, history.number)


def amount_of(ceiling: CompiledLimit, given: Frame | Recalled, span: Span) -> object:
    """What one action uses: one, or its input; None for an optional one that is not given."""
    name = ceiling.limit.sum_of
    if name is None:
        return 1
    amount = given.roots["input"].get(name)
    why = given.absent.get(("input", name))
    if why is not None:
        return Unknown(span, why)
    if amount is not None and is_negative(amount):
        return Unknown(span, f"a negative `{name}` counts for nothing that is known")
    return amount


def _nodes(compiled: CompiledRule) -> Iterator[c.Checked]:
    assert compiled.rule.limit is not None
    for condition in compiled.rule.conditions:
        yield condition.expression
    yield from compiled.rule.limit.per
