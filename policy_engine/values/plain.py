"""What a tool returned, as plain data: text, exact numbers, booleans, timestamps, lists, objects.

Tools hand over floats, tuples, data classes, Pydantic models. `plain` turns those into the kinds
that canonical JSON knows, or says that it cannot.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

DEEPEST = 100
MOST_DIGITS = 1000


def plain(value: object, depth: int = 0, *, exactly: bool = False) -> object:
    """A copy in plain data. Raises `ValueError` for what has no plain form.

    A day, or a time without its offset, becomes its text, unless kinds must stay (`exactly`).
    """
    if depth > DEEPEST:
        raise ValueError(f"the value nests more than {DEEPEST} deep")
    match value:
        case None | bool():
            return value
        case str():
            return _text(value)
        case int():
            return _integer(value)
        case float() | Decimal():
            return _number(value)
        case datetime():
            return _instant(value, exactly)
        case date() if not exactly:
            return value.isoformat()
        case list() | tuple():
            return [plain(item, depth + 1, exactly=exactly) for item in value]
        case Mapping():
            return {_member(k): plain(v, depth + 1, exactly=exactly) for k, v in value.items()}
        case _:
            return _object(value, depth, exactly)


def leaves(value: object) -> list[object]:
    """All values without parts, members' names not counted."""
    found: list[object] = []
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Mapping):
            waiting.extend(item.values())
        elif isinstance(item, (list, tuple)):
            waiting.extend(item)
        elif item is not None:
            found.append(item)
    return found


def _member(name: object) -> str:
    if not isinstance(name, str):
        raise ValueError(f"a member's name must be text, not {type(name).__name__}")
    return _text(name)


def _text(value: str) -> str:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError("a text with a lone surrogate has no plain form") from error
    return str.__str__(value)


def _integer(value: int) -> int:
    if abs(value) >= 10**MOST_DIGITS:
        raise ValueError(f"a number of more than {MOST_DIGITS} digits has no plain form")
    return int.__int__(value)


def _instant(value: datetime, exactly: bool) -> object:
    if value.utcoffset() is None:
        if exactly:
            raise ValueError("a time without its offset from UTC is no instant")
        return value.isoformat()
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{value.isoformat()} has no place in UTC") from error


def _number(value: float | Decimal) -> Decimal:
    number = Decimal(repr(float(value))) if isinstance(value, float) else Decimal(value)
    if not number.is_finite():
        raise ValueError(f"{value} is not a number")
    if abs(number.adjusted()) > MOST_DIGITS:
        raise ValueError(f"a number of more than {MOST_DIGITS} digits has no plain form")
    return number


def _object(value: object, depth: int, exactly: bool) -> object:
    dump: Callable[[], object] | None = getattr(value, "model_dump", None)
    if dump is not None:
        return plain(_dumped(value, dump), depth + 1, exactly=exactly)
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value), depth + 1, exactly=exactly)
    raise ValueError(f"a {type(value).__name__} has no plain form")


def _dumped(value: object, dump: Callable[[], object]) -> object:
    try:
        return dump()
    except Exception as error:
        raise ValueError(f"a {type(value).__name__} has no plain form") from error
