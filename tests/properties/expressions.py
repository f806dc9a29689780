"""Random expressions of a wanted type, as trees of text."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from policy_engine.values.types import (
    BOOLEAN,
    COMMAND,
    DATE,
    DECIMAL,
    DURATION,
    EMAIL,
    HOST,
    INTEGER,
    MONEY,
    PATH,
    TEXT,
    TEXT_LIKE,
    TIME,
    TIMESTAMP,
    URL,
    WEEKDAY,
    ListOf,
    MapOf,
    Record,
    SetOf,
    Type,
    Union,
)
from tests.properties import conditions
from tests.properties.draws import Draw
from tests.properties.history import past_tally
from tests.properties.literals import is_written, literal
from tests.properties.scopes import Definition, Scope
from tests.properties.trees import Signed, Tree, Unordered, bracketed

Maker = Callable[[Draw, Scope], Tree]
PARTS: dict[Type, list[tuple[Type, str]]] = {
    DECIMAL: [(MONEY, "amount")],
    INTEGER: [(URL, "port")],
    TEXT: [
        (MONEY, "currency"),
        (PATH, "name"),
        (PATH, "extension"),
        (URL, "scheme"),
        (URL, "path"),
        (EMAIL, "local"),
    ],
    PATH: [(PATH, "parent")],
    HOST: [(URL, "host"), (EMAIL, "domain")],
    SetOf(TEXT): [(COMMAND, "programs")],
    SetOf(PATH): [(COMMAND, "writes")],
}
"""By the type that a part has: of what, and its name."""


def value(draw: Draw, scope: Scope, wanted: Type) -> Tree:
    """An expression of the type. There must be one: see `can_be`."""
    if wanted == BOOLEAN:
        return conditions.condition(draw, scope)
    makers: list[Maker] = []
    if is_written(wanted):
        makers.append(lambda d, _: literal(d, wanted))
    if scope.readable(wanted):
        makers += [lambda d, s: read(d, s, wanted)] * 3
    if isinstance(wanted, ListOf) and is_written(wanted.item):
        makers += [lambda d, s: listing(d, s, wanted.item)]
    if scope.depth > 0 or not makers:
        makers += _computed(scope, wanted)
    return draw.pick(makers)(draw, scope.deeper())


def can_be(scope: Scope, wanted: Type) -> bool:
    """Whether an expression of the type can be written here."""
    is_list = isinstance(wanted, ListOf) and is_written(wanted.item)
    if wanted == BOOLEAN or is_written(wanted) or is_list or scope.readable(wanted):
        return True
    return scope.depth > 0 and _found(scope, wanted)


def _found(scope: Scope, wanted: Type) -> bool:
    return bool(scope.readable(wanted) or usable(scope, wanted) or _places(scope, wanted))


def usable(scope: Scope, wanted: Type) -> list[Definition]:
    """Definitions of a type that can be given all their arguments here."""
    return [
        definition
        for definition in scope.defined(wanted)
        if all(type_ in TEXT_LIKE or can_be(scope, type_) for type_ in definition.parameters)
    ]


def read(draw: Draw, scope: Scope, wanted: Type) -> Tree:
    return draw.pick([datum.path for datum in scope.readable(wanted)])


def listing(draw: Draw, scope: Scope, item: Type) -> Tree:
    """Addresses and the like are all read, or all written."""
    written = item in TEXT_LIKE and (not can_be(scope, item) or draw.coin())
    number = draw.number(1, 3)
    items = [literal(draw, item) if written else value(draw, scope, item) for _ in range(number)]
    return ("[", Unordered(", ", tuple(items)), "]")


def _computed(scope: Scope, wanted: Type) -> list[Maker]:
    """What operators, definitions, collections and parts can make of the type."""
    makers: list[Maker] = list(OPERATIONS.get(wanted, []))
    if wanted in (INTEGER, DECIMAL, DURATION, MONEY) and scope.repeats > 0:
        makers += [lambda d, s: tally(d, s, wanted)] if summable(scope, wanted) else []
        if "past" in scope.open:
            makers.append(lambda d, s: past_tally(d, s, wanted))
    if usable(scope, wanted):
        makers += [lambda d, s: applied(d, s, wanted)] * 2
    if scope.depth > 0 and (_found(scope, wanted) or is_written(wanted)):
        makers.append(lambda d, s: _choice(d, s, wanted))
    if _places(scope, wanted):
        makers += [lambda d, s: _placed(d, s, wanted)] * 2
    return makers


def _choice(draw: Draw, scope: Scope, wanted: Type) -> Tree:
    condition = conditions.condition(draw, scope)
    yes, no = value(draw, scope, wanted), value(draw, scope, wanted)
    return bracketed("if ", condition, " then ", yes, " else ", no)


def applied(draw: Draw, scope: Scope, wanted: Type) -> Tree:
    definition = draw.pick(usable(scope, wanted))
    if not definition.parameters:
        return definition.name
    arguments = [_argument(draw, scope, type_) for type_ in definition.parameters]
    return (f"{definition.name}(", *_joined(", ", arguments), ")")


def _argument(draw: Draw, scope: Scope, wanted: Type) -> Tree:
    """A computed text is none of a few texts, and no address."""
    if isinstance(wanted, Union):
        found = [datum.path for datum in scope.readable(wanted)]
        return draw.pick([*found, literal(draw, wanted)])
    if wanted in TEXT_LIKE and (not can_be(scope, wanted) or draw.coin()):
        return literal(draw, wanted)
    return value(draw, scope, wanted)


def _joined(joiner: str, trees: list[Tree]) -> tuple[Tree, ...]:
    found: list[Tree] = trees[:1]
    for _, tree in pairwise(trees):
        found += [joiner, tree]
    return tuple(found)


# Where something of a type can be got from a larger thing


def _places(scope: Scope, wanted: Type) -> list[tuple[str, str]]:
    """Paths with how to get there: an item of a list, a value of a map, a part, a field."""
    found: list[tuple[str, str]] = []
    for datum in scope.readable():
        type_ = datum.type
        if isinstance(type_, ListOf) and scope.repeats > 0:
            if type_.item == wanted:
                found.append((datum.path, "item"))
            if isinstance(type_.item, Record):
                fields = [f for f in type_.item.fields if f.type == wanted and not f.optional]
                found += [(datum.path, f"item.{field.name}") for field in fields]
        if isinstance(type_, MapOf) and type_.value == wanted:
            found.append((datum.path, "key"))
        found += [(datum.path, f"part.{n}") for of, n in PARTS.get(wanted, []) if of == type_]
    return found


def _placed(draw: Draw, scope: Scope, wanted: Type) -> Tree:
    path, how = draw.pick(_places(scope, wanted))
    kind, _, name = str(how).partition(".")
    if kind == "key":
        return (str(path), "[", value(draw, scope, TEXT), "]")
    if kind == "part":
        return f"{path}.{name}"
    datum = next(d for d in scope.readable() if d.path == path)
    assert isinstance(datum.type, ListOf)
    picked = picking(draw, scope, str(path), datum.type.item)
    return (picked, f".{name}") if name else picked


def picking(draw: Draw, scope: Scope, over: Tree, item: Type) -> Tree:
    """`(first x in xs where (…))`."""
    word = draw.pick(["first", "last"])
    name, inner = scope.repeated().with_local(item)
    where = [" where (", conditions.condition(draw, inner.deeper()), ")"]
    return bracketed(f"{word} {name} in ", over, *(where if draw.coin() else []))


# Counting


def collections(scope: Scope) -> list[tuple[str, Type]]:
    """What can be walked here, with the type of its items."""
    return [(d.path, d.type.item) for d in scope.readable() if isinstance(d.type, ListOf | SetOf)]


def collection(draw: Draw, scope: Scope, *, ordered: bool = False) -> tuple[Tree, Type]:
    """A list (or a set) to walk, with the type of its items."""
    scope = scope.repeated()
    kind = draw.number(0, 6)
    walked = [one for one in collections(scope) if not ordered or not _is_set(scope, one[0])]
    if kind < 4 and walked:
        return draw.pick(walked)
    if kind == 4:
        return listing(draw, scope, DECIMAL), DECIMAL
    maps = [d for d in scope.readable() if isinstance(d.type, MapOf)]
    if kind == 5 and maps:
        one = draw.pick(maps)
        word = draw.pick(["keys", "values"])
        item = one.type.value if word == "values" else TEXT
        return f"({word} of {one.path})", item
    if kind == 6:
        word = draw.pick(["links", "emails"])
        of = value(draw, scope.deeper(), TEXT)
        return bracketed(f"{word} of ", of), URL if word == "links" else EMAIL
    return listing(draw, scope, TEXT), TEXT


def _is_set(scope: Scope, path: str) -> bool:
    return any(d.path == path and isinstance(d.type, SetOf) for d in scope.readable())


def summable(scope: Scope, wanted: Type) -> bool:
    return any(_terms(item, wanted) for _, item in collections(scope)) or wanted == INTEGER


def _terms(item: Type, wanted: Type) -> list[str]:
    """What of an item can be summed, as it is written behind the item's name."""
    if item == wanted:
        return [""]
    if isinstance(item, Record):
        return [f".{f.name}" for f in item.fields if f.type == wanted and not f.optional]
    return []


