"""Random histories: past actions of every status, at and around the borders of windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from policy_engine.decision.action import Agent, Human, Principal
from policy_engine.decision.history import History, PastAction
from policy_engine.language.policy import PolicySet
from tests.properties import vocabulary as v
from tests.properties.draws import Draw
from tests.properties.samples import value, values
from tests.reference import clock

STATUSES = ["executed", "executed", "executed", "running", "unknown", "withheld", "failed"]
STATUSES += ["denied", "proposed"]
SESSIONS = ("s-1", "s-2", None)
ROOTS = ("root-1", "root-2", None)
INSTANT = timedelta(microseconds=1)
SPANS = [timedelta(hours=1), timedelta(minutes=90), timedelta(days=1), timedelta(days=2)]
SPANS += [timedelta(days=30)]


@dataclass(frozen=True)
class Now:
    """The action under decision, as far as past ones may resemble it."""

    at: datetime
    principal: Principal
    task: str
    input: Mapping[str, object]


def history(draw: Draw, policy: PolicySet, now: Now, oddity: int) -> History | None:
    if draw.once_in(8):
        return None
    number = draw.pick([0, 1, 2, 3, 3, 5])
    actions = tuple(past_action(draw, policy, now, oddity) for _ in range(number))
    since = now.at - draw.pick(_ages(now.at)) if draw.once_in(6) else None
    return History(actions, since)


def past_action(draw: Draw, policy: PolicySet, now: Now, oddity: int = 0) -> PastAction:
    task = now.task if draw.coin() and now.task in v.TASKS else draw.pick(list(v.TASKS))
    status = draw.pick(STATUSES)
    output = policy.tasks[task].output
    returned: tuple[object, ...] = ()
    if output is not None and output.type is not None and not draw.once_in(4):
        returned = (value(draw, output.type, oddity),)
    return PastAction(
        task=task,
        input=_input(draw, task, now, oddity),
        principal=_principal(draw, now, oddity),
        at=now.at - draw.pick(_ages(now.at)),
        status=status,  # type: ignore[arg-type]
        approved=draw.coin(),
        output=returned if status in ("executed", "withheld") else (),
        context=values(draw, v.CONTEXT, oddity),
        session=draw.pick(SESSIONS),
        root=draw.pick(ROOTS),
        chain=tuple(_principal(draw, now, oddity) for _ in range(draw.pick([0, 0, 0, 1, 2]))),
    )


def _input(draw: Draw, task: str, now: Now, oddity: int) -> Mapping[str, object]:
    """Half of the time the same as now, or nearly so."""
    drawn = values(draw, v.TASKS[task], oddity)
    if not draw.coin():
        return drawn
    names = {field.name for field in v.TASKS[task]}
    same = {name: datum for name, datum in now.input.items() if name in names}
    some = {name: datum for name, datum in same.items() if not draw.once_in(4)}
    return {**drawn, **some}


def _principal(draw: Draw, now: Now, oddity: int) -> Principal:
    kind = draw.number(0, 6)
    if kind < 4:
        return now.principal
    if kind == 4:
        make = Agent if now.principal.kind == "agent" else Human
        return make(now.principal.id.upper(), **now.principal.attributes)
    if kind == 5:
        return Agent("bot-2", **values(draw, v.AGENTS, oddity))
    return Human("ann", **values(draw, v.HUMANS, oddity))


def _ages(now: datetime) -> Sequence[timedelta]:
    """How long ago: the borders of every window, just before and just after; and ahead of now."""
    day = clock.day_of(now, v.ZONE)
    starts = [clock.start_of_day(one, v.ZONE) for one in (day, day.replace(day=1))]
    borders = [timedelta(0), *SPANS, *(now - start for start in starts)]
    around = [age + step for age in borders for step in (-INSTANT, timedelta(0), INSTANT)]
    return [*around, timedelta(minutes=10), timedelta(minutes=10), timedelta(hours=-1)]
