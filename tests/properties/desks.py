"""Random policies over data without parts, as most policies are: what tables of numbers decide.

Rules of every outcome compare inputs with constants; some also have a test that no table answers
(an optional input, the context, a pattern, an exception, an observation).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from policy_engine.decision.action import Agent, Human
from policy_engine.foundation.source import Source
from policy_engine.language.policy import PolicySet
from policy_engine.values.types import (
    BOOLEAN,
    DATE,
    DECIMAL,
    EMAIL,
    INTEGER,
    MONEY,
    TEXT,
    TIMESTAMP,
    Field,
    Type,
    Union,
)
from tests.properties import vocabulary as v
from tests.properties.drafts import built_from
from tests.properties.draws import Draw
from tests.properties.literals import literal
from tests.properties.samples import INSTANTS, values
from tests.properties.scenarios import MOMENTS, Scenario

_SAME = (
    Field("amount", DECIMAL),
    Field("count", INTEGER),
    Field("region", TEXT),
    Field("status", v.STATUS),
    Field("urgent", BOOLEAN),
    Field("at", TIMESTAMP),
    Field("day", DATE),
    Field("ref", TEXT, optional=True),
)
TASKS = {
    "pay": _SAME,
    "lend": _SAME,
    "send": (Field("amount", DECIMAL), Field("to", EMAIL), Field("region", TEXT)),
    "book": (Field("price", MONEY), Field("count", INTEGER), Field("region", TEXT, optional=True)),
    "wait": (Field("count", TEXT, optional=True),),
}
CONTEXT = (Field("channel", v.CHANNEL, optional=True), Field("load", DECIMAL, optional=True))
_ORDERED: tuple[Type, ...] = (DECIMAL, INTEGER, TIMESTAMP, DATE)
_COMPARED = (*_ORDERED, TEXT, BOOLEAN, EMAIL)


def desk(draw: Draw, most_rules: int) -> str:
    """The text of a policy."""
    parts = ['policy desk owner "o" times in "Europe/Warsaw"', v.ROLES]
    parts += [f"context has {{\n{v.fields(CONTEXT)}\n}}", f"type Status = {v.STATUS}"]
    parts += [f"type Channel = {v.CHANNEL}"]
    parts += [f"task {name} {{\n{v.fields(some, 'input ')}\n}}" for name, some in TASKS.items()]
    parts += ["validation positive checks amount that amount > 0"]
    parts += ["about book { exclusive per count }"] if draw.once_in(4) else []
    if draw.coin():
        parts.append("rule base\n  permit any principal to any task")
    for number in range(draw.number(2, most_rules)):
        parts += _rule(draw, f"r{number}")
    return "\n\n".join(parts) + "\n"


def desk_built(text: str) -> PolicySet:
    """The policy. Every one of them builds without an error."""
    return built_from([Source("desk.policy", text)])


def desk_scenarios(draw: Draw, number: int) -> tuple[Scenario, ...]:
    """Actions whose data mostly are of one kind each, as the columns of a table are."""
    oddity = draw.pick([0, 0, 200, 40])
    as_number = draw.pick([_whole, float, Decimal])
    return tuple(_scenario(draw, oddity, as_number) for _ in range(number))


def _scenario(draw: Draw, oddity: int, as_number: Callable[[str], object]) -> Scenario:
    task = "unheard_of" if draw.once_in(30) else draw.pick([*TASKS, "pay", "lend", "pay", "lend"])
    make = Human if draw.once_in(3) else Agent
    fields = TASKS.get(task, ())
    input_ = values(draw, fields, oddity)
    for one in fields:
        if one.name in input_ and not draw.once_in(oddity) and one.type in _MOSTLY:
            input_[one.name] = draw.pick(_MOSTLY[one.type])
    if isinstance(input_.get("amount"), float):
        input_["amount"] = as_number(repr(input_["amount"]))
    return Scenario(
        make(draw.pick(["ann", "bob", "bot"])),
        task,
        input_,
        values(draw, CONTEXT, oddity * 4),
        domain="acme" if draw.once_in(4) else None,
        now=draw.pick(MOMENTS),
        roles=None if draw.once_in(20) else _roles(draw),
        history=None,
    )


def _whole(text: str) -> int | Decimal:
    number = Decimal(text)
    return int(number) if number.is_finite() else number


_MOSTLY: dict[Type, list[Any]] = {
    DECIMAL: [
        0.0,
        0.1,
        0.001,
        0.5,
        1.0,
        2.0,
        2.5,
        4.75,
        5.0,
        499.5,
        500.0,
        -3.0,
        -5.25,
        1e6,
        0.3333333333333333,
    ],
    INTEGER: [0, 1, 2, 3, 5, 499, 500, 501, -3, -4, 2**53, 2**62],
    TIMESTAMP: [one for one in INSTANTS if isinstance(one, datetime)],
    DATE: [date(2026, 11, 23), date(2026, 11, 1), date(2026, 12, 1), date(2024, 2, 29)],
}
"""Values of the kind that a column for such data has."""


def _roles(draw: Draw) -> frozenset[str]:
    return frozenset(draw.some([*v.ROLE_NAMES, "unheard_of"], 0, 4))


def _rule(draw: Draw, name: str) -> list[str]:
    task = draw.pick(["pay", "pay", "pay", "lend", "lend", "send", "book", "wait"])
    form = draw.pick(["permit", "permit", "permit", "forbid", "forbid", "escalate", "require"])
    if form == "require" and task not in ("pay", "lend", "send"):
        form = "permit"
    subject = draw.pick(["any agent", "any human", "any principal", *v.ROLE_NAMES, "clerk, chief"])
    heads = {
        "permit": f"permit {subject} to {task}",
        "forbid": f"forbid {subject} to {task}",
        "escalate": f"escalate {task} to lead",
        "require": f"require positive before {task}",
    }
    lines = [heads[form], *_conditions(draw, task)]
    if form != "permit" and draw.once_in(12):
        lines.append("observe until 2026-11-24")
    rules = [f"rule {name}\n  " + "\n  ".join(lines)]
    if form == "forbid" and draw.once_in(6):
        until = '\n  until 2026-12-01 approved by "o"\n  escalate to lead'
        rules.append(f"exception x{name} to {name}{until}")
    return rules


def _conditions(draw: Draw, task: str) -> list[str]:
    fields = [f for f in TASKS[task] if f.type in _COMPARED or isinstance(f.type, Union)]
    found: list[str] = []
    for one in draw.some(fields, 0, 3):
        if not one.optional:
            found.append(_condition(draw, one))
        elif draw.once_in(3):
            found.append(f'when {one.name} is given\n  when {one.name} == "x"')
    if draw.once_in(16):
        found.append('when context.channel is given and context.channel == "chat"')
    return found


def _condition(draw: Draw, one: Field) -> str:
    word = draw.pick(["when", "when", "unless"])
    if one.type == BOOLEAN:
        return f"{word} {one.name}"
    if one.type == TEXT and draw.once_in(8):
        return f"{word} {one.name} matches /.*1/"
    if one.type in _ORDERED and not draw.once_in(4):
        return (
            f"{word} {one.name} {draw.pick(['<', '<=', '>', '>=', '=='])} {literal(draw, one.type)}"
        )
    if draw.coin() or one.type == EMAIL:
        return f"{word} {one.name} {draw.pick(['==', '!='])} {literal(draw, one.type)}"
    some = sorted({literal(draw, one.type) for _ in range(3)})
    return f"{word} {one.name} in [{', '.join(some)}]"
