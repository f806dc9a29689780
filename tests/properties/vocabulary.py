"""The fixed words that generated policies and actions are made of: a small shop."""

from __future__ import annotations

from policy_engine.values.types import (
    BOOLEAN,
    DECIMAL,
    INTEGER,
    TEXT,
    TIMESTAMP,
    Field,
    ListOf,
    Record,
    Type,
    Union,
)

STATUS = Union(frozenset({"placed", "delivered", "returned"}))
CHANNEL = Union(frozenset({"chat", "email", "placed"}))
LINE = Record(
    "Line",
    (
        Field("sku", TEXT),
        Field("qty", INTEGER),
        Field("price", DECIMAL),
        Field("gift", BOOLEAN, optional=True),
    ),
)
PARTY = Record(
    "Party",
    (Field("label", TEXT), Field("email", TEXT, optional=True), Field("vip", BOOLEAN)),
)
ORDER = Record(
    "Order",
    (
        Field("id", TEXT),
        Field("total", DECIMAL),
        Field("status", STATUS),
        Field("placed", TIMESTAMP),
        Field("lines", ListOf(LINE)),
        Field("note", TEXT, optional=True),
        Field("buyer", PARTY, optional=True),
    ),
)

AGENTS = (
    Field("team", TEXT),
    Field("level", INTEGER),
    Field("score", DECIMAL, optional=True),
    Field("nick", TEXT, optional=True),
)
HUMANS = (Field("desk", TEXT), Field("since", TIMESTAMP, optional=True))
CONTEXT = (
    Field("channel", CHANNEL),
    Field("budget", DECIMAL),
    Field("ticket", TEXT, optional=True),
    Field("hours", ListOf(INTEGER), optional=True),
)
FACTS = {"order": ORDER, "rate": DECIMAL, "friends": ListOf(TEXT), "open": BOOLEAN}

TASKS = {
    "pay": (
        Field("payee", TEXT),
        Field("amount", DECIMAL),
        Field("count", INTEGER),
        Field("status", STATUS),
        Field("lines", ListOf(LINE)),
        Field("urgent", BOOLEAN),
        Field("card", TEXT, secret=True),
        Field("ref", TEXT, optional=True),
        Field("due", TIMESTAMP, optional=True),
        Field("party", PARTY, optional=True),
    ),
    "mail": (
        Field("payee", TEXT),
        Field("amount", DECIMAL),
        Field("codes", ListOf(TEXT)),
        Field("ref", TEXT),
        Field("at", TIMESTAMP),
        Field("count", TEXT),
    ),
    "look": (
        Field("id", TEXT),
        Field("party", PARTY),
        Field("sizes", ListOf(INTEGER), optional=True),
    ),
}
TAGS = {"money": ("pay", "mail"), "reads": ("look",)}
ROLES = """
role clerk
role senior includes clerk
role lead for humans
role chief includes lead for humans
role robot for agents
"""
ROLE_NAMES = ("clerk", "senior", "lead", "chief", "robot")
APPROVERS = ("lead", "chief")
VALIDATIONS = {
    "positive": ("checks amount that amount > 0", ("pay", "mail")),
    "addressed": ('checks payee, amount that not (payee == "")', ("pay", "mail")),
    "shaped": ('checks input against schema "shape.json"', ("pay", "mail", "look")),
}


def written(type_: Type) -> str:
    """A type as a policy writes it."""
    if isinstance(type_, ListOf):
        return f"list of {written(type_.item)}"
    return {STATUS: "Status", CHANNEL: "Channel"}.get(type_, str(type_))


def fields(declared: tuple[Field, ...], word: str = "") -> str:
    return "\n".join(
        f"  {word}{f.name}{'?' if f.optional else ''}: {written(f.type)}"
        f"{' secret' if f.secret else ''}"
        for f in declared
    )


def common_inputs(tasks: tuple[str, ...]) -> tuple[Field, ...]:
    """What a rule over all these tasks may read."""
    tables = [{f.name: f for f in TASKS[task]} for task in tasks]
    return tuple(
        Field(name, field.type, any(t[name].optional for t in tables))
        for name, field in tables[0].items()
        if all(name in t and t[name].type == field.type for t in tables)
    )


def read_file(_beside: str, _path: str) -> str:
    return '{"type": "object"}'


DECLARATIONS = [
    ROLES,
    f"agents have {{\n{fields(AGENTS)}\n}}",
    f"humans have {{\n{fields(HUMANS)}\n}}",
    f"context has {{\n{fields(CONTEXT)}\n}}",
    f"type Status = {STATUS}",
    f"type Channel = {CHANNEL}",
    *(f"record {r.name} {{\n{fields(r.fields)}\n}}" for r in (LINE, PARTY, ORDER)),
    *(f"fact {name}: {written(type_)}" for name, type_ in FACTS.items()),
    *(f"about {', '.join(tasks)} {{ tags {tag} }}" for tag, tasks in TAGS.items()),
]
