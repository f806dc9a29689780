"""Whether a value from outside is of a type, and what it is then.

`conform` makes a copy in the engine's own terms: a float handed to a Decimal becomes the decimal
that its shortest text shows, a list becomes a tuple, a path gets its normal spelling, an absent
optional field is absent (`None` means the same). What does not fit is a list of `Misfit`s with
their places; a secret value is never shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sized
from dataclasses import dataclass
from decimal import Decimal

from policy_engine.values.fitting import LONGEST_LIST, fields_fitting, fitting
from policy_engine.values.plain import Unwritable
from policy_engine.values.readers import Refused, kind, scalar, timestamp as timestamp
from policy_engine.values.types import (
    JSON,
    TEXT,
    Field,
    ListOf,
    MapOf,
    Record,
    Scalar,
    SetOf,
    Type,
    Union,
)


@dataclass(frozen=True, slots=True)
class Misfit:
    """One place where a value is not of its type: `amount`, or `order.items[2].price`."""

    path: str
    problem: str

    def __str__(self) -> str:
        return f"`{self.path}` {self.problem}" if self.path else self.problem


def conform(
    value: object,
    type_: Type,
    path: str = "value",
    *,
    closed: bool = True,
    secret: bool = False,
) -> tuple[object, list[Misfit]]:
    """The value in the engine's terms and, where it is not of the type, why (then it is None).

    `closed` records have no members but those declared; open ones are read as far as declared.
    The value of a `secret` is never shown.
    """
    try:
        return fitting(type_, closed)(value), []
    except Exception:  # noqa: BLE001 — read again to say why, if it does not fit after all
        return slowly(value, type_, path, closed=closed, secret=secret)


def slowly(
    value: object, type_: Type, path: str, *, closed: bool, secret: bool
) -> tuple[object, list[Misfit]]:
    """The same for what does not fit at once."""
    reader = _Reader(closed)
    try:
        result = reader.value(value, type_, path, secret=secret)
    except Exception:  # noqa: BLE001 — a foreign object's own methods; it fits nothing
        return None, [Misfit(path, "cannot be read")]
    return (None if reader.misfits else result), reader.misfits


def conform_fields(
    values: Mapping[str, object], fields: tuple[Field, ...]
) -> tuple[dict[str, object], list[Misfit]]:
    """Named values against their declarations: nothing missing, nothing extra, all of their type.

    What fits is returned even where something else does not.
    """
    try:
        return fields_fitting(fields)(values), []
    except Exception:  # noqa: BLE001 — read again to say why, if it does not fit after all
        reader = _Reader(closed=True)
        return reader.fields(values, fields, "", secret=False), reader.misfits


class _Reader:
    """Walks a value along its type and notes where it does not fit."""

    def __init__(self, closed: bool) -> None:
        self.misfits: list[Misfit] = []
        self._closed = closed

    def value(self, value: object, type_: Type, path: str, *, secret: bool) -> object:
        match type_:
            case ListOf(item):
                return self._list(value, type_, item, path, secret=secret)
            case SetOf(item):
                return self._set(value, type_, item, path, secret=secret)
            case MapOf(item):
                return self._map(value, type_, item, path, secret=secret)
            case Record():
                if not isinstance(value, Mapping):
                    self._refuse(path, f"must be a record {type_}, {kind(value)} was given")
                    return None
                return self.fields(value, type_.fields, f"{path}.", secret=secret)
            case _:
                try:
                    return scalar(value, type_)
                except Refused as refused:
                    self._refuse(path, f"{refused}{'' if secret else _shown(value)}")
                    return None

    def fields(
        self, values: Mapping[str, object], fields: tuple[Field, ...], prefix: str, *, secret: bool
    ) -> dict[str, object]:
        result: dict[str, object] = {}
        if self._closed:
            declared = {f.name for f in fields}
            for name in values:
                if name not in declared:
                    self._refuse(*_undeclared(prefix, name))
        for field in fields:
            path, given = f"{prefix}{field.name}", values.get(field.name)
            if given is None:
                if not field.optional:
                    self._refuse(path, "is missing")
                continue
            before = len(self.misfits)
            fitted = self.value(given, field.type, path, secret=secret or field.secret)
            if len(self.misfits) == before:
                result[field.name] = fitted
        return result

    def _list(
        self, value: object, type_: Type, item: Type, path: str, *, secret: bool
    ) -> tuple[object, ...] | None:
        if not isinstance(value, (list, tuple)):
            self._refuse(path, f"must be a {type_}, {kind(value)} was given")
            return None
        if self._too_long(value, path):
            return None
        return tuple(
            self.value(x, item, f"{path}[{i}]", secret=secret) for i, x in enumerate(value)
        )

    def _set(
        self, value: object, type_: Type, item: Type, path: str, *, secret: bool
    ) -> frozenset[object] | None:
        if not isinstance(value, (list, tuple, set, frozenset)):
            self._refuse(path, f"must be a {type_}, {kind(value)} was given")
            return None
        if not isinstance(item, (Scalar, Union)) or item == JSON:
            self._refuse(path, f"cannot be read: no set has items of type {item}")
            return None
        if self._too_long(value, path):
            return None
        # The items of a set come in no order of their own, their problems should.
        items = sorted(value, key=repr) if isinstance(value, (set, frozenset)) else value
        before = len(self.misfits)
        fitted = [self.value(x, item, f"{path}[{i}]", secret=secret) for i, x in enumerate(items)]
        return frozenset(fitted) if len(self.misfits) == before else None

    def _map(
        self, value: object, type_: Type, item: Type, path: str, *, secret: bool
    ) -> dict[str, object] | None:
        if not isinstance(value, Mapping):
            self._refuse(path, f"must be a {type_}, {kind(value)} was given")
            return None
        if self._too_long(value, path):
            return None
        result: dict[str, object] = {}
        for key, member in value.items():
            try:
                name = str(scalar(key, TEXT))
            except Refused as refused:
                self._refuse(path, f"has a key that {refused}")
                continue
            place = f"{path}.{name}" if not secret and _is_word(name) else f"{path}[…]"
            result[name] = self.value(member, item, place, secret=secret)
        return result

    def _too_long(self, value: Sized, path: str) -> bool:
        if len(value) > LONGEST_LIST:
            self._refuse(path, f"has more than {LONGEST_LIST} items")
        return len(value) > LONGEST_LIST

    def _refuse(self, path: str, problem: str) -> None:
        self.misfits.append(Misfit(path, problem))


def _undeclared(prefix: str, name: object) -> tuple[str, str]:
    """A name that could be a value in the wrong place (a password, say) is not repeated."""
    if isinstance(name, str) and _is_word(name):
        return f"{prefix}{name}", "is not declared"
    return prefix.rstrip("."), "has a member that is not declared"


def _is_word(name: str) -> bool:
    return re.fullmatch(r"[A-Za-z_]{1,40}", name) is not None


def _shown(value: object) -> str:
    if isinstance(value, Unwritable):
        return f": {_printable(value.why)}"
    if isinstance(value, int) and abs(value) >= 10**60:
        return ""
    if isinstance(value, (str, int, float, Decimal)) and not isinstance(value, bool):
        return f": {_printable(value)}"
    return ""


def _printable(value: object) -> str:
    text = ascii(value)[1:-1] if isinstance(value, str) and not value.isprintable() else str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
