"""How much of a ceiling is used, by past and running actions of its class and by this one.

What may or may not have happened counts as if it had, and so does what may or may not belong to
the class. A failure may have had its effect, unless its task says that it has none. An amount that
is negative or unknown makes the whole unknown: then the limit counts as passed.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from policy_engine.decision.action import Principal, named, person_key
from policy_engine.decision.frame import Frame
from policy_engine.decision.history import PastAction
from policy_engine.decision.intervals import Interval, interval, is_negative, related
from policy_engine.decision.limit_class import LimitTally, amount_of, counted_by
from policy_engine.decision.program import CompiledLimit, CompiledRule
from policy_engine.decision.question import Actor, conditions_met
from policy_engine.decision.recollection import Recollection
from policy_engine.decision.sums import Sum, added
from policy_engine.decision.tallies import Counted, Keys, native
from policy_engine.decision.truth import Truth, Unknown, every, some
from policy_engine.foundation.source import Span
from policy_engine.values import arithmetic
from policy_engine.values.arithmetic import equal
from policy_engine.values.money import Money, fitting
from policy_engine.values.numbers import LARGEST

_INSTANT = timedelta(microseconds=1)


class Usage(NamedTuple):
    """What has been used before, what this action would add, and up to what."""

    past: object
    own: object
    bound: object
    passed: Truth
    not_before: datetime | None = None
    """From when on the limit would allow this action, if nothing else happens."""


class _Counted(NamedTuple):
    """A past action of the class, with what it used."""

    at: datetime
    truth: Truth
    amount: object


def usage(compiled: CompiledRule, actor: Actor) -> Usage:
    """How a limit stands for one who wants to act."""
    ceiling = compiled.limit
    assert ceiling is not None
    span = compiled.rule.effect_span
    bound = ceiling.bound(actor.frame)
    own = amount_of(ceiling, actor.frame, span)
    found = counted(compiled, actor) or _class(compiled, ceiling, actor, span)
    unknown = next((v for v in (found, own, bound) if isinstance(v, Unknown)), None)
    if isinstance(found, Unknown) or unknown is not None:
        past: object = found if isinstance(found, Unknown) else None
        return Usage(past, own, bound, unknown or True)
    past, total = _total(found, None, bound), _total(found, own, bound)
    if past is None or total is None:
        why = "amounts of two currencies, or a sum of too many digits"
        return Usage(None, own, bound, Unknown(span, why))
    within = _is_within(total, bound)
    if within is True:
        return Usage(past, own, bound, False)
    passed: Truth = True if within is False else _open(total, bound, span)
    return Usage(past, own, bound, passed, _not_before(ceiling, found, own, bound))


def counted(compiled: CompiledRule, actor: Actor) -> Counted | None:
    """What counts together with an action of this actor's, tallied; None: it must be counted."""
    assert compiled.limit is not None
    keys = tuple([key(actor.frame) for key in compiled.limit.per])
    return counted_by(compiled, keys, actor.principal, actor.frame.past, make=True)


def over_by_tally(
    compiled: CompiledRule,
    keys: Keys,
    own: object,
    bound: object,
    who: Principal,
    past: Recollection,
) -> bool | None:
    """Whether a limit would be passed, or may be, as far as it is tallied already; None: `usage`
    tells."""
    if own is not None and is_negative(own):
        return None
    found = counted_by(compiled, keys, who, past, make=False)
    total = found and _total(found, own, bound)
    return None if total is None else _is_within(total, bound) is not True


def limit_passed(
    tally: LimitTally, keys: Keys, own: object, bound: object, now: datetime
) -> bool | None:
    """Whether a limit would be passed by an action that uses `own` more.

    `keys` are the values of its `per` in order, first (where it counts per principal) the name that
    `named` gives who acts. `now` has its offset from UTC. None: it is not known, or must be counted
    to be known; a limit of a session always is.
    """
    if own is not None and is_negative(own):
        return None
    compiled, tallies, history, policy = tally
    assert compiled.limit is not None
    past = Recollection(history, None, now, policy)
    start = past.start_of(compiled.limit.limit.window, compiled.rule.effect_span)
    known = native(keys)
    if isinstance(start, Unknown) or known is None:
        return None
    found = tallies.counted(known, start, now, history.number)
    total = found and _total(found, own, bound)
    within = None if total is None else _is_within(total, bound)
    return None if within is None else not within


def _total(found: Sequence[_Counted] | Counted, own: object, bound: object) -> object | None:
    """What has come together with what is added (None: nothing); a range where that is open."""
    if not isinstance(found, Counted):
        sure = [one.amount for one in found if one.truth is True]
        most = [one.amount for one in found]
        return _range(_sum([*sure, own], bound), _sum([*most, own], bound))
    surely, _, perhaps = found.sums
    plain = _plain_total(surely, perhaps, own)
    if plain is not None:
        return plain
    least = _sum([surely.amount(), own], bound)
    if not perhaps.number:
        return least
    return _range(least, _sum([surely.amount(), perhaps.amount(), own], bound))


