"""The functions of expressions, `size of x` and the like, by their word.

Each takes the value and the zone that a calendar needs; `None` stands for what cannot be told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import cast

from policy_engine.values.calendar import day_of, time_of, weekday_of
from policy_engine.values.found import emails_of, links_of

FUNCTIONS: Mapping[str, Callable[[object, str], object | None]] = {
    "size": lambda value, zone: len(cast("str", value)),
    "lower": lambda value, zone: cast("str", value).lower(),
    "links": lambda value, zone: links_of(cast("str", value)),
    "emails": lambda value, zone: emails_of(cast("str", value)),
    "keys": lambda value, zone: tuple(sorted(cast("Mapping[str, object]", value))),
    "values": lambda value, zone: tuple(
        member for _, member in sorted(cast("Mapping[str, object]", value).items(), key=_key)
    ),
    "weekday": lambda value, zone: weekday_of(cast("datetime | date", value), zone),
    "time": lambda value, zone: time_of(cast("datetime", value), zone),
    "date": lambda value, zone: day_of(cast("datetime", value), zone),
}


def _key(member: tuple[str, object]) -> str:
    return member[0]
