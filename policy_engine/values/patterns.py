"""Regular expressions in linear time, on whole values.

Google's RE2 syntax: no back-references, no look-around, so no input can make a match slow.
`.` matches a line end too. Source: https://github.com/google/re2/wiki/Syntax. The library is
imported when the first pattern is compiled.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol, cast

LONGEST_PATTERN = 4_000
"""Characters of a pattern that a policy may say; to compile it takes the square of its length."""


class Pattern(Protocol):
    """A compiled pattern."""

    def fullmatch(self, text: str) -> object: ...

    def search(self, text: str) -> object: ...


class InvalidPattern(ValueError):
    """The text is not a pattern; the message says why."""


@lru_cache(maxsize=1024)
def compiled(text: str) -> Pattern:
    """The pattern of a text. Raises `InvalidPattern`."""
    import re2

    options = re2.Options()
    options.dot_nl = True
    options.never_capture = True
    options.log_errors = False
    try:
        return cast(Pattern, re2.compile(text, options=options))
    except re2.error as error:
        reason = error.args[0] if error.args else "cannot be read"
        shown = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise InvalidPattern(shown) from error


def matches_whole(pattern: str, text: str) -> bool:
    """Whether the whole text is what the pattern describes."""
    return compiled(pattern).fullmatch(text) is not None


def matches_part(pattern: str, text: str) -> bool:
    """Whether some part of the text is what the pattern describes (JSON Schema's meaning)."""
    return compiled(pattern).search(text) is not None
