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
from policy_engine.values.types import MONEY, ListOf, MapOf, Record, SetOf, Type
from policy_engine.values.urls import url
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


def leaves(seen: object, type_: Type | None = None) -> Iterator[object]:
    """“Its values without parts and the keys of its objects; the names of fields that the task
    declares (of a record, of Money) are none.”"""
    yield from values(seen)
    yield from keys(seen, type_)


def values(seen: object) -> Iterator[object]:
    """All values without parts, in the order in which they are written."""
    if isinstance(seen, Mapping):
        for member in seen.values():
            yield from values(member)
    elif isinstance(seen, (list, tuple, AbstractSet)):
        for item in seen:
            yield from values(item)
    elif seen is not None:
        yield seen


def keys(seen: object, type_: Type | None) -> Iterator[str]:
    """All names of members that no type declares."""
    if isinstance(seen, Mapping):
        for name, member in seen.items():
            if not _declares(type_, name):
                yield name
            yield from keys(member, _type_of_member(type_, name))
    elif isinstance(seen, (list, tuple, AbstractSet)):
        inner = type_.item if isinstance(type_, ListOf | SetOf) else None
        for item in seen:
            yield from keys(item, inner)


def keys_and_values(seen: object, type_: Type | None) -> Iterator[object]:
    """Both, as they follow each other."""
    if isinstance(seen, Mapping):
        for name, member in seen.items():
            if not _declares(type_, name):
                yield name
            yield from keys_and_values(member, _type_of_member(type_, name))
    elif isinstance(seen, (list, tuple, AbstractSet)):
        inner = type_.item if isinstance(type_, ListOf | SetOf) else None
        for item in seen:
            yield from keys_and_values(item, inner)
    elif seen is not None:
        yield seen


def _declares(type_: Type | None, name: str) -> bool:
    if isinstance(type_, Record):
        return any(field.name == name for field in type_.fields)
    return type_ == MONEY and name in ("amount", "currency")


