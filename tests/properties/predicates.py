"""Random questions about texts, times, parts, items, and where data come from."""

from __future__ import annotations

from policy_engine.values.types import (
    BOOLEAN,
    COMMAND,
    DATE,
    DECIMAL,
    DURATION,
    EMAIL,
    HOST,
    INTEGER,
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
    MapOf,
    Type,
    Union,
)
from tests.properties import conditions, expressions, history, vocabulary as v
from tests.properties.draws import Draw
from tests.properties.literals import GLOBS, PATTERNS, SPANS, literal
from tests.properties.scopes import Scope
from tests.properties.trees import Tree, bracketed

# Texts


def _text(draw: Draw, scope: Scope) -> tuple[Tree, Type]:
    """Any kind of text, and its type."""
    types = [t for t in (EMAIL, PATH, URL, HOST) if expressions.can_be(scope, t)]
    type_ = draw.pick([TEXT, *types])
    return expressions.value(draw, scope, type_), type_


def match(draw: Draw, scope: Scope) -> Tree:
    operand, _ = _text(draw, scope)
    return (operand, draw.pick([" matches ", " not matches "]), draw.pick(PATTERNS))


def like(draw: Draw, scope: Scope) -> Tree:
    operand, type_ = _text(draw, scope)
    return (operand, draw.pick([" like ", " not like "]), f'"{draw.pick(GLOBS[type_])}"')


def affixed(draw: Draw, scope: Scope) -> Tree:
    operand, _ = _text(draw, scope)
    words = ["starts with ", "ends with ", "contains "]
    beside = f'"{draw.pick(["", "D", "-1", "/", "@x", "e"])}"'
    other = _text(draw, scope)[0] if draw.once_in(4) else beside
    return (operand, draw.pick([" ", " not "]), draw.pick(words), other)


def beneath(draw: Draw, scope: Scope) -> Tree:
    folder = _value_or_literal(draw, scope, PATH)
    return (expressions.value(draw, scope, PATH), draw.pick([" under ", " not under "]), folder)


def _value_or_literal(draw: Draw, scope: Scope, type_: Type) -> Tree:
    return expressions.value(draw, scope, type_) if draw.coin() else literal(draw, type_)


def part(draw: Draw, scope: Scope) -> Tree:
    """A part of a datum beside what it could be."""
    known = [d for d in scope.readable() if d.type in PARTS or isinstance(d.type, MapOf)]
    datum = draw.pick(known)
    if isinstance(datum.type, MapOf):
        key = draw.pick(['"DE-1"', '"x"', '"500"', "principal.id"])
        beside = _value_or_literal(draw, scope, datum.type.value)
        return (f"{datum.path}[{key}]", _operator(draw), beside)
    name, beside = draw.pick(PARTS[datum.type])
    return f"{datum.path}.{name} {beside}"


PARTS: dict[Type, list[tuple[str, str]]] = {
    EMAIL: [
        ("domain", '== "acme.example"'),
        ("local", '!= "jane"'),
        ("domain", 'like "*.example"'),
    ],
    URL: [
        ("host", 'in ["x.example", "acme.example"]'),
        ("port", "== 443"),
        ("scheme", '== "http"'),
    ],
    PATH: [("name", '== "a.txt"'), ("parent", 'under "/work"'), ("extension", '== "txt"')],
    COMMAND: [("programs", 'subset of ["ls", "echo"]'), ("writes", 'subset of ["out.txt", "b"]')],
    MONEY: [("currency", '== "EUR"'), ("amount", "> 5")],
}


# Time


def recent(draw: Draw, scope: Scope) -> Tree:
    word = draw.pick([" in the last ", " not in the last "])
    return (expressions.value(draw, scope, TIMESTAMP), word, draw.pick(SPANS))


def between(draw: Draw, scope: Scope) -> Tree:
    word = draw.pick([" between ", " not between "])
    at = bracketed("time of ", bracketed(expressions.value(draw, scope, TIMESTAMP)))
    start, end = literal(draw, TIME), literal(draw, TIME)
    return (at, word, f"{start} and {end}")


