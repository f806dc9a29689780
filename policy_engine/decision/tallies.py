"""What counts for a limit, added up by time once: the answer of counting, without counting.

The past actions of a limit's class are put together by what they count with (the keys of `per`),
and each group keeps, by time, how much had come together by then. How much lies in a window is
then two look-ups and a subtraction, however long the past is.

A tally is used only where it answers like counting does: where class and keys depend on the past
action alone, everybody acted for themselves, under one spelling of their name, nothing is dated in
the future, and amounts are numbers or money of one currency. Everything else is counted.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Context, Decimal, Inexact
from typing import NamedTuple, cast

from policy_engine.decision.action import Principal, person_key
from policy_engine.decision.frame import Frame
from policy_engine.decision.history import History, PastAction
from policy_engine.decision.intervals import is_negative
from policy_engine.decision.program import CompiledLimit, CompiledRule
from policy_engine.decision.question import Actor, conditions_met
from policy_engine.decision.recollection import Recollection
from policy_engine.decision.truth import Unknown, every
from policy_engine.foundation.source import Span
from policy_engine.language import checked as c
from policy_engine.language.walk import all_of
from policy_engine.values.money import Money

_EXACT = Context(prec=1_000, Emin=-999_999, Emax=999_999, traps=[Inexact])
_KEYS = (str, int, bool, Decimal, datetime, date, timedelta)
_OF_NOW = (
    *(c.Now, c.Today, c.Recent, c.Provenance, c.Origin, c.AskedFor, c.Seen),
    *(c.Happened, c.PastTally, c.NoneSince),
)
"""What depends on more than the action that is asked about."""


class NotTallied(Exception):
    """The class must be counted."""


class Sum(NamedTuple):
    """How much: a number of amounts and what they come to; money has its currency."""

    number: int
    total: int | Decimal
    currency: str | None

    def amount(self) -> object:
        """The sum as a value; None of no amounts."""
        if not self.number:
            return None
        if self.currency is None:
            return self.total
        return Money(Decimal(self.total), self.currency)

    def less(self, other: Sum) -> Sum:
        """What is left without an earlier part of it."""
        return Sum(self.number - other.number, _less(self.total, other.total), self.currency)


_NOTHING = Sum(0, 0, None)


class Tally:
    """One group: by time, what surely counts, what may count, and what is open about it."""

    def __init__(self) -> None:
        self.ids: set[str] = set()
        self.times: list[datetime] = []
        self.sure: list[Sum] = [_NOTHING]
        self.most: list[Sum] = [_NOTHING]
        self.open: list[int] = [0]
        self.unknown: list[int] = [0]

    def add(self, who: str, at: datetime, sure: bool, amount: object) -> None:
        """One action more, not older than those before."""
        self.ids.add(who)
        self.times.append(at)
        unknown = isinstance(amount, Unknown)
        self.unknown.append(self.unknown[-1] + unknown)
        self.open.append(self.open[-1] + (not sure))
        more = _NOTHING if unknown else _sum_of(amount)
        self.sure.append(_plus(self.sure[-1], more) if sure else self.sure[-1])
        self.most.append(_plus(self.most[-1], more))


_EMPTY = Tally()


class Counted(NamedTuple):
    """What of a group lies in a window."""

    tally: Tally
    first: int

    @property
    def sure(self) -> Sum:
        return self.tally.sure[-1].less(self.tally.sure[self.first])

    @property
    def most(self) -> Sum:
        return self.tally.most[-1].less(self.tally.most[self.first])

    @property
    def is_settled(self) -> bool:
        """Whether everything in it surely counts."""
        return self.tally.open[-1] == self.tally.open[self.first]

    @property
    def actions(self) -> int:
        """How many actions those are."""
        return len(self.tally.times) - self.first

    def time(self, number: int) -> datetime:
        """When one of them was proposed, the oldest being 0."""
        return self.tally.times[self.first + number]

    def after(self, gone: int) -> Sum:
        """What is left once so many, the oldest first, have gone."""
        return self.tally.most[-1].less(self.tally.most[self.first + gone])


Groups = dict[tuple[object, ...], Tally]


def counted(compiled: CompiledRule, actor: Actor) -> Counted | None:
    """What counts together with an action of this actor's; None where it must be counted."""
    ceiling, past = compiled.limit, actor.frame.past
    assert ceiling is not None
    history, window = past.history, ceiling.limit.window
    if history is None or window.kind == "session":
        return None
    groups = _groups_of(compiled, actor, history)
    if groups is None:
        return None
    keys = tuple(key(actor.frame) for key in ceiling.per)
    return _in_window(groups, compiled, keys, actor.principal, past)


def counted_before(
    compiled: CompiledRule, keys: tuple[object, ...], who: Principal, past: Recollection
) -> Counted | None:
    """The same for whoever has the keys at hand, if the history has been tallied already."""
    kept = past.history.kept.get(id(compiled)) if past.history is not None else None
    if kept is None or kept[0] is not compiled or kept[1] is None:
        return None
    return _in_window(cast(Groups, kept[1]), compiled, keys, who, past)


