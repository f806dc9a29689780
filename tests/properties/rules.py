"""Random rules of every form, with conditions that fit their targets, and exceptions to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from policy_engine.values.types import (
    DECIMAL,
    DURATION,
    INTEGER,
    MONEY,
    Scalar,
    Type,
    Union,
)
from tests.properties import vocabulary as v
from tests.properties.conditions import condition
from tests.properties.drafts import Written
from tests.properties.draws import Draw
from tests.properties.expressions import value
from tests.properties.history import occurrence_within, window
from tests.properties.literals import literal
from tests.properties.scopes import Scope, inputs_of
from tests.properties.trees import Tree, Unordered

EVERY_FORM = (
    *("permit", "permit", "forbid", "forbid", "only when", "only after", "constraint"),
    *("require", "require after", "confirm", "escalate", "escalate", "limit", "limit", "limit"),
)
DAYS = ["2026-11-23", "2026-11-24", "2026-11-01", "2027-01-08"]
CLOCKS = ["1 hour", "4 hours", "24 hours", "2 days"]
PARTIES = ["lead", "lead", "chief", "2 of lead", "lead and chief", "1 of chief and 2 of lead"]
ACTION_ALONE = ("facts", "session", "provenance", "past", "asked")
"""What the conditions of a limit may not rest on: they are asked of past actions too."""


def rule(draw: Draw, name: str, scope: Scope, forms: Sequence[str] = ()) -> Written:
    """One rule of any of the forms."""
    form = draw.pick(forms or EVERY_FORM)
    checks = draw.some(list(v.VALIDATIONS), 1, 2)
    allowed = tuple(v.TASKS)
    if form.startswith("require"):
        allowed = tuple(t for t in v.TASKS if all(t in v.VALIDATIONS[n][1] for n in checks))
    targets, tasks = _targets(draw, allowed)
    subjects, kind = _subjects(draw) if form in ("permit", "forbid") else ("", None)
    inner = replace(scope, data=(*inputs_of(tasks) * 2, *scope.data)).of_kind(kind)
    if form == "permit":
        inner = inner.without("asked")
    if form == "limit":
        inner = inner.without(*ACTION_ALONE)
    heads: dict[str, Tree] = {
        "permit": f"permit {subjects} to {targets}",
        "forbid": f"forbid {subjects} to {targets}",
        "constraint": f"never {targets}",
        "require": f"require {', '.join(checks)} before {targets}",
        "require after": f"require {', '.join(checks)} after {targets}",
        "confirm": f"require confirmation before {targets}",
    }
    if form == "only when":
        heads[form] = (f"{targets} only when ", condition(draw, inner))
    if form == "only after":
        heads[form] = (f"{targets} only after ", *occurrence_within(draw, inner))
    if form == "escalate":
        heads[form] = f"escalate {targets} to {ladder(draw)}"
    if form == "limit":
        heads[form] = _limit(draw, targets, tasks, inner)
    conditions = Unordered("", _conditions(draw, inner))
    word = "constraint" if form == "constraint" else "rule"
    return Written(
        word, name, ("\n  ", heads[form], conditions, *_clauses(draw, form)), form, tasks
    )


def exception(draw: Draw, name: str, of: Written, scope: Scope) -> Written:
    """An exception to a rule; its conditions read what the rule's tasks have in common."""
    subjects, kind = _subjects(draw)
    narrow = draw.coin()
    inner = replace(scope, data=(*inputs_of(of.tasks) * 2, *scope.data)).without("asked")
    conditions: tuple[Tree, ...] = ()
    if draw.number(0, 2) == 0:
        conditions = _conditions(draw, inner.of_kind(kind if narrow else None))
    rest = (
        f" for {subjects}" if narrow else "",
        Unordered("", conditions),
        f'\n  until {draw.pick(DAYS)} approved by "{v.OWNER}"\n  escalate to {ladder(draw)}',
    )
    return Written("exception", name, rest, "exception", of.tasks, of.name)


