"""Which stretch of the past a report is asked for: options that several reports share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import click

from policy_engine.audit.period import Period
from policy_engine.foundation.errors import InputError

_F = TypeVar("_F", bound=Callable[..., Any])


def period_options(command: _F) -> _F:
    """`--from`, `--to` and `--zone`."""
    options = (
        click.option("--from", "start", metavar="T", help="Only actions proposed at T or later."),
        click.option("--to", "until", metavar="T", help="Only actions proposed before T."),
        click.option(
            "--zone",
            default="UTC",
            show_default=True,
            metavar="ZONE",
            help="In which zone times are.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def period_of(start: str | None, until: str | None, zone: tzinfo) -> Period:
    """The period of two options. Raises `InputError` for what is no time, and for no period."""
    period = Period(instant(start, zone), instant(until, zone))
    if period.start is not None and period.end is not None and period.end <= period.start:
        raise InputError(f"the period from `{start}` to `{until}` has no moment in it")
    return period


def zone_of(name: str) -> tzinfo:
    """The zone of this name. Raises `InputError` where there is none."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise InputError(f"there is no time zone `{name}`; write one as Europe/Warsaw") from error


def instant(text: str | None, zone: tzinfo) -> datetime | None:
    """A date, which is its midnight in the zone, or a timestamp. Raises `InputError`."""
    if text is None:
        return None
    try:
        if len(text) == len("2026-11-23"):
            return datetime.combine(date.fromisoformat(text), time.min, zone).astimezone(UTC)
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InputError(
            f"`{text}` is no date and no timestamp that exists: write one as 2026-11-23"
            " or 2026-11-23T12:00:00Z"
        ) from error
