"""Canonical texts of data in the engine's terms, written for their types.

The same texts as `foundation.canonical` gives. Whole decimals may be integers here, so it is the
type that says how a number is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from policy_engine.decision.code.emitter import Emitter
from policy_engine.decision.code.naming import variable_of
from policy_engine.values.types import (
    BOOLEAN,
    DECIMAL,
    INTEGER,
    TEXT,
    Field,
    ListOf,
    MapOf,
    Record,
    SetOf,
    Type,
    Union,
)


def input_text(fields: Sequence[Field], e: Emitter) -> str:
    """An expression for the canonical text of the input, whose members are in their variables."""
    return _object(((f, variable_of("i", f.name), variable_of("i", f.name)) for f in fields), e)


def _object(members: Iterable[tuple[Field, str, str]], e: Emitter) -> str:
    """Members with the expression for each, and with what is None where it is left out."""
    texts: list[str] = []
    ordered = sorted(members, key=lambda member: member[0].name.encode("utf-16-be"))
    for field, value, given in ordered:
        text = f"{field.name!r}: {_text(value, field.type, e)}"
        texts.append(f"**({{{text}}} if {given} is not None else {{}})" if field.optional else text)
    return f"object_text({{{', '.join(texts)}}})"


def _text(value: str, type_: Type, e: Emitter) -> str:
    if isinstance(type_, Union) or type_ == TEXT:
        return f"quoted({value})"
    if type_ == BOOLEAN:
        return f"('true' if {value} else 'false')"
    if type_ == INTEGER:
        return f"canonical_text({value})"
    if type_ == DECIMAL:
        return f"decimal_text({value})"
    match type_:
        case ListOf(item):
            lines = [f"return list_text([{_text('x', item, e)} for x in v])"]
        case SetOf(item):
            lines = [f"return set_text([{_text('x', item, e)} for x in v])"]
        case MapOf(item):
            lines = [f"return object_text({{k: {_text('x', item, e)} for k, x in v.items()}})"]
        case Record(fields=fields):
            members = ((f, f"v[{f.name!r}]", f"v.get({f.name!r})") for f in fields)
            lines = [f"return {_object(members, e)}"]
        case _:
            lines = ["return canonical_text(v)"]
    return f"{e.function(('v',), lines)}({value})"