def tally(draw: Draw, scope: Scope, wanted: Type) -> Tree:
    """`count of x in xs where (…)`, `sum of x.f for x in xs where (…)`."""
    summed = [(o, i, t) for o, i in collections(scope) for t in _terms(i, wanted)]
    if wanted == INTEGER and (not summed or draw.coin()):
        over, item = collection(draw, scope)
        name, inner = scope.repeated().with_local(item)
        head: tuple[Tree, ...] = (f"count of {name} in ", over)
    else:
        over, item, term = draw.pick(summed)
        name, inner = scope.repeated().with_local(item)
        head = (f"sum of {name}{term} for {name} in ", over)
    if draw.number(0, 3) == 0:
        return bracketed(*head)
    return bracketed(*head, " where (", conditions.condition(draw, inner.deeper()), ")")


# Arithmetic and functions


def _sum_of(wanted: Type) -> Maker:
    def make(draw: Draw, scope: Scope) -> Tree:
        number = draw.number(2, 3)
        signs = ["+", *(draw.pick("+-") for _ in range(number - 1))]
        terms = [value(draw, scope, wanted) for _ in signs]
        return bracketed(Signed(tuple(zip(signs, terms, strict=True))))

    return make


def _minus(wanted: Type) -> Maker:
    return lambda draw, scope: bracketed("-", bracketed(value(draw, scope, wanted)))


