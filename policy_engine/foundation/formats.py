"""Diagnostics for machines: JSON, SARIF 2.1.0, GitHub workflow commands.

Sources: OASIS SARIF 2.1.0; GitHub, "Workflow commands for GitHub Actions".
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import PurePath

from policy_engine.foundation import sarif
from policy_engine.foundation.canonical import Json
from policy_engine.foundation.diagnostics import Diagnostic, Label

_BASE = "%SRCROOT%"
"""As code scanning calls the folder of the project."""


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


def as_sarif(diagnostics: Sequence[Diagnostic], folder: PurePath | None = None) -> Json:
    """One SARIF log with one run. `folder` is the whole path of the one where the names of files
    begin: what stands below it is told by its place there, and anything else by its whole path."""
    codes = {d.code.id: d.code for d in diagnostics}
    places = {id_: place for place, id_ in enumerate(sorted(codes))}
    results: list[Json] = [
        {
            "ruleId": d.code.id,
            "ruleIndex": places[d.code.id],
            "level": d.code.severity.value,
            "message": sarif.message(d.title if d.help is None else f"{d.title}; {d.help}"),
            "locations": [_location(label, folder) for label in d.labels[:1]],
        }
        for d in diagnostics
    ]
    base: Json = {"description": {"text": "The folder where the command ran."}}
    run: dict[str, Json] = {
        "tool": sarif.tool("policy", (sarif.Rule.of_code(codes[id_]) for id_ in places)),
        "originalUriBaseIds": {_BASE: base},
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return sarif.log(run)


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


def _location(label: Label, folder: PurePath | None) -> Json:
    file = _file(label.span.source.name, folder)
    return {"physicalLocation": {"artifactLocation": file, "region": dict(_region(label))}}


def _file(name: str, folder: PurePath | None) -> Json:
    path = PurePath(name)
    if folder is not None:
        path = PurePath(os.path.normpath(folder / path))
        path = path.relative_to(folder) if path.is_relative_to(folder) else path
    base: dict[str, Json] = {} if path.is_absolute() else {"uriBaseId": _BASE}
    return {"uri": sarif.uri_of(path.as_posix()), **base}


def _region(label: Label) -> dict[str, Json]:
    start_line, start_column = label.span.source.position(label.span.start)
    end_line, end_column = label.span.source.position(label.span.end)
    return {
        "startLine": start_line,
        "startColumn": start_column,
        "endLine": end_line,
        "endColumn": end_column,
    }
