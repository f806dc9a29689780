"""What is wrong with a text, and where: values, never printed here.

A diagnostic carries a code from a table (`Code`), a title with the particulars, labelled
places, notes, and help that says what to write. `docs/codes/` has a page for each code.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from policy_engine.foundation.source import Span

CEILING = 100
"""A file with more diagnostics than this gains nothing from one more."""


class Severity(Enum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Code:
    """One row of a table of codes: stable id, readable name, what it stands for."""

    id: str
    name: str
    summary: str
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True)
class Label:
    """A place and what to say of it; the primary label is where the fault stands."""

    span: Span
    text: str = ""
    primary: bool = True


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding about a text."""

    code: Code
    title: str
    labels: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    help: str | None = None

    @property
    def is_error(self) -> bool:
        return self.code.severity is Severity.ERROR

    @property
    def place(self) -> str | None:
        return self.labels[0].span.place if self.labels else None


def in_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Sorted by place, each once, at most `CEILING`, errors before warnings where it must cut."""
    unique = sorted(dict.fromkeys(diagnostics), key=_place_key)
    if len(unique) > CEILING:
        unique = sorted(sorted(unique, key=lambda d: not d.is_error)[:CEILING], key=_place_key)
    return tuple(unique)


def _place_key(diagnostic: Diagnostic) -> tuple[str, int, int, str, str]:
    if not diagnostic.labels:
        return "", 0, 0, diagnostic.code.id, diagnostic.title
    span = diagnostic.labels[0].span
    return span.source.name, span.start, span.end, diagnostic.code.id, diagnostic.title
