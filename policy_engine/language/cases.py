"""Tables of test cases, from CSV or JSON: `test "…" for each case in "cases.csv"`.

A cell of a CSV file is a text; what it is of is said by the place where it is used.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, InvalidOperation

from policy_engine.foundation.errors import InputError
from policy_engine.foundation.reading import read_json
from policy_engine.language import tree as t
from policy_engine.values.types import (
    BOOLEAN,
    DURATION,
    NUMERIC,
    ListOf,
    MapOf,
    Record,
    Scalar,
    SetOf,
    Type,
)

MOST_CASES = 10_000
_DURATION = re.compile(r"([0-9]{1,7})\s+(second|minute|hour|day|week)s?")

NOT_THERE = object()
"""What a case does not have."""


@dataclass(frozen=True, slots=True)
class Case:
    """One row: its number from 1, and its members."""

    number: int
    members: Mapping[str, object]
    is_text: bool
    """Every member is a text (from a CSV file)."""

    def titled(self, title: str) -> str:
        """The title of a test for this case: `{name}` stands for a member."""
        shown = re.sub(r"\{(\w+)\}", lambda m: str(self.members.get(m[1], m[0])), title)
        return f"{title} [{self.number}]" if shown == title else shown


def read_cases(text: str, name: str) -> list[Case]:
    """The cases of a file. Raises `InputError` that says what is wrong with it."""
    if name.lower().endswith(".json"):
        found = read_json(text, what=name)
        if not isinstance(found, list) or not all(isinstance(case, Mapping) for case in found):
            raise InputError(f"{name}: a list of objects must stand here")
        cases = [Case(number, case, False) for number, case in enumerate(found, 1)]
    else:
        cases = _from_csv(text, name)
    if not cases:
        raise InputError(f"{name}: there is no case in it")
    if len(cases) > MOST_CASES:
        raise InputError(f"{name}: more than {MOST_CASES:,} cases")
    return cases


def _from_csv(text: str, name: str) -> list[Case]:
    try:
        rows = list(csv.reader(io.StringIO(text), strict=True))
    except csv.Error as error:
        raise InputError(f"{name}: this is no CSV: {error}") from error
    head, *body = rows or [[]]
    if len(set(head)) != len(head):
        raise InputError(f"{name}: two columns have one name")
    for number, row in enumerate(body, 2):
        if row and len(row) != len(head):
            raise InputError(f"{name}:{number}: {len(row)} cells, {len(head)} columns")
    return [
        Case(number, dict(zip(head, row, strict=True)), True)
        for number, row in enumerate((row for row in body if row), 1)
    ]


def filled(value: object, type_: Type | None, case: Case | None) -> object:
    """A value with the members of a case in place of `case.…`; `NOT_THERE` where it has none."""
    match value:
        case t.FromCase(name=name):
            if case is None or name not in case.members:
                return NOT_THERE
            found = case.members[name]
            return _typed(str(found), type_) if case.is_text else found
        case Mapping():
            types = _types_below(type_)
            return {n: filled(v, types.get(n, types.get("*")), case) for n, v in value.items()}
        case list():
            item = type_.item if isinstance(type_, (ListOf, SetOf)) else None
            return [filled(part, item, case) for part in value]
        case _:
            return value


def _types_below(type_: Type | None) -> dict[str, Type]:
    if isinstance(type_, Record):
        return {field.name: field.type for field in type_.fields}
    return {"*": type_.value} if isinstance(type_, MapOf) else {}


def _typed(text: str, type_: Type | None) -> object:
    """A cell as a value of the type; what does not fit stays a text, and is refused as such."""
    if type_ == DURATION and (match := _DURATION.fullmatch(text.strip())):
        return timedelta(**{f"{match[2]}s": int(match[1])})
    if type_ is None or (isinstance(type_, Scalar) and type_ not in (*NUMERIC, BOOLEAN)):
        return text
    if isinstance(type_, (Record, MapOf, ListOf, SetOf)):
        try:
            return json.loads(text, parse_float=Decimal)
        except ValueError:
            return text
    if type_ == BOOLEAN:
        return {"true": True, "false": False}.get(text.lower(), text)
    if type_ in NUMERIC:
        try:
            return Decimal(text.replace("_", ""))
        except InvalidOperation:
            return text
    return text


def missing(value: object) -> bool:
    """Whether a filled value has a gap."""
    if value is NOT_THERE:
        return True
    if isinstance(value, Mapping):
        return any(missing(part) for part in value.values())
    return isinstance(value, list) and any(missing(part) for part in value)
