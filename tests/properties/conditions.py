"""Random conditions as trees of text, well-typed by construction.

An expression is drawn as a tree; `Unordered` parts of it can be written in any order and twice,
which is what the first law is about.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from hypothesis import strategies as st

from policy_engine.values.types import (
    BOOLEAN,
    DECIMAL,
    INTEGER,
    NUMERIC,
    TEXT,
    TIMESTAMP,
    Field,
    ListOf,
    Record,
    Type,
    Union,
)
from tests.properties import vocabulary as v

TEXTS = ["", "DE-1", "Jane Doe", "evil@x.example", "500", "o-1", "(x).", "Ünal"]
NUMBERS = ["0", "1", "5", "500", "2.50", "-3", "0.001", "9" * 37, "9" * 38, "0." + "3" * 30]
INSTANTS = ["2026-11-01T10:00:00Z", "2026-11-23T14:00:00+02:00", "2026-11-23T12:00:00.5Z"]
PATTERNS = ["/.*/", "/[A-Z]{2}-[0-9]+/", "/.*@x\\.example/", "/a.b/", "/(?i)jane doe/", "/[^a]*/"]


# Trees of text


@dataclass(frozen=True)
class Unordered:
    """Parts whose order and repetition mean nothing, as in `a and b`."""

    joiner: str
    parts: tuple[Tree, ...]
    repeatable: bool = True


@dataclass(frozen=True)
class Signed:
    """`a - b + c`; the first sign is +."""

    terms: tuple[tuple[str, Tree], ...]


Tree = str | tuple["Tree", ...] | Unordered | Signed

Reorder = Callable[[Sequence[object], bool], list[object]]
"""Parts, and whether they may be repeated, to parts."""


def as_written(parts: Sequence[object], _repeatable: bool = True) -> list[object]:
    return list(parts)


def text_of(tree: Tree, reorder: Reorder = as_written) -> str:
    if isinstance(tree, str):
        return tree
    if isinstance(tree, tuple):
        return "".join(text_of(part, reorder) for part in tree)
    if isinstance(tree, Unordered):
        parts = reorder(tree.parts, tree.repeatable)
        return tree.joiner.join(text_of(part, reorder) for part in parts)
    terms = reorder(tree.terms, False)
    first = next(i for i, (sign, _) in enumerate(terms) if sign == "+")
    ordered = [terms[first], *terms[:first], *terms[first + 1 :]]
    return "".join(f" {sign} {text_of(term, reorder)}" for sign, term in ordered)[3:]


# What can be read


@dataclass(frozen=True)
class Datum:
    """A path, and the optional steps on it that must be known to be given."""

    path: str
    type: Type
    needs: tuple[str, ...] = ()
    optional: bool = False


@dataclass(frozen=True)
class Definition:
    name: str
    parameters: tuple[Type, ...]
    result: Type


@dataclass(frozen=True)
class Scope:
    data: tuple[Datum, ...]
    known: frozenset[str] = frozenset()
    definitions: tuple[Definition, ...] = ()
    depth: int = 3
    variables: int = 0

    def readable(self, wanted: Callable[[Type], bool]) -> list[Datum]:
        return [d for d in self.data if wanted(d.type) and self.known.issuperset(d.needs)]

    def askable(self) -> list[Datum]:
        """Optional data whose parents are known."""
        return [d for d in self.data if d.optional and self.known.issuperset(d.needs[:-1])]

    def defined(self, wanted: Callable[[Type], bool]) -> list[Definition]:
        return [d for d in self.definitions if wanted(d.result)]

    def knowing(self, path: str) -> Scope:
        return replace(self, known=self.known | {path})

    def deeper(self) -> Scope:
        return replace(self, depth=self.depth - 1)

    def with_local(self, name: str, type_: Type) -> Scope:
        more = data_of(name, Field(name, type_))
        return replace(self, data=(*more, *self.data), variables=self.variables + 1)


def data_of(path: str, field: Field, needs: tuple[str, ...] = ()) -> tuple[Datum, ...]:
    needs = (*needs, path) if field.optional else needs
    below: tuple[Datum, ...] = ()
    if isinstance(field.type, Record):
        below = tuple(
            d for inner in field.type.fields for d in data_of(f"{path}.{inner.name}", inner, needs)
        )
    return (Datum(path, field.type, needs, field.optional), *below)


ID = Field("id", TEXT)
SHARED = tuple(
    datum
    for root, fields in (
        ("agent", (*v.AGENTS, ID)),
        ("human", (*v.HUMANS, ID)),
        ("principal", (ID,)),
        ("context", v.CONTEXT),
    )
    for field in fields
    for datum in data_of(f"{root}.{field.name}", field)
) + tuple(d for name, type_ in v.FACTS.items() for d in data_of(name, Field(name, type_)))


# Expressions


def is_text(type_: Type) -> bool:
    return type_ == TEXT


def is_number(type_: Type) -> bool:
    return type_ in NUMERIC


def condition(draw: st.DrawFn, scope: Scope) -> Tree:
    """A well-typed expression that is true, false or unknown."""
    makers = [_compared, _compared, _ordered, _member, _flag]
    if scope.depth > 0:
        makers += [_junction, _junction, _negation, _quantified, _provenance, _provenance, _match]
        makers += [_applied_condition] if scope.defined(lambda t: t == BOOLEAN) else []
        makers += [_guarded, _guarded] if scope.askable() else []
    maker = draw(st.sampled_from(makers))
    return maker(draw, scope.deeper())


def pick(draw: st.DrawFn, choices: Sequence[object]) -> object:
    return draw(st.sampled_from(choices))


def _read(draw: st.DrawFn, scope: Scope, wanted: Callable[[Type], bool]) -> Datum:
    datum = pick(draw, scope.readable(wanted))
    assert isinstance(datum, Datum)
    return datum


def _flag(draw: st.DrawFn, scope: Scope) -> Tree:
    found = scope.readable(lambda t: t == BOOLEAN)
    return pick(draw, [*[d.path for d in found], "true", "false"])


def _junction(draw: st.DrawFn, scope: Scope) -> Tree:
    word = pick(draw, [" and ", " or "])
    number = draw(st.integers(2, 3))
    parts = tuple(("(", condition(draw, scope), ")") for _ in range(number))
    return Unordered(word, parts)


def _negation(draw: st.DrawFn, scope: Scope) -> Tree:
    return ("not (", condition(draw, scope), ")")


def _guarded(draw: st.DrawFn, scope: Scope) -> Tree:
    """`x is given and …x…`, `x is not given or …x…`, or the question alone."""
    datum = pick(draw, scope.askable())
    assert isinstance(datum, Datum)
    kind = draw(st.integers(0, 3))
    if kind == 0:
        return f"{datum.path} is given"
    inner = condition(draw, scope.knowing(datum.path))
    if kind == 1:
        return Unordered(" or ", (f"{datum.path} is not given", ("(", inner, ")")))
    return Unordered(" and ", (f"{datum.path} is given", ("(", inner, ")")))


def _provenance(draw: st.DrawFn, scope: Scope) -> Tree:
    def can_be_untrusted(type_: Type) -> bool:
        return type_ != BOOLEAN and not isinstance(type_, Union)

    datum = _read(draw, scope, can_be_untrusted)
    negated = pick(draw, ["", "not "])
    return f"{datum.path} is {negated}{pick(draw, ['dictated', 'trusted', 'untrusted'])}"


def _match(draw: st.DrawFn, scope: Scope) -> Tree:
    operand = text(draw, scope)
    return (operand, pick(draw, [" matches ", " not matches "]), pick(draw, PATTERNS))


def _compared(draw: st.DrawFn, scope: Scope) -> Tree:
    operator = pick(draw, [" == ", " != "])
    kind = draw(st.integers(0, 5))
    if kind == 0:
        return (number(draw, scope), operator, number(draw, scope))
    if kind == 1:
        left, right = instant(draw, scope), instant(draw, scope)
        return (left, operator, right)
    if kind == 2:
        return ("(", _flag(draw, scope), ")", operator, "(", condition(draw, scope), ")")
    if kind == 3:
        union = _read(draw, scope, lambda t: isinstance(t, Union))
        return Unordered(str(operator), (union.path, _beside(draw, scope, union)), False)
    left, right = some_text(draw, scope), text(draw, scope)
    return Unordered(str(operator), (left, right), False)


def _beside(draw: st.DrawFn, scope: Scope, union: Datum) -> Tree:
    """What a datum of a literal union can be compared with."""
    assert isinstance(union.type, Union)
    if draw(st.booleans()):
        return f'"{pick(draw, sorted(union.type.members))}"'
    return _read(draw, scope, lambda t: is_text(t) or isinstance(t, Union)).path


def _ordered(draw: st.DrawFn, scope: Scope) -> Tree:
    operator = str(pick(draw, [" < ", " <= ", " > ", " >= "]))
    side = instant if draw(st.integers(0, 3)) == 0 else number
    left = side(draw, scope)
    return (left, operator, draw(st.sampled_from([left, None, None])) or side(draw, scope))


def _member(draw: st.DrawFn, scope: Scope) -> Tree:
    word = str(pick(draw, [" in ", " not in "]))
    kind = draw(st.integers(0, 2))
    if kind == 0:
        return (number(draw, scope), word, list_of(draw, scope, is_number, number))
    if kind == 1:
        union = _read(draw, scope, lambda t: isinstance(t, Union))
        parts = tuple(_beside(draw, scope, union) for _ in range(draw(st.integers(1, 2))))
        return (union.path, word, "[", Unordered(", ", parts), "]")
    return (some_text(draw, scope), word, list_of(draw, scope, is_text, text))


def list_of(
    draw: st.DrawFn,
    scope: Scope,
    wanted: Callable[[Type], bool],
    item: Callable[[st.DrawFn, Scope], Tree],
) -> Tree:
    found = scope.readable(lambda t: isinstance(t, ListOf) and wanted(t.item))
    if found and draw(st.booleans()):
        return pick(draw, found).path
    items = tuple(item(draw, scope) for _ in range(draw(st.integers(1, 3))))
    return ("[", Unordered(", ", items), "]")


def _quantified(draw: st.DrawFn, scope: Scope) -> Tree:
    name = f"v{scope.variables}"
    kind = draw(st.integers(0, 4))
    over: Tree
    if kind == 0:
        over, type_ = list_of(draw, scope, is_number, number), DECIMAL
    elif kind == 1:
        over, type_ = list_of(draw, scope, is_text, text), TEXT
    else:
        datum = _read(draw, scope, lambda t: isinstance(t, ListOf))
        assert isinstance(datum.type, ListOf)
        over, type_ = datum.path, datum.type.item
    body = condition(draw, scope.with_local(name, type_))
    word = str(pick(draw, ["some", "every", "no"]))
    return (f"{word} {name} in ", over, " has (", body, ")")


def _applied_condition(draw: st.DrawFn, scope: Scope) -> Tree:
    return applied(draw, scope, lambda t: t == BOOLEAN)


def applied(draw: st.DrawFn, scope: Scope, wanted: Callable[[Type], bool]) -> Tree:
    definition = pick(draw, scope.defined(wanted))
    assert isinstance(definition, Definition)
    if not definition.parameters:
        return definition.name
    arguments: list[Tree] = []
    for type_ in definition.parameters:
        arguments += [", "] if arguments else []
        arguments.append(_ARGUMENTS[type_](draw, scope))
    return (f"{definition.name}(", *arguments, ")")


def number(draw: st.DrawFn, scope: Scope) -> Tree:
    return _number(draw, scope, is_number)


def integer(draw: st.DrawFn, scope: Scope) -> Tree:
    return _number(draw, scope, lambda t: t == INTEGER)


def _number(draw: st.DrawFn, scope: Scope, wanted: Callable[[Type], bool]) -> Tree:
    kind = draw(st.integers(0, 6)) if scope.depth > 0 else draw(st.integers(0, 3))
    again = [_number(draw, scope.deeper(), wanted) for _ in range(2)] if kind in (4, 5) else []
    if kind == 4:
        more = [_number(draw, scope.deeper(), wanted)] if draw(st.booleans()) else []
        signs = ["+", *(str(pick(draw, "+-")) for _ in range(1 + len(more)))]
        return ("(", Signed(tuple(zip(signs, [*again, *more], strict=True))), ")")
    if kind == 5:
        return ("(", Unordered(" * ", tuple(again), False), ")")
    if kind == 6 and scope.defined(wanted):
        return applied(draw, scope.deeper(), wanted)
    if kind in (1, 2, 3) and scope.readable(wanted):
        path = _read(draw, scope, wanted).path
        return f"(-({path}))" if kind == 3 else path
    return str(pick(draw, [n for n in NUMBERS if "." not in n or wanted(DECIMAL)]))


def text(draw: st.DrawFn, scope: Scope) -> Tree:
    if draw(st.integers(0, 2)) == 0:
        return f'"{pick(draw, TEXTS)}"'
    return some_text(draw, scope)


def some_text(draw: st.DrawFn, scope: Scope) -> Tree:
    """A text that is no constant, so that comparing it with a union is never refused."""
    kind = draw(st.integers(0, 4)) if scope.depth > 0 else 0
    if kind == 4 and scope.defined(is_text):
        return applied(draw, scope.deeper(), is_text)
    if kind == 3:
        return ("(", some_text(draw, scope.deeper()), " + ", text(draw, scope.deeper()), ")")
    return _read(draw, scope, is_text).path


def instant(draw: st.DrawFn, scope: Scope) -> Tree:
    found = [d.path for d in scope.readable(lambda t: t == TIMESTAMP)]
    return str(pick(draw, [*found, *INSTANTS]))


_ARGUMENTS: dict[Type, Callable[[st.DrawFn, Scope], Tree]] = {
    TEXT: text,
    INTEGER: integer,
    DECIMAL: number,
    BOOLEAN: condition,
}
