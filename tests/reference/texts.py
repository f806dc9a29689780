"""Patterns, globs and affixes of texts."""

from __future__ import annotations

from functools import cache

import re2

from policy_engine.values import paths
from policy_engine.values.types import EMAIL, HOST, PATH, URL, Type
from tests.reference.logic import Truth


def matches(pattern: str, text: str) -> bool:
    """`matches /…/`: the whole value, `.` matches a newline too."""
    options = re2.Options()
    options.dot_nl = True
    return re2.compile(pattern, options=options).fullmatch(text) is not None


def affixed(word: str, text: str, other: str) -> Truth:
    """“Of texts, character by character; case counts.”"""
    match word:
        case "starts with":
            return text[: len(other)] == other
        case "ends with":
            return other == "" or text[-len(other) :] == other
        case "contains":
            return other in text
    return paths.under(text, other)


def is_like(pattern: str, type_: Type, text: str) -> bool:
    """“`*` stops at the type's own separators”, `**` at none of them, `?` is one character."""
    return _is_like(_marked(pattern, type_), text)


Mark = tuple[str, str]
"""A character that stands for itself, or `*`, `**` or `?` with the characters it stops at."""


def _marked(pattern: str, type_: Type) -> tuple[Mark, ...]:
    """The pattern mark by mark, with the separators of the place where each stands."""
    marks: list[Mark] = []
    place = 0
    while place < len(pattern):
        star = pattern[place] == "*"
        run = len(pattern[place:]) - len(pattern[place:].lstrip("*")) if star else 1
        word = pattern[place : place + run] if run == 1 else "**"
        one, many = _separators(pattern, place, type_)
        stops = {"*": one, "?": one, "**": many}.get(word)
        marks.append((word, "literal" if stops is None else stops))
        place += run
    return tuple(marks)


def _separators(pattern: str, place: int, type_: Type) -> tuple[str, str]:
    """What `*` and `?`, and what `**`, stop at in this place of the pattern.

    “`/` of a path, `.` of a host; of an address `@`, and behind it `.` too; of a URL `. / ? # @ :`
    up to the path, then `/ ? #`. A `**` before the path of a URL stays before it.”
    """
    if type_ == PATH:
        return "/", ""
    if type_ == HOST:
        return ".", ""
    if type_ == EMAIL:
        return ("@", "") if place < pattern.rfind("@") else ("@.", "")
    if type_ == URL:
        path = pattern.find("/", pattern.find("://") + 3)
        before = path == -1 or place < path
        return ("./?#@:", "/?#@") if before else ("/?#", "")
    return "", ""


@cache
def _is_like(marks: tuple[Mark, ...], text: str) -> bool:
    if not marks:
        return text == ""
    (word, stops), rest = marks[0], marks[1:]
    if word in ("*", "**") and stops != "literal":
        taken = text and text[0] not in stops and _is_like(marks, text[1:])
        return bool(taken) or _is_like(rest, text)
    if not text:
        return False
    fits = text[0] not in stops if (word == "?" and stops != "literal") else text[0] == word
    return fits and _is_like(rest, text[1:])
