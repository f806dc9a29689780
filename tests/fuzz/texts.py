"""Texts that nobody meant: real policies cut, doubled, swapped, spliced, deepened, lengthened."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("policies", "examples", "tests/corpus", "tests/cases", "tests/language/formatted")
FILES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.policy"))
LENGTH = 64_000

_WORD = re.compile(r'"(?:\\.|[^"\\\n])*"|\w+|\s+|[^\w\s]')
_STATEMENT = re.compile(r"\n(?=[a-z])")

ODD = (
    *(
        "\x00",
        "\x07",
        "\x1b[31m",
        "\r",
        "\t",
        "\x0b",
        "\x85",
        "\u2028",
        "\ufeff",
        "\u200b",
        "\u202e",
    ),
    *("é", "а", "ß", "İ", "ﬁ", "漢", "🙂", "e\u0301\u0301", "\ud800", "\udfff", "\U0010ffff", "٣"),
    *(
        "“",
        "’",
        "–",
        "≤",
        "→",
        "…",
        "\u00a0",
        "\\",
        '"',
        '"""',
        "/",
        "/*",
        "//",
        "#",
        "`",
        "'",
        "$",
    ),
    *(
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        ",",
        ":",
        ";",
        ".",
        "..",
        "?",
        "->",
        "=",
        "==",
        "=>",
        "&&",
        "|",
    ),
)
"""Characters that no policy has outside texts, and signs where they may mean nothing."""

NUMBERS = (
    "0",
    "-1",
    "9" * 39,
    "1e9",
    "0x10",
    "1_000",
    "1__0",
    "1.",
    ".5",
    "5 EUR",
    "5 eur",
    "24:00",
)
NUMBERS += ("99999 weeks", "1.5 days", "2026-02-30", "0000-01-01", "2026-01-01T00:00:00+24:00")

Chance = random.Random
Mutation = Callable[[str, Chance], str]


def excerpt(chance: Chance) -> str:
    """A few statements of a real file that follow each other, with its beginning."""
    statements = _STATEMENT.split(chance.choice(FILES).read_bytes().decode())
    start = chance.randrange(len(statements))
    return "\n".join([statements[0], *statements[start : start + chance.choice((1, 3, 12))]])


def mutated(seed: int) -> str:
    """A real text with one or several slips in it."""
    chance = random.Random(seed)
    text = excerpt(chance)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        text = chance.choice(MUTATIONS)(text, chance)
    return text[:LENGTH]


def _without(text: str, chance: Chance) -> str:
    start, end = _stretch(text, chance)
    return text[:start] + text[end:]


def _doubled(text: str, chance: Chance) -> str:
    start, end = _stretch(text, chance)
    return text[:end] + text[start:end] * chance.choice((1, 1, 2, 30)) + text[end:]


def _swapped(text: str, chance: Chance) -> str:
    words = _WORD.findall(text)
    if words:
        one, other = chance.randrange(len(words)), chance.randrange(len(words))
        words[one], words[other] = words[other], words[one]
    return "".join(words)


def _spliced(text: str, chance: Chance) -> str:
    other = excerpt(chance)
    return text[: _place(text, chance)] + other[_place(other, chance) :]


def _injected(text: str, chance: Chance) -> str:
    at = _place(text, chance)
    return text[:at] + chance.choice(ODD) * chance.choice((1, 1, 1, 40)) + text[at:]


def _renumbered(text: str, chance: Chance) -> str:
    start, end = _stretch(text, chance)
    return text[:start] + chance.choice(NUMBERS) + text[end:]


def _deepened(text: str, chance: Chance) -> str:
    start, end = _stretch(text, chance)
    deep = chance.choice((2, 99, 100, 101, 1_200))
    begin, finish = chance.choice((("(", ")"), ("[", "]"), ("{a: ", "}"), ("not ", ""), ("-", "")))
    return text[:start] + begin * deep + text[start:end] + finish * deep + text[end:]


def _lengthened(text: str, chance: Chance) -> str:
    start, end = _stretch(text, chance)
    piece = text[start:end] or "a"
    return text[:start] + piece * (chance.choice((100, 4_000)) // len(piece) + 1) + text[end:]


def _miscoded(text: str, chance: Chance) -> str:
    """One byte more, less or other; what is no UTF-8 then becomes what a lax reader makes of it."""
    data = bytearray(text.encode("utf-8", "surrogatepass"))
    at = chance.randrange(len(data) + 1)
    data[at : at + chance.choice((0, 1, 2))] = bytes(
        chance.choices(range(256), k=chance.choice((0, 1, 2)))
    )
    return data.decode("utf-8", chance.choice(("replace", "surrogateescape", "ignore")))


MUTATIONS: tuple[Mutation, ...] = (
    _without,
    _doubled,
    _swapped,
    _spliced,
    _injected,
    _renumbered,
    _deepened,
    _lengthened,
    _miscoded,
)


def _place(text: str, chance: Chance) -> int:
    return chance.randrange(len(text) + 1)


def _stretch(text: str, chance: Chance) -> tuple[int, int]:
    """A word, a run of characters, or some lines."""
    at = _place(text, chance)
    match chance.randrange(3):
        case 0:
            word = _WORD.search(text, at)
            return word.span() if word else (at, at)
        case 1:
            return at, min(len(text), at + chance.choice((0, 1, 2, 5)))
        case _:
            end = text.find("\n", at)
            return text.rfind("\n", 0, at) + 1, end if end != -1 else len(text)
