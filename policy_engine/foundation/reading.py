"""JSON read strictly: exact decimals, no duplicate members, no NaN, bounded in size and depth."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import NoReturn

from policy_engine.foundation.errors import InputError

MAXIMUM_SIZE = 16 * 1024 * 1024
MAXIMUM_DEPTH = 100


def read_json(text: str | bytes, *, what: str = "the JSON text") -> object:
    """The value of a JSON text; numbers with a point or an exponent become `Decimal`.

    Raises `InputError` that names what is wrong, and where the reader knows it.
    """
    if len(text) > MAXIMUM_SIZE:
        raise InputError(f"{what} is larger than {MAXIMUM_SIZE // 2**20} MiB")
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8")
        value = json.loads(
            text,
            parse_float=_decimal,
            parse_constant=_refuse_constant,
            object_pairs_hook=_object_without_duplicates,
        )
    except UnicodeDecodeError as error:
        raise InputError(f"{what} is not UTF-8 (byte {error.start + 1})") from error
    except json.JSONDecodeError as error:
        raise InputError(
            f"{what}: {error.msg}, line {error.lineno} column {error.colno}"
        ) from error
    except RecursionError as error:
        raise InputError(f"{what} is nested more than {MAXIMUM_DEPTH} deep") from error
    except ValueError as error:
        raise InputError(f"{what}: {error}") from error
    if _has_surrogates(value):
        raise InputError(f"{what} holds a lone surrogate, which is no character")
    if deeper_than(value, MAXIMUM_DEPTH):
        raise InputError(f"{what} is nested more than {MAXIMUM_DEPTH} deep")
    return value


def deeper_than(value: object, limit: int) -> bool:
    """Whether lists and objects nest more than `limit` deep (found level by level)."""
    level = [value]
    for _ in range(limit + 1):
        level = [
            child
            for item in level
            if isinstance(item, (dict, list, tuple))
            for child in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return False
    return True


def _has_surrogates(value: object) -> bool:
    try:
        json.dumps(value, ensure_ascii=False, default=str).encode("utf-8")
    except UnicodeEncodeError:
        return True
    except RecursionError:
        return False
    return False


def _decimal(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"{text[:40]} is not a number that can be kept exactly") from error
    if abs(value.adjusted()) > 1000:
        raise ValueError(f"the number {text[:40]} is out of all proportion")
    return value


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


def _object_without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise ValueError(f"the member {name!r} stands twice in one object")
            seen.add(name)
    return result
