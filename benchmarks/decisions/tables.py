"""The findings as a table for people, beside the figures that are committed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal, TypeAlias

from benchmarks.decisions.rows import Absent, Finding, Row

BASELINE = Path(__file__).with_name("baseline.json")
_NOISE = 0.25
"""A figure that is off by less says nothing: machines are shared."""

Change: TypeAlias = Literal["better", "same", "worse", "new"]


def read_baseline(path: Path = BASELINE) -> dict[str, float]:
    """The committed figures by key; none where there is no file."""
    if not path.exists():
        return {}
    figures: dict[str, float] = json.loads(path.read_text())["figures"]
    return figures


def write_baseline(
    findings: Iterable[Finding], about: Mapping[str, object], path: Path = BASELINE
) -> None:
    """Writes the figures of these findings over what was there, and what they were made with."""
    figures = {row.key: round(row.figure, 3) for row in findings if isinstance(row, Row)}
    known = read_baseline(path) | figures
    text = json.dumps({"about": about, "figures": dict(sorted(known.items()))}, indent=2)
    path.write_text(text + "\n")


def change(row: Row, baseline: Mapping[str, float]) -> Change:
    """Whether a figure has moved by more than noise, and which way."""
    known = baseline.get(row.key)
    if known is None:
        return "new"
    larger, smaller = row.figure > known * (1 + _NOISE), row.figure < known / (1 + _NOISE)
    if not larger and not smaller:
        return "same"
    return "better" if smaller == row.goal.at_most else "worse"


def table(findings: Sequence[Finding], baseline: Mapping[str, float]) -> str:
    """One line a finding; those that could not be made come last, with the reason."""
    rows = [row for row in findings if isinstance(row, Row)]
    head = ("what", "figure", "goal", "", "baseline", "")
    lines = [head, *(_line(row, baseline) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    shown = ["  ".join(_padded(line, widths)).rstrip() for line in lines]
    shown += [f"not measured: {key}: {why}" for key, why in _absent(findings)]
    return "\n".join(shown)


def as_json(findings: Iterable[Finding], baseline: Mapping[str, float]) -> list[dict[str, object]]:
    """The findings as plain data."""
    return [_plain(finding, baseline) for finding in findings]


def _line(row: Row, baseline: Mapping[str, float]) -> tuple[str, str, str, str, str, str]:
    known = baseline.get(row.key)
    met = ("met" if row.goal.is_met(row.figure) else "MISSED") if row.has_goal else ""
    return (
        row.title,
        f"{_number(row.figure)} {row.unit}",
        str(row.goal) if row.has_goal else "",
        met,
        _number(known) if known is not None else "",
        change(row, baseline),
    )


def _number(figure: float) -> str:
    return f"{figure:,.0f}" if abs(figure) >= 100 else f"{figure:.3g}"


def _padded(line: Sequence[str], widths: Sequence[int]) -> list[str]:
    """Texts to the left; the figures, second and fifth, to the right."""
    return [
        text.rjust(width) if place in (1, 4) else text.ljust(width)
        for place, (text, width) in enumerate(zip(line, widths, strict=True))
    ]


def _absent(findings: Iterable[Finding]) -> list[Absent]:
    return [finding for finding in findings if isinstance(finding, Absent)]


def _plain(finding: Finding, baseline: Mapping[str, float]) -> dict[str, object]:
    if isinstance(finding, Absent):
        return {"key": finding.key, "not measured": finding.reason}
    return {
        "key": finding.key,
        "title": finding.title,
        "figure": finding.figure,
        "unit": finding.unit,
        "goal": str(finding.goal) if finding.has_goal else None,
        "met": finding.goal.is_met(finding.figure) if finding.has_goal else None,
        "baseline": baseline.get(finding.key),
        "change": change(finding, baseline),
        "detail": finding.detail,
    }
