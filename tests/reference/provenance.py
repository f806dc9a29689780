"""Where data comes from: `dictated`, `trusted`. Every token is tried against every token."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal

from policy_engine.decision.session import SeenOutput, Session
from policy_engine.foundation.canonical import decimal_text, timestamp_text
from policy_engine.language.policy import PolicySet
from policy_engine.values.types import BOOLEAN, ListOf, Record, Type, Union
from tests.reference.data import UNKNOWN, Misfit, fitted, instant
from tests.reference.expressions import Truth, World, all_hold, one_holds, truth

Scalar = str | int | Decimal | datetime

OPENING = "\"'`([{<«“‘„*"
CLOSING = "\"'`)]}>»”’*.,;:!?…"
MOST_MARKS = 8
"""“Around a single word, at most eight marks on each side.”"""

NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
GROUPED = re.compile(r"-?[1-9][0-9]{0,2}(\.[0-9]{3})")
"""`5.000` is five in one country and five thousand in another."""


class Origins:
    """Answers for one session; None: there is no session."""

    def __init__(self, policy: PolicySet, session: Session | None) -> None:
        self._policy = policy
        self._session = session
        self._open: list[SeenOutput] = []

    def dictated(self, datum: object, type_: Type) -> Truth:
        """“Every part of the value stands in the user's request”; unknown where that is."""
        if self._session is None or self._session.request is None:
            return UNKNOWN
        return all_hold(self._is_dictated(part) for part in carrying_parts(datum, type_))

    def trusted(self, datum: object, type_: Type, world: World) -> Truth:
        """“Every part is dictated, is empty text, or is vouched for.”"""
        return all_hold(
            one_holds([part == "", self._is_dictated(part), self._is_vouched(part, world)])
            for part in carrying_parts(datum, type_)
        )

    def _is_dictated(self, part: Scalar) -> Truth:
        if self._session is None or self._session.request is None:
            return UNKNOWN
        return stands_in(part, self._session.request)

    def _is_vouched(self, part: Scalar, world: World) -> Truth:
        """Unknown where the record has gaps: what vouches may be in one, or what had put it in."""
        if self._session is None or not self._session.complete:
            return UNKNOWN
        calls = self._session.outputs
        return one_holds(
            self._vouches(seen, part, world)
            for number, seen in enumerate(calls)
            # “Neither the call that returned it nor any call before it carried the value out.”
            if not any(carried(part, call.input) for call in calls[: number + 1])
        )

    def _vouches(self, seen: SeenOutput, part: Scalar, world: World) -> Truth:
        task = self._policy.tasks.get(seen.task)
        if task is None or task.output is None or not task.output.trusted:
            return False
        if task.output.where is None:
            return any(is_or_contains(leaf, part) for leaf in leaves(seen.value))
        if not isinstance(seen.value, (list, tuple)):
            return False
        return one_holds(self._item_vouches(seen, item, part, world) for item in seen.value)

    def _item_vouches(self, seen: SeenOutput, item: object, part: Scalar, world: World) -> Truth:
        """“By item: trusted where …”; items that vouch for each other surely vouch for nothing."""
        if not any(is_or_contains(leaf, part) for leaf in leaves(item)):
            return False
        output = self._policy.tasks[seen.task].output
        assert output is not None and output.where is not None
        assert isinstance(output.type, ListOf)
        try:
            known = fitted(item, output.type.item, closed=False)
        except Misfit:
            return False
        if any(seen is one for one in self._open):
            return UNKNOWN
        self._open.append(seen)
        try:
            return truth(output.where, world.seeing({"item": known}))
        finally:
            self._open.pop()


def carrying_parts(datum: object, type_: Type) -> Iterator[Scalar]:
    """The scalars of a datum. “Booleans and texts of a fixed choice carry nothing.”"""
    if isinstance(type_, Record):
        assert isinstance(datum, Mapping)
        for field in type_.fields:
            if field.name in datum:
                yield from carrying_parts(datum[field.name], field.type)
    elif isinstance(type_, ListOf):
        assert isinstance(datum, tuple)
        for item in datum:
            yield from carrying_parts(item, type_.item)
    elif type_ != BOOLEAN and not isinstance(type_, Union):
        assert isinstance(datum, (str, int, Decimal, datetime))
        yield datum


def leaves(seen: object) -> Iterator[object]:
    """All values without parts."""
    if isinstance(seen, Mapping):
        for member in seen.values():
            yield from leaves(member)
    elif isinstance(seen, (list, tuple)):
        for item in seen:
            yield from leaves(item)
    else:
        yield seen


