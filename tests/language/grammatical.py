"""Random texts that the grammar may accept, in random layouts with comments in odd places."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from functools import cache

from lark import Lark
from lark.grammar import NonTerminal, Rule, Symbol

from policy_engine.language.grammar import grammar_text

STATEMENTS = (
    "policy",
    "import_",
    "role",
    "attributes",
    "type_alias",
    "record",
    "task",
    "about",
    "fact",
    "table",
    "define",
    "framework",
    "validation",
    "rule",
    "constraint",
    "exception",
    "guarantee",
    "test",
)
"""The rules of the grammar that are statements."""

LITERALS = {
    "NAME": ("a", "amount", "order_id", "rather_a_long_name_for_one_thing", "count", "T"),
    "STRING": ('"x"', '"a # b  c"', '"\\"\t{"', '"a sentence that says why this stands here"'),
    "NUMBER": ("0", "5_000", "12.50"),
    "MONEY": ("200 EUR", "5  USD"),
    "DURATION": ("4 hours", "1   day", "1\n  day"),
    "TIME": ("08:00",),
    "DATE": ("2026-01-31",),
    "TIMESTAMP": ("2026-11-01T10:00:00Z", "2026-11-01T10:00"),
    "PATTERN": ("/[a-z]+  #/",),
    "COMPARE": ("==", "<"),
    "OUTCOME": ("allow", "deny"),
    "STAGE": ("executed", "failed"),
    "FUNCTION": ("size", "weekday"),
}
_SPACES = (" ", " ", " ", " ", " ", "\n", "\n  ", "\t", "  ", "\r\n", "\n\n\n", "\n \t\n")
_COMMENTS = ("  # why\n", "\n# on its own line\t\n", "#\n\n\n  # two\n\n", " # a\r\n# b\n")


def grammatical(seed: int, statements: int, comments: float) -> str:
    """A text of so many statements; comments stand between so many of its words."""
    chance = random.Random(seed)
    chosen = [chance.choice(STATEMENTS) for _ in range(statements)]
    words = [word for name in chosen for word in _words(name, chance)]
    return "".join(word + _space(chance, comments) for word in words)


def respaced(words: list[str], seed: int, comments: float) -> str:
    """The same words with other space and comments between them."""
    chance = random.Random(seed)
    return "".join(word + _space(chance, comments) for word in words)


def _space(chance: random.Random, comments: float) -> str:
    return chance.choice(_COMMENTS if chance.random() < comments else _SPACES)


@cache
def _grammar() -> tuple[dict[str, list[Rule]], dict[str, int], dict[str, str]]:
    """The rules by name, the least depth of each name, and the terminals' patterns."""
    parser = Lark(grammar_text(), parser="lalr", start=["start", *STATEMENTS])
    rules: dict[str, list[Rule]] = defaultdict(list)
    for rule in parser.rules:
        rules[rule.origin.name].append(rule)
    depths: dict[str, int] = {}
    while len(depths) < len(rules):
        for name, options in rules.items():
            found = [d for rule in options if (d := _depth(rule, depths)) is not None]
            if found:
                depths[name] = min(found) + 1
    return rules, depths, {t.name: t.pattern.value for t in parser.terminals}


def _depth(rule: Rule, depths: dict[str, int]) -> int | None:
    inner = [s.name for s in rule.expansion if isinstance(s, NonTerminal)]
    if any(name not in depths for name in inner):
        return None
    return max((depths[name] for name in inner), default=0)


def _words(start: str, chance: random.Random) -> list[str]:
    rules, depths, patterns = _grammar()
    words: list[str] = []
    budget = chance.choice((5, 20, 60, 200))
    waiting: list[Symbol] = [NonTerminal(start)]
    while waiting:
        symbol = waiting.pop()
        if not isinstance(symbol, NonTerminal):
            words.append(_text(symbol.name, patterns[symbol.name], chance))
            continue
        options = rules[symbol.name]
        budget -= 1
        if budget < 0:
            options = [min(options, key=lambda rule: _depth(rule, depths) or 0)]
        waiting.extend(list(chance.choice(options).expansion)[::-1])
    return words


def _text(name: str, pattern: str, chance: random.Random) -> str:
    if name in LITERALS:
        return chance.choice(LITERALS[name])
    if not re.match(r"\\?\w", pattern):
        return pattern.replace("\\", "")
    word = pattern.split("(?")[0].replace("\\b", "")
    return word.replace("\\s+", chance.choice((" ", " ", "  ", "\n   ")))
