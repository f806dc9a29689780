"""What all our logs in SARIF 2.1.0 have in common: one run, rules with words, URIs, plain messages.

Sources: OASIS, Static Analysis Results Interchange Format 2.1.0; GitHub, "SARIF support for code
scanning", which asks for more: each rule with three texts, each file by its place in the project.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple
from urllib.parse import quote

from policy_engine.foundation.canonical import Json
from policy_engine.foundation.diagnostics import Code
from policy_engine.foundation.version import VERSION

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_DRIVE = re.compile(r"[A-Za-z]:/")


class Rule(NamedTuple):
    """An id, what the rule says, and where one reads on."""

    id: str
    said: str
    help: str
    name: str | None = None

    @classmethod
    def of_code(cls, code: Code) -> Rule:
        help_ = f"`policy explain {code.id}` says what it means and what to do."
        return cls(code.id, code.summary, help_, code.name)


def log(run: Mapping[str, Json]) -> dict[str, Json]:
    """A log with one run."""
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [dict(run)]}


def tool(name: str, rules: Iterable[Rule]) -> Json:
    """The program that ran, with the rules that its results name."""
    described: list[Json] = [_descriptor(rule) for rule in rules]
    return {"driver": {"name": name, "semanticVersion": VERSION, "rules": described}}


def _descriptor(rule: Rule) -> Json:
    named: dict[str, Json] = {} if rule.name is None else {"name": rule.name}
    return {
        "id": rule.id,
        **named,
        "shortDescription": {"text": rule.said},
        "fullDescription": {"text": rule.said},
        "help": {"text": rule.help},
    }


def message(text: str) -> Json:
    """A message that means its words: no link, no placeholder (3.11.5 and 6)."""
    for character, written in (
        ("\\", "\\\\"),
        ("[", "\\["),
        ("]", "\\]"),
        ("{", "{{"),
        ("}", "}}"),
    ):
        text = text.replace(character, written)
    return {"text": text}


def uri_of(path: str) -> str:
    """A relative reference, or `file:///…` of a whole path; folders are divided by `/`."""
    if _DRIVE.match(path):
        return f"file:///{path[0]}:{_quoted(path[2:])}"
    if path.startswith("/"):
        return "file:///" + _quoted(path.lstrip("/"))
    first, slash, rest = path.partition("/")
    return _quoted(first, safe="") + slash + _quoted(rest)


def _quoted(path: str, safe: str = "/") -> str:
    """The bytes of a name, as the disk has them also where they are no UTF-8."""
    try:
        data = path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        data = path.encode("utf-8", "replace")
    return quote(data, safe=safe)
