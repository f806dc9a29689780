"""What a tool returned, as plain data: text, exact numbers, booleans, timestamps, lists, objects.

Tools hand over floats, tuples, data classes, Pydantic models. `plain` turns those into the kinds
that canonical JSON knows, or says that it cannot.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set as AbstractSet
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from policy_engine.foundation.canonical import canonical_text
from policy_engine.values.durations import duration_text
from policy_engine.values.money import Money

DEEPEST = 100
MOST_DIGITS = 1000
_TOO_LARGE: int = 10**MOST_DIGITS


class NoPlainForm(ValueError):
    """A value cannot be written down; the message says why."""


class Unwritable:
    """Stands where something was that cannot be written down; `why` says what."""

    def __init__(self, why: str) -> None:
        self.why = why

    def __str__(self) -> str:
        return f"({self.why})"


def plain(value: object, depth: int = 0, *, exactly: bool = False) -> object:
    """A copy in plain data, of exact built-in types. Raises `NoPlainForm` where there is none.

    A day, a duration, or a time without its offset becomes its text, and money an object, unless
    kinds must stay (`exactly`). A set becomes a list in the order of its items' canonical texts.
    Every part is read once; one whose own methods raise has no plain form.
    """
    try:
        return _copied(value, depth, exactly)
    except (NoPlainForm, RecursionError):
        raise
    except Exception as error:
        raise NoPlainForm(f"a {type(value).__name__} cannot be read") from error


def _copied(value: object, depth: int, exactly: bool) -> object:
    kind = type(value)
    if (kind is str and value.isascii()) or value is None or kind is bool:  # type: ignore[attr-defined]
        return value  # most of all data; the rest of this takes longer to find out
    if depth > DEEPEST:
        raise NoPlainForm(f"the value nests more than {DEEPEST} deep")
    match value:
        case None | True | False:
            return value
        case str():
            return _text(value)
        case int():
            return _integer(value)
        case float() | Decimal():
            return _number(value)
        case datetime():
            return _instant(value, exactly)
        case date():
            day = date.fromordinal(date.toordinal(value))
            return day if exactly else day.isoformat()
        case timedelta():
            span = timedelta(*(part.__get__(value) for part in _OF_SPAN))
            return span if exactly else duration_text(span)
        case Money():
            money = Money(_number(value.amount), _text(value.currency))
            return money if exactly else {"amount": money.amount, "currency": money.currency}
        case list() | tuple():
            return [_copied(item, depth + 1, exactly) for item in value]
        case Mapping():
            return {_member(k): _copied(v, depth + 1, exactly) for k, v in value.items()}
        case AbstractSet():
            items = [_copied(item, depth + 1, exactly) for item in value]
            return sorted(items, key=canonical_text)
        case _:
            return _object(value, depth, exactly)


_OF_SPAN: tuple[Any, ...] = (timedelta.days, timedelta.seconds, timedelta.microseconds)
_OF_INSTANT: tuple[Any, ...] = (
    *(date.year, date.month, date.day),
    *(datetime.hour, datetime.minute, datetime.second, datetime.microsecond),
)
"""Read past whatever a subclass says of itself."""


def leaves(value: object) -> list[object]:
    """All values without parts, members' names not counted."""
    found: list[object] = []
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Mapping):
            waiting.extend(item.values())
        elif isinstance(item, (list, tuple, AbstractSet)):
            waiting.extend(item)
        elif item is not None:
            found.append(item)
    return found


def _member(name: object) -> str:
    if not isinstance(name, str):
        raise NoPlainForm(f"a member's name must be text, not {type(name).__name__}")
    return _text(name)


def _text(value: str) -> str:
    text = str.__str__(value)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise NoPlainForm("a text with a lone surrogate has no plain form") from error
    return text


def _integer(value: int) -> int:
    number = int.__int__(value)
    if not -_TOO_LARGE < number < _TOO_LARGE:
        raise NoPlainForm(f"a number of more than {MOST_DIGITS} digits has no plain form")
    return number


def _instant(value: datetime, exactly: bool) -> object:
    offset = datetime.utcoffset(value)
    local = datetime(*(part.__get__(value) for part in _OF_INSTANT), tzinfo=UTC)  # type: ignore[misc]
    shown = local.replace(tzinfo=None).isoformat()
    if offset is None:
        if exactly:
            raise NoPlainForm("a time without its offset from UTC is no instant")
        return shown
    try:
        return local - offset
    except OverflowError as error:
        raise NoPlainForm(f"{shown} has no place in UTC") from error


def _number(value: float | Decimal) -> Decimal:
    number = Decimal(repr(float(value))) if isinstance(value, float) else Decimal(value)
    if not number.is_finite():
        raise NoPlainForm(f"{number} is not a number")
    if abs(number.adjusted()) > MOST_DIGITS:
        raise NoPlainForm(f"a number of more than {MOST_DIGITS} digits has no plain form")
    return number


def _object(value: object, depth: int, exactly: bool) -> object:
    dump: Callable[[], object] | None = getattr(value, "model_dump", None)
    if dump is not None:
        return _copied(_dumped(value, dump), depth + 1, exactly)
    if is_dataclass(value) and not isinstance(value, type):
        members = {f.name: getattr(value, f.name) for f in fields(value)}
        return _copied(members, depth + 1, exactly)
    raise NoPlainForm(f"a {type(value).__name__} has no plain form")


def _dumped(value: object, dump: Callable[[], object]) -> object:
    try:
        return dump()
    except Exception as error:
        raise NoPlainForm(f"a {type(value).__name__} has no plain form") from error
