"""Single inputs of past actions, read at once where they are as declared.

Most classes of past actions are put together by one or two inputs. Those need no frame: what fits
its type is what the long way would give, and what does not is left to the long way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from policy_engine.decision.action import named
from policy_engine.decision.history import PastAction
from policy_engine.language import checked as c
from policy_engine.language.policy import PolicySet, Task
from policy_engine.values.fitting import Fit, fitting

_Reads = tuple[tuple[str, Fit | None], ...]
"""Names of inputs and their readers; no reader: who did it."""


class PlainReads:
    """Reads some data of past actions of some tasks."""

    def __init__(self, by_task: dict[str, _Reads]) -> None:
        self._by_task = by_task

    def of(self, action: PastAction) -> list[object] | None:
        """The data in order; None where they must be read the long way."""
        given = action.input
        if action.chain or type(given) is not dict:
            return None
        found: list[object] = []
        try:
            for name, fit in self._by_task[action.task]:
                found.append(named(action.principal) if fit is None else fit(given[name]))
        except Exception:  # noqa: BLE001 — something is not there, or not as declared
            return None
        return found


def plain_names(nodes: Iterable[c.Checked], root: c.Root) -> list[str] | None:
    """What these nodes read directly from a root; None where one is anything else."""
    names: list[str] = []
    for node in nodes:
        if not isinstance(node, c.Read) or node.root != root or len(node.path) > 1:
            return None
        names.append(node.path[0])
    return names


def plain_reads(
    names: Sequence[str], root: c.Root, tasks: Iterable[str], policy: PolicySet
) -> PlainReads | None:
    """Reads inputs of these names; None where one is not an input of every task.

    Below `past`, `principal` is who did it.
    """
    by_task: dict[str, _Reads] = {}
    for name in tasks:
        task = policy.tasks.get(name)
        reads = _reads(names, root, task) if task is not None else None
        if reads is None:
            return None
        by_task[name] = reads
    return PlainReads(by_task)


def _reads(names: Sequence[str], root: c.Root, task: Task) -> _Reads | None:
    fits: dict[str, Fit | None] = {f.name: fitting(f.type, False) for f in task.inputs}
    if root == "past":
        fits["principal"] = None
    if not fits.keys() >= set(names):
        return None
    return tuple((name, fits[name]) for name in names)
