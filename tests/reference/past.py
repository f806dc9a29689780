"""Questions about past actions. “Some past action of these tasks came so far, in the window, and
satisfies the condition, in Kleene logic.”
"""

from __future__ import annotations

from datetime import datetime

from policy_engine.decision.action import Principal
from policy_engine.decision.history import PastAction
from policy_engine.language import checked as c
from policy_engine.language.policy import PolicySet
from tests.reference import clock, expressions
from tests.reference.arithmetic import equal
from tests.reference.data import UNKNOWN, fitted_fields, fitted_or_unknown
from tests.reference.intervals import counted, settled, summed
from tests.reference.logic import Truth, all_hold, negated, one_holds
from tests.reference.world import Data, World, named


def happened(node: c.Happened, world: World) -> Truth:
    if not reaches_back(node.window, world):
        return UNKNOWN
    return one_holds(
        holds(action, node.occurrence, node.window, world, withheld=UNKNOWN)
        for action in actions(world)
    )


def tally(node: c.PastTally, world: World) -> object:
    """“The range from those that surely do to those that may.”"""
    if not reaches_back(node.window, world):
        return UNKNOWN
    truths = [
        holds(action, node.occurrence, node.window, world, withheld=True)
        for action in actions(world)
    ]
    if node.term is None:
        return counted(truths)
    found = []
    for action, there in zip(actions(world), truths, strict=True):
        if action.task in node.occurrence.tasks:
            found.append((there, _asked_of_each(node.term, action, world)))
    return summed(found, expressions.nothing(node.term.type))


def none_since(node: c.NoneSince, world: World) -> Truth:
    """“Some U satisfies its conditions, and no T that satisfies its own was after it.”"""
    window = node.window
    if not reaches_back(window, world):
        return UNKNOWN
    return one_holds(
        all_hold(
            [
                holds(one, node.since, window, world, withheld=UNKNOWN),
                negated(
                    one_holds(
                        all_hold(
                            [
                                holds(other, node.occurrence, window, world, withheld=UNKNOWN),
                                _is_after(other, one),
                            ]
                        )
                        for other in actions(world)
                    )
                ),
            ]
        )
        for one in actions(world)
    )


def _is_after(one: PastAction, other: PastAction) -> Truth:
    """“Of two of the same instant it is unknown which was first.”"""
    return UNKNOWN if one.at == other.at else one.at > other.at


def actions(world: World) -> tuple[PastAction, ...]:
    assert world.history is not None
    return world.history.actions


def holds(
    action: PastAction, of: c.Occurrence, window: c.Window, world: World, *, withheld: Truth
) -> Truth:
    """Whether the action is of the tasks, came so far, in the window, for which `where` holds."""
    if action.task not in of.tasks:
        return False
    where = True if of.where is None else _asked_of_each(of.where, action, world)
    assert where is None or isinstance(where, bool)
    return all_hold(
        [came(action, of.stage, withheld=withheld), in_window(action, window, world), where]
    )


def came(action: PastAction, stage: c.Stage, *, withheld: Truth) -> Truth:
    """“True in counts, sums, limits; unknown in `exists`, `only after`, `no … since`”"""
    maybe = action.status in ("running", "unknown")
    match stage:
        case "attempted":
            return True
        case "denied":
            return action.status == "denied"
        case "approved":
            return action.approved
        case "failed":
            return UNKNOWN if maybe else action.status == "failed"
        case "executed":
            if action.status == "withheld":
                return withheld
            return UNKNOWN if maybe else action.status == "executed"


def start_of(window: c.Window, now: datetime) -> datetime | None:
    """“`within D` is from now less D until now, a day or month begins at its first instant in the
    zone of the file.”"""
    if window.kind == "duration":
        assert window.duration is not None
        try:
            return now - window.duration
        except OverflowError:
            return None
    day = clock.day_of(now, str(window.zone))
    return clock.start_of_day(day.replace(day=1) if window.kind == "month" else day, window.zone)


def reaches_back(window: c.Window, world: World) -> bool:
    """“Where the record does not reach back over the window, the whole question is unknown; so is
    `during this session` where the session has no id, or something of it may have been forgotten.”
    A session that has no name has no past."""
    if world.history is None:
        return False
    since = world.history.since
    if window.kind == "session":
        return world.session is not None and since is None
    start = start_of(window, world.now)
    return since is None or (start is not None and start >= since)


def in_window(action: PastAction, window: c.Window, world: World) -> Truth:
    """“An action that is dated in the future, by a clock that runs ahead, may or may not be in
    it.”"""
    if window.kind == "session" and action.session != world.session:
        return False
    if action.at > world.now:
        return UNKNOWN
    if window.kind == "session":
        return True
    start = start_of(window, world.now)
    return start is None or start <= action.at


def _asked_of_each(node: c.Checked, action: PastAction, world: World) -> object:
    """“A delegated action was done by each principal of its chain and the one who acted in the
    end: where it makes a difference which of them `past.principal` is, the answer is unknown.”"""
    answers = [
        expressions.value(node, world.with_root("past", root_of(action, one, world.policy)))
        for one in doers(action)
    ]
    first, *others = map(settled, answers)
    if any(one is UNKNOWN for one in (first, *others)):
        return answers[0] if len(answers) == 1 else UNKNOWN
    return first if all(equal(first, other) is True for other in others) else UNKNOWN


def doers(action: PastAction) -> tuple[Principal, ...]:
    return (*action.chain, action.principal)


def root_of(action: PastAction, doer: Principal, policy: PolicySet) -> Data:
    """“`past` is the past action: `principal`, its inputs, and its output by name, read as the task
    is declared today. What does not fit is unknown, an optional input that was left out is absent,
    an output that has not come back is unknown.”"""
    task = policy.tasks[action.task]
    known, _ = fitted_fields(action.input, task.inputs, closed=False)
    output = task.output
    if output is not None and output.name is not None and output.type is not None:
        came_back = action.output[0] if action.output else None
        known[output.name] = fitted_or_unknown(came_back, output.type)
    return {**known, "principal": named(doer)}
