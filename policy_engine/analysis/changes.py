"""Small mistakes in rules, exceptions, definitions and tables: the statement, changed in one place.

Relies on `edits` for what stands inside conditions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Generic, TypeVar

from policy_engine.analysis import operators as o
from policy_engine.analysis.edits import Edit, edits, guards, turned, windows
from policy_engine.analysis.steps import DAY, MINUTE, exactly_ago, lengthened, neighbours, written
from policy_engine.analysis.wording import quoted
from policy_engine.foundation.source import Span
from policy_engine.language.policy import (
    NO_ROW,
    Condition,
    Define,
    Effect,
    Form,
    Ladder,
    Limit,
    Rule,
    Rung,
    Subject,
    Table,
    Waiver,
)

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Change(Generic[_T]):
    """One mistake in a statement: what it is, where, in words, and what it makes of it."""

    operator: o.Operator
    place: Span
    said: str
    becomes: _T
    help: str | None = None

    def to(self, becomes: _U) -> Change[_U]:
        """The same mistake, told of the statement around it."""
        return Change(self.operator, self.place, self.said, becomes, self.help)


_U = TypeVar("_U")


def of_rule(rule: Rule) -> Iterator[Change[Rule | None]]:
    """All small mistakes in a rule; None is the rule left out.

    None at all for `require … after`: it obliges and decides nothing, so no test can expect it.
    """
    if rule.form == "require after":
        return
    said = f"the rule `{rule.name}` was left out"
    help_ = f"a test that expects {_ANSWERS[rule.effect]} because of `{rule.name}`"
    yield Change(o.DROP_RULE, rule.span, said, None, help_)
    yield from _effect(rule)
    if rule.observe_until is not None:
        said = f"it decides at once, not from {written(rule.observe_until)} on"
        yield Change(o.OBSERVE_NO_MORE, rule.span, said, replace(rule, observe_until=None))
    for who in _subject(rule.subject):
        yield who.to(replace(rule, subject=who.becomes))
    for those in _conditions(rule.conditions):
        yield those.to(replace(rule, conditions=those.becomes))
    for people in _ladder(rule.ladder, rule.effect_span):
        yield people.to(replace(rule, ladder=people.becomes))
    if rule.limit is not None:
        for ceiling in _limit(rule.limit, rule.effect_span):
            yield ceiling.to(replace(rule, limit=ceiling.becomes))


def of_waiver(waiver: Waiver) -> Iterator[Change[Waiver | None]]:
    """All small mistakes in an exception; None is the exception left out."""
    said = f"the exception `{waiver.name}` was left out"
    yield Change(o.DROP_EXCEPTION, waiver.span, said, None)
    for sign in (-1, 1):
        until = waiver.until + sign * DAY
        said = f"until {written(waiver.until)} became until {written(until)}"
        help_ = f"a test at {written(min(until, waiver.until))}"
        yield Change(o.SHIFT_BOUND, waiver.span, said, replace(waiver, until=until), help_)
    for who in _subject(waiver.subject):
        yield who.to(replace(waiver, subject=who.becomes))
    for those in _conditions(waiver.conditions):
        yield those.to(replace(waiver, conditions=those.becomes))
    for people in _ladder(waiver.ladder, waiver.span):
        yield people.to(replace(waiver, ladder=people.becomes))


def of_define(define: Define) -> Iterator[Change[Define]]:
    """All small mistakes in what a definition stands for."""
    for edit in edits(define.body):
        yield _edited(edit, replace(define, body=edit.node))


def of_table(table: Table) -> Iterator[Change[Table]]:
    """A neighbouring value, or the other truth value, in one row of a table."""
    for number, (cells, value) in enumerate(table.rows):
        row = ", ".join("any" if cell is None else written(cell) for cell in cells)
        for other in _others(value):
            rows = (*table.rows[:number], (cells, other), *table.rows[number + 1 :])
            yield _row(table, row, value, other, replace(table, rows=rows))
    if table.otherwise is not NO_ROW:
        for other in _others(table.otherwise):
            changed = replace(table, otherwise=other)
            yield _row(table, "otherwise", table.otherwise, other, changed)


_ANSWERS = {
    Effect.PERMIT: "allow",
    Effect.FORBID: "deny",
    Effect.REQUIRE: "validate",
    Effect.ESCALATE: "escalate",
    Effect.LIMIT: "deny",
}
_SWAPS: dict[Effect, tuple[Effect, Form]] = {
    Effect.PERMIT: (Effect.FORBID, "forbid"),
    Effect.FORBID: (Effect.PERMIT, "permit"),
    Effect.REQUIRE: (Effect.FORBID, "forbid"),
    Effect.ESCALATE: (Effect.FORBID, "forbid"),
}


def _effect(rule: Rule) -> Iterator[Change[Rule | None]]:
    if rule.effect not in _SWAPS:
        return
    effect, form = _SWAPS[rule.effect]
    changed = replace(
        rule, effect=effect, form=form, validations=(), retries=0, fresh_for=None, ladder=()
    )
    said = f"`{rule.form}` became `{form}`"
    help_ = f"a test in which `{rule.name}` applies and decides"
    yield Change(o.SWAP_EFFECT, rule.effect_span, said, changed, help_)


def _subject(subject: Subject) -> Iterator[Change[Subject]]:
    """One role fewer; the last one leaves anybody."""
    for role in sorted(subject.roles):
        rest = subject.roles - {role}
        said = f"`{role}` was left out" if rest else f"`{role}` became anybody"
        who = "holds this role and none of the others" if rest else "does not hold this role"
        help_ = f"a test with a principal who {who}"
        yield Change(o.DROP_ROLE, subject.span, said, replace(subject, roles=rest), help_)


def _conditions(conditions: tuple[Condition, ...]) -> Iterator[Change[tuple[Condition, ...]]]:
    for number, condition in enumerate(conditions):
        before, after = conditions[:number], conditions[number + 1 :]
        text, place = quoted(condition.span.text), condition.span
        if not guards(condition.expression, [c.expression for c in (*before, *after)]):
            said = f"{text} was left out"
            help_ = None if condition.expected else "a test in which this holds"
            yield Change(o.DROP_CONDITION, place, said, (*before, *after), help_)
        if not turned(condition.expression):
            other = replace(condition, expected=not condition.expected)
            said = f"{text} became its opposite"
            yield Change(o.NEGATE_CONDITION, place, said, (*before, other, *after))
        for edit in edits(condition.expression):
            changed = replace(condition, expression=edit.node)
            yield _edited(edit, (*before, changed, *after))


def _ladder(ladder: Ladder, place: Span) -> Iterator[Change[Ladder]]:
    for number, rung in enumerate(ladder):
        before, after = ladder[:number], ladder[number + 1 :]
        earlier = sum((other.within for other in before), timedelta(0))
        for change in _rung(rung, earlier, place):
            said = f"rung {number + 1}: {change.said}" if len(ladder) > 1 else change.said
            yield replace(change, said=said).to((*before, change.becomes, *after))
    if len(ladder) > 1:
        said = f"rung {len(ladder)} was left out"
        yield Change(o.DROP_RUNG, place, said, ladder[:-1])


def _rung(rung: Rung, earlier: timedelta, place: Span) -> Iterator[Change[Rung]]:
    """A minute more or less, one signature more or less; `earlier` is the time of those before."""
    for within in (rung.within - MINUTE, rung.within + MINUTE):
        if within > timedelta(0):
            asked = written(earlier + min(within, rung.within))
            help_ = f"a test in which people were asked exactly {asked} ago"
            changed = replace(rung, within=within)
            yield Change(o.SHIFT_BOUND, place, lengthened(rung.within, within), changed, help_)
    for number, party in enumerate(rung.parties):
        before, after = rung.parties[:number], rung.parties[number + 1 :]
        for quorum in (party.quorum - 1, party.quorum + 1):
            parties = (*before, *((replace(party, quorum=quorum),) if quorum else ()), *after)
            if parties:
                said = f"{party.quorum} of `{party.role}` became {quorum}"
                fewer = min(quorum, party.quorum) or "nobody"
                help_ = f"a test in which {fewer} of `{party.role}` signed, and all others"
                yield Change(o.SHIFT_BOUND, place, said, replace(rung, parties=parties), help_)


def _limit(limit: Limit, place: Span) -> Iterator[Change[Limit]]:
    for edit in edits(limit.bound):
        yield _edited(edit, replace(limit, bound=edit.node))
    for number, key in enumerate(limit.per):
        kept = (*limit.per[:number], *limit.per[number + 1 :])
        said = f"per {quoted(key.span.text)} was left out"
        yield Change(o.DROP_KEY, key.span, said, replace(limit, per=kept))
    for window in windows(limit.window):
        assert limit.window.duration is not None and window.duration is not None
        said = lengthened(limit.window.duration, window.duration)
        help_ = exactly_ago(limit.window.duration, window.duration)
        yield Change(o.SHIFT_BOUND, place, said, replace(limit, window=window), help_)


def _others(value: object) -> Iterator[object]:
    if isinstance(value, bool):
        yield not value
    else:
        yield from neighbours(value)


def _row(table: Table, row: str, value: object, other: object, changed: Table) -> Change[Table]:
    said = f"`{table.name}`: {row} -> {written(value)} became {written(other)}"
    help_ = f"a test that this row decides, at {written(value)}"
    return Change(o.SHIFT_BOUND, table.span, said, changed, help_)


def _edited(edit: Edit, becomes: _T) -> Change[_T]:
    return Change(edit.operator, edit.place, str(edit.wording), becomes, edit.help)
