"""Random conditions as trees of text, well-typed by construction."""

from __future__ import annotations

from collections.abc import Callable

from policy_engine.values.types import (
    BOOLEAN,
    DATE,
    DECIMAL,
    DURATION,
    EMAIL,
    HOST,
    JSON,
    MONEY,
    NUMERIC,
    PATH,
    TEXT,
    TEXT_LIKE,
    TIME,
    TIMESTAMP,
    URL,
    WEEKDAY,
    ListOf,
    SetOf,
    Type,
    Union,
)
from tests.properties import expressions, history, predicates
from tests.properties.draws import Draw
from tests.properties.literals import LITERALS, literal
from tests.properties.scopes import Datum, Scope
from tests.properties.trees import Tree, Unordered, bracketed

Maker = Callable[[Draw, Scope], Tree]
ORDERED: tuple[Type, ...] = (DECIMAL, DECIMAL, TIMESTAMP, DATE, DURATION, MONEY, MONEY, TIME)
COMPARED: tuple[Type, ...] = (*ORDERED, TEXT, TEXT, WEEKDAY, EMAIL, PATH, URL, HOST)


def condition(draw: Draw, scope: Scope) -> Tree:
    """A well-typed expression that is true, false or unknown."""
    makers = [_compared, _compared, _ordered, _member, _flag, predicates.recent]
    if scope.depth > 0:
        makers += [_junction, _junction, _negation, _choice, *predicates.PLAIN]
        makers += [predicates.beneath] if expressions.can_be(scope.deeper(), PATH) else []
        makers += [*predicates.OF_ITEMS, _subset] if scope.repeats > 0 else []
        makers += _of_the_session(scope)
        makers += [_applied] if expressions.usable(scope.deeper(), BOOLEAN) else []
        makers += [_guarded, _guarded] if scope.askable() else []
    maker = draw.pick(makers)
    return maker(draw, scope.deeper())


def _of_the_session(scope: Scope) -> list[Maker]:
    found: list[Maker] = []
    if "provenance" in scope.open:
        found += predicates.OF_ORIGINS
    if "session" in scope.open and scope.labels:
        found.append(predicates.seen)
    if "asked" in scope.open:
        found.append(predicates.asked_for)
    if "past" in scope.open and scope.repeats > 0:
        found += [history.happened, history.none_since, predicates.tallied_past] * 2
    return found


def read(draw: Draw, scope: Scope, wanted: Callable[[Type], bool]) -> Datum:
    return draw.pick([d for d in scope.readable() if wanted(d.type)])


def _flag(draw: Draw, scope: Scope) -> Tree:
    return draw.pick([*(d.path for d in scope.readable(BOOLEAN)), "true", "false"])


def _junction(draw: Draw, scope: Scope) -> Tree:
    word = draw.pick([" and ", " or "])
    number = draw.number(2, 3)
    return Unordered(word, tuple(bracketed(condition(draw, scope)) for _ in range(number)))


def _negation(draw: Draw, scope: Scope) -> Tree:
    return ("not ", bracketed(condition(draw, scope)))


def _choice(draw: Draw, scope: Scope) -> Tree:
    if_, then, else_ = (condition(draw, scope) for _ in range(3))
    return bracketed("if ", if_, " then ", bracketed(then), " else ", bracketed(else_))


def _applied(draw: Draw, scope: Scope) -> Tree:
    return expressions.applied(draw, scope, BOOLEAN)


def _guarded(draw: Draw, scope: Scope) -> Tree:
    """`x is given and …x…`, `x is not given or …x…`, or the question alone."""
    datum = draw.pick(scope.askable())
    kind = draw.number(0, 4)
    if kind == 0:
        return f"{datum.path} is given"
    inner = condition(draw, scope.knowing(datum.path))
    if kind == 1:
        return Unordered(" or ", (f"{datum.path} is not given", bracketed(inner)))
    if kind == 2:
        other = condition(draw, scope)
        return bracketed(f"if {datum.path} is given then ", inner, " else ", other)
    return Unordered(" and ", (f"{datum.path} is given", bracketed(inner)))


# Comparisons


def _compared(draw: Draw, scope: Scope) -> Tree:
    operator = draw.pick([" == ", " != "])
    kind = draw.number(0, 9)
    if kind == 0 and scope.depth > 0:
        return (bracketed(_flag(draw, scope)), operator, bracketed(condition(draw, scope)))
    if kind < 3:
        union = read(draw, scope, lambda t: isinstance(t, Union))
        return Unordered(operator, (union.path, _beside(draw, scope, union)), False)
    sets = [d.path for d in scope.readable() if d.type == SetOf(TEXT)]
    if kind == 3 and len(sets) > 1:
        return f"{draw.pick(sets)}{operator}{draw.pick(sets)}"
    json = [d.path for d in scope.readable(JSON)]
    if kind == 4 and json:
        return f"{draw.pick(json)}{operator}{draw.pick(json)}"
    return _sides(draw, scope, COMPARED, operator)


def _beside(draw: Draw, scope: Scope, union: Datum) -> Tree:
    """What a datum of a literal union can be compared with."""
    assert isinstance(union.type, Union)
    members = union.type.members
    if draw.coin():
        return literal(draw, union.type)
    return read(
        draw, scope, lambda t: t == TEXT or (isinstance(t, Union) and bool(t.members & members))
    ).path


def _ordered(draw: Draw, scope: Scope) -> Tree:
    return _sides(draw, scope, ORDERED, draw.pick([" < ", " <= ", " > ", " >= "]))


def _sides(draw: Draw, scope: Scope, types: tuple[Type, ...], operator: str) -> Tree:
    """Two sides of one type; a text that is written stands for an address and the like."""
    type_ = draw.pick([t for t in types if expressions.can_be(scope, t)])
    left = expressions.value(draw, scope, type_)
    kind = draw.number(0, 4)
    if kind == 0:
        return (left, operator, left)
    right = literal(draw, type_) if kind < 3 else expressions.value(draw, scope, type_)
    if operator in (" == ", " != "):
        return Unordered(operator, (left, right), False)
    return (left, operator, right)


def _member(draw: Draw, scope: Scope) -> Tree:
    word = draw.pick([" in ", " not in "])
    if draw.number(0, 2) == 0:
        union = read(draw, scope, lambda t: isinstance(t, Union))
        parts = tuple(_beside(draw, scope, union) for _ in range(draw.number(1, 2)))
        return (union.path, word, "[", Unordered(", ", parts), "]")
    types = [t for t in (DECIMAL, TEXT, MONEY, MONEY, DATE, *TEXT_LIKE) if _can_be_beside(scope, t)]
    type_ = draw.pick(types)
    return (expressions.value(draw, scope, type_), word, _items(draw, scope, type_))


def _can_be_beside(scope: Scope, type_: Type) -> bool:
    return type_ in LITERALS or (
        type_ in (EMAIL, PATH, URL, HOST) and expressions.can_be(scope, type_)
    )


def _items(draw: Draw, scope: Scope, item: Type) -> Tree:
    """A list or a set of values that can be compared with the type."""
    alike = NUMERIC if item in NUMERIC else (item,)
    found = [
        d.path
        for d in scope.readable()
        if isinstance(d.type, ListOf | SetOf) and d.type.item in alike
    ]
    if found and draw.coin():
        return draw.pick(found)
    return expressions.listing(draw, scope, item)


def _subset(draw: Draw, scope: Scope) -> Tree:
    word = draw.pick([" subset of ", " not subset of "])
    item = draw.pick([TEXT, TEXT, DECIMAL])
    return (_items(draw, scope, item), word, _items(draw, scope, item))
