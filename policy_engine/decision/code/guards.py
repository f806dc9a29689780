"""Taking in an action: is it of the simple kind, and does its input fit?

The input is read once, member by member. What is exactly of its type is taken as it is; numbers
and all that has parts or spellings go the long way of `fit`, if need be. Whatever else there is
raises, and the function leaves it to the interpreter.

The guard stands before every answer but a deny. For what it stops (a text that is none, an input
nobody declared, a delegated or suspended action) is never more than denied anyhow, so a rule that
denies needs no guard, and most that is denied is denied sooner. Numbers are made exact first. Of
evidence, generated code knows the user's own confirmation; none makes a deny any milder.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policy_engine.decision.code.emitter import Emitter
from policy_engine.decision.code.naming import variable_of
from policy_engine.decision.code.readers import reads
from policy_engine.values.types import BOOLEAN, TEXT, Field, Type, Union

SLOW = "slow(action, roles, given)"
"""The interpreter's answer."""

ONLY_SIMPLE = f"if action.simple is not SIMPLE: return {SLOW}"
"""Stands before what may be read of a simple action alone."""


def reading(fields: Sequence[Field], e: Emitter) -> Iterator[str]:
    """The lines that read the input; of what is optional and not given, variables have None."""
    yield "i = action.input"
    for field in fields:
        name = variable_of("i", field.name)
        yield f"{name} = {f'i.get({field.name!r})' if field.optional else f'i[{field.name!r}]'}"
        if _is_taken_as_is(field.type):
            continue
        yield from reads(field, name, e)


def guard(fields: Sequence[Field], otherwise: str = SLOW) -> Iterator[str]:
    """The lines behind which the action is of the simple kind and all of its input fits.

    `Action` has made sure that texts and integers which a simple one has can be written down.
    """
    yield "if ("
    yield "    action.simple is not SIMPLE or type(roles) is not frozenset"
    other = "given.evidence and not only_confirmations(given.evidence)"
    yield f"    or given is not None and (given.suspended or {other})"
    yield f"    or len(i) != {_count(fields)}"
    for field in fields:
        if _is_taken_as_is(field.type):
            yield f"    or {_misses(field)}"
    yield f"): return {otherwise}"


def _count(fields: Sequence[Field]) -> str:
    """How many members the input has if it has none but those declared."""
    required = sum(not field.optional for field in fields)
    optional = [f"({field.name!r} in i)" for field in fields if field.optional]
    return " + ".join([str(required), *optional]) if optional else str(required)


def _is_taken_as_is(type_: Type) -> bool:
    """Whether a datum of the type has one spelling only, that of Python."""
    return isinstance(type_, Union) or type_ in (TEXT, BOOLEAN)


def _misses(field: Field) -> str:
    """Whether a datum that is taken as it is is of another type."""
    name = variable_of("i", field.name)
    test = f"type({name}) is not {'bool' if field.type == BOOLEAN else 'str'}"
    if isinstance(field.type, Union):
        members = ", ".join(sorted(map(repr, field.type.members)))
        test = f"({test} or {name} not in {{{members}}})"
    return f"{name} is not None and {test}" if field.optional else test