def _in_window(
    groups: Groups,
    compiled: CompiledRule,
    keys: tuple[object, ...],
    who: Principal,
    past: Recollection,
) -> Counted | None:
    ceiling = compiled.limit
    assert ceiling is not None
    if not all(isinstance(key, _KEYS) for key in keys):
        return None
    if ceiling.per_principal:
        keys = (who.kind, person_key(who.id), *keys)
    tally = groups.get(keys, _EMPTY)
    start = past.start_of(ceiling.limit.window, compiled.rule.effect_span)
    if isinstance(start, Unknown) or (tally.times and tally.times[-1] > past.now):
        return None
    if ceiling.per_principal and tally.ids - {who.id}:
        return None
    first = 0 if start is None else bisect_left(tally.times, start)
    if tally.unknown[-1] != tally.unknown[first]:
        return None
    return Counted(tally, first)


def amount_of(ceiling: CompiledLimit, frame: Frame, span: Span) -> object:
    """What one action uses: one, or its input; None for an optional one that is not given."""
    name = ceiling.limit.sum_of
    if name is None:
        return 1
    amount = frame.roots["input"].get(name)
    why = frame.absent.get(("input", name))
    if why is not None:
        return Unknown(span, why)
    if amount is not None and is_negative(amount):
        return Unknown(span, f"a negative `{name}` counts for nothing that is known")
    return amount


def _groups_of(compiled: CompiledRule, actor: Actor, history: History) -> Groups | None:
    """The groups of a history, made when they are first needed and kept with it."""
    known = history.kept.get(id(compiled))
    if known is None or known[0] is not compiled:
        try:
            groups: Groups | None = _made(compiled, actor, history)
        except NotTallied:
            groups = None
        known = history.kept[id(compiled)] = compiled, groups
    return known[1]  # type: ignore[return-value]


def _made(compiled: CompiledRule, actor: Actor, history: History) -> Groups:
    ceiling, span = compiled.limit, compiled.rule.effect_span
    assert ceiling is not None
    if any(_depends_on_more(node, actor) for node in _nodes(compiled)):
        raise NotTallied
    past = Recollection(history, None, actor.frame.past.now, actor.frame.past.policy)
    groups: Groups = {}
    for action in sorted(history.of(compiled.rule.tasks), key=_time):
        truth = past.spent(action, span)
        if truth is False:
            continue
        if action.chain:
            raise NotTallied
        who = action.principal
        recalled = past.as_subject(action, who)
        frame = actor.frame.with_roots(recalled.roots, recalled.absent)
        truth = every((truth, conditions_met(compiled, frame)))
        if truth is False:
            continue
        keys = tuple(key(frame) for key in ceiling.per)
        if not all(isinstance(key, _KEYS) for key in keys):
            raise NotTallied
        if ceiling.per_principal:
            keys = (who.kind, person_key(who.id), *keys)
        amount = amount_of(ceiling, frame, span)
        groups.setdefault(keys, Tally()).add(who.id, action.at, truth is True, amount)
    return groups


def _nodes(compiled: CompiledRule) -> Iterator[c.Checked]:
    assert compiled.rule.limit is not None
    for condition in compiled.rule.conditions:
        yield condition.expression
    yield from compiled.rule.limit.per


def _depends_on_more(node: c.Checked, actor: Actor) -> bool:
    """Whether an expression asks for more than the past action has, itself or by a definition."""
    defines = actor.frame.past.policy.defines
    waiting, seen = [node], set[str]()
    while waiting:
        for part in all_of(waiting.pop()):
            if isinstance(part, _OF_NOW):
                return True
            if isinstance(part, c.Apply) and part.define not in seen:
                seen.add(part.define)
                waiting.append(defines[part.define].body)
    return False


def _time(action: PastAction) -> datetime:
    return action.at


def _sum_of(amount: object) -> Sum:
    """One amount; nothing of one that was not given. Raises `NotTallied`."""
    match amount:
        case None:
            return _NOTHING
        case bool():
            raise NotTallied
        case int() | Decimal():
            return Sum(1, amount, None)
        case Money():
            return Sum(1, amount.amount, amount.currency)
        case _:
            raise NotTallied


def _plus(one: Sum, other: Sum) -> Sum:
    if not other.number:
        return one
    if one.number and one.currency != other.currency:
        raise NotTallied
    total = one.total + other.total if _are_ints(one, other) else _EXACT.add(one.total, other.total)
    return Sum(one.number + other.number, total, other.currency)


def _are_ints(one: Sum, other: Sum) -> bool:
    return isinstance(one.total, int) and isinstance(other.total, int)


def _less(one: int | Decimal, other: int | Decimal) -> int | Decimal:
    if isinstance(one, int) and isinstance(other, int):
        return one - other
    return _EXACT.subtract(one, other)