def calendar(draw: Draw, scope: Scope) -> Tree:
    """`weekday of t == "monday"`, `date of t == today`, `time of t < 12:00`."""
    at = bracketed(expressions.value(draw, scope, TIMESTAMP))
    word, beside = draw.pick([("weekday", WEEKDAY), ("date", DATE), ("time", TIME)])
    if word == "date" and draw.coin():
        return ("date of ", at, _operator(draw), "today")
    operator = draw.pick([" == ", " != "]) if word == "weekday" else _operator(draw)
    return (f"{word} of ", at, operator, literal(draw, beside))


# Items


def quantified(draw: Draw, scope: Scope) -> Tree:
    return _of_each(draw, scope, draw.pick(["some", "every", "no"]))


def counted(draw: Draw, scope: Scope) -> Tree:
    word = draw.pick(["at most", "at least", "exactly"])
    return _of_each(draw, scope, f"{word} {draw.number(0, 2)}")


def _of_each(draw: Draw, scope: Scope, word: str) -> Tree:
    over, item = expressions.collection(draw, scope)
    name, inner = scope.repeated().with_local(item)
    return bracketed(f"{word} {name} in ", over, " has (", conditions.condition(draw, inner), ")")


def paired(draw: Draw, scope: Scope) -> Tree:
    over, item = expressions.collection(draw, scope, ordered=True)
    other, item_of_other = expressions.collection(draw, scope, ordered=True)
    if draw.coin():
        other, item_of_other = over, item
    one, inner = scope.repeated().with_local(item)
    two, inner = inner.with_local(item_of_other)
    body = conditions.condition(draw, inner)
    return bracketed(
        f"every {one} in ", over, f" paired with {two} in ", other, " has (", body, ")"
    )


def tallied(draw: Draw, scope: Scope) -> Tree:
    """A count or a sum beside a number that could be it."""
    summed = [t for t in (DECIMAL, MONEY, MONEY) if expressions.summable(scope, t)]
    type_ = draw.pick([INTEGER, INTEGER, *summed])
    number = expressions.tally(draw, scope, type_)
    beside = str(draw.number(0, 3)) if type_ == INTEGER else literal(draw, type_)
    return (number, _operator(draw), beside)


def tallied_past(draw: Draw, scope: Scope) -> Tree:
    type_ = draw.pick([INTEGER, INTEGER, DECIMAL, MONEY, DURATION])
    number = history.past_tally(draw, scope, type_)
    beside = str(draw.number(0, 4)) if type_ == INTEGER else literal(draw, type_)
    return (number, _operator(draw), beside)


def _operator(draw: Draw) -> str:
    return draw.pick([" <= ", " < ", " >= ", " > ", " == ", " != "])


# Where data come from


def _can_be_untrusted(type_: Type) -> bool:
    return type_ not in (BOOLEAN, DURATION, JSON) and not isinstance(type_, Union)


def provenance(draw: Draw, scope: Scope) -> Tree:
    datum = conditions.read(draw, scope, _can_be_untrusted)
    negated = draw.pick(["", "not "])
    return f"{datum.path} is {negated}{draw.pick(['dictated', 'trusted', 'untrusted'])}"


def origin(draw: Draw, scope: Scope) -> Tree:
    kind = draw.number(0, 2)
    if kind == 0:
        datum = conditions.read(draw, scope, lambda t: t in (TEXT, *NUMERIC, *TEXT_LIKE))
        part = {EMAIL: ".domain", URL: ".host", PATH: ".name"}.get(datum.type, "")
        return f"the request names {datum.path}{part if draw.coin() else ''}"
    datum = conditions.read(draw, scope, _can_be_untrusted)
    if kind == 1:
        return f"{datum.path} comes from {draw.pick(list(v.TASKS))}"
    return f"{datum.path} was created in this session"


def seen(draw: Draw, scope: Scope) -> Tree:
    return f"session has seen {draw.pick(scope.labels)}"


def asked_for(draw: Draw, _scope: Scope) -> Tree:
    return f"the request asks for {draw.pick(list(v.ASKED_FOR))}"


PLAIN = [match, like, affixed, between, calendar, part, part]
OF_ITEMS = [quantified, quantified, counted, paired, tallied]
OF_ORIGINS = [provenance, provenance, origin, origin]