def ladder(draw: Draw) -> str:
    """`lead within 4 hours, otherwise escalate to 2 of chief`."""
    rungs = [draw.pick(PARTIES) for _ in range(draw.pick([1, 1, 1, 2, 3]))]
    timed = [f"{one} within {draw.pick(CLOCKS)}" if draw.coin() else one for one in rungs]
    end = [", otherwise deny"] if draw.number(0, 3) == 0 else []
    return "".join([", otherwise escalate to ".join(timed), *end])


def _limit(draw: Draw, targets: str, tasks: tuple[str, ...], scope: Scope) -> Tree:
    """`limit sum of f over T to at most N per … within D`."""
    inputs = v.common_inputs(tasks)
    summed = [f for f in inputs if f.type in (INTEGER, DECIMAL, MONEY, DURATION)]
    type_: Type = INTEGER
    head = f"limit {targets} to at most "
    if summed and draw.coin():
        field = draw.pick(summed)
        type_, head = field.type, f"limit sum of {field.name} over {targets} to at most "
    keys = ["agent", "agent", "principal", "agent.team", "context.channel"]
    keys += [f.name for f in inputs if isinstance(f.type, Scalar | Union) and not f.optional]
    per = draw.some(keys, 0, 2)
    return (
        head,
        _bound(draw, type_, scope),
        f" per {', '.join(per)}" if per else "",
        f" {window(draw)}",
    )


def _bound(draw: Draw, type_: Type, scope: Scope) -> Tree:
    kind = draw.number(0, 4)
    if kind == 0:
        return value(draw, replace(scope, depth=1), type_)
    if type_ == INTEGER and kind < 4:
        return str(draw.number(0, 5))
    return literal(draw, type_)


def _clauses(draw: Draw, form: str) -> list[Tree]:
    """What stands behind the conditions."""
    found: list[str] = []
    if form == "limit" and draw.number(0, 2) == 0:
        found.append(f"otherwise escalate to {ladder(draw)}")
    if form == "require":
        failing = [f"on failure escalate to {draw.pick(PARTIES)}", "on failure retry 1"]
        found += draw.pick([[], [], [failing[0]], [failing[1]], ["on failure deny"]])
        found += [f"fresh for {draw.pick(CLOCKS)}"] if draw.coin() else []
    if form not in ("permit", "constraint") and draw.number(0, 5) == 0:
        found.append(f"observe until {draw.pick(DAYS)}")
    if draw.number(0, 7) == 0:
        found.append(f"satisfies {draw.pick(v.CONTROLS)}")
    if form != "permit" and draw.number(0, 7) == 0:
        found += ['hint "Ask somebody."', f"instead {draw.pick(list(v.TASKS))}"]
    return [f"\n  {clause}" for clause in found]


def _conditions(draw: Draw, scope: Scope) -> tuple[Tree, ...]:
    """Up to two; what one asks to be given the other may read."""
    number = draw.pick([0, 1, 1, 2, 2])
    if number == 2 and scope.askable() and draw.coin():
        datum = draw.pick(scope.askable())
        word, asked = ("when", "given") if draw.coin() else ("unless", "not given")
        first: Tree = f"\n  {word} {datum.path} is {asked}"
        return (first, _clause(draw, scope.knowing(datum.path)))
    return tuple(_clause(draw, scope) for _ in range(number))


def _clause(draw: Draw, scope: Scope) -> Tree:
    return (f"\n  {draw.pick(['when', 'unless'])} ", condition(draw, scope))


def _targets(draw: Draw, allowed: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    choices = [(task, (task,)) for task in allowed if task != "quote"] * 2
    choices += [("tasks tagged money", v.TAGS["money"]), ("pay, mail", v.TAGS["money"])]
    if "look" in allowed:
        choices += [("any task", tuple(v.TASKS)), ("tasks tagged reads", v.TAGS["reads"])]
    return draw.pick(choices)


def _subjects(draw: Draw) -> tuple[str, str | None]:
    """Who, and the only kind of principal that it can be."""
    every = {"any principal": None, "any agent": "agent", "any human": "human"}
    if draw.coin():
        words = draw.pick(list(every))
        return words, every[words]
    roles = draw.some(v.ROLE_NAMES, 1, 2)
    kinds = {v.ROLE_KINDS.get(role) for role in roles}
    return ", ".join(roles), kinds.pop() if len(kinds) == 1 else None
