"""The fixed words that generated policies and actions are made of: a small shop."""

from __future__ import annotations

from policy_engine.values.types import (
    BOOLEAN,
    COMMAND,
    DATE,
    DECIMAL,
    DURATION,
    EMAIL,
    INTEGER,
    JSON,
    MONEY,
    PATH,
    TEXT,
    TIMESTAMP,
    URL,
    Field,
    ListOf,
    MapOf,
    Record,
    SetOf,
    Type,
    Union,
)

ZONE = "Europe/Warsaw"
OWNER = "o"

STATUS = Union(frozenset({"placed", "delivered", "returned"}))
CHANNEL = Union(frozenset({"chat", "email", "placed"}))
PURPOSE = Union(frozenset({"refund", "report"}))
LINE = Record(
    "Line",
    (
        Field("sku", TEXT),
        Field("qty", INTEGER),
        Field("price", MONEY),
        Field("gift", BOOLEAN, optional=True),
    ),
)
PARTY = Record(
    "Party",
    (
        Field("label", TEXT),
        Field("email", EMAIL, optional=True),
        Field("vip", BOOLEAN),
        Field("more", JSON, optional=True),
    ),
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
    Field("budget", MONEY),
    Field("ticket", TEXT, optional=True),
    Field("hours", ListOf(INTEGER), optional=True),
)
SESSION = (Field("purpose", PURPOSE), Field("quota", INTEGER, optional=True))
FACTS: dict[str, Type] = {
    "order": ORDER,
    "rate": DECIMAL,
    "friends": ListOf(TEXT),
    "open": BOOLEAN,
    "rates": MapOf(DECIMAL),
    "vips": SetOf(TEXT),
    "meta": JSON,
    "home": PATH,
    "site": URL,
}
SOURCES = {"rate": ' from quote("EUR") may drift', "vips": " may drift"}
"""How facts are looked up, and which may change while people think."""

TASKS = {
    "pay": (
        Field("payee", TEXT),
        Field("amount", DECIMAL),
        Field("price", MONEY),
        Field("fee", MONEY, optional=True),
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
        Field("to", EMAIL),
        Field("body", TEXT),
        Field("codes", ListOf(TEXT)),
        Field("ref", TEXT),
        Field("at", TIMESTAMP),
        Field("count", TEXT),
        Field("link", URL, optional=True),
        Field("extra", JSON, optional=True),
    ),
    "look": (
        Field("id", TEXT),
        Field("party", PARTY),
        Field("file", PATH),
        Field("day", DATE),
        Field("span", DURATION),
        Field("command", COMMAND),
        Field("words", SetOf(TEXT)),
        Field("prices", MapOf(MONEY)),
        Field("sizes", ListOf(INTEGER), optional=True),
    ),
    "quote": (Field("of", TEXT),),
}
TAGS = {"money": ("pay", "mail"), "reads": ("look", "quote")}
LABELS = ("confidential", "personal")
ASKED_FOR = {"pay": ("pay", "send money"), "look": ("look up", "Find")}
"""The words by which a task is asked for."""

ROLES = """
role clerk
role senior includes clerk
role lead for humans
role chief includes lead for humans
role robot for agents
"""
ROLE_NAMES = ("clerk", "senior", "lead", "chief", "robot")
ROLE_KINDS = {"lead": "human", "chief": "human", "robot": "agent"}
APPROVERS = ("lead", "chief")
CONTROLS = ("law.art_1", "law.art_2")
VALIDATIONS = {
    "positive": ("checks amount that amount > 0", ("pay", "mail")),
    "addressed": ('checks payee, amount that not (payee == "")', ("pay", "mail")),
    "shaped": ('checks input against schema "shape.json"', tuple(TASKS)),
    "scripted": ('checks input with "shop:check"', tuple(TASKS)),
}


def written(type_: Type) -> str:
    """A type as a policy writes it."""
    if isinstance(type_, ListOf):
        return f"list of {written(type_.item)}"
    if isinstance(type_, SetOf):
        return f"set of {written(type_.item)}"
    if isinstance(type_, MapOf):
        return f"map of Text to {written(type_.value)}"
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


def _quoted(words: tuple[str, ...]) -> str:
    return ", ".join(f'"{word}"' for word in words)


HEADER = f'policy shop.%s owner "{OWNER}" times in "{ZONE}"\n'
DECLARATIONS = [
    ROLES,
    f"agents have {{\n{fields(AGENTS)}\n}}",
    f"humans have {{\n{fields(HUMANS)}\n}}",
    f"context has {{\n{fields(CONTEXT)}\n}}",
    f"session has {{\n{fields(SESSION)}\n}}",
    f"type Status = {STATUS}",
    f"type Channel = {CHANNEL}",
    *(f"record {r.name} {{\n{fields(r.fields)}\n}}" for r in (LINE, PARTY, ORDER)),
    *(f"fact {n}: {written(type_)}{SOURCES.get(n, '')}" for n, type_ in FACTS.items()),
    f"task quote {{\n{fields(TASKS['quote'], 'input ')}\n  output rate: Decimal\n}}",
    *(f"about {', '.join(tasks)} {{ tags {tag} }}" for tag, tasks in TAGS.items()),
    *(f"about {task} {{ asked for by {_quoted(words)} }}" for task, words in ASKED_FOR.items()),
    'framework law "The law" { art_1 "Look first" art_2 "Ask people" }',
]
