"""The report as tables: one row an action, and counts by task, agent, rule, role and person.

A cell is text, an exact number, or nothing. Times are RFC 3339 in UTC, spans of time are seconds.
Values of several are joined by `; `. Texts come from agents and those who write to them: whoever
writes them for a spreadsheet has them made `harmless` first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeAlias

from policy_engine.audit.exports.material import Material
from policy_engine.audit.exports.places import rule_id
from policy_engine.audit.handed import Asked
from policy_engine.audit.measures import Spread
from policy_engine.audit.story import Standing, Story
from policy_engine.audit.summary import Group, RuleUse
from policy_engine.foundation.canonical import canonical_text, timestamp_text

Cell: TypeAlias = "str | int | Decimal | None"

_STARTS_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the actions: its name, what stands in it, and how it is read from a story."""

    name: str
    meaning: str
    cell: Callable[[Story], Cell]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under named columns."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula: a `'` goes before what begins like one."""
    return f"'{text}" if text.startswith(_STARTS_FORMULA) else text


def actions(material: Material) -> Table:
    """One row an action, in the order in which they were proposed."""
    stories = material.report.summary.stories
    rows = tuple(tuple(column.cell(story) for column in COLUMNS) for story in stories)
    return Table("actions", tuple(column.name for column in COLUMNS), rows)


def tables(material: Material) -> tuple[Table, ...]:
    """The actions first, then what is counted by task, agent, rule, role and person."""
    summary = material.report.summary
    return (
        actions(material),
        _groups("tasks", "task", summary.tasks),
        _groups("agents", "agent", summary.agents),
        _rules(material),
        _roles(material),
        _people(material),
    )


def seconds(span: timedelta | None) -> Cell:
    """A span of time in seconds, to the microsecond."""
    if span is None:
        return None
    micros = span // timedelta(microseconds=1)
    whole, rest = divmod(micros, 1_000_000)
    return whole if not rest else (Decimal(micros) / 1_000_000).normalize()


def _time(at: datetime | None) -> str | None:
    return None if at is None else timestamp_text(at)


def _joined(parts: Iterable[str | None]) -> str | None:
    """Each once, in order; None where there is none."""
    return "; ".join(dict.fromkeys(part for part in parts if part)) or None


COLUMNS: tuple[Column, ...] = (
    Column("entry", "number of the first entry that names the action", lambda s: s.evidence.first),
    Column("last_entry", "number of the last one", lambda s: s.evidence.last),
    Column("decision_entry", "number of the latest decision", lambda s: s.evidence.decision),
    Column("decision_digest", "digest of that entry", lambda s: s.evidence.digest),
    Column(
        "executed_entry",
        "number of the one that says it was carried out",
        lambda s: s.evidence.executed,
    ),
    Column("action", "id of the action", lambda s: s.action),
    Column("proposed", "when it was proposed", lambda s: _time(s.proposed)),
    Column("ended", "when it was executed, refused, rejected or failed", lambda s: _time(s.ended)),
    Column("standing", "what became of it", lambda s: s.standing.value),
    Column("outcome", "what the latest decision says", lambda s: s.outcome),
    Column("task", "task", lambda s: s.task),
    Column("principal_kind", "`agent` or `human`", lambda s: s.kind),
    Column("principal", "who proposed it", lambda s: s.principal),
    Column("on_behalf_of", "for whom", lambda s: s.on_behalf_of),
    Column("policy", "digest of the policy that decided last", lambda s: s.policy),
    Column("decisions", "how often it was decided", lambda s: s.decisions),
    Column("rules", "rules that decided last", lambda s: _joined(map(rule_id, s.reasons))),
    Column("codes", "codes of these reasons", lambda s: _joined(r.code for r in s.reasons)),
    Column("reasons", "their titles", lambda s: _joined(r.title for r in s.reasons)),
    Column("places", "their places in the policy", lambda s: _joined(r.place for r in s.reasons)),
    Column("asked_roles", "roles that were asked", lambda s: _joined(a.role for a in s.asks)),
    Column("signed_by", "who signed", lambda s: _joined(a.by for a in s.approvals)),
    Column("signed_why", "their reasons", lambda s: _joined(a.reason for a in s.approvals)),
    Column("rejected_by", "who said no", lambda s: s.rejection.by if s.rejection else None),
    Column("rejected_why", "and why", lambda s: s.rejection.reason if s.rejection else None),
    Column(
        "confirmed_by",
        "who said yes to it",
        lambda s: s.confirmation.by if s.confirmation else None,
    ),
    Column(
        "failed_validations",
        "validations that did not pass",
        lambda s: _joined(v.name for v in s.validations if not v.passed),
    ),
    Column(
        "waited_seconds", "from the first ask to people's last word", lambda s: seconds(s.waited)
    ),
    Column("turnaround_seconds", "from proposal to execution", lambda s: seconds(s.turnaround)),
    Column("tool_milliseconds", "how long the tool took", lambda s: s.milliseconds),
    Column("performed_by", "`tool`, `report`, `recorded`", lambda s: s.performed_by),
    Column("code", "why it failed: the code", lambda s: s.code),
    Column("problem", "why it failed or was withheld: the words", lambda s: s.problem),
    Column(
        "input", "the input as canonical JSON, secrets sealed", lambda s: canonical_text(s.input)
    ),
)


def _groups(name: str, of: str, groups: tuple[Group, ...]) -> Table:
    columns = (of, "total", *(standing.value for standing in Standing))
    return Table(name, columns, tuple(map(_group, groups)))


def _group(group: Group) -> tuple[Cell, ...]:
    tally = group.tally
    return (group.name, tally.total, *(tally[standing] for standing in Standing))


def _rules(material: Material) -> Table:
    columns = ("rule", "code", "title", "place", *_OUTCOMES, "held_for_people")
    return Table("rules", columns, tuple(map(_rule, material.report.summary.rules)))


_OUTCOMES = ("allow", "validate", "escalate", "deny")


def _rule(use: RuleUse) -> tuple[Cell, ...]:
    decided = (use.decided.get(outcome, 0) for outcome in _OUTCOMES)
    return (use.rule, use.code, use.title, use.place, *decided, use.asked)


def _roles(material: Material) -> Table:
    columns = ("role", *_ENDS, *_SPREAD)
    return Table("roles", columns, tuple(map(_role, material.report.summary.asked)))


_ENDS = ("asks", "signed", "rejected", "unanswered", "dropped", "waiting")


def _role(one: Asked) -> tuple[Cell, ...]:
    ends = (one.asks, one.signed, one.rejected, one.unanswered, one.dropped, one.waits)
    return (one.role, *ends, *_spread(one.waiting))


def _people(material: Material) -> Table:
    rows = tuple(
        (person.name, person.signed, person.rejected, *_spread(person.waiting))
        for person in material.report.summary.people
    )
    return Table("people", ("person", "signed", "rejected", *_SPREAD), rows)


_SPREAD = ("median_wait_seconds", "longest_wait_seconds")


def _spread(spread: Spread | None) -> tuple[Cell, Cell]:
    if spread is None:
        return None, None
    return seconds(spread.median), seconds(spread.longest)
