"""A datum made ready to be looked for: how it would stand in a text, and what would betray it.

Most data are asked for many times, in this decision and in others, so they are prepared once.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Hashable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Literal, TypeVar

from policy_engine.values.links import link, unschemed
from policy_engine.values.money import Money
from policy_engine.values.tokens import is_short_number, prepared, row_of_words, single, text_of
from policy_engine.values.traces import counts_of, folded, is_small, spelt_numbers

Kind = Literal["wholes", "words", "links", "numbers", "instants", "moneys"]
"""Where data are looked up: as they are, or as what stands in a text."""

A_LOOK_UP = 100
"""What finding one word costs, in characters read."""

_Key = TypeVar("_Key")
_Answer = TypeVar("_Answer")

_MOST_KEPT = 10_000
_LONG = 1_000
_MOST_PROBED = 4


class Sought:
    """One datum."""

    def __init__(self, part: object) -> None:
        self.part = part
        self.word = single(part) if isinstance(part, str) else None
        """A text of one word, in its normal form."""
        self.link = link(self.word) if self.word is not None else None
        """The one spelling of a link."""
        self.row = row_of_words(part) if isinstance(part, str) and self.word is None else None
        """Several words in a row."""
        self.keys: tuple[tuple[Kind, Hashable], ...] = tuple(_keys(self))
        """Under which keys data that have the datum are found, but for its words in a row."""

    @cached_property
    def inner(self) -> tuple[str, ...]:
        """Of several words in a row, some that stand nowhere but as they are."""
        between = self.row.split(" ")[1:-1] if self.row is not None else []
        return tuple(word for word in between if word[0].isalpha())[:_MOST_PROBED]

    @cached_property
    def lowered(self) -> tuple[Sought, ...]:
        """A text without regard to case, as it is and as people leave out how a link begins."""
        assert isinstance(self.part, str)
        wanted = lowered(self.part)
        bare = wanted.removeprefix("https://")
        return tuple(map(sought, dict.fromkeys((wanted, bare))))

    @cached_property
    def small(self) -> Decimal | None:
        """A whole number below a thousand, or a text that is one."""
        if isinstance(self.part, str):
            return Decimal(self.part) if is_short_number(self.part) else None
        size = self._size
        return size if size is not None and is_small(size) else None

    @cached_property
    def large(self) -> Decimal | None:
        """Any other number, without its sign; an amount of money has one."""
        return self._size if self.small is None else None

    @property
    def _size(self) -> Decimal | None:
        part = self.part.amount if isinstance(self.part, Money) else self.part
        if isinstance(part, (int, Decimal)) and not isinstance(part, bool):
            return Decimal(part).copy_abs()
        return None

    @cached_property
    def day(self) -> date | None:
        """A day, which is written in many ways; no instant."""
        part = self.part
        return part if isinstance(part, date) and not isinstance(part, datetime) else None

    @cached_property
    def needle(self) -> str:
        """Its letters and digits; of a link without the `https://` that people leave out."""
        spelt = text_of(self.part)
        return folded(unschemed(spelt)) or folded(spelt)

    @cached_property
    def instants(self) -> frozenset[datetime]:
        """The instants that it is, or that stand in it."""
        spelt = text_of(self.part)
        return prepared(spelt).instants if ":" in spelt else frozenset()

    @cached_property
    def numbers(self) -> frozenset[Decimal]:
        """What it could mean as a number: a text of one word, or a duration in any unit."""
        match self.part:
            case str():
                return frozenset() if self.row is not None else frozenset(spelt_numbers(self.part))
            case timedelta():
                return frozenset(counts_of(self.part))
            case _:
                return frozenset()


def _keys(datum: Sought) -> Iterator[tuple[Kind, Hashable]]:
    match datum.part:
        case str():
            yield "wholes", datum.part
            if datum.word is not None and not is_short_number(datum.word):
                yield "words", datum.word
            if datum.link is not None:
                yield "links", datum.link
        case bool():
            return
        case int() | Decimal():
            yield "numbers", datum.part
        case datetime():
            yield "instants", datum.part
        case date():
            yield "words", datum.part.isoformat()
        case Money():
            yield "moneys", datum.part


def sought(part: object) -> Sought:
    """The datum made ready; few long texts are kept."""
    return _long(part) if isinstance(part, str) and len(part) > _LONG else _short(part)


_short = lru_cache(maxsize=4_096, typed=True)(Sought)
_long = lru_cache(maxsize=64)(Sought)


def lowered(text: str) -> str:
    """A text without regard to case."""
    return unicodedata.normalize("NFC", text).casefold()


def keep(answers: dict[_Key, _Answer], key: _Key, answer: _Answer) -> _Answer:
    """The answer, kept for whoever asks the same; not more than anybody asks in a session."""
    if len(answers) >= _MOST_KEPT:
        answers.clear()
    answers[key] = answer
    return answer
