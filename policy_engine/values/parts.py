"""The parts that values of some types have: `link.host`, `to.domain`, `price.currency`.

A part is `None` where it is not known: the port of an unusual scheme, the programs of a command
that is not understood.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from policy_engine.values import emails, paths, urls
from policy_engine.values.money import Money
from policy_engine.values.types import (
    COMMAND,
    DECIMAL,
    EMAIL,
    HOST,
    INTEGER,
    MONEY,
    PATH,
    TEXT,
    URL,
    Scalar,
    SetOf,
    Type,
)

if TYPE_CHECKING:
    from policy_engine.values.commands import Command

PARTS: Mapping[Scalar, Mapping[str, Type]] = {
    MONEY: {"amount": DECIMAL, "currency": TEXT},
    PATH: {"name": TEXT, "extension": TEXT, "parent": PATH},
    URL: {"scheme": TEXT, "host": HOST, "port": INTEGER, "path": TEXT},
    EMAIL: {"local": TEXT, "domain": HOST},
    COMMAND: {"programs": SetOf(TEXT), "writes": SetOf(PATH)},
}


def part_of(type_: Type, value: object, name: str) -> object | None:
    """The named part of a value of the type; `None` where it is not known."""
    if isinstance(value, Money) and type_ == MONEY:
        return {"amount": value.amount, "currency": value.currency}.get(name)
    reader = _OF_TEXT.get((type_, name))
    return reader(value) if reader is not None and isinstance(value, str) else None


def _of_url(name: str) -> Callable[[str], object | None]:
    def read(text: str) -> object | None:
        parts = urls.parts(text)
        return None if parts is None else parts._asdict()[name]

    return read


def _understood(text: str) -> Command | None:
    """Shell lines are rare, and reading them takes more than all else here."""
    from policy_engine.values import commands

    return commands.understood(text)


def _programs(text: str) -> frozenset[str] | None:
    understood = _understood(text)
    return None if understood is None else understood.programs


def _writes(text: str) -> frozenset[str] | None:
    understood = _understood(text)
    return None if understood is None else understood.writes


_OF_TEXT: Mapping[tuple[Type, str], Callable[[str], object | None]] = {
    (PATH, "name"): paths.name_of,
    (PATH, "extension"): paths.extension_of,
    (PATH, "parent"): paths.parent_of,
    **{(URL, name): _of_url(name) for name in PARTS[URL]},
    (EMAIL, "local"): emails.local_of,
    (EMAIL, "domain"): emails.domain_of,
    (COMMAND, "programs"): _programs,
    (COMMAND, "writes"): _writes,
}
