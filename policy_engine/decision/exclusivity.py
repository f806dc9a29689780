"""What only one may work on at a time."""

from __future__ import annotations

from policy_engine.decision.history import PastAction
from policy_engine.decision.question import Question
from policy_engine.decision.truth import Truth, Unknown, every, some
from policy_engine.language.policy import Task
from policy_engine.values.arithmetic import equal


def held_by_another(task: Task, question: Question) -> Truth:
    """Whether an action of another root that is under way has, or may have, the same key."""
    if not task.exclusive:
        return False
    history = question.past.history
    if history is None:
        return Unknown(task.span, "what is under way is not known")
    return some(
        every(_same(name, action, task, question) for name in task.exclusive)
        for action in history.of([task.name])
        if action.status in ("running", "unknown") and _is_of_another_root(action, question)
    )


def _is_of_another_root(action: PastAction, question: Question) -> bool:
    root = question.circumstances.root
    return root is None or action.root != root


def _same(name: str, action: PastAction, task: Task, question: Question) -> Truth:
    """Whether both have this input alike; an optional one that neither has is alike."""
    recalled = question.past.input_of(action)
    past, own = recalled.roots["input"], question.input
    why = question.frame.absent.get(("input", name)) or recalled.absent.get(("input", name))
    if why is not None:
        return Unknown(task.span, why)
    if name not in past or name not in own:
        return name not in past and name not in own
    same = equal(past[name], own[name])
    return same if same is not None else Unknown(task.span, "amounts of two currencies")
