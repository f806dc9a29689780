"""Characters that make a text look like another one: bidirectional controls, mixed scripts.

Source: Unicode Technical Standard 39 (confusable identifiers) and CVE-2021-42574.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from policy_engine.foundation.diagnostics import Diagnostic, Label
from policy_engine.foundation.source import Source, Span
from policy_engine.language import codes

_HIDDEN = re.compile("[\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]")
_WORD = re.compile(r"[^\W\d_]{2,}")


def suspicious(source: Source) -> Iterator[Diagnostic]:
    """What in a file could be read as something else than it is."""
    if source.text.isascii():
        return
    for match in _HIDDEN.finditer(source.text):
        character = match[0]
        name = unicodedata.name(character, "an unnamed control").lower()
        label = Label(Span(source, match.start(), match.end()), name)
        title = f"an invisible character stands here (U+{ord(character):04X})"
        yield Diagnostic(codes.HIDDEN_CHARACTER, title, (label,), help="remove it")
    for match in _WORD.finditer(source.text):
        scripts = {_script(character) for character in match[0]} - {None}
        if len(scripts) > 1 and not match[0].isascii():
            listed = " and ".join(sorted(str(script) for script in scripts))
            label = Label(Span(source, match.start(), match.end()), f"letters of {listed}")
            title = "a word is written in two scripts"
            yield Diagnostic(codes.MIXED_SCRIPT, title, (label,), help="write it in one script")


_SCRIPTS = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "HEBREW", "ARABIC")


def _script(character: str) -> str | None:
    """The script of a letter, among those whose letters are mistaken for each other."""
    if character.isascii():
        return "Latin"
    name = unicodedata.name(character, "")
    return next((script.capitalize() for script in _SCRIPTS if name.startswith(script)), None)
