"""What `about` says of tasks: tags, owners, exclusivity, priorities, the words that ask for them.

Kept apart from tasks, which are usually generated: whatever people decide stands here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from policy_engine.foundation.diagnostics import CEILING
from policy_engine.foundation.source import Span
from policy_engine.foundation.suggest import nearest
from policy_engine.language import codes, tree as t
from policy_engine.language.declare import Declarations
from policy_engine.language.report import Report


@dataclass(slots=True)
class About:
    """What is said of one task, from all its `about` blocks."""

    tags: dict[str, Span] = field(default_factory=dict)
    owner: str | None = None
    exclusive: tuple[t.Name, ...] = ()
    priority: int | None = None
    asked_for: tuple[str, ...] = ()
    without_effect: bool = False
    retried: bool = False


class Abouts:
    """Looks up what is said of a task."""

    def __init__(self) -> None:
        self._by_task: dict[str, About] = {}
        self._tagged: dict[str, list[str]] = {}

    def of(self, task: str) -> About:
        return self._by_task.get(task) or About()

    def tagged(self, tag: str) -> list[str]:
        """The tasks with this tag."""
        return self._tagged.get(tag, [])

    def tags(self) -> dict[str, Span | None]:
        """All tags, each with a place."""
        return {tag: place for about in self._by_task.values() for tag, place in about.tags.items()}

    def add(self, task: str, node: t.AboutNode, report: Report) -> None:
        about = self._by_task.setdefault(task, About())
        for tag in node.tags:
            if tag.text not in about.tags:
                self._tagged.setdefault(tag.text, []).append(task)
            about.tags.setdefault(tag.text, tag.span)
        if node.owner is not None:
            owner, span = node.owner
            if about.owner not in (None, owner):
                _twice(
                    f"the task `{task}` has two owners",
                    f'"{about.owner}" owns it already',
                    span,
                    report,
                )
            about.owner = about.owner or owner
        if node.priority is not None:
            priority, span = node.priority
            if about.priority not in (None, priority):
                _twice(
                    f"the task `{task}` has two priorities",
                    f"{about.priority} elsewhere",
                    span,
                    report,
                )
            about.priority = priority if about.priority is None else about.priority
        if node.exclusive:
            if about.exclusive:
                title = f"the task `{task}` is exclusive twice"
                _twice(title, "say all inputs at once", node.exclusive[0].span, report)
            about.exclusive = about.exclusive or node.exclusive
        about.asked_for = (*about.asked_for, *node.asked_for)
        about.without_effect = about.without_effect or node.without_effect
        about.retried = about.retried or node.retried


def abouts(found: Declarations, report: Report) -> Abouts:
    """Everything that is said of tasks."""
    result = Abouts()
    for node in found.abouts:
        for name in node.tasks:
            task = found.task(name, report)
            if task is not None:
                result.add(task.name.text, node, report)
    return result


def untold(tags: Iterable[tuple[str, Span]], used: set[str], report: Report) -> None:
    """Tags that no rule speaks of, and that look like one that some rule does: misspelt, perhaps.

    Other tags are for people and reports.
    """
    unused = [(tag, place) for tag, place in tags if tag not in used]
    for tag, place in unused[:CEILING]:
        near = nearest(tag, used)
        if near is not None:
            title = f"no rule speaks of the tag `{tag}`"
            help_ = f"replace `{tag}` with `{near}`, of which one does"
            report.add(codes.UNUSED_TAG, title, place, "it changes nothing", help_=help_)


def _twice(title: str, label: str, span: Span, report: Report) -> None:
    report.add(codes.DUPLICATE, title, span, label)
