"""What an expression rests on: which data, which variables, and whether on more than those.

Relies on checked expressions. Definitions are looked into, so what is not named here has no part
in the value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from policy_engine.language import checked as c
from policy_engine.language.policy import Define, PolicySet, Task
from policy_engine.language.walk import all_of, parts_of
from policy_engine.values.types import Field

Datum = tuple[c.Root, str]

_OF_THE_MOMENT = (
    *(c.Now, c.Today, c.Recent, c.Provenance, c.Origin, c.AskedFor, c.Seen),
    *(c.Happened, c.PastTally, c.NoneSince),
)
"""What asks for the time, the session, or the past."""


class Needs(NamedTuple):
    """What expressions rest on."""

    data: frozenset[Datum]
    """By root and name."""
    variables: frozenset[str]
    """Those that are bound outside of the expressions."""
    moment: bool
    """Whether they ask for the time, the session, or the past."""

    def only(self, *roots: c.Root) -> bool:
        """Whether data of these roots is all that it takes."""
        others = (root for root, _ in self.data if root not in roots)
        return not self.moment and not self.variables and next(others, None) is None


def needs(nodes: Iterable[c.Checked], define: Callable[[str], Define]) -> Needs:
    """What the expressions rest on, by themselves or by definitions that they use."""
    given = list(nodes)
    waiting, seen = list(given), set[str]()
    data, moment = set[Datum](), False
    while waiting:
        for part in all_of(waiting.pop()):
            moment = moment or isinstance(part, _OF_THE_MOMENT)
            if isinstance(part, c.Read) and part.root != "local":
                data.add((part.root, part.path[0]))
            elif isinstance(part, c.Apply) and part.define not in seen:
                seen.add(part.define)
                waiting.append(define(part.define).body)
    variables = frozenset().union(*map(_free, given))
    return Needs(frozenset(data), variables, moment)


def by_request(node: c.Checked, define: Callable[[str], Define]) -> bool:
    """Whether the value rests on variables and the user's request alone, so that it stays."""
    waiting, seen = [node], set[str]()
    while waiting:
        for part in all_of(waiting.pop()):
            if isinstance(part, c.Read) and part.root != "local":
                return False
            if isinstance(part, _OF_THE_MOMENT) and not _of_the_request(part):
                return False
            if isinstance(part, c.Apply) and part.define not in seen:
                seen.add(part.define)
                waiting.append(define(part.define).body)
    return True


def _of_the_request(node: c.Checked) -> bool:
    match node:
        case c.AskedFor():
            return True
        case c.Provenance(word="dictated") | c.Origin(word="named"):
            return True
        case _:
            return False


def _free(node: c.Checked) -> frozenset[str]:
    """The variables that an expression does not bind itself."""
    if isinstance(node, c.Read):
        return frozenset(node.path[:1]) if node.root == "local" else frozenset()
    outside = tuple(_outside(node))
    found: frozenset[str] = frozenset().union(*map(_free, outside))
    inside = (part for part in parts_of(node) if not any(part is one for one in outside))
    return found | (frozenset().union(*map(_free, inside)) - _bound(node))


def _bound(node: c.Checked) -> frozenset[str]:
    match node:
        case c.Quantified() | c.Tally() | c.Pick():
            return frozenset((node.variable,))
        case c.Paired():
            return frozenset(node.variables)
        case _:
            return frozenset()


def _outside(node: c.Checked) -> Iterator[c.Checked]:
    """The parts of a node for which its variables are not bound."""
    match node:
        case c.Quantified() | c.Tally() | c.Pick():
            yield node.over
        case c.Paired():
            yield from node.over


def narrowed(
    policy: PolicySet, names: Iterable[str], data: frozenset[Datum], *more: str
) -> PolicySet:
    """The policy as if it declared only tasks of these names and no other data.

    `more` are names of further inputs.
    """

    def kept(fields: tuple[Field, ...], *roots: c.Root) -> tuple[Field, ...]:
        names = {name for root, name in data if root in roots}
        return tuple(field for field in fields if field.name in names or field.name in more)

    def kept_of(task: Task) -> Task:
        output = task.output
        is_read = output is not None and ("past", output.name) in data
        inputs = kept(task.inputs, "input", "past")
        return replace(task, inputs=inputs, output=output if is_read else None)

    tasks = {name: kept_of(policy.tasks[name]) for name in names if name in policy.tasks}
    return replace(
        policy,
        tasks=tasks,
        agents=kept(policy.agents, "agent"),
        humans=kept(policy.humans, "human"),
        context=kept(policy.context, "context"),
    )