def _type_of_member(type_: Type | None, name: str) -> Type | None:
    if isinstance(type_, Record):
        return next((field.type for field in type_.fields if field.name == name), None)
    return type_.value if isinstance(type_, MapOf) else None


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

    Where a full stop glues two sentences, “the text is read both as it is and with a space after
    the stop”. A date stands as its ISO text, money as `12.50 EUR` and the like, a duration
    nowhere.
    """
    normal = unicodedata.normalize("NFC", text)
    return any(_stands_in(part, reading) for reading in (normal, parted(normal)))


def _stands_in(part: Scalar, text: str) -> bool:
    tokens = without_list_numbers(text).split()
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
    tokens = tokens if len(words) == 1 else text.split()
    places = range(len(tokens) - len(words) + 1)
    says_something = any(character.isalnum() for character in part)
    return says_something and any(_stand_at(words, tokens[i : i + len(words)]) for i in places)


def parted(text: str) -> str:
    """Such a stop stands “right between a small letter or digit and a capital letter with a small
    one after it”."""
    found = ""
    for place, character in enumerate(text):
        found += character
        before, after = text[:place][-1:], text[place + 1 : place + 3]
        ends = before.islower() or before.isdecimal()
        begins = len(after) == 2 and after[0].isupper() and after[1].islower()
        found += " " if character == "." and ends and begins else ""
    return found


def without_list_numbers(text: str) -> str:
    """“Up to three digits and `.` or `)`, perhaps after `(`, at the start of a line and before
    more text on it.” Something stays in its place."""
    lines = re.split("([\n\r])", text)
    return "".join(_without_number(line) for line in lines)


def _without_number(line: str) -> str:
    words = line.split()
    if len(words) < 2 or not re.fullmatch(r"\(?[0-9]{1,3}[.)]", words[0]):
        return line
    return line.replace(words[0], "-", 1)


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
    found |= {one[:-2] for one in found if one.endswith(("'s", "’s"))}
    if len(words) == 1 and as_link(words[0]) is not None:
        return as_link(words[0]) in map(as_link, found)
    return " ".join(words) in found


def as_link(word: str) -> str | None:
    """“Links with a scheme or `www.` are one where they differ only in the case of scheme and
    host, in an `https://` before `www.`, and in the slash after the host alone, and each has a
    normal URL.”"""
    scheme, mark, rest = word.partition("://")
    if not mark:
        scheme, rest = "https", word
        if not word.lower().startswith("www."):
            return None
    ends = [place for place, character in enumerate(rest) if character in "/?#"]
    place, path = (rest[: ends[0]], rest[ends[0] :]) if ends else (rest, "")
    one = f"{scheme.lower()}://{place.lower()}{path if path[:1] == '/' else '/' + path}"
    return one if "[" not in place and url(one) is not None else None


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


Input = tuple[Mapping[str, object], Record | None]
"""What a call was given, and the inputs that its task declares."""


def carried(part: Scalar, inputs: list[Input]) -> bool:
    """“Carrying out is read suspiciously: in any spelling, as part of a longer word or in pieces
    that follow each other, in one call or in several, without regard to case, punctuation and
    variants of letters.”"""
    if isinstance(part, bool):
        return False
    rows = [row for given, type_ in inputs for row in orders(given, type_)]
    pieces = [one for given, type_ in inputs for one in orders(given, type_)[0]]
    if is_small(part):
        return any(_is_small_number_of(part, row) for row in rows)
    texts = ["".join(map(_text_of, row)) for row in rows] + [_text_of(one) for one in pieces]
    texts.append("".join(map(_text_of, pieces)))
    if isinstance(part, Money):
        return _says(part.amount, texts)
    if isinstance(part, int | Decimal):
        return _says(part, texts)
    if isinstance(part, timedelta) and any(_says(count, texts) for count in _counts(part)):
        return True
    if isinstance(part, date) and not isinstance(part, datetime) and _says_day(part, texts):
        return True
    return part in pieces or is_spelled(_text_of(part), texts, as_number=isinstance(part, str))


def orders(given: Mapping[str, object], type_: Record | None) -> list[list[object]]:
    """“Pieces are read forwards and backwards: all values of an input and then its keys, or both
    as they are written.”"""
    apart = [*values(given), *keys(given, type_)]
    mixed = [*keys_and_values(given, type_)]
    found = [[one for one in row if not isinstance(one, bool)] for row in (apart, mixed)]
    return [order for row in found for order in (row, row[::-1])]


def is_spelled(spelt: str, texts: list[str], *, as_number: bool) -> bool:
    """Whether a text is somewhere in others, in any spelling."""
    short = spelt[len("https://") :] if spelt.lower().startswith("https://") else spelt
    wanted = _folded(short) or _folded(spelt)
    if not wanted:
        # Punctuation alone is looked for as it is.
        signs = "".join(spelt.split())
        return bool(signs) and any(signs in "".join(one.split()) for one in texts)
    if any(wanted in _folded(one) for one in texts):
        return True
    said = {at for one in texts for at in instants_in(one)}
    if said & instants_in(spelt):
        return True
    one_word = as_number and len(spelt.split()) == 1
    meant = _meanings(spelt.lstrip(OPENING).rstrip(CLOSING)) if one_word else set()
    return any(_says(number, texts) for number in meant)


def instants_in(text: str) -> set[datetime]:
    """The instants that are tokens of a text."""
    normal = unicodedata.normalize("NFC", text)
    words = [word for one in (normal, parted(normal)) for word in one.split()]
    found = (instant(word.lstrip(OPENING).rstrip(CLOSING)) for word in words)
    return {at for at in found if at is not None}


def _meanings(digits: str) -> set[Decimal]:
    """What a text that is one number could mean: its groups as one, the last perhaps a fraction."""
    digits = unicodedata.normalize("NFKC", digits)
    if not re.fullmatch(r"[0-9]+(?:[.,'_][0-9]+)*", digits):
        return set()
    *before, last = re.split("[^0-9]", digits)
    whole = {Decimal("".join([*before, last]))}
    return whole | ({Decimal(f"{''.join(before)}.{last}")} if before else set())


def is_small(part: Scalar) -> bool:
    """“Whole numbers below a thousand, and texts of up to three digits.”"""
    if isinstance(part, str):
        return re.fullmatch("[0-9]{1,3}", part) is not None
    size = part.amount if isinstance(part, Money) else part
    return isinstance(size, int | Decimal) and abs(size) < 1_000 and size == int(size)


def _is_small_number_of(part: Scalar, row: list[object]) -> bool:
    """“The digits of a day as in ISO 8601, of a time of day and of a Decimal with a fraction are
    no numbers of their own”; “pieces are put together within one call alone”."""
    size = int(part) if isinstance(part, str) else part.amount if isinstance(part, Money) else part
    assert isinstance(size, int | Decimal)
    texts = [_without_parts(one) for one in row]
    return _says(size, [*texts, "".join(texts)])


def _without_parts(leaf: object) -> str:
    if isinstance(leaf, Decimal) and leaf != leaf.to_integral_value():
        return " "
    day = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    time = "([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,9})?)?"
    zone = "([+-](0[0-9]|1[0-4]):?[0-5][0-9])?"
    moment = f"(?<![0-9]){day}(?![0-9])|(?<![0-9:]){time}{zone}(?![0-9:])"
    return re.sub(moment, " ", unicodedata.normalize("NFKC", _text_of(leaf)))


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
