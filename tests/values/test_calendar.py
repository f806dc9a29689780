"""Days and hours where people are, over the odd days of real zones."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, strategies as st

from policy_engine.values.calendar import (
    day_of,
    is_zone,
    start_of_day,
    start_of_month,
    time_of,
    tzdata_version,
    weekday_of,
    within,
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize("name", ["UTC", "Europe/Warsaw", "America/Argentina/Ushuaia", "Etc/GMT+5"])
def test_zones(name: str) -> None:
    assert is_zone(name)


@pytest.mark.parametrize(
    "name",
    [
        *("", "Mars/Base", "europe/warsaw", "../zones", "Europe", "/etc/localtime", "Europe/"),
        *("Europe/Warsaw\n", "Europe/../UTC", "\ud800", "A" * 10_000, "__init__.py"),
    ],
)
def test_what_is_no_zone(name: str) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert not is_zone(name)
    asked: list[object] = [day_of(now, name), weekday_of(now, name), time_of(now, name)]
    asked += [start_of_day(now.date(), name), start_of_month(now, name)]
    assert asked == [None] * 5


@pytest.mark.parametrize(
    ("instant", "zone", "day", "weekday", "clock"),
    [
        ("2026-01-01T23:30:00Z", "Europe/Warsaw", "2026-01-02", "friday", "00:30"),
        ("2026-01-01T23:30:00Z", "UTC", "2026-01-01", "thursday", "23:30"),
        ("2026-01-01T23:30:00Z", "Asia/Kathmandu", "2026-01-02", "friday", "05:15"),
        ("2011-12-30T10:00:00Z", "Pacific/Apia", "2011-12-31", "saturday", "00:00"),
        ("2026-10-25T01:30:00Z", "Europe/Warsaw", "2026-10-25", "sunday", "02:30"),
    ],
)
def test_what_it_is_there(instant: str, zone: str, day: str, weekday: str, clock: str) -> None:
    assert day_of(at(instant), zone) == date.fromisoformat(day)
    assert weekday_of(at(instant), zone) == weekday
    assert weekday_of(date.fromisoformat(day), "any") == weekday
    assert time_of(at(instant), zone) == time.fromisoformat(clock)


@pytest.mark.parametrize(
    ("day", "zone", "start"),
    [
        ("2026-07-01", "Europe/Warsaw", "2026-06-30T22:00:00Z"),
        ("2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00:00Z"),  # begins at 01:00
        ("2011-12-30", "Pacific/Apia", "2011-12-30T10:00:00Z"),  # does not exist
        ("2011-12-31", "Pacific/Apia", "2011-12-30T10:00:00Z"),
        ("1919-03-31", "America/Toronto", "1919-03-31T04:30:00Z"),  # 23:30 became 00:30
        ("2010-11-07", "America/St_Johns", "2010-11-07T02:30:00Z"),  # 00:01 became 23:01
        ("2019-02-17", "America/Sao_Paulo", "2019-02-17T03:00:00Z"),  # 24:00 became 23:00
    ],
)
def test_the_first_instant_of_a_day(day: str, zone: str, start: str) -> None:
    assert start_of_day(date.fromisoformat(day), zone) == at(start)


def test_the_first_instant_of_a_month() -> None:
    start = start_of_month(at("2026-10-31T23:30:00Z"), "Europe/Warsaw")
    assert start == at("2026-10-31T23:00:00Z")


def test_beyond_the_calendar_nothing_is_known() -> None:
    assert start_of_day(date.min, "Asia/Tokyo") is None
    assert start_of_day(date.max, "America/Los_Angeles") == at("9999-12-31T08:00:00Z")
    assert day_of(datetime.max.replace(tzinfo=UTC), "Asia/Tokyo") is None
    assert day_of(datetime.min.replace(tzinfo=UTC), "America/Los_Angeles") is None
    assert day_of(datetime(2026, 1, 1), "UTC") is None  # noqa: DTZ001


@given(
    st.dates(date(1900, 1, 2), date(2100, 1, 1)),
    st.sampled_from(["Europe/Warsaw", "America/Sao_Paulo", "Pacific/Apia", "Africa/Cairo", "UTC"]),
)
def test_a_day_begins_where_it_was_not_yet(day: date, zone: str) -> None:
    start = start_of_day(day, zone)
    assert start is not None
    first, before = day_of(start, zone), day_of(start - timedelta(seconds=1), zone)
    assert first is not None and before is not None and before < day <= first


@pytest.mark.parametrize(
    ("moment", "start", "end", "holds"),
    [
        ("08:00", "08:00", "18:00", True),
        ("18:00", "08:00", "18:00", False),
        ("07:59", "08:00", "18:00", False),
        ("23:00", "22:00", "06:00", True),
        ("05:59", "22:00", "06:00", True),
        ("06:00", "22:00", "06:00", False),
        ("12:00", "22:00", "06:00", False),
        ("00:00", "09:00", "09:00", True),
        ("09:00", "09:00", "09:00", True),
    ],
)
def test_between_two_times(moment: str, start: str, end: str, holds: bool) -> None:
    assert within(*(time.fromisoformat(text) for text in (moment, start, end))) is holds


def test_the_release_of_the_database_is_known() -> None:
    assert tzdata_version()[:4].isdecimal()
