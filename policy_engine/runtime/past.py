"""The past of an action, from what the store knows of all others.

Only what a policy asks about is read: for a task the tasks that its rules count or look for, as far
back as the longest window says, and whatever still runs. Read in the transaction of a decision, so
parallel actions see each other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, NamedTuple, cast

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


class _Seen(NamedTuple):
    """One action as a decision needs to know it: while this is the same, all of it is."""

    id: str
    status: str
    approved: int
    at: str


class Past:
    """Reads histories from the store of one policy set.

    What was read of an action is kept, and so is the last history of each question: where nothing
    but new actions has come to it, it is extended, and what was added up over it stays.
    """

    def __init__(self, database: Database, policy: PolicySet) -> None:
        self._database = database
        self._questions = questions(policy)
        self._actions: dict[_Seen, PastAction] = {}
        self._histories: dict[frozenset[str], tuple[list[_Seen], History]] = {}
        self._one_at_a_time = Lock()

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
        what holds during a session by branching off. Actions before the window may be in it too.
        """
        question = self._questions.get(task)
        if question is None or not question.tasks:
            return History()
        with self._one_at_a_time:
            seen = self._seen(question, now, leaving_out)
            if family:
                past = map(self._read(seen).__getitem__, seen)
                return History(
                    tuple(
                        replace(one, session=session) if one.session in family else one
                        for one in past
                    )
                )
            return self._history(question.tasks, seen)

    def _seen(self, question: Question, now: datetime, leaving_out: str | None) -> list[_Seen]:
        """The actions that a question is about, oldest first."""
        tasks = sorted(question.tasks)
        start = "" if question.reach is None else timestamp_text(_earlier(now, question.reach))
        rows = self._database.rows(
            f"""SELECT id, status, approved, coalesce(acted_at, proposed_at) FROM actions
                WHERE task IN ({_marks(tasks)}) AND id != ?
                AND (coalesce(acted_at, proposed_at) >= ? OR status IN ('executing', 'unknown'))
                ORDER BY coalesce(acted_at, proposed_at), id""",  # noqa: S608 — marks are question marks
            (*tasks, leaving_out or "", start),
        )
        return [_Seen(*cast("tuple[Any, ...]", row)) for row in rows]

    def _history(self, tasks: frozenset[str], seen: list[_Seen]) -> History:
        """The history of these actions, from the last one where that has only grown."""
        known, history = self._histories.get(tasks, ([], History()))
        gone = known.index(seen[0]) if seen and seen[0] in known else len(known)
        kept = len(known) - gone
        if gone > kept or known[gone:] != seen[:kept]:
            gone, kept, history, known = 0, 0, History(), []
        new = seen[kept:]
        actions = self._read(new)
        history = history.extended(*(actions[one] for one in new))
        self._histories[tasks] = ([*known, *new] if new else known, history)
        return history

    def _read(self, seen: list[_Seen]) -> Mapping[_Seen, PastAction]:
        """What the store has of these actions; read once."""
        missing = [one for one in seen if one not in self._actions]
        if len(self._actions) + len(missing) > _MOST_KEPT:
            self._actions.clear()
            missing = seen
        for first in range(0, len(missing), _PAGE):
            page = {one.id: one for one in missing[first : first + _PAGE]}
            rows = self._database.rows(
                f"""SELECT id, session, body, status, coalesce(acted_at, proposed_at), acted_at,
                    approved, output, root FROM actions WHERE id IN ({_marks(page)})""",  # noqa: S608 — marks are question marks
                tuple(page),
            )
            for row in cast("list[tuple[Any, ...]]", rows):
                self._actions[page[row[0]]] = _past(row)
        return self._actions


_MOST_KEPT = 50_000
_PAGE = 500


def _marks(values: Collection[str]) -> str:
    return ", ".join("?" * len(values))


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
