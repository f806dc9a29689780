"""The parts of values."""

from __future__ import annotations

from decimal import Decimal

import pytest

from policy_engine.values.money import Money
from policy_engine.values.parts import PARTS, part_of
from policy_engine.values.types import COMMAND, EMAIL, MONEY, PATH, TEXT, URL, Type

PRICE = Money(Decimal("12.5"), "EUR")


@pytest.mark.parametrize(
    ("type_", "value", "name", "part"),
    [
        (MONEY, PRICE, "amount", Decimal("12.5")),
        (MONEY, PRICE, "currency", "EUR"),
        (MONEY, PRICE, "cents", None),
        (PATH, "/a/b.Txt", "name", "b.Txt"),
        (PATH, "/a/b.Txt", "extension", "txt"),
        (PATH, "/a/b.Txt", "parent", "/a"),
        (PATH, "/", "parent", None),
        (URL, "https://a.example/x", "scheme", "https"),
        (URL, "https://a.example/x", "host", "a.example"),
        (URL, "https://a.example/x", "port", 443),
        (URL, "https://a.example/x?y", "path", "/x"),
        (URL, "ssh://a.example/", "port", None),
        (EMAIL, "a@b.example", "local", "a"),
        (EMAIL, "a@b.example", "domain", "b.example"),
        (COMMAND, "cat a.txt", "programs", frozenset({"cat"})),
        (COMMAND, "cat a.txt", "writes", frozenset()),
        (COMMAND, "$(", "programs", None),
        (COMMAND, "$(", "writes", None),
        (TEXT, "x", "name", None),
        (MONEY, "1 EUR", "amount", None),
        (PATH, 5, "name", None),
    ],
)
def test_parts(type_: Type, value: object, name: str, part: object) -> None:
    assert part_of(type_, value, name) == part


def test_every_declared_part_is_read() -> None:
    values = {
        MONEY: PRICE,
        PATH: "/a/b.c",
        URL: "https://a.example/",
        EMAIL: "a@b.example",
        COMMAND: "ls",
    }
    assert values.keys() == PARTS.keys()
    for type_, named in PARTS.items():
        for name in named:
            assert part_of(type_, values[type_], name) is not None, f"{type_}.{name}"