def _product_of(wanted: Type, other: Type) -> Maker:
    def make(draw: Draw, scope: Scope) -> Tree:
        factors = (value(draw, scope, wanted), value(draw, scope, other))
        return bracketed(Unordered(" * ", factors, False))

    return make


def _moved(wanted: Type) -> Maker:
    """An instant or a day, and durations later or earlier."""

    def make(draw: Draw, scope: Scope) -> Tree:
        sign = draw.pick("+-")
        terms = (("+", value(draw, scope, wanted)), (sign, value(draw, scope, DURATION)))
        return bracketed(Signed(terms))

    return make


def _difference(draw: Draw, scope: Scope) -> Tree:
    type_ = TIMESTAMP if draw.coin() else DATE
    return bracketed(Signed((("+", value(draw, scope, type_)), ("-", value(draw, scope, type_)))))


def _function(word: str, of: Type) -> Maker:
    return lambda draw, scope: bracketed(f"{word} of ", bracketed(value(draw, scope, of)))


def _size(draw: Draw, scope: Scope) -> Tree:
    sized = [d.path for d in scope.readable() if _has_size(d.type)]
    if sized and draw.coin():
        return f"(size of {draw.pick(sized)})"
    return bracketed("size of ", collection(draw, scope)[0])


def _has_size(type_: Type) -> bool:
    return isinstance(type_, ListOf | SetOf | MapOf) or type_ in (TEXT, *TEXT_LIKE)


def _joined_text(draw: Draw, scope: Scope) -> Tree:
    return bracketed(value(draw, scope, TEXT), " + ", value(draw, scope, TEXT))


def _said(word: str) -> Maker:
    return lambda _draw, _scope: word


OPERATIONS: dict[Type, list[Maker]] = {
    INTEGER: [_sum_of(INTEGER), _product_of(INTEGER, INTEGER), _minus(INTEGER), _size],
    DECIMAL: [_sum_of(DECIMAL), _product_of(DECIMAL, DECIMAL), _minus(DECIMAL), _size],
    MONEY: [_sum_of(MONEY), _product_of(MONEY, DECIMAL), _minus(MONEY)],
    DURATION: [_sum_of(DURATION), _product_of(DURATION, INTEGER), _difference],
    TIMESTAMP: [_said("now"), _moved(TIMESTAMP)],
    DATE: [_said("today"), _function("date", TIMESTAMP), _moved(DATE)],
    TIME: [_function("time", TIMESTAMP)],
    WEEKDAY: [_function("weekday", TIMESTAMP), _function("weekday", DATE)],
    TEXT: [_joined_text, _function("lower", TEXT)],
}