def is_or_contains(leaf: object, part: Scalar) -> bool:
    """Whether a leaf is the datum, or its text, or a text with it as a whole token."""
    if isinstance(leaf, str):
        return is_same(leaf, part) or stands_in(part, leaf)
    is_number = isinstance(leaf, (int, Decimal)) and not isinstance(leaf, bool)
    return is_same(leaf, part) or (is_number and str(leaf) == part)


def is_same(leaf: object, part: Scalar) -> bool:
    """Numbers equal numbers, texts texts, instants instants, and nothing else."""
    if isinstance(leaf, bool) or isinstance(part, bool):
        return False
    for kind in (str, (int, Decimal), datetime):
        if isinstance(leaf, kind) and isinstance(part, kind):
            return leaf == part
    return False


def carried(part: Scalar, input_: Mapping[str, object]) -> bool:
    """“Carrying out is read suspiciously: in any spelling, as part of a longer word or in pieces,
    without regard to case, punctuation and variants of letters.”"""
    found = [leaf for leaf in leaves(input_) if leaf is not None and not isinstance(leaf, bool)]
    texts = [str(leaf) for leaf in found if not isinstance(leaf, datetime)]
    whole = ["".join(texts), "".join(reversed(texts))]
    return any(is_traced(part, leaf) for leaf in [*found, *whole])


def is_traced(part: Scalar, leaf: object) -> bool:
    """Whether a leaf of an input is, or has somewhere, any spelling of the datum."""
    if is_or_contains(leaf, part):
        return True
    spelled = {str(leaf)}
    if isinstance(leaf, (int, Decimal)):
        spelled.add(decimal_text(Decimal(leaf)))
    elif isinstance(leaf, datetime):
        spelled.add(timestamp_text(leaf))
    if isinstance(part, str):
        same = isinstance(leaf, datetime) and instant(part) == leaf
        return same or any(_folded(part) in _folded(one) for one in spelled if _folded(part))
    if isinstance(part, datetime):
        return any(_folded(timestamp_text(part)) in _folded(one) for one in spelled)
    return any(_could_read(part, token) for one in spelled for token in one.split())


def _could_read(part: int | Decimal, token: str) -> bool:
    """Whether a token could be read as the number, whatever stands between and around digits."""
    if _digits(token) and Decimal(_digits(token)) == abs(part):
        return True
    runs = re.findall(r"[0-9](?:[0-9.,'_]*[0-9])?", token)
    pointed = [re.split(r"[.,](?=[0-9]*$)", run) for run in runs]
    return any(Decimal(".".join(map(_digits, halves))) == abs(part) for halves in pointed)


def stands_in(part: Scalar, text: str) -> bool:
    """Whether the value is a whole token of the text, or several words in a row."""
    tokens = unicodedata.normalize("NFC", text).split()
    if not isinstance(part, str):
        found = {spelling for token in tokens for spelling in spellings(token, len(token))}
        return any(_reads_as(part, spelling) for spelling in found)
    words = unicodedata.normalize("NFC", part).split()
    places = range(len(tokens) - len(words) + 1)
    says_something = any(character.isalnum() for character in part)
    return says_something and any(_stand_at(words, tokens[i : i + len(words)]) for i in places)


def _stand_at(words: list[str], tokens: list[str]) -> bool:
    """Brackets open before the first word, punctuation closes after the last."""
    row = " ".join(tokens)
    return " ".join(words) in spellings(row, MOST_MARKS if len(words) == 1 else len(row))


def spellings(run: str, most: int) -> set[str]:
    """The run, with none, some or all (but at most so many) of what opens and closes it gone."""
    return {
        run[start:end]
        for start in range(len(run))
        for end in range(start + 1, len(run) + 1)
        if start <= most
        and len(run) - end <= most
        and set(run[:start]) <= set(OPENING)
        and set(run[end:]) <= set(CLOSING)
    }


def _reads_as(part: int | Decimal | datetime, spelling: str) -> bool:
    if isinstance(part, datetime):
        return instant(spelling) == part
    if not NUMBER.fullmatch(spelling) or GROUPED.fullmatch(spelling):
        return False
    return Decimal(spelling) == part


def _folded(text: str) -> str:
    """Case, spacing, punctuation and variants of letters are disregarded."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


def _digits(text: str) -> str:
    return re.sub("[^0-9]", "", text)
