"""The past of an action, from what the store knows of all others.

Only what a policy asks about is read: for a task the tasks that its rules count or look for, as far
back as the longest window says, and whatever still runs. Read in the transaction of a decision, so
parallel actions see each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast

from policy_engine.decision.history import History, PastAction, Status as PastStatus
from policy_engine.foundation.canonical import timestamp_text
from policy_engine.foundation.database import Database
from policy_engine.language import checked as c
from policy_engine.language.policy import Condition, PolicySet
from policy_engine.language.walk import all_of
from policy_engine.runtime.keeping import read
from policy_engine.runtime.store import Status, action_of

_LONGEST_MONTH = timedelta(days=32)
_STATUS: Mapping[Status, PastStatus] = {
    Status.PROPOSED: "proposed",
    Status.HELD: "proposed",
    Status.EXECUTING: "running",
    Status.EXECUTED: "executed",
    Status.WITHHELD: "withheld",
    Status.FAILED: "failed",
    Status.UNKNOWN: "unknown",
    Status.DENIED: "denied",
}


_Asked = tuple[frozenset[str], c.Window | None]
"""Tasks, and how far back (None: only what still runs)."""


@dataclass(frozen=True, slots=True)
class Question:
    """What decisions about one task need of the past."""

    tasks: frozenset[str]
    reach: timedelta | None
    """How far back; None: to the beginning."""


def questions(policy: PolicySet) -> dict[str, Question]:
    """For each task that needs any, what its rules ask of the past."""
    found: dict[str, list[_Asked]] = {}
    for name, task in policy.tasks.items():
        if task.exclusive:
            found.setdefault(name, []).append((frozenset((name,)), None))
    for rule in policy.rules.values():
        asked = _of_conditions(rule.conditions, policy)
        if rule.limit is not None:
            asked += [(rule.tasks, rule.limit.window), *_asked(rule.limit.bound, policy)]
        for name in rule.tasks:
            found.setdefault(name, []).extend(asked)
    for waiver in policy.waivers.values():
        for name in policy.rules[waiver.rule].tasks:
            found.setdefault(name, []).extend(_of_conditions(waiver.conditions, policy))
    for condition in _of_every_task(policy):
        asked = _asked(condition, policy)
        for name in policy.tasks:
            found.setdefault(name, []).extend(asked)
    return {name: _question(asked) for name, asked in found.items() if asked}


def _of_every_task(policy: PolicySet) -> Iterator[c.Checked]:
    """Conditions that may be asked for whatever is decided: of validations, and of provenance."""
    for validation in policy.validations.values():
        if validation.condition is not None:
            yield validation.condition
    for task in policy.tasks.values():
        if task.output is not None and task.output.where is not None:
            yield task.output.where


def _of_conditions(conditions: tuple[Condition, ...], policy: PolicySet) -> list[_Asked]:
    return [item for cond in conditions for item in _asked(cond.expression, policy)]


def _asked(body: c.Checked, policy: PolicySet) -> list[_Asked]:
    """The questions about the past in a condition, through definitions too."""
    found: list[_Asked] = []
    bodies, seen = [body], set[str]()
    for one in bodies:
        for node in all_of(one):
            if isinstance(node, (c.Happened, c.PastTally)):
                found.append((node.occurrence.tasks, node.window))
            elif isinstance(node, c.NoneSince):
                found.append((node.occurrence.tasks | node.since.tasks, node.window))
            elif isinstance(node, c.Apply) and node.define not in seen:
                seen.add(node.define)
                bodies.append(policy.defines[node.define].body)
    return found


def _question(asked: list[_Asked]) -> Question:
    tasks = frozenset().union(*(tasks for tasks, _ in asked))
    reach = timedelta(0)
    for _, window in asked:
        if window is None:
            continue
        if window.kind == "session":
            return Question(tasks, None)
        reach = max(reach, window.duration or _LONGEST_MONTH)
    return Question(tasks, reach)


class Past:
    """Reads histories from the store of one policy set."""

    def __init__(self, database: Database, policy: PolicySet) -> None:
        self._database = database
        self._questions = questions(policy)

    def of(
        self,
        task: str,
        now: datetime,
        leaving_out: str | None,
        session: str | None = None,
        family: frozenset[str] = frozenset(),
    ) -> History:
        """What decisions about a task need to know; the action itself is left out.

        What any session of the `family` did counts as done in this `session`: nobody gets round
        what holds during a session by branching off.
        """
        question = self._questions.get(task)
        if question is None or not question.tasks:
            return History()
        tasks = sorted(question.tasks)
        marks = ", ".join("?" * len(tasks))
        start = "" if question.reach is None else timestamp_text(_earlier(now, question.reach))
        rows = self._database.rows(
            f"""SELECT id, session, body, status, coalesce(acted_at, proposed_at), acted_at,
                approved, output, root FROM actions
                WHERE task IN ({marks}) AND id != ?
                AND (coalesce(acted_at, proposed_at) >= ? OR status IN ('executing', 'unknown'))""",  # noqa: S608 — marks are question marks
            (*tasks, leaving_out or "", start),
        )
        past = (_past(cast("tuple[Any, ...]", row)) for row in rows)
        if not family:
            return History(tuple(past))
        return History(
            tuple(replace(one, session=session) if one.session in family else one for one in past)
        )


def _past(row: tuple[Any, ...]) -> PastAction:
    id_, session, body, status, at, acted_at, approved, output, root = row
    action = action_of(cast("dict[str, Any]", read(body)))
    known = _STATUS[Status(status)]
    if known == "failed" and acted_at is None:
        known = "proposed"  # nothing was ever called
    return PastAction(
        action.task,
        action.input,
        action.principal,
        datetime.fromisoformat(at),
        known,
        bool(approved),
        () if output is None else (read(output),),
        action.context,
        session,
        root,
        id_,
        action.chain,
    )


def _earlier(now: datetime, reach: timedelta) -> datetime:
    """The beginning of the window, less a second for clocks; the calendar's first day at least."""
    first = datetime.min.replace(tzinfo=now.tzinfo)
    return now - reach - timedelta(seconds=1) if now - first > reach + timedelta(days=2) else first
