"""How numbers, spans of time and foreign text are said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from policy_engine.audit.markup import Html, prose, tag
from policy_engine.audit.measures import Share, Spread, Tally
from policy_engine.audit.story import Standing
from policy_engine.audit.words import (
    counted,
    duration,
    headline,
    moments,
    place_text,
    shown,
    stretch,
    value_text,
)


def test_times_of_one_minute_are_told_to_the_second() -> None:
    first = datetime(2026, 5, 4, 9, 0, 5, tzinfo=UTC)
    apart = (first, first + timedelta(minutes=1))
    assert [moments(apart, UTC)(at) for at in apart] == ["4 May 2026, 09:00", "4 May 2026, 09:01"]
    close = (first, first + timedelta(seconds=40))
    said = [moments(close, ZoneInfo("Europe/Warsaw"))(at) for at in close]
    assert said == ["4 May 2026, 11:00:05", "4 May 2026, 11:00:45"]
    assert moments((first, first), UTC)(first) == "4 May 2026, 09:00"


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(seconds=-3), "0 ms"),
        (timedelta(milliseconds=12), "12 ms"),
        (timedelta(seconds=59.9), "59 s"),
        (timedelta(minutes=23, seconds=14), "23 min 14 s"),
        (timedelta(hours=1, minutes=0, seconds=9), "1 h"),
        (timedelta(days=1_200, hours=3, minutes=4), "1,200 d 3 h"),
        (None, "–"),
    ],
)
def test_durations(span: timedelta | None, text: str) -> None:
    assert duration(span) == text


@pytest.mark.parametrize(
    ("part", "whole", "percent"),
    [(0, 0, None), (0, 9, 0), (1, 1000, 1), (999, 1000, 99), (5, 5, 100), (1, 3, 33), (5, 8, 63)],
)
def test_all_and_none_are_not_rounded_to(part: int, whole: int, percent: int | None) -> None:
    assert Share(part, whole).percent == percent


def test_the_median_lies_in_the_middle() -> None:
    minutes = [timedelta(minutes=n) for n in (9, 1, 2, 4)]
    spread = Spread.of([None, *minutes])
    assert spread == Spread(4, timedelta(minutes=3), timedelta(minutes=9))
    assert Spread.of([None]) is None


@pytest.mark.parametrize(
    ("counts", "ran", "rest"),
    [
        ({}, "No action was proposed.", ""),
        ({"RAN": 1}, "1 action was proposed; 1 ran.", ""),
        ({"SIGNED": 2}, "2 actions were proposed; 2 ran, after people had signed.", ""),
        ({"WAITS": 2}, "2 actions were proposed; none ran.", "2 wait for a person."),
        ({"RAN": 1_200, "REFUSED": 1}, "1,201 actions were proposed; 1,200 ran.", "1 was refused."),
    ],
)
def test_headlines(counts: dict[str, int], ran: str, rest: str) -> None:
    tally = Tally({standing: counts.get(standing.name, 0) for standing in Standing})
    assert headline(tally) == (ran, rest)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a\u202eb\x1b[0m\r\nc\ud800", "a�b�[0m  c�"),
        (Decimal("1.50"), "1.5"),
        ({"secret": "0" * 64}, "•••"),
        ({"pin": {"secret": "a" * 64}, "secret": "b"}, '{"pin": "•••", "secret": "b"}'),
        ([{"secret": "0" * 64}], '["•••"]'),
        (object(), "�"),
        (None, "null"),
    ],
)
def test_values(value: object, text: str) -> None:
    assert value_text(value) == text


def test_long_text_is_cut() -> None:
    assert shown("x" * 9, 5) == "xxxx…"
    assert shown("x" * 5, 5) == "xxxxx"


def test_places_and_numbers() -> None:
    assert place_text("/srv/p/a.policy:41:8") == "a.policy:41"
    assert place_text("C:\\p\\a.policy:4:8") == "a.policy:4"
    assert place_text(None) == ""
    assert counted(2, "entry", "entries") == "2 entries"
    first = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
    assert stretch(first, first, UTC) == "4 May 2026, 09:00 to 09:00"


def test_plain_text_is_escaped_and_markup_is_not() -> None:
    assert (
        tag("p", "<i>", Html("<br/>"), None, class_='"') == '<p class="&quot;">&lt;i&gt;<br/></p>'
    )
    assert prose("`a` <b>") == "<bdi><code><bdi>a</bdi></code> &lt;b&gt;</bdi>"
    assert prose("` unbalanced") == "<bdi>` unbalanced</bdi>"