def _plain_total(surely: Sum, perhaps: Sum, own: object) -> object | None:
    """The same of integers, or of settled money of one currency: of most limits, that is.

    None where there is anything else, or too much; then it is added up the long way.
    """
    low, more, unit = surely.total, perhaps.total, surely.unit
    if own is None and not surely.number + perhaps.number:
        return None
    if isinstance(unit, str) and not perhaps.number:
        if own is None:
            return fitting(Money(Decimal(low), unit))
        if type(own) is not Money or own.currency != unit:
            return None
        return fitting(Money(Decimal(added(low, own.amount)), unit))
    if type(low) is not int or type(more) is not int or not unit is perhaps.unit is None:
        return None
    if type(own) is int:
        low += own
    elif own is not None:
        return None
    if low + more >= LARGEST:
        return None
    return Interval(low, low + more) if more else low


def _is_within(total: object, bound: object) -> bool | None:
    if type(total) is int and type(bound) is int:
        return total <= bound
    if type(total) is Money and type(bound) is Money and total.currency == bound.currency:
        return total.amount <= bound.amount
    return related("<=", total, bound)


def _open(total: object, bound: object, span: Span) -> Unknown:
    if isinstance(total, Interval) or isinstance(bound, Interval):
        return Unknown(span, "what is under way, or has failed, may or may not count")
    return Unknown(span, "amounts of two currencies do not compare")


def _class(
    compiled: CompiledRule, ceiling: CompiledLimit, actor: Actor, span: Span
) -> list[_Counted] | Unknown:
    """The past actions that count together with this one, or may."""
    past = actor.frame.past
    known = past.within(ceiling.limit.window, compiled.rule.tasks, span)
    if isinstance(known, Unknown):
        return known
    own = [key(actor.frame) for key in ceiling.per]
    found: list[_Counted] = []
    for action, within in known:
        truth = every((within, past.spent(action, span)))
        if truth is not False:
            truth = every((truth, _belongs(action, own, compiled, ceiling, actor, span)))
        if truth is False:
            continue
        amount = amount_of(ceiling, _as_subject(action, action.principal, actor.frame), span)
        if isinstance(amount, Unknown):
            return amount
        found.append(_Counted(action.at, truth, amount))
    return found


def _belongs(
    action: PastAction,
    own: Sequence[object],
    compiled: CompiledRule,
    ceiling: CompiledLimit,
    actor: Actor,
    span: Span,
) -> Truth:
    """Whether a past action counts with this one: as that of any of those who did it."""
    truths: list[Truth] = []
    for who, is_actor in _counted_as(action, ceiling, actor, span):
        frame = _as_subject(action, who, actor.frame)
        keys = [key(frame) for key in ceiling.per]
        same = every(_same(one, other, span) for one, other in zip(keys, own, strict=True))
        truths.append(every((is_actor, same, conditions_met(compiled, frame))))
    return some(truths)


def _counted_as(
    action: PastAction, ceiling: CompiledLimit, actor: Actor, span: Span
) -> Iterator[tuple[Principal, Truth]]:
    """Those who did it, each with whether that is this actor, where that matters."""
    own = actor.principal
    for who in action.doers:
        if not ceiling.per_principal or named(who) == named(own):
            yield who, True
        elif who.kind == own.kind and person_key(who.id) == person_key(own.id):
            yield who, Unknown(span, f"`{who.id}` could be `{own.id}` in another spelling")


def _as_subject(action: PastAction, who: Principal, frame: Frame) -> Frame:
    recalled = frame.past.as_subject(action, who)
    return frame.with_roots(recalled.roots, recalled.absent)


def _same(one: object, other: object, span: Span) -> Truth:
    for key in (one, other):
        if isinstance(key, Unknown):
            return key
    same = equal(one, other)
    return same if same is not None else Unknown(span, "amounts of two currencies do not compare")


def _sum(amounts: Sequence[object], bound: object) -> object | None:
    """The sum of what is given; nothing at all is a zero of the bound's kind."""
    given = [amount for amount in amounts if amount is not None]
    if given:
        return arithmetic.total([(True, amount) for amount in given])
    match bound.low if isinstance(bound, Interval) else bound:
        case Money(currency=currency):
            return Money(Decimal(0), currency)
        case timedelta():
            return timedelta(0)
        case _:
            return 0


def _range(low: object | None, high: object | None) -> object | None:
    return None if low is None or high is None else interval(low, high)


def _not_before(
    ceiling: CompiledLimit, found: Sequence[_Counted] | Counted, own: object, bound: object
) -> datetime | None:
    """When enough of what is settled has left a window of time."""
    duration = ceiling.limit.window.duration
    if ceiling.limit.window.kind != "duration" or duration is None or isinstance(bound, Interval):
        return None
    if isinstance(found, Counted):
        settled, actions = found.surely == found.actions, found.actions
    else:
        settled, actions = all(one.truth is True for one in found), len(found)
        found = sorted(found, key=lambda one: one.at)
    if not settled:
        return None

    def fits(gone: int) -> bool:
        left = found.after(gone) if isinstance(found, Counted) else found[gone:]
        total = _total(left, own, bound)
        return total is not None and _is_within(total, bound) is True

    gone = bisect_left(range(actions + 1), True, key=fits)
    if not 0 < gone <= actions:
        return None
    last = found.time(gone - 1) if isinstance(found, Counted) else found[gone - 1].at
    try:
        return last + duration + _INSTANT
    except OverflowError:
        return None
