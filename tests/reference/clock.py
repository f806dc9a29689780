"""Days and times of day in a zone. Everything is looked for, minute by minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@lru_cache
def _zone(name: str) -> ZoneInfo:
    """As the database of the package has it; the machine's own may be of another year."""
    with resources.files("tzdata").joinpath("zoneinfo", name).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def local(at: datetime, zone: str) -> datetime:
    return at.astimezone(_zone(zone))


def day_of(at: datetime, zone: str) -> date:
    return local(at, zone).date()


def time_of(at: datetime, zone: str) -> time:
    """What the clocks of the zone show."""
    return local(at, zone).time()


def weekday_of(moment: date, zone: str | None) -> str:
    """“The weekday of a Date needs no zone.”"""
    if isinstance(moment, datetime):
        assert zone is not None
        moment = day_of(moment, zone)
    return WEEKDAYS[moment.weekday()]


@lru_cache
def start_of_day(day: date, zone: str) -> datetime:
    """“A date needs a zone and begins at its first existing instant there.”"""
    midnight = datetime.combine(day, time.min)
    at = datetime.combine(day, time.min, UTC) - timedelta(hours=30)
    for step in (timedelta(minutes=1), timedelta(seconds=1)):
        while local(at, zone).replace(tzinfo=None) < midnight:
            at += step
        at -= step
    return at + timedelta(seconds=1)


def is_between(moment: time, start: time, end: time) -> bool:
    """“`between a and b` includes a, excludes b and wraps past midnight.”"""
    if start < end:
        return start <= moment < end
    return moment >= start or moment < end
