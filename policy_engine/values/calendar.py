"""Days, weekdays and times of day in the zones of the IANA database.

Zones come from the `tzdata` package and never from the machine, so the same instant is the same
day everywhere. `None` stands for what cannot be told: an unknown zone, an instant without its
offset, a day outside the years 1 to 9999. What reads the database is imported when a zone is met.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SECOND = timedelta(seconds=1)


def is_zone(name: str) -> bool:
    """Whether the database has a zone of this name."""
    return name in _names()


def tzdata_version() -> str:
    """The release of the IANA database, such as `2026a`."""
    return str(import_module("tzdata").IANA_VERSION)


def in_utc(instant: datetime) -> datetime:
    """The same instant in UTC; as it is where it has no place there."""
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        return instant


def day_of(instant: datetime, zone: str) -> date | None:
    """The day that it is in the zone at an instant."""
    local = _local(instant, zone)
    return local.date() if local is not None else None


def weekday_of(moment: datetime | date, zone: str) -> str | None:
    """`monday` to `sunday`; a date is that day in every zone."""
    day = day_of(moment, zone) if isinstance(moment, datetime) else moment
    return _WEEKDAYS[day.weekday()] if day is not None else None


def time_of(instant: datetime, zone: str) -> time | None:
    """What the clocks of the zone show at an instant."""
    local = _local(instant, zone)
    return local.time().replace(fold=0) if local is not None else None


def start_of_day(day: date, zone: str) -> datetime | None:
    """The first instant of a day in the zone, in UTC.

    Where clocks skip midnight the day begins later; where they skip the whole day, this is the
    first instant after it.
    """
    place = _zone(zone)
    if place is None:
        return None
    midnight = datetime.combine(day, time())
    try:
        first = midnight.replace(tzinfo=place).astimezone(UTC)
        if first.astimezone(place).replace(tzinfo=None) == midnight:
            return first
        # In a gap, fold 1 reads midnight with the new offset: an instant before the change.
        before = midnight.replace(tzinfo=place, fold=1).astimezone(UTC)
        return _first_after_gap(before, first, midnight, place)
    except OverflowError:
        return None


def start_of_month(instant: datetime, zone: str) -> datetime | None:
    """The first instant of the month that it is in the zone, in UTC."""
    day = day_of(instant, zone)
    return start_of_day(day.replace(day=1), zone) if day is not None else None


def within(moment: time, start: time, end: time) -> bool:
    """Whether a time of day is from `start` until before `end`, past midnight where needed.

    The same start and end are the whole day.
    """
    if start < end:
        return start <= moment < end
    return moment >= start or moment < end


def _local(instant: datetime, zone: str) -> datetime | None:
    place = _zone(zone)
    if place is None or instant.utcoffset() is None:
        return None
    try:
        return instant.astimezone(place)
    except OverflowError:
        return None


def _first_after_gap(
    before: datetime, after: datetime, midnight: datetime, place: ZoneInfo
) -> datetime:
    """Between two instants around one gap, the first that is not before midnight, by halving."""
    low, high = 0, (after - before) // _SECOND
    while low < high:
        middle = (low + high) // 2
        local = (before + middle * _SECOND).astimezone(place).replace(tzinfo=None)
        if local >= midnight:
            high = middle
        else:
            low = middle + 1
    return before + low * _SECOND


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    from importlib import resources

    text = resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8")
    return frozenset(text.split())


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo | None:
    if name not in _names():
        return None
    from importlib import resources
    from zoneinfo import ZoneInfo

    with resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)
