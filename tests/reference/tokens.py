"""What stands in a text, and what could have been carried out in one. Every token is tried."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Set as AbstractSet
from datetime import date, datetime, timedelta
from decimal import Decimal

from policy_engine.foundation.canonical import decimal_text, timestamp_text
from policy_engine.foundation.kinds import duration_text
from policy_engine.values.money import Money
from tests.reference.scalars import instant

Scalar = str | int | Decimal | datetime | date | timedelta | Money

OPENING = "\"'`([{<«“‘„*@#"
CLOSING = "\"'`)]}>»”’*.,;:!?…"
MOST_MARKS = 8
"""“Around a single word, at most eight marks on each side.”"""

NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
GROUPED = re.compile(r"-?[1-9][0-9]{0,2}(\.[0-9]{3})")
"""`5.000` is five in one country and five thousand in another."""
SIGNS = {"$": "USD", "£": "GBP", "€": "EUR"}
UNITS = [timedelta(**{unit: 1}) for unit in ("weeks", "days", "hours", "minutes", "seconds")]


def leaves(seen: object) -> Iterator[object]:
    """All values without parts; members' names are none."""
    if isinstance(seen, Mapping):
        for member in seen.values():
            yield from leaves(member)
    elif isinstance(seen, (list, tuple, AbstractSet)):
        for item in seen:
            yield from leaves(item)
    else:
        yield seen


def is_or_contains(leaf: object, part: Scalar) -> bool:
    """Whether a leaf is the datum, or its text, or a text with it as a whole token."""
    if isinstance(leaf, str):
        by_chance = isinstance(part, str) and re.fullmatch("[0-9]{1,3}", part) is not None
        return is_same(leaf, part) or (not by_chance and stands_in(part, leaf))
    is_number = isinstance(leaf, (int, Decimal)) and not isinstance(leaf, bool)
    return is_same(leaf, part) or (is_number and decimal_text(Decimal(leaf)) == part)


def is_same(leaf: object, part: Scalar) -> bool:
    """Numbers equal numbers, texts texts, instants instants, and nothing else."""
    if isinstance(leaf, bool) or isinstance(part, bool):
        return False
    for kind in (str, (int, Decimal), datetime, date, timedelta, Money):
        if isinstance(leaf, kind) and isinstance(part, kind):
            return leaf == part
    return False


def stands_in(part: Scalar, text: str) -> bool:
    """Whether the value is a whole token of the text, or several words in a row.

    A date stands as its ISO text, money as `12.50 EUR` and the like, a duration nowhere.
    """
    tokens = unicodedata.normalize("NFC", text).split()
    if isinstance(part, timedelta):
        return False
    if isinstance(part, Money):
        return part in moneys_in(tokens)
    if isinstance(part, date) and not isinstance(part, datetime):
        part = part.isoformat()
    if not isinstance(part, str):
        found = {spelling for token in tokens for spelling in spellings(token, len(token))}
        return any(_reads_as(part, spelling) for spelling in found)
    words = unicodedata.normalize("NFC", part).split()
    places = range(len(tokens) - len(words) + 1)
    says_something = any(character.isalnum() for character in part)
    return says_something and any(_stand_at(words, tokens[i : i + len(words)]) for i in places)


def is_said(words: str, text: str) -> bool:
    """“As whole words, without regard to case”: no letter, digit or `_` right before or after.

    And no denial right before: `not`, `never`, `without`, `cannot`, `…n't`, perhaps with `to`.
    """
    said, wanted = (" ".join(lower(one).split()) for one in (text, words))
    return any(
        said[start:].startswith(wanted)
        and not _is_in_word(said[:start][-1:])
        and not _is_in_word(said[start + len(wanted) :][:1])
        and not _is_denied(said[:start])
        for start in range(len(said))
    )


