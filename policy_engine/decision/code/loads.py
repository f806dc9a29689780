"""The data besides the input: which root's member is which variable, and the lines that load it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from policy_engine.decision.code.emitter import Data, Datum, Emitter, NotEmitted, Variable
from policy_engine.decision.code.naming import raw_of, variable_of
from policy_engine.decision.code.readers import fact_reader, has_reader
from policy_engine.language import checked as c
from policy_engine.language.policy import PolicySet, Task
from policy_engine.values.readers import LONGEST_TEXT
from policy_engine.values.types import (
    BOOLEAN,
    DECIMAL,
    INTEGER,
    JSON,
    PRINCIPAL,
    TEXT,
    Field,
    Scalar,
    Type,
)

_PREFIXES: Mapping[str, str] = {
    "input": "i",
    "fact": "f",
    "context": "c",
    "session": "s",
    "agent": "a",
    "human": "h",
    "principal": "p",
}


def data_of(task: Task, policy: PolicySet) -> Data:
    """What conditions about the task may read."""
    declared: dict[str, dict[str, Field]] = {
        "input": {f.name: f for f in task.inputs},
        "context": {f.name: f for f in policy.context},
        "session": {f.name: f for f in policy.session},
        "agent": {f.name: f for f in policy.agents},
        "human": {f.name: f for f in policy.humans},
    }

    def found(root: c.Root, name: str) -> Datum:
        if root not in _PREFIXES:
            raise NotEmitted(f"`{root}`")
        variable = variable_of(_PREFIXES[root], name)
        if root == "principal":
            return Datum(Variable(variable, PRINCIPAL if name == "self" else TEXT, True))
        if root in ("agent", "human") and name == "id":
            return Datum(Variable(variable, TEXT, False))
        if root == "fact":
            return _fact(variable, policy.facts[name].type)
        field = declared[root].get(name)
        if field is None:
            raise NotEmitted(f"`{root}` has no `{name}`")
        if root == "input":
            known = Variable(variable, field.type, not field.optional)
            return Datum(known, f"{variable} is None" if field.optional else None)
        return Datum(
            Variable(variable, field.type, False), _left_out(root, variable, field.optional)
        )

    return Data(found)


def _fact(variable: str, type_: Type) -> Datum:
    if type_ == JSON:
        raise NotEmitted("a fact of free data may be nothing at all")
    return Datum(Variable(variable, type_, False))


def _left_out(root: c.Root, variable: str, optional: bool) -> str | None:
    if not optional:
        return None
    missing = f"{raw_of(variable)} is None"
    return f"(kind == {root!r} and {missing})" if root in ("agent", "human") else missing


def loads(data: Data, e: Emitter) -> Iterator[str]:
    """The lines that load what was asked for, the input apart."""
    roots = needs(data)
    if "fact" in roots:
        yield "facts = members_of(given.facts)"
    if "session" in roots:
        yield "said = members_of(given.attributes)"
    for (root, name), datum in data.asked():
        variable, type_, _ = datum.variable
        match root:
            case "input":
                continue
            case "fact":
                get = f"facts.get({name!r})"
                if has_reader(type_):
                    yield f"{variable} = {fact_reader(type_, e)}({get})"
                else:
                    yield f"{variable} = datum_of({get}, {e.constant(type_)}, False)"
            case "context":
                yield from _attribute(datum, f"action.context.get({name!r})", e)
            case "session":
                yield from _attribute(datum, f"said.get({name!r})", e)
            case "principal":
                yield f"{variable} = {_PRINCIPAL[name]}"
            case _ if name == "id":
                yield f"{variable} = principal.id if kind == {root!r} else None"
            case _:
                get = f"principal.attributes.get({name!r}) if kind == {root!r} else None"
                yield from _attribute(datum, get, e)


_PRINCIPAL = {"id": "principal.id", "self": "kind + ' ' + principal.id"}


def _attribute(datum: Datum, get: str, e: Emitter) -> Iterator[str]:
    variable, type_, _ = datum.variable
    raw = raw_of(variable)
    yield f"{raw} = {get}"
    test = _TESTS.get(type_) if isinstance(type_, Scalar) else None
    read = f"datum_of({raw}, {e.constant(type_)})"
    yield (
        f"{variable} = {read}"
        if test is None
        else (f"{variable} = {raw} if {test.format(raw)} else {read}")
    )


_TESTS = {
    TEXT: f"type({{0}}) is str and {{0}}.isascii() and len({{0}}) <= {LONGEST_TEXT}",
    BOOLEAN: "type({0}) is bool",
    INTEGER: "type({0}) is int and -1000000 < {0} < 1000000",
    DECIMAL: "type({0}) is int and -1000000 < {0} < 1000000",
}
"""Exactly of the type as it is, by far the most of the time."""


def must_be_simple(data: Data) -> bool:
    """Whether the lines read what only a simple action has as it stands.

    Of any other the interpreter makes plain data first: a set, say, is the list that it may be.
    """
    asked = [place for place, _ in data.asked()]
    return any(r == "context" or (r in ("agent", "human") and n != "id") for r, n in asked)


def needs(data: Data) -> frozenset[c.Root]:
    """The roots that were asked for."""
    return frozenset(root for (root, _), _ in data.asked())
