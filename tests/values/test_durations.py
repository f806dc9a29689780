"""Spans of time and how they are written."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, strategies as st

from policy_engine.values.durations import duration, duration_text, plain_duration


@pytest.mark.parametrize(
    ("text", "span", "spelling"),
    [
        ("P1D", timedelta(days=1), "P1D"),
        ("PT24H", timedelta(days=1), "P1D"),
        ("PT1H30M", timedelta(minutes=90), "PT1H30M"),
        ("P2W", timedelta(weeks=2), "P14D"),
        ("P1W1DT1H1M1.5S", timedelta(8, 3661, 500_000), "P8DT1H1M1.5S"),
        ("PT0S", timedelta(0), "PT0S"),
        ("-PT0S", timedelta(0), "PT0S"),
        ("-P1DT2H", -timedelta(hours=26), "-P1DT2H"),
        ("PT0.000001S", timedelta(microseconds=1), "PT0.000001S"),
        ("PT1.500000000S", timedelta(seconds=1.5), "PT1.5S"),
        ("P999999999D", timedelta(days=999_999_999), "P999999999D"),
    ],
)
def test_durations_are_read(text: str, span: timedelta, spelling: str) -> None:
    assert duration(text) == span
    assert duration_text(span) == spelling


@pytest.mark.parametrize(
    "text",
    [
        *("", "P", "PT", "P1DT", "1D", "P1H", "PT1D", "P1Y", "P1M", "p1d", "+P1D", "P-1D", "P1.5D"),
        *("PT1,5S", "PT1.0000001S", "PT.5S", "PT1M1H", "P1D1W", "P1D ", "P1D\n", "P١D", "\ud800"),
        *("P1000000000D", f"PT{'9' * 18}S", f"P{'9' * 5000}D", "-P999999999DT1S"),
    ],
)
def test_what_is_no_duration(text: str) -> None:
    assert duration(text) is None


@given(st.timedeltas())
def test_what_is_written_is_read_back(span: timedelta) -> None:
    assert duration(duration_text(span)) == span


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(days=180), "180 days"),
        (timedelta(hours=24), "1 day"),
        (timedelta(hours=4), "4 hours"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(minutes=90), "90 minutes"),
        (timedelta(minutes=150), "2 hours 30 minutes"),
        (timedelta(hours=26), "1 day 2 hours"),
        (timedelta(hours=25, minutes=30), "1 day 1 hour 30 minutes"),
        (timedelta(seconds=90), "90 seconds"),
        (timedelta(seconds=1.5), "1.5 seconds"),
        (timedelta(0), "0 seconds"),
        (-timedelta(hours=26), "minus 1 day 2 hours"),
    ],
)
def test_how_people_read_it(span: timedelta, text: str) -> None:
    assert plain_duration(span) == text
