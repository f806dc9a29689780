"""Whether a value stands in a text as a whole token.

A token is a run without white space, less the brackets and quotes that open it and the
punctuation that closes it; a value of several words is several tokens in a row. So
`evil@x.example` does not stand in `not-evil@x.example`. A number stands where a token is that
number in plain digits; `5,000` and `5.000` could each be read two ways (five, five thousand), so
neither of the two stands in them.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from decimal import Decimal, InvalidOperation

from policy_engine.values.conform import timestamp

_OPENING = "\"'`([{<«“‘„*"
_CLOSING = "\"'`)]}>»”’*.,;:!?…"
_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
_AMBIGUOUS = re.compile(r"-?[1-9]\d{0,2}\.\d{3}", re.ASCII)


def stands_in(value: object, text: str) -> bool:
    """Whether the value (a text, number or timestamp) is a whole token of the text."""
    match value:
        case bool() | None:
            return False
        case str():
            return _text_stands_in(value, text)
        case int() | Decimal():
            return any(number == value for number in _numbers(text))
        case datetime():
            return any(timestamp(token) == value for token in _tokens(text))
        case _:
            return False


def occurs_in(value: object, text: str) -> bool:
    """Whether a trace of the value is anywhere in the text: the suspicious reading.

    Case, spacing and punctuation are disregarded, and so are the borders of tokens.
    """
    needle = _folded(_as_text(value))
    return bool(needle) and needle in _folded(text)


def _text_stands_in(value: str, text: str) -> bool:
    wanted = _normal(value).split()
    if not wanted:
        return False
    words = _normal(text).split()
    last = len(wanted) - 1
    return any(
        all(
            _matches(words[start + i], word, opens=i == 0, closes=i == last)
            for i, word in enumerate(wanted)
        )
        for start in range(len(words) - last)
        if wanted[0] in words[start]
    )


def _matches(word: str, wanted: str, *, opens: bool, closes: bool) -> bool:
    """Whether the word is the wanted one, bar punctuation on the sides where the value ends."""
    at = word.find(wanted)
    while at != -1:
        before, after = word[:at], word[at + len(wanted) :]
        if _only(before, _OPENING if opens else "") and _only(after, _CLOSING if closes else ""):
            return True
        at = word.find(wanted, at + 1)
    return False


def _only(part: str, allowed: str) -> bool:
    return all(c in allowed for c in part)


def _tokens(text: str) -> list[str]:
    return [word.lstrip(_OPENING).rstrip(_CLOSING) for word in _normal(text).split()]


def _numbers(text: str) -> list[Decimal]:
    found = []
    for token in _tokens(text):
        if _NUMBER.fullmatch(token) and not _AMBIGUOUS.fullmatch(token):
            try:
                found.append(Decimal(token))
            except InvalidOperation:
                continue
    return found


def _as_text(value: object) -> str:
    match value:
        case Decimal():
            return format(value.normalize(), "f")
        case datetime():
            return value.isoformat()
        case _:
            return str(value)


def _normal(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _folded(text: str) -> str:
    return "".join(c for c in _normal(text).casefold() if c.isalnum())
