"""Diagnostics for machines: JSON, SARIF 2.1.0, GitHub workflow commands.

Sources: OASIS SARIF 2.1.0; GitHub, "Workflow commands for GitHub Actions".
"""

from __future__ import annotations

from collections.abc import Sequence

from policy_engine.foundation.canonical import Json
from policy_engine.foundation.diagnostics import Diagnostic, Label


def as_json(diagnostics: Sequence[Diagnostic]) -> list[Json]:
    """One object a diagnostic; lines and columns count from 1, ends are exclusive."""
    return [
        {
            "code": d.code.id,
            "name": d.code.name,
            "severity": d.code.severity.value,
            "title": d.title,
            "labels": [_label(label) for label in d.labels],
            "notes": list(d.notes),
            "help": d.help,
        }
        for d in diagnostics
    ]


def as_sarif(diagnostics: Sequence[Diagnostic]) -> Json:
    """One SARIF log with one run."""
    codes = {d.code.id: d.code for d in diagnostics}
    rules: list[Json] = [
        {"id": c.id, "name": c.name, "shortDescription": {"text": c.summary}}
        for c in sorted(codes.values(), key=lambda c: c.id)
    ]
    results: list[Json] = [
        {
            "ruleId": d.code.id,
            "level": d.code.severity.value,
            "message": {"text": d.title if d.help is None else f"{d.title}; {d.help}"},
            "locations": [_location(label) for label in d.labels[:1]],
        }
        for d in diagnostics
    ]
    driver: Json = {"name": "policy", "rules": rules}
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
        ],
    }


def as_github(diagnostics: Sequence[Diagnostic]) -> str:
    """One `::error` or `::warning` line a diagnostic."""
    return "".join(f"{_command(d)}\n" for d in diagnostics)


def _command(diagnostic: Diagnostic) -> str:
    where = ""
    if diagnostic.labels:
        place = _region(diagnostic.labels[0])
        name = _escaped(diagnostic.labels[0].span.source.name, ":,")
        where = f" file={name},line={place['startLine']},col={place['startColumn']}"
    text = _escaped(f"{diagnostic.code.id}: {diagnostic.title}", "")
    return f"::{diagnostic.code.severity.value}{where}::{text}"


def _escaped(text: str, also: str) -> str:
    for character in "%\r\n" + also:
        text = text.replace(character, f"%{ord(character):02X}")
    return text


def _label(label: Label) -> Json:
    return {
        "file": label.span.source.name,
        **_region(label),
        "text": label.text,
        "primary": label.primary,
    }


def _location(label: Label) -> Json:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": label.span.source.name},
            "region": dict(_region(label)),
        }
    }


def _region(label: Label) -> dict[str, Json]:
    start_line, start_column = label.span.source.position(label.span.start)
    end_line, end_column = label.span.source.position(label.span.end)
    return {
        "startLine": start_line,
        "startColumn": start_column,
        "endLine": end_line,
        "endColumn": end_column,
    }
