"""What stands in a record's body, taken with care.

A record may have been altered before it is read here, and a report about it must still come out:
whatever is not of the expected kind reads as absent, and nothing raises.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

UNDECLARED = "(undeclared)"
"""The member that stands for all that nobody declared."""

_SHA = 64


def readable(body: object) -> bool:
    """Whether a body is an object at all."""
    return isinstance(body, dict)


def text(body: Mapping[str, object], name: str) -> str | None:
    """A member that is text."""
    value = body.get(name)
    return value if isinstance(value, str) else None


def whole(body: Mapping[str, object], name: str) -> int | None:
    """A member that is a whole number, not negative."""
    value = body.get(name)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    return None


def members(body: Mapping[str, object], name: str) -> Mapping[str, object]:
    """A member that is an object; empty where it is none."""
    value = body.get(name)
    return value if isinstance(value, dict) else {}


def objects(body: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    """The objects of a member that is a list."""
    value = body.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def is_sealed(value: object) -> bool:
    """Whether some of a datum is a digest, or was not declared."""
    if isinstance(value, Mapping):
        digest = value.get("secret")
        if len(value) == 1 and isinstance(digest, str) and len(digest) == _SHA:
            return True
        return UNDECLARED in value or any(is_sealed(part) for part in value.values())
    return isinstance(value, list) and any(is_sealed(part) for part in value)


def file_of(place: str) -> str:
    """`refunds.policy` for `/srv/policies/refunds.policy:41:8`."""
    path, *numbers = place.rsplit(":", 2)
    return (path if len(numbers) == 2 else place).replace("\\", "/").rsplit("/", 1)[-1]


def instant(written: str) -> datetime | None:
    """The instant of an RFC 3339 text, in UTC; None for what is none, or lies beyond reason."""
    try:
        found = datetime.fromisoformat(written)
    except (ValueError, TypeError):
        return None
    if found.tzinfo is None or not 1971 <= found.year <= 9000:
        return None
    return found.astimezone(UTC)
