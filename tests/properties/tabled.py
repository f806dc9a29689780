"""Scenarios as a table of actions: what a table can say of them, and the same as actions.

A column has cells of one kind, those that most scenarios have; what it cannot hold is not given.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from policy_engine.decision.action import Action, Agent, Human
from policy_engine.decision.circumstances import Circumstances
from tests.properties.draws import Draw
from tests.properties.scenarios import Scenario

_ROOTS = ("input", "context", "agent", "human", "session", "fact")
_ZONES = ("UTC", "Europe/Warsaw", "+05:30")


@dataclass(frozen=True)
class Tabled:
    """A table of actions, and the actions by themselves."""

    table: pa.Table
    actions: tuple[tuple[Action, Circumstances], ...]


def tabled(draw: Draw, scenarios: Sequence[Scenario], *, unsaid: bool = False) -> Tabled:
    """The scenarios as a table, in pieces or whole, with the columns in any order.

    `unsaid`: somebody else knows the roles, and the table says those of some rows or of none.
    """
    roots = [_roots(one) for one in scenarios]
    cells: dict[str, list[object]] = {}
    for root in _ROOTS:
        for name in sorted({name for one in roots for name in one[root]}):
            cells[f"{root}.{name}"] = [one[root].get(name) for one in roots]
    columns = {name: _column(draw, values) for name, values in cells.items()}
    kept = {name: column for name, column in columns.items() if column is not None}
    arrays = {name: array for name, (array, _) in kept.items()}
    arrays |= _who(draw, scenarios)
    if unsaid:
        column = arrays.pop("roles")
        mask = pa.array([draw.coin() for _ in scenarios])
        arrays |= {} if draw.coin() else {"roles": pc.if_else(mask, column, None)}
    names = draw.some(sorted(arrays), len(arrays), len(arrays))
    table = pa.table({name: arrays[name] for name in names})
    if draw.coin():
        cut = draw.number(0, len(scenarios))
        table = pa.concat_tables([table.slice(0, cut), table.slice(cut)])
    said = {name: values for name, (_, values) in kept.items()}
    return Tabled(table, tuple(_action(one, row, said) for row, one in enumerate(scenarios)))


def _roots(one: Scenario) -> dict[str, dict[str, object]]:
    whose = {"agent": {}, "human": {}, one.principal.kind: dict(one.principal.attributes)}
    rest = {"session": one.attributes, "fact": one.facts}
    given = {"input": one.input, "context": one.context, **whose, **rest}
    return {root: dict(members) for root, members in given.items()}  # type: ignore[arg-type]


def _who(draw: Draw, scenarios: Sequence[Scenario]) -> dict[str, pa.Array]:
    roles = [None if one.roles is None else sorted(one.roles) for one in scenarios]
    return {
        "task": _text(draw, [one.task for one in scenarios]),
        "principal": _text(draw, [one.principal.id for one in scenarios]),
        "kind": _text(draw, [one.principal.kind for one in scenarios]),
        "domain": _text(draw, [one.domain for one in scenarios]),
        "roles": pa.array(roles, pa.list_(pa.string())),
        "now": pa.array([one.now for one in scenarios], pa.timestamp("us", draw.pick(_ZONES))),
    }


def _action(one: Scenario, row: int, said: dict[str, list[object]]) -> tuple[Action, Circumstances]:
    data: dict[str, dict[str, object]] = {root: {} for root in _ROOTS}
    for name, values in said.items():
        root, _, member = name.partition(".")
        if values[row] is not None:
            data[root][member] = values[row]
    make = Agent if one.principal.kind == "agent" else Human
    principal = make(one.principal.id, **data[one.principal.kind])
    action = Action(principal, one.task, data["input"], data["context"], domain=one.domain)
    given = Circumstances(one.now, one.roles, facts=data["fact"], attributes=data["session"])
    return action, given


def _column(draw: Draw, values: Sequence[object]) -> tuple[pa.Array, list[object]] | None:
    """A column of the cells that most have the kind of; and what it says. None: of no kind."""
    kinds = Counter(type(value) for value in values if type(value) in _ENCODERS)
    if not kinds:
        return None
    kind = kinds.most_common(1)[0][0]
    encode = _ENCODERS[kind]
    kept = [_kept(value) if type(value) is kind else None for value in values]
    held = [value if _is_held(encode, draw, value) else None for value in kept]
    array: pa.Array | None = None
    try:
        array = encode(draw, held)
    except (pa.ArrowException, OverflowError, ValueError, TypeError):
        return None
    return array, held


def _is_held(encode: Callable[..., pa.Array], draw: Draw, value: object) -> bool:
    """Whether a column can; some decimals Arrow rounds without a word."""
    try:
        held: bool = encode(draw, [value])[0].as_py() == value
    except (pa.ArrowException, OverflowError, ValueError, TypeError):
        return False
    return held


def _kept(value: object) -> object:
    """Without members that are null: a column of records cannot tell them from none."""
    if isinstance(value, dict):
        return {name: _kept(member) for name, member in value.items() if member is not None} or None
    if isinstance(value, list):
        return [_kept(item) for item in value]
    return value


def _text(draw: Draw, values: Sequence[object]) -> pa.Array:
    array = pa.array(values, draw.pick([pa.string(), pa.large_string()]))
    return array.dictionary_encode() if draw.coin() else array


def _integers(draw: Draw, values: Sequence[object]) -> pa.Array:
    some: list[Any] = [value for value in values if value is not None]
    types = [pa.int64(), pa.uint64(), pa.int16(), pa.decimal128(18, 3), pa.decimal256(60, 2)]
    types += [pa.float64()] * all(abs(value) < 2**53 for value in some)
    for type_ in draw.some(types, len(types), len(types)):
        try:
            return _maybe_encoded(draw, pa.array(map(_decimal(type_), values), type_))
        except (pa.ArrowException, OverflowError):
            continue
    return pa.array(values, pa.int64())


def _decimal(type_: pa.DataType) -> Callable[[Any], object]:
    is_decimal = pa.types.is_decimal(type_)
    return lambda value: Decimal(value) if is_decimal and value is not None else value


def _decimals(draw: Draw, values: Sequence[object]) -> pa.Array:
    for type_ in (pa.decimal128(18, 3), pa.decimal128(38, 30), pa.decimal128(38, 4)):
        try:
            return _maybe_encoded(draw, pa.array(values, type_))
        except pa.ArrowException:
            continue
    return pa.array(values, pa.decimal256(76, 35))


def _floats(draw: Draw, values: Sequence[object]) -> pa.Array:
    return _maybe_encoded(draw, pa.array(values, pa.float64()))


def _instants(draw: Draw, values: Sequence[Any]) -> pa.Array:
    if any(value is not None and value.utcoffset() is None for value in values):
        raise ValueError("a time without its offset")
    in_utc = [value if value is None else value.astimezone(UTC) for value in values]
    unit = draw.pick(["ms", "us", "us", "ns"])
    return _maybe_encoded(draw, pa.array(in_utc, pa.timestamp(unit, draw.pick(_ZONES))))


def _maybe_encoded(draw: Draw, array: pa.Array) -> pa.Array:
    return array.dictionary_encode() if draw.once_in(4) else array


def _as_inferred(draw: Draw, values: Sequence[object]) -> pa.Array:
    return pa.array(values)


_ENCODERS: dict[type, Callable[[Draw, Sequence[Any]], pa.Array]] = {
    str: _text,
    bool: _as_inferred,
    int: _integers,
    float: _floats,
    Decimal: _decimals,
    datetime: _instants,
    date: _as_inferred,
    timedelta: _as_inferred,
    list: _as_inferred,
    dict: _as_inferred,
}
