"""Values as bytes, always the same bytes: canonical JSON (RFC 8785) without floats.

JSON knows fewer kinds of value than a policy does. A `Decimal`, a timestamp, a date, a time of
day, a duration, money and an integer beyond 2^53-1 are written as one-member objects,
`{"$decimal": "12.50"}`; a member name that begins with `$` has that `$` doubled. So two different
values never share their bytes, and `decode` gives back what `encode` took, but for tuples and
sets: they are written as lists, sets in the order of their items' texts. Decimals are normalised:
1.50 and 1.5 are one number and one text. Floats are refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Set as AbstractSet
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from typing import TypeAlias, TypeVar, cast

from policy_engine.foundation.kinds import (
    Money,
    decimal_text as decimal_text,
    duration,
    duration_text,
    plain_duration,
    read_money,
    timestamp_text as timestamp_text,
)

_Value = TypeVar("_Value")

Json: TypeAlias = "None | bool | int | str | list[Json] | dict[str, Json]"

_SAFE_INTEGER = 2**53 - 1


class Written(dict[str, object]):
    """An object whose canonical text is known: told often, written once. Nobody changes it."""

    __slots__ = ("text",)

    def __init__(self, members: Mapping[str, object]) -> None:
        super().__init__(members)
        self.text = canonical_text(dict(members))


def canonical(value: object) -> bytes:
    """The canonical bytes of a value.

    Raises `ValueError` for what has no canonical form: floats, NaN, lone surrogates,
    members that are not text, unknown kinds of object.
    """
    return canonical_text(value).encode("utf-8")


def canonical_text(value: object) -> str:
    """The canonical bytes of a value, as text."""
    text = _at_once(value)
    if not text.isascii():
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
        case date():
            return {"$date": value.isoformat()}
        case time() if value.tzinfo is None:
            return {"$time": value.isoformat()}
        case timedelta():
            return {"$duration": duration_text(value)}
        case Money():
            return {"$money": str(value)}
        case AbstractSet():
            return sorted((encode(item) for item in value), key=_written)
        case _:
            raise ValueError(f"a {type(value).__name__} has no canonical form")


def decode(value: Json) -> object:
    """What `encode` was given (tuples and sets come back as lists).

    Raises `ValueError` where a tagged text is not of its kind.
    """
    match value:
        case list():
            return [decode(item) for item in value]
        case dict():
            return _decode_object(value)
        case _:
            return value


def read_canonical(text: str) -> object:
    """What was written as this canonical text, as `decode` gives it.

    Raises `ValueError` for any text that `canonical_text` does not write just so.
    """
    if text.isascii() or not _HIGH.search(text):
        try:
            value = (_TAGGED if '"$' in text else _UNTAGGED).decode(text)
            if _WRITER.encode(value) == text:
                return value
        except (ValueError, TypeError, ArithmeticError):
            pass  # what is wrong with it is said below
    value = decode(json.loads(text))
    if canonical_text(value) != text:
        raise ValueError("it is not in canonical form")
    return value


def readable_text(value: object) -> str:
    """Data as people read it: like JSON, with exact numbers, times and money as they are."""
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
        case AbstractSet():
            items = sorted(value, key=lambda item: _written(encode(item)))
            return f"[{', '.join(readable_text(item) for item in items)}]"
        case date():
            return value.isoformat()
        case time():
            return value.isoformat("auto" if value.second or value.microsecond else "minutes")
        case timedelta():
            return plain_duration(value)
        case Money():
            return str(value)
        case _:
            return json.dumps(value, ensure_ascii=False)


def _read(reader: Callable[[str], _Value | None]) -> Callable[[str], _Value]:
    def read(text: str) -> _Value:
        value = reader(text)
        if value is None:
            raise ValueError("a tagged text is not of its kind")
        return value

    return read


def _decimal(text: str) -> Decimal:
    value = Decimal(text)
    if not value.is_finite() or abs(value.adjusted()) > _LONGEST_DECIMAL:
        raise ValueError("a decimal of more digits than anybody writes")
    return value


_LONGEST_DECIMAL = 10_000

_TAGS: Mapping[str, Callable[[str], object]] = {
    "$decimal": _decimal,
    "$integer": int,
    "$timestamp": datetime.fromisoformat,
    "$date": date.fromisoformat,
    "$time": time.fromisoformat,
    "$duration": _read(duration),
    "$money": _read(read_money),
}


def _decode_object(value: dict[str, Json]) -> object:
    if len(value) == 1:
        ((name, inner),) = value.items()
        if name in _TAGS and isinstance(inner, str):
            return _TAGS[name](inner)
    return {k[1:] if k.startswith("$$") else k: decode(v) for k, v in value.items()}


def _tagged(value: dict[str, Json]) -> object:
    """An object of a canonical text, where that is easily told."""
    if len(value) == 1:
        ((name, inner),) = value.items()
        if name in _TAGS and isinstance(inner, str):
            return _TAGS[name](inner)
    if any(name.startswith("$") for name in value):
        raise ValueError("a doubled sign")
    return value


def _small(text: str) -> int:
    """An integer that is safe for its length alone."""
    if len(text) > _SAFE_LENGTH:
        raise ValueError("perhaps beyond 2^53-1")
    return int(text)


def _no_float(text: str) -> object:
    raise ValueError(f"{text} is a float")


_SAFE_LENGTH = 15
_HIGH = re.compile("[\ud800-\U0010ffff]")
"""Where members sort otherwise in UTF-16 than in Python."""
_UNTAGGED = json.JSONDecoder(parse_int=_small, parse_float=_no_float, parse_constant=_no_float)
_TAGGED = json.JSONDecoder(
    object_hook=_tagged, parse_int=_small, parse_float=_no_float, parse_constant=_no_float
)
_WRITER = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"), default=encode
)


def _member(key: object) -> str:
    if not isinstance(key, str):
        raise ValueError(f"a member's name must be text, not {type(key).__name__}")
    return f"${key}" if key.startswith("$") else key


def _at_once(value: object) -> str:
    """Encoded and written in one pass, for Python's own plain types; all else takes two."""
    kind = type(value)
    if kind is str:
        return _quoted(cast(str, value))
    if kind is dict:
        members = cast("dict[str, object]", value)
        order = _order(tuple(members)) if _ONLY_TEXT.issuperset(map(type, members)) else None
        if order is not None:
            return f"{{{','.join([f'{name}{_at_once(members[key])}' for key, name in order])}}}"
    elif kind is Written:
        return cast(Written, value).text
    elif kind is list or kind is tuple:
        return f"[{','.join([_at_once(item) for item in cast('list[object]', value)])}]"
    elif kind is bool or value is None:
        return _CONSTANTS[value]
    elif kind is int and -_SAFE_INTEGER <= cast(int, value) <= _SAFE_INTEGER:
        return str(value)
    elif kind is Decimal:
        return f'{{"$decimal":"{decimal_text(cast(Decimal, value))}"}}'
    elif kind is datetime:
        return f'{{"$timestamp":"{timestamp_text(cast(datetime, value))}"}}'
    return _written(encode(value))


@lru_cache(maxsize=4096)
def _order(names: tuple[str, ...]) -> tuple[tuple[str, str], ...] | None:
    """Members' names in their order, and each as it is written; None where that takes more."""
    # Of ASCII, the order of UTF-16 code units is that of Python. What is longer is not remembered.
    if any(not name.isascii() or "$" in name or len(name) > _LONGEST_NAME for name in names):
        return None
    return tuple((name, f"{_quoted(name)}:") for name in sorted(names))


_LONGEST_NAME = 100
_ONLY_TEXT = frozenset((str,))

_quoted = json.encoder.encode_basestring
_CONSTANTS: Mapping[object, str] = {True: "true", False: "false", None: "null"}


def _written(value: Json) -> str:
    ordered = _in_order(value)
    return json.dumps(ordered, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


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
