"""Values as bytes, always the same bytes: canonical JSON (RFC 8785) without floats.

JSON knows fewer kinds of value than a policy does. A `Decimal`, a timestamp and an integer
beyond 2^53-1 are written as one-member objects, `{"$decimal": "12.50"}`; a member name that
begins with `$` has that `$` doubled. So two different values never share their bytes, and
`decode` gives back what `encode` took. Decimals are normalised: 1.50 and 1.5 are one number
and one text. Floats are refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from typing import TypeAlias

Json: TypeAlias = "None | bool | int | str | list[Json] | dict[str, Json]"

_SAFE_INTEGER = 2**53 - 1


def canonical(value: object) -> bytes:
    """The canonical bytes of a value.

    Raises `ValueError` for what has no canonical form: floats, NaN, lone surrogates,
    members that are not text, unknown kinds of object.
    """
    return canonical_text(value).encode("utf-8")


def canonical_text(value: object) -> str:
    """The canonical bytes of a value, as text."""
    ordered = _in_order(encode(value))
    text = json.dumps(ordered, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    _refuse_surrogates(text)
    return text


def digest(value: object) -> str:
    """SHA-256 of the canonical bytes, in hexadecimal."""
    return sha256(canonical(value)).hexdigest()


def encode(value: object) -> Json:
    """A value as plain JSON: the kinds that JSON lacks become tagged objects."""
    match value:
        case None | bool() | str():
            return value
        case int():
            return value if abs(value) <= _SAFE_INTEGER else {"$integer": str(value)}
        case Decimal():
            return {"$decimal": decimal_text(value)}
        case datetime():
            return {"$timestamp": timestamp_text(value)}
        case list() | tuple():
            return [encode(item) for item in value]
        case Mapping():
            return {_member(key): encode(item) for key, item in value.items()}
        case _:
            raise ValueError(f"a {type(value).__name__} has no canonical form")


def decode(value: Json) -> object:
    """What `encode` was given (tuples come back as lists)."""
    match value:
        case list():
            return [decode(item) for item in value]
        case dict():
            return _decode_object(value)
        case _:
            return value


def readable_text(value: object) -> str:
    """Data as people read it: like JSON, with exact numbers and timestamps as they are."""
    match value:
        case Decimal():
            return decimal_text(value)
        case datetime():
            return timestamp_text(value)
        case Mapping():
            members = (
                f"{json.dumps(k, ensure_ascii=False)}: {readable_text(v)}" for k, v in value.items()
            )
            return f"{{{', '.join(members)}}}"
        case list() | tuple():
            return f"[{', '.join(readable_text(item) for item in value)}]"
        case _:
            return json.dumps(value, ensure_ascii=False)


def decimal_text(value: Decimal) -> str:
    """A finite decimal without exponent and without trailing zeros."""
    if not value.is_finite():
        raise ValueError(f"{value} is not a number")
    if value == 0:
        return "0"
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def timestamp_text(value: datetime) -> str:
    """RFC 3339 in UTC, with `Z`, microseconds only where there are any."""
    if value.tzinfo is None:
        raise ValueError("a timestamp needs its offset from UTC")
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


_TAGS: Mapping[str, Callable[[str], object]] = {
    "$decimal": Decimal,
    "$integer": int,
    "$timestamp": lambda text: datetime.fromisoformat(text),
}


def _decode_object(value: dict[str, Json]) -> object:
    if len(value) == 1:
        ((name, inner),) = value.items()
        if name in _TAGS and isinstance(inner, str):
            return _TAGS[name](inner)
    return {k[1:] if k.startswith("$$") else k: decode(v) for k, v in value.items()}


def _member(key: object) -> str:
    if not isinstance(key, str):
        raise ValueError(f"a member's name must be text, not {type(key).__name__}")
    return f"${key}" if key.startswith("$") else key


def _in_order(value: Json) -> Json:
    """Members sorted by UTF-16 code units, as RFC 8785 section 3.2.3 asks."""
    match value:
        case dict():
            keys = sorted(value, key=lambda k: k.encode("utf-16-be", "surrogatepass"))
            return {k: _in_order(value[k]) for k in keys}
        case list():
            return [_in_order(item) for item in value]
        case _:
            return value


def _refuse_surrogates(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError("a lone surrogate is no character") from error
