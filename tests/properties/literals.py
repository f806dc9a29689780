"""Values as a policy writes them, by type. Few of each, so that they often meet."""

from __future__ import annotations

from policy_engine.values.types import (
    BOOLEAN,
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
    Scalar,
    Type,
    Union,
)
from tests.properties.draws import Draw

TEXTS = ["", "DE-1", "Jane Doe", "evil@x.example", "500", "o-1", "(x).", "Ünal"]
NUMBERS = ["0", "1", "2", "5", "500", "2.50", "-3", "0.001", "9" * 37, "9" * 38, "0." + "3" * 30]
INSTANTS = ["2026-11-01T10:00:00Z", "2026-11-23T14:00:00+02:00", "2026-11-23T12:00:00.5Z"]
SPANS = ["1 hour", "90 minutes", "1 day", "2 days", "30 days"]
LITERALS: dict[Scalar, list[str]] = {
    TEXT: [f'"{text}"' for text in TEXTS],
    INTEGER: [number for number in NUMBERS if "." not in number],
    DECIMAL: NUMBERS,
    BOOLEAN: ["true", "false"],
    TIMESTAMP: INSTANTS,
    MONEY: ["0 EUR", "5 EUR", "12.50 EUR", "5 USD", "500 EUR", "-5 EUR"],
    DATE: ["2026-11-23", "2026-11-01", "2026-12-01", "2024-02-29"],
    DURATION: [*SPANS, "0 seconds"],
    TIME: ["08:00", "12:00", "13:00", "23:30"],
}
NORMALISED: dict[Scalar, list[str]] = {
    EMAIL: ["jane@acme.example", "evil@x.example", "Jane@ACME.example"],
    HOST: ["acme.example", "x.example", "ACME.example"],
    PATH: ["/work/a.txt", "/work", "notes", "/work/../etc/passwd"],
    URL: ["https://acme.example/help", "https://x.example/", "http://ACME.example:80/a/../b?q=1"],
}
"""Texts beside data of such a type are read as that type."""
PATTERNS = ["/.*/", "/[A-Z]{2}-[0-9]+/", "/.*@x\\.example/", "/a.b/", "/(?i)jane doe/", "/[^a]*/"]
GLOBS: dict[Scalar, list[str]] = {
    TEXT: ["*", "*1", "?E-*", "Jane*", "**@x.example", "500", "e*l@*.*"],
    EMAIL: ["*@acme.example", "jane@**", "*@*.example", "*e*@x.example", "?????@acme.example"],
    HOST: ["*.example", "**.example", "acme.*", "x.example"],
    PATH: ["/work/*", "/work/**", "**", "*", "/*/a.*", "/work/?.txt"],
    URL: ["https://*.example/**", "https://**/*", "http*://acme.example/**", "https://x.example/"],
}


def literal(draw: Draw, type_: Type) -> str:
    """A value of the type as it is written, also for types that are read from texts."""
    if isinstance(type_, Union):
        return f'"{draw.pick(sorted(type_.members))}"'
    assert isinstance(type_, Scalar)
    if type_ in TEXT_LIKE:
        return f'"{draw.pick(NORMALISED[type_])}"'
    text = draw.pick(LITERALS[type_])
    return f"({text})" if text.startswith("-") else text


def is_written(type_: Type) -> bool:
    """Whether values of the type can be written wherever one is wanted."""
    return isinstance(type_, Union) or type_ in LITERALS
