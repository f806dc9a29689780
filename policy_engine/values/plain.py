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


def plain(value: object, depth: int = 0) -> object:
    """A copy in plain data. Raises `ValueError` for what has no plain form."""
    if depth > DEEPEST:
        raise ValueError(f"the value nests more than {DEEPEST} deep")
    match value:
        case None | bool() | int() | str():
            return value
        case float() | Decimal():
            return _number(value)
        case datetime():
            return value.astimezone(UTC) if value.tzinfo else value.isoformat()
        case date():
            return value.isoformat()
        case list() | tuple():
            return [plain(item, depth + 1) for item in value]
        case Mapping():
            return {str(k): plain(v, depth + 1) for k, v in value.items()}
        case _:
            return _object(value, depth)


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


def _number(value: float | Decimal) -> Decimal:
    number = Decimal(repr(value)) if isinstance(value, float) else value
    if not number.is_finite():
        raise ValueError(f"{value} is not a number")
    return number


def _object(value: object, depth: int) -> object:
    dump: Callable[[], object] | None = getattr(value, "model_dump", None)
    if dump is not None:
        return plain(dump(), depth + 1)
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value), depth + 1)
    raise ValueError(f"a {type(value).__name__} has no plain form")
