"""How a report says things to people who do not write policies. Plain text, no markup.

Names and values come from agents and from whoever writes to them: `shown` makes of any of it one
line that cannot turn the writing direction, move a terminal's cursor or run on for ever.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo

from policy_engine.audit.measures import Share, Tally
from policy_engine.audit.period import Period
from policy_engine.audit.reading import file_of
from policy_engine.audit.story import Standing
from policy_engine.foundation.canonical import readable_text

LABELS: Mapping[Standing, str] = {
    Standing.RAN: "ran alone",
    Standing.CONFIRMED: "ran after the user said yes",
    Standing.SIGNED: "ran after people signed",
    Standing.WITHHELD: "ran, output withheld",
    Standing.READY: "ready, not taken up yet",
    Standing.WAITS: "waiting for people",
    Standing.REFUSED: "refused",
    Standing.REJECTED: "rejected by a person",
    Standing.FAILED: "failed",
    Standing.UNKNOWN: "outcome unknown",
}
SHORT: Mapping[Standing, str] = {
    Standing.RAN: "ran alone",
    Standing.CONFIRMED: "ran confirmed",
    Standing.SIGNED: "ran signed",
    Standing.WITHHELD: "output withheld",
    Standing.READY: "ready",
    Standing.WAITS: "waiting",
    Standing.REFUSED: "refused",
    Standing.REJECTED: "rejected",
    Standing.FAILED: "failed",
    Standing.UNKNOWN: "unknown",
}
"""The same, as the heading of a column of numbers."""
DID: Mapping[Standing, Callable[[int], str]] = {
    Standing.RAN: lambda n: f"{n:,} ran alone",
    Standing.CONFIRMED: lambda n: f"{n:,} ran after the user said yes",
    Standing.SIGNED: lambda n: f"{n:,} ran after people signed",
    Standing.WITHHELD: lambda n: f"{n:,} ran and had the output withheld",
    Standing.READY: lambda n: f"{counted(n, 'is', 'are')} ready and not taken up yet",
    Standing.WAITS: lambda n: f"{counted(n, 'waits', 'wait')} for a person",
    Standing.REFUSED: lambda n: f"{counted(n, 'was', 'were')} refused",
    Standing.REJECTED: lambda n: f"{counted(n, 'was', 'were')} rejected by a person",
    Standing.FAILED: lambda n: f"{n:,} failed",
    Standing.UNKNOWN: lambda n: f"the outcome of {n:,} is unknown",
}
"""The same in a sentence, by how many actions they were."""
OUTCOMES: Mapping[str, str] = {
    "allow": "it runs at once",
    "validate": "it runs after a validation has passed, or after the user said yes",
    "escalate": "it runs after people signed",
    "deny": "it is refused",
    "unknown": "the record does not tell",
    "unknown task": "the policy does not know the task",
}
"""What an answer to an action means, by the word of the engine."""
LONGEST = 160
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_SECRET_DIGITS = 64


def shown(value: str, longest: int = LONGEST) -> str:
    """A foreign text as one harmless line: no control characters, not too long."""
    line = "".join(_harmless(c) for c in value[: longest + 1])
    return f"{line[: longest - 1]}…" if len(line) > longest else line


def _harmless(character: str) -> str:
    if character in "\t\n\r":
        return " "
    hidden = unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    return "�" if hidden else character


def sentence(text: str) -> str:
    """A text with a capital to begin with, unless it begins with a name."""
    return text[:1].upper() + text[1:]


def value_text(value: object) -> str:
    """A value of an input; what was sealed stays hidden."""
    if isinstance(value, str):
        return shown(value)
    if _is_sealed(value):
        return "•••"
    try:
        return shown(readable_text(_unsealed(value)))
    except (ValueError, TypeError, RecursionError):
        return "�"


def _is_sealed(value: object) -> bool:
    if not isinstance(value, Mapping) or set(value) != {"secret"}:
        return False
    seal = value["secret"]
    return isinstance(seal, str) and len(seal) == _SECRET_DIGITS


def _unsealed(value: object) -> object:
    """The same value, with every seal inside it shown as such."""
    if _is_sealed(value):
        return "•••"
    if isinstance(value, Mapping):
        return {name: _unsealed(part) for name, part in value.items()}
    return [_unsealed(part) for part in value] if isinstance(value, list) else value


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 action`, `2 actions`, `1,204 actions`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(parts: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(part for part in (", ".join(parts[:-1]), *parts[-1:]) if part)


def headline(tally: Tally) -> tuple[str, str]:
    """The whole in two sentences: what ran, and what did not. Whatever is zero is left out."""
    if not tally.total:
        return "No action was proposed.", ""
    proposed = counted(tally.total, "action was", "actions were")
    rest = "; ".join(DID[s](tally[s]) for s in _REST if tally[s])
    return f"{proposed} proposed; {_ran(tally)}.", f"{rest}." if rest else ""


def _ran(tally: Tally) -> str:
    ran = tally.ran
    if not ran:
        return "none ran"
    asked = [(tally[standing], said) for standing, said in _ASKED.items() if tally[standing]]
    if not asked:
        return f"{ran:,} ran"
    if asked[0][0] == ran:
        return f"{ran:,} ran, {asked[0][1]}"
    parts = [
        f"{number:,}{' of them' if i == 0 else ''} {said}" for i, (number, said) in enumerate(asked)
    ]
    return f"{ran:,} ran, {listed(parts)}"


_ASKED: Mapping[Standing, str] = {
    Standing.SIGNED: "after people had signed",
    Standing.CONFIRMED: "after the user had said yes",
}


_REST = (
    Standing.REFUSED,
    Standing.REJECTED,
    Standing.READY,
    Standing.WAITS,
    Standing.FAILED,
    Standing.UNKNOWN,
    Standing.WITHHELD,
)


def duration(span: timedelta | None) -> str:
    """A span of time in its two largest units: `1 h 12 min`."""
    if span is None:
        return "–"
    seconds = span.total_seconds()
    if seconds < 1:
        return f"{max(0, round(seconds * 1000))} ms"
    left, parts = int(seconds), []
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        if left >= size:
            parts.append(f"{left // size:,} {unit}")
            left %= size
        elif parts:
            break
    return " ".join(parts[:2])


def percent(share: Share) -> str:
    """`88%`, or a dash where there is nothing to divide by."""
    return "–" if share.percent is None else f"{share.percent}%"


def of(share: Share) -> str:
    """`7 of 8`."""
    return f"{share.part:,} of {share.whole:,}"


def day(at: datetime, zone: tzinfo) -> str:
    """`23 Nov 2026`."""
    local = at.astimezone(zone)
    return f"{local.day} {_MONTHS[local.month - 1]} {local.year}"


def short_day(at: datetime) -> str:
    """`23 Nov`, of a time that is in its zone already."""
    return f"{at.day} {_MONTHS[at.month - 1]}"


def clock(at: datetime, zone: tzinfo) -> str:
    """`09:33`."""
    return f"{at.astimezone(zone):%H:%M}"


def moment(at: datetime, zone: tzinfo) -> str:
    """`23 Nov 2026, 09:33`."""
    return f"{day(at, zone)}, {clock(at, zone)}"


def moments(times: Iterable[datetime], zone: tzinfo) -> Callable[[datetime], str]:
    """How the times of a table are said: to the second where two of them share a minute."""
    known = set(times)
    minutes = {at.astimezone(UTC).replace(second=0, microsecond=0) for at in known}
    if len(minutes) == len(known):
        return lambda at: moment(at, zone)
    return lambda at: f"{day(at, zone)}, {at.astimezone(zone):%H:%M:%S}"


def zone_name(zone: tzinfo) -> str:
    """`Europe/Warsaw`, `UTC`."""
    return shown(str(zone))


def stretch(first: datetime, last: datetime, zone: tzinfo) -> str:
    """From when to when, the day said once where it is one."""
    if day(first, zone) == day(last, zone):
        return f"{moment(first, zone)} to {clock(last, zone)}"
    return f"{moment(first, zone)} to {moment(last, zone)}"


def asked_period(period: Period, zone: tzinfo) -> str:
    """The period that was asked for."""
    match period.start, period.end:
        case None, None:
            return "the whole record"
        case None, datetime() as end:
            return f"proposed before {moment(end, zone)}"
        case datetime() as start, None:
            return f"proposed since {moment(start, zone)}"
        case datetime() as start, datetime() as end:
            return f"proposed from {moment(start, zone)} until {moment(end, zone)}"
    raise AssertionError("a period has instants or None")


def place_text(place: str | None) -> str:
    """`refunds.policy:41` for `/srv/policies/refunds.policy:41:8`."""
    if not place:
        return ""
    _, *numbers = place.rsplit(":", 2)
    return shown(f"{file_of(place)}:{numbers[0]}" if len(numbers) == 2 else file_of(place))
