"""Random questions about the past, as trees of text."""

from __future__ import annotations

from dataclasses import replace

from policy_engine.values.types import DECIMAL, DURATION, INTEGER, MONEY, Field, Type
from tests.properties import conditions, vocabulary as v
from tests.properties.draws import Draw
from tests.properties.literals import SPANS
from tests.properties.scopes import Datum, Scope, data_of
from tests.properties.trees import Tree, bracketed

STAGES = ["", "", "", "executed ", "attempted ", "approved ", "denied ", "failed "]
WINDOWS = [*(f"within {span}" for span in SPANS), "within this day", "within this month"]
WINDOWS += ["during this session"]
OCCURRENCES = [
    *((task, (task,)) for task in v.TASKS),
    ("pay", ("pay",)),
    ("mail", ("mail",)),
    ("tasks tagged money", v.TAGS["money"]),
    ("any task", tuple(v.TASKS)),
]


def window(draw: Draw) -> str:
    return draw.pick(WINDOWS)


def past_tally(draw: Draw, scope: Scope, wanted: Type) -> Tree:
    """`count of T where (…) within D`, `sum of f over T where (…) within D`."""
    words, tasks = _occurrence(draw)
    terms = [f.name for f in _fields(tasks, scope) if f.type == wanted and not f.optional]
    if wanted in (MONEY, DURATION) and not terms:
        words, tasks = ("pay", ("pay",)) if wanted == MONEY else ("look", ("look",))
        terms = ["price"] if wanted == MONEY else ["span"]
    head = f"count of {words}"
    if terms and (wanted not in (INTEGER, DECIMAL) or draw.coin()):
        head = f"sum of {draw.pick(terms)} over {words}"
    where: tuple[Tree, ...] = ()
    if not draw.once_in(3):
        where = (" where (", _where(draw, scope, tasks), ")")
    return bracketed(head, *where, f" {window(draw)}")


def happened(draw: Draw, scope: Scope) -> Tree:
    """`exists T where … within D`."""
    return bracketed("exists ", *occurrence_within(draw, scope))


def occurrence_within(draw: Draw, scope: Scope) -> tuple[Tree, ...]:
    """`T where … within D`."""
    words, tasks = _occurrence(draw)
    return (words, *_some_where(draw, scope, tasks), f" {window(draw)}")


def none_since(draw: Draw, scope: Scope) -> Tree:
    """`no T where … since U where … within D`."""
    words, tasks = _occurrence(draw)
    since, others = _occurrence(draw)
    return bracketed(
        f"no {words}",
        *_some_where(draw, scope, tasks),
        f" since {since}",
        *_some_where(draw, scope, others),
        f" {window(draw)}",
    )


def _some_where(draw: Draw, scope: Scope, tasks: tuple[str, ...]) -> tuple[Tree, ...]:
    if draw.once_in(4):
        return ()
    return (" where ", bracketed(_where(draw, scope, tasks)))


def _where(draw: Draw, scope: Scope, tasks: tuple[str, ...]) -> Tree:
    """Mostly that something is the same as now."""
    inner = inside(scope, tasks)
    if draw.once_in(3):
        same = _same(draw, scope, tasks)
        if same is not None:
            return same
    return conditions.condition(draw, inner)


def _same(draw: Draw, scope: Scope, tasks: tuple[str, ...]) -> Tree | None:
    """`past.payee == payee`, `past.principal == principal`."""
    pairs = [("past.principal", "principal")]
    for field in _fields(tasks, scope):
        if field.optional or field.type not in (*conditions.COMPARED, v.STATUS):
            continue
        now = [d.path for d in scope.readable(field.type)]
        pairs += [(f"past.{field.name}", path) for path in now if path.endswith(field.name)]
    one, other = draw.pick(pairs)
    return f"{one} {draw.pick(['==', '==', '!='])} {other}"


def inside(scope: Scope, tasks: tuple[str, ...]) -> Scope:
    """Where `past.…` is read, outputs above all; no other past can be asked about there."""
    more: tuple[Datum, ...] = ()
    for field in _fields(tasks, scope):
        is_output = field in dict(scope.outputs).values()
        more += data_of(f"past.{field.name}", field, root="past") * (32 if is_output else 12)
    inner = replace(scope, data=(*more, *scope.data), depth=min(scope.depth, 1))
    return inner.without("past").repeated()


def _fields(tasks: tuple[str, ...], scope: Scope) -> list[Field]:
    """Inputs and the output that all the tasks have."""
    outputs = dict(scope.outputs)
    returned = {outputs[task] for task in tasks if task in outputs}
    everybody = all(task in outputs for task in tasks) and len(returned) == 1
    return [*v.common_inputs(tasks), *(returned if everybody else ())]


def _occurrence(draw: Draw) -> tuple[str, tuple[str, ...]]:
    words, tasks = draw.pick(OCCURRENCES)
    return f"{draw.pick(STAGES)}{words}", tasks
