"""The numbers and amounts of money that stand in a text, word by word.

Only what can be read one way counts: `5.000` may be five or five thousand, and in `$5 CAD` or
`5 EUR 7` an amount and a currency too many meet. Punctuation between words keeps them apart.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from policy_engine.values.money import Money

OPENING = "\"'`([{<«“‘„*@#"
CLOSING = "\"'`)]}>»”’*.,;:!?…"

_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
_AMBIGUOUS = re.compile(r"-?[1-9]\d{0,2}\.\d{3}", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_SYMBOLS = {"$": "USD", "£": "GBP", "€": "EUR"}
_PREFIXED = re.compile(r"(?P<currency>[$£€])(?P<number>\d+(?:\.\d+)?)", re.ASCII)
_SUFFIXED = re.compile(r"(?P<number>-?\d+(?:\.\d+)?)(?P<currency>[$£€]|[A-Z]{3})", re.ASCII)

_Reading = str | Decimal | Money | None
"""A word as a currency, a number, money, or something else."""


def number_of(token: str) -> Decimal | None:
    """The number that a token is, if it can be read in one way only."""
    if _NUMBER.fullmatch(token) and not _AMBIGUOUS.fullmatch(token):
        return Decimal(token)
    return None


def moneys_in(words: Sequence[str]) -> frozenset[Money]:
    """The amounts of money among the words of a text."""
    readings = [_reading(word.lstrip(OPENING).rstrip(CLOSING)) for word in words]
    joined = [
        _touch(readings[i], readings[i + 1])
        and words[i].rstrip(CLOSING) == words[i]
        and words[i + 1].lstrip(OPENING) == words[i + 1]
        for i in range(len(words) - 1)
    ]
    found: set[Money] = set()
    for i, reading in enumerate(readings):
        before = i > 0 and joined[i - 1]
        if before or reading is None:
            continue
        if i == len(joined) or not joined[i]:
            found.update({reading} if isinstance(reading, Money) else ())
        elif i + 1 == len(joined) or not joined[i + 1]:
            found.update(_pair(reading, readings[i + 1]))
    return frozenset(found)


def _reading(token: str) -> _Reading:
    if _CURRENCY.fullmatch(token):
        return token
    match = _PREFIXED.fullmatch(token) or _SUFFIXED.fullmatch(token)
    if match is None:
        return number_of(token)
    number, currency = number_of(match["number"]), match["currency"]
    return None if number is None else Money(number, _SYMBOLS.get(currency, currency))


def _touch(one: _Reading, other: _Reading) -> bool:
    """Whether one of two neighbours is a currency and the other has an amount."""
    amounts = (Decimal, Money)
    return (isinstance(one, str) and isinstance(other, amounts)) or (
        isinstance(other, str) and isinstance(one, amounts)
    )


def _pair(one: _Reading, other: _Reading) -> set[Money]:
    match one, other:
        case (Decimal() as number, str(currency)) | (str(currency), Decimal() as number):
            return {Money(number, currency)}
        case _:
            return set()