def lower(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def _is_denied(before: str) -> bool:
    words = before.split()
    if not before.endswith(" ") or not words:
        return False
    word = words[-2] if words[-1] == "to" and len(words) > 1 else words[-1]
    run = re.split(r"[^\w'’]", word)[-1].lstrip("'’")
    return run in ("not", "never", "without", "cannot") or run.endswith(("n't", "n’t"))


def _is_in_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _stand_at(words: list[str], tokens: list[str]) -> bool:
    """Brackets open before the first word, punctuation closes after the last."""
    row = " ".join(tokens)
    found = spellings(row, MOST_MARKS if len(words) == 1 else len(row))
    owners = {one[:-2] for one in found if one.endswith(("'s", "’s"))}
    return " ".join(words) in found | owners


def spellings(run: str, most: int) -> set[str]:
    """The run, with none, some or all (but at most so many) of what opens and closes it gone."""
    opening = len(run) - len(run.lstrip(OPENING))
    closing = len(run) - len(run.rstrip(CLOSING))
    return {
        run[start : len(run) - end]
        for start in range(min(opening, most) + 1)
        for end in range(min(closing, most) + 1)
        if start + end < len(run)
    }


def _reads_as(part: int | Decimal | datetime, spelling: str) -> bool:
    if isinstance(part, datetime):
        return instant(spelling) == part
    return _number(spelling) == part


def _number(spelling: str) -> Decimal | None:
    plain = NUMBER.fullmatch(spelling) and not GROUPED.fullmatch(spelling)
    return Decimal(spelling) if plain else None


# Money: `12.50 EUR`, `EUR 12.50`, `12.50EUR`, `€12.50`, but not where two currencies or two
# amounts meet.


def moneys_in(tokens: list[str]) -> set[Money]:
    """Words that touch each other are read together, and only if there is one way to."""
    found: set[Money] = set()
    for row in _rows(tokens):
        amounts = [word for word in row if isinstance(word, Decimal)]
        currencies = [word for word in row if isinstance(word, str)]
        if len(row) == 1 and isinstance(row[0], Money):
            found.add(row[0])
        elif len(row) == 2 and len(amounts) == len(currencies) == 1:
            found.add(Money(amounts[0], currencies[0]))
    return found


def _rows(tokens: list[str]) -> Iterator[list[object]]:
    """Rows of currencies and amounts, without punctuation between them."""
    row: list[object] = []
    closed = False
    for token in tokens:
        word = _money_word(token.lstrip(OPENING).rstrip(CLOSING))
        opens = token.lstrip(OPENING) != token
        if row and (closed or opens or not _touch(row[-1], word)):
            yield row
            row = []
        row.append(word)
        closed = token.rstrip(CLOSING) != token
    if row:
        yield row


def _money_word(word: str) -> object:
    """A currency, an amount, both together, or nothing of the kind."""
    if re.fullmatch("[A-Z]{3}", word):
        return word
    signs = "|".join(map(re.escape, SIGNS))
    before = re.fullmatch(rf"({signs})([0-9.]+)", word)
    after = re.fullmatch(rf"(-?[0-9.]+)({signs}|[A-Z]{{3}})", word)
    if before or after:
        currency, digits = before.groups() if before else reversed(after.groups())  # type: ignore[union-attr]
        amount = _number(digits)
        return None if amount is None else Money(amount, SIGNS.get(currency, currency))
    return _number(word)


def _touch(one: object, other: object) -> bool:
    """Whether one of the two is a currency and the other has an amount."""
    kinds = [isinstance(one, str), isinstance(other, str)]
    return any(kinds) and any(isinstance(word, Decimal | Money) for word in (one, other))


# Carrying out


def carried(part: Scalar, input_: Mapping[str, object]) -> bool:
    """“Carrying out is read suspiciously: in any spelling, as part of a longer word or in pieces
    that follow each other, without regard to case, punctuation and variants of letters.”"""
    found = [leaf for leaf in leaves(input_) if leaf is not None and not isinstance(leaf, bool)]
    texts = [
        duration_text(leaf) if isinstance(leaf, timedelta) else str(leaf)
        for leaf in found
        if not isinstance(leaf, datetime)
    ]
    whole = ["".join(texts), "".join(reversed(texts))]
    return any(is_traced(part, leaf) for leaf in [*found, *whole])


def is_traced(part: Scalar, leaf: object) -> bool:
    """Whether a leaf of an input is, or has somewhere, any spelling of the datum."""
    if is_or_contains(leaf, part):
        return True
    spelled = {str(leaf), _text_of(leaf)}
    if isinstance(part, Money):
        return _says(part.amount, spelled)
    if isinstance(part, int | Decimal):
        return _says(part, spelled)
    if isinstance(part, timedelta) and any(_says(count, spelled) for count in _counts(part)):
        return True
    if isinstance(part, date) and not isinstance(part, datetime) and _says_day(part, spelled):
        return True
    if isinstance(part, str) and isinstance(leaf, datetime) and instant(part) == leaf:
        return True
    if isinstance(part, str) and re.fullmatch("[0-9]{1,3}", part):
        return _says(int(part), spelled)
    wanted = _folded(_text_of(part))
    if wanted:
        return any(wanted in _folded(one) for one in spelled)
    # Punctuation alone is looked for as it is.
    signs = "".join(_text_of(part).split())
    return bool(signs) and any(signs in "".join(one.split()) for one in spelled)


def _text_of(leaf: object) -> str:
    if isinstance(leaf, (int, Decimal)):
        return decimal_text(Decimal(leaf))
    if isinstance(leaf, datetime):
        return timestamp_text(leaf)
    return duration_text(leaf) if isinstance(leaf, timedelta) else str(leaf)


def _counts(span: timedelta) -> list[Decimal]:
    """A duration in each unit of which it is a whole number."""
    return [Decimal(abs(span) // unit) for unit in UNITS if not abs(span) % unit]


def _says_day(day: date, texts: Iterable[str]) -> bool:
    """The number of the day, and that of the year, perhaps shortened."""
    said = list(texts)
    years = {Decimal(day.year), Decimal(day.year % 100)}
    return _says(Decimal(day.day), said) and any(_says(year, said) for year in years)


def _says(number: int | Decimal, texts: Iterable[str]) -> bool:
    """“Of numbers, however their digits are grouped”; and without their signs."""
    size = Decimal(number).copy_abs()
    return any(size in _numbers_in(text) for text in texts)


def _numbers_in(text: str) -> set[Decimal]:
    """Every number that could be read somewhere in the text."""
    text = unicodedata.normalize("NFKC", text)
    whole = [_digits(token) for token in text.split()]
    powers = re.findall(r"[0-9]+(?:\.[0-9]+)?[eE][+-]?[0-9]{1,2}", text)
    fractions = [f".{digits}" for digits in re.findall("[.,]([0-9]+)", text)]
    found = {Decimal(digits) for digits in [*whole, *powers, *fractions] if digits}
    for run in re.findall(r"[0-9]+(?:[.,'_ ][0-9]+)*", text):
        groups = re.split("[^0-9]", run)
        for start in range(len(groups)):
            for end in range(start + 1, len(groups) + 1):
                *before, last = groups[start:end]
                found.add(Decimal("".join([*before, last])))
                found |= {Decimal(f"{''.join(before)}.{last}")} if before else set()
    return found


def _folded(text: str) -> str:
    """Case, spacing, punctuation and variants of letters are disregarded."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


def _digits(text: str) -> str:
    return re.sub("[^0-9]", "", text)
