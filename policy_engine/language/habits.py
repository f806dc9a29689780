"""What people write from habit, and what stands for it in this language.

Used only to word the help of a syntax error, by the word that was not expected and what stands
around it. A table, so that a new habit is a row.
"""

from __future__ import annotations

import re

from policy_engine.foundation.source import Span

SIGNS = {
    "&&": "write `and`",
    "||": "write `or`",
    "!": "write `not`",
    "'": 'put texts in double quotes: "…"',
    "//": "a comment begins with `#`",
    "/": "there is no division; multiply the other side",
    "%": "there is no remainder; percentages are factors such as 0.05",
}
"""Signs of other languages, longer ones before their beginnings."""

_HERE = (
    (r"=$", "write `==` to compare"),
    (r"(if|where)$", "conditions come after the rest: `permit … to … when CONDITION`"),
    (r"then$", "conditions come after the rest: `permit … to … when CONDITION`"),
    (r"(may|can|must|should)$", "a rule begins with what it does: `permit ROLE to TASK`"),
    (r"contains$", "write `matches /.*text.*/`"),
    (r"equals$", "write `==`"),
    (r"(less|below|under)$", "write `<`"),
    (r"(greater|more|above|over)$", "write `>`"),
    (r"between$", "write two comparisons: `x >= low and x <= high`"),
    (r"null|none|None$", "absence is asked for: `x is not given`"),
)
"""By the word that was not expected."""

_BEFORE = (
    (r"\b(allow|allows|grant|permits|permitted)\s+$", "write `permit`"),
    (r"\b(deny|denies|disallow|block|prohibit|forbids)\s+$", "write `forbid`"),
    (r"\bif\s+$", "conditions come after the rest: `permit … to … when CONDITION`"),
    (r"\bis\s+(less|greater|more|below|above|between|at)\s+$", "write `<`, `<=`, `>` or `>=`"),
    (r"\bis\s+$", "write `==` to compare"),
    (r"\bto\s+(all|every|each)\s+$", "write `any task`"),
    (r"\bto\s+(all|every|each|any)\s*$", "write `any task`"),
    (r"\bto\s+(one|two|three|four|five)\s+$", "write the number: `to 2 of ROLE`"),
    (r"\brule\s+$", 'a rule needs a name before its sentence: `rule some_name "…"`'),
)
"""By what stands before it."""


def of_habit(span: Span) -> str | None:
    """What to write instead, where the unexpected word is one that people bring along."""
    text = span.source.text
    before, after = text[max(0, span.start - 80) : span.start], text[span.end : span.end + 20]
    for pattern, help_ in _HERE:
        if re.match(pattern, span.text):
            return help_
    if span.text.startswith(",") and re.search(r"[0-9]$", before) and re.match(r"[0-9]{3}", after):
        return "write large numbers as 50_000 or 50000"
    if re.match(r"[0-9]", span.text) and re.match(r"[eE][0-9+-]", after):
        return "numbers have no exponents; write 1_000_000"
    if span.text == "-" and re.search(r"[A-Za-z_]$", before) and re.match(r"[A-Za-z]", after):
        return "names have `_`, not `-`"
    return next((help_ for pattern, help_ in _BEFORE if re.search(pattern, before)), None)
