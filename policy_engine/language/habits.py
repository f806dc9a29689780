"""What people write from habit, and what stands for it in this language.

Used only to word the help of a diagnostic: by the sign or character that begins no word, by the
word that was not expected and what stands around it, by a name that stands for nothing. Tables,
so that a new habit is a row.
"""

from __future__ import annotations

import re

from policy_engine.foundation.source import Span

SIGNS = {
    "&&": "write `and`",
    "&": "write `and`",
    "!": "write `not`",
    "'": 'put texts in double quotes: "…"',
    "`": 'put texts in double quotes: "…"',
    "//": "a comment begins with `#`",
    "/": "there is no division; multiply the other side",
    "%": "there is no remainder; percentages are factors such as 0.05",
    ";": "nothing stands between statements; remove it",
    "~": "write `x matches /…/`",
    "$": "an amount of money is written `200 USD`",
}
"""Signs of other languages, longer ones before their beginnings."""

CHARACTERS = {
    **dict.fromkeys("“”„‟«»″＂", 'write `"`'),
    **dict.fromkeys("‘’‚′", 'put texts in double quotes: "…"'),
    **dict.fromkeys("–—−‐‑", "write `-`"),
    "≤": "write `<=`",
    "≥": "write `>=`",
    "≠": "write `!=`",
    "×": "write `*`",
    "·": "write `*`",
    "÷": "there is no division; multiply the other side",
    "∧": "write `and`",
    "∨": "write `or`",
    "¬": "write `not`",
    "∈": "write `in`",
    "→": "write `->`",
    "…": "write all of it",
    "€": "an amount of money is written `200 EUR`",
    "£": "an amount of money is written `200 GBP`",
    "¥": "an amount of money is written `200 JPY`",
    "\u00a0": "write a plain space",
}
"""Characters that stand in no word, since word processors put them in place of plain ones."""

_MONEY = "an amount of money is written `200 EUR`"
_DATE = "a date is written year first: 2026-02-01"
_COMPARE = "write `<`, `<=`, `>` or `>=`"
_GIVEN = "absence is asked for: `x is given` or `x is not given`"
_CONDITION = "conditions come after the rest: `permit … to … when CONDITION`"
_BEGINS = "a rule begins with what it does: `permit ROLE to TASK`"
_MANY = "write `every x in xs has (…)`, or `some x in xs has (…)`"
_NAME_FIRST = 'a name stands before the sentence: `validation some_name "…"`'
_APPROVE = "people approve: `escalate TASK to ROLE`"
_ONLY = "write `TASK only when CONDITION`, or `require VALIDATION before TASK`"
_SPAN = "write a number, a space and a unit: `24 hours`, `5 minutes`, `1 day`"
_CALENDAR = "months and years differ in length: write `30 days`, or `within this month`"
_LIMIT = "write `limit TASK to at most 5 per agent within 1 day`"
_WINDOW = "a limit says how far back it looks: `within 1 day`, or `within this day`"
_RECENT = "write `in the last 30 days`"
_SIZES = "(less|greater|more|fewer|larger|smaller|below|above|between)"
_UNIT = "(second|minute|hour|day|week|month|year)"

_AROUND = (
    (r"\b(AND|OR|NOT|IN|IS)\s+‹", "words of the language are in lower case"),
    # numbers, money, dates, spans of time
    (r"[0-9],‹[0-9]{3}›", "write large numbers as 50_000 or 50000"),
    (r"[0-9]‹,›[0-9]{3}\b", "write large numbers as 50_000 or 50000"),
    (r"‹[0-9]›[0-9.]*[eE][0-9+-]", "numbers have no exponents; write 1_000_000"),
    (r"[0-9]‹/[0-9]{1,2}/›[0-9]", _DATE),
    (r"‹[0-9]›[0-9]*\.[0-9]{1,2}\.[0-9]{2,4}\b", _DATE),
    (r"\b[A-Z]{3}\s+‹[0-9]", _MONEY),
    (r"[0-9]\s*‹(?i:eur|euros?|usd|dollars?|gbp|pounds?|pln|chf)›", _MONEY),
    (r"‹[0-9]›[0-9.]*(EUR|USD|GBP|PLN|CHF)\b", _MONEY),
    (r"‹[0-9]›[0-9]*\s*(months?|years?)\b", _CALENDAR),
    (r"\b[0-9]+\s+‹(months?|years?)›", _CALENDAR),
    (r"‹[0-9]+\.[0-9]+›\s+" + _UNIT, "a span of time is whole: `90 minutes`"),
    (r"‹[0-9]›[0-9]*(s|secs?|m|mins?|h|hrs?|d|w|seconds?|minutes?|hours?|days?|weeks?)\b", _SPAN),
    (r"\b[0-9.]+\s+‹(s|secs?|m|mins?|h|hrs?|d|w)›", _SPAN),
    (r"[0-9]\.[0-9]+\s+‹" + _UNIT + "s?›", "a span of time is whole: `90 minutes`"),
    (r"\bin\s+(the\s+)?‹(last|past)›", _RECENT),
    (r"\bin\s+last\s+‹", _RECENT),
    (r"‹in_?(the_?)?last›", _RECENT),
    (r"\bin\s+the\s+last\s+‹" + _UNIT, _RECENT),
    (r"‹older›", "write `x not in the last 30 days`"),
    # comparisons and signs
    (r"‹\|›\||\|‹\|›", "write `or`"),
    (r"‹\?›\?", "say what holds without it: `if x is given then x else …`"),
    (r"‹:›=|:\s*‹=›", "a definition is written with `=`"),
    (r"‹/\*", "a comment begins with `#`"),
    (r"\blike\s+‹", 'a glob is a text in quotes: `x like "*.pdf"`'),
    (r"‹/[^›]+/›", "there is no division; multiply the other side"),
    (r"‹=›>", "write `>=` to compare, or `->` in a table"),
    (r"‹=›~", "write `x matches /…/`"),
    (r"\{[^}]*\w\s*‹=›", "a member is written `name: value`"),
    (r"[<=>]‹=›", "write `==`, `<=` or `>=`"),
    (r"‹=›", "write `==` to compare"),
    (r"<‹>›", "write `!=`"),
    (r"\bis\s+(not\s+)?‹(?i:null|none|nil|undefined|missing|absent|present|set)›", _GIVEN),
    (r"\bis\s+(not\s+)?‹(empty|blank)›", 'write `size of x == 0`, or `x == ""`'),
    (r"\bis\s+(not\s+)?‹(true|false)›", "write the condition alone, or `not` before it"),
    (r"\bis\s+(not\s+)?‹(in|one)›", "write `x in [ … ]`, or `x not in [ … ]`"),
    (r"\bis\s+(not\s+)?‹under›", "write `x under y`"),
    (r"\bis\s+(not\s+)?‹(at\b|" + _SIZES + "›)", _COMPARE),
    (r"\bis\s+" + _SIZES + r"\s+‹", _COMPARE),
    (r"\bis\s+(not\s+)?‹equal", "write `==` or `!=`"),
    (r"\bis\s+not\s+‹", "write `!=` to compare"),
    (r"\bis\s+‹", "write `==` to compare"),
    (r"‹(equals?|eq)›", "write `==`"),
    (r"‹(less|fewer|below|under|lt|lte)›", "write `<`"),
    (r"‹(greater|more|above|over|gt|gte)›", "write `>`"),
    (r"\bbetween\s+‹", "`between` is for times of day; write `x >= low and x <= high`"),
    (r"\brole\s+\w+\s+‹(extends|inherits|has|is)›", "write `role a includes b`"),
    (r"‹(includes|has|containing)›", "write `x contains y` of a text, `y in xs` of a list"),
    (r"‹(startsWith|starts_with|begins)›", "write `x starts with y`"),
    (r"‹(endsWith|ends_with)›", "write `x ends with y`"),
    (r"\bmatches\s+‹", "a pattern stands between slashes: `x matches /[a-z]+/`"),
    (r"‹(AND|OR|NOT|IN|IS|WHEN|UNLESS|IF|THEN|ELSE)›", "words of the language are in lower case"),
    (r"‹(elif|elsif|elseif)›", "write `else if … then … else …`"),
    (r"\bnot\s+‹not›", "one `not` is enough"),
    (r"(\b(and|or|not)|[-+*<>=])\s*if\s+‹", "put parentheses around `if … then … else …`"),
    # many at once
    (r"\b(all|each|any)\s+‹\w+›\s+in\b", _MANY),
    (r"‹(all|each|any|every)›\s+\w+\s+in\b", _MANY),
    (r"\b(some|every|no|first|last)\s+\w+\s+‹of›", "write `some x in xs has (…)`"),
    (r"\bin\s+[\w.]+\s*‹(where|with|such|:)›", "write `has ( … )` after the list"),
    (r"\bhas\s+‹", "what is asked of each item stands in parentheses: `has (…)`"),
    (r"‹(length|size|len)›|\.(length|size|len|count)\(‹\)›", "write `size of x`"),
    (r"\.(lower|lowercase|toLowerCase)\(‹\)›", "write `lower of x`"),
    (r"\w\(‹\)›", "what takes no arguments is written without parentheses"),
    # names and quotes
    (r"[A-Za-z_]‹-›[A-Za-z]", "names have `_`, not `-`"),
    (r"\b(permit|forbid|to|role|task)\s+‹\"", "names stand without quotes"),
    (r"\bdefine\s+\w+\([^)]*‹", "a parameter has a type: `define large(amount: Decimal) = …`"),
    (r"\bimport\s+‹", "an import names a policy: `import frameworks.eu_ai_act`"),
    (r"\brule\s+‹", 'a rule needs a name before its sentence: `rule some_name "…"`'),
    (r"\b(constraint|exception|guarantee|validation)\s+‹", _NAME_FIRST),
    (r"\btest\s+‹", 'a test begins with its title: `test "…" given …`'),
    # rules
    (r"\b(allow|allows|grant|permits|permitted)\s+‹", "write `permit`"),
    (r"\b(deny|denies|disallow|block|prohibit|forbids)\s+‹", "write `forbid`"),
    (r"‹requires?›\s+(an?\s+)?(approval|signature)", _APPROVE),
    (r"‹(needs?|must|should|has)›\s+(to\s+)?(be\s+)?(an?\s+)?(approv|sign|review)", _APPROVE),
    (r"\brequires?\s+(an?\s+|[0-9]\s+)?(approvals?|signatures?)\s+‹", _APPROVE),
    (r"\brequires?\s+‹[0-9]", _APPROVE),
    (r"‹(requires|needs?)›", _ONLY),
    (r"\bescalate\s+(to\s+)?‹", "say of which task: `escalate TASK to ROLE`"),
    (r"\bonly\s+‹(if|where|with)›", "write `only when`"),
    (r"‹only›", "write `when CONDITION`, or a rule of its own: `TASK only when CONDITION`"),
    (r"‹(except|but|excluding)›", "write `unless CONDITION`"),
    (r"‹(until|expires|expiring|ends|valid)›", "only an exception ends: `until 2027-01-08`"),
    (r"‹(should|then)›\s+(allow|deny|escalate|validate)", "write `expect`"),
    (r"‹(may|can|must|should)›", _BEGINS),
    (r"‹(if|where|whenever|provided|then)›", _CONDITION),
    (r"\bif\s+‹", _CONDITION),
    (r"\b(permit|forbid)\s+‹\*›", "write `any principal`"),
    (r"\bto\s+‹(all|every|each|\*)›", "write `any task`"),
    (r"\bto\s+(all|every|each|any)\s*‹|\bto\s+‹any›", "write `any task`"),
    (r"\bto\s+(one|two|three|four|five)\s+‹", "write the number: `to 2 of ROLE`"),
    # limits
    (r"‹in›\s+this\s+session", "write `during this session`"),
    (r"\bwithin\s+‹(the|a|an|one)›", "write `within 1 day`, or `within this day`"),
    (r"\blimit\s+(the\s+)?(count|number)\s+‹of›", _LIMIT),
    (r"‹times?›", f"leave `times` out: {_LIMIT.removeprefix('write ')}"),
    (r"\blimit\b[^\n]*\bto\s+(max|maximum|up|most|only|no)?\s*‹", _LIMIT),
    (r"‹(max|maximum)›", "write `at most`"),
    (r"\b(no|not)\s+more\s+‹", "write `at most`"),
    (r"\bper\s+(‹" + _UNIT + r"›|" + _UNIT + r"\s+‹)", _WINDOW),
    (r"‹(every|each|a)›\s+" + _UNIT, _WINDOW),
    (r"‹(daily|hourly|weekly|monthly)›", _WINDOW),
    (r"\blimit\b[^\n]*\bto\s+at\s+most\b(?![^\n]*\b(within|during)\b)", _WINDOW),
    (r"\bwithin\s+‹", _SPAN),
    (r"‹today›", "write `within this day`"),
    (r"\bif\b[^\n]*\bthen\b(?![^\n]*\belse\b)[^\n]*‹", "an `if` says both: `if … then … else …`"),
    # tests
    (r"\bgiven\s+(user|person|employee|customer)\b[^\n]*‹", 'write `given human "…"`'),
    (r"\bexpect\s+‹(approv\w*|ask\w*|pending)›", "write `expect escalate`"),
    (r"\bexpect\s+‹(den\w+|forbid\w*|refus\w*|block\w*)›", "write `expect deny`"),
    (r"\bexpect\s+‹(allow\w+|permit\w*|ok)›", "write `expect allow`"),
)  # fmt: skip
"""By what stands around the unexpected word, which stands in ‹angles›; the first that fits."""

_NAMES = {
    **dict.fromkeys(("null", "nil", "none", "undefined"), _GIVEN),
    "true": "write `true`",
    "false": "write `false`",
    **dict.fromkeys(("len", "length", "strlen"), "write `size of x`"),
    "sum": "write `sum of x.f for x in xs`, or `sum of f over TASK within 1 day`",
    "count": "write `count of x in xs`, or `count of TASK within 1 day`",
    "exists": "write `some x in xs has (…)`, or `exists TASK within 1 day`",
    **dict.fromkeys(("any", "forall", "filter"), _MANY),
    "all": "write `any principal`, `any task`, or `every x in xs has (…)`",
    **dict.fromkeys(("startswith", "hasprefix"), "write `x starts with y`"),
    **dict.fromkeys(("endswith", "hassuffix"), "write `x ends with y`"),
    **dict.fromkeys(
        ("contains", "includes", "indexof"), "write `x contains y` of a text, `y in xs` of a list"
    ),
    **dict.fromkeys(("lower", "lowercase", "tolowercase", "tolower"), "write `lower of x`"),
    **dict.fromkeys(("match", "matches", "regex", "test"), "write `x matches /…/`"),
    **dict.fromkeys(("min", "max"), "write `if a > b then a else b`"),
    **dict.fromkeys(("abs", "round", "floor", "ceil"), "numbers are exact; there is no rounding"),
    **dict.fromkeys(("everyone", "everybody", "anyone", "anybody"), "write `any principal`"),
    "agents": "write `any agent`",
    **dict.fromkeys(("humans", "people", "users"), "write `any human`"),
    **dict.fromkeys(("everything", "anything"), "write `any task`"),
    **dict.fromkeys(
        ("user", "subject", "actor"), "who acts is the `principal`: an `agent` or a `human`"
    ),
    **dict.fromkeys(("env", "environment"), "the circumstances are the `context`"),
    **dict.fromkeys(("args", "arguments", "params"), "an input is read by its name, or `input.x`"),
    **dict.fromkeys(("approval", "approvals", "signature"), _APPROVE),
    **dict.fromkeys(("string", "str", "uuid"), "write `Text`"),
    **dict.fromkeys(("int", "long"), "write `Integer`"),
    **dict.fromkeys(("number", "float", "double"), "write `Integer` or `Decimal`"),
    "bool": "write `Boolean`",
    "datetime": "write `Timestamp`",
    "time": "write `Timestamp`; its time of day is `time of x`",
    **dict.fromkeys(("array", "vector"), "write `list of T`"),
    **dict.fromkeys(("object", "dict"), "write `map of Text to T`, or declare a record"),
    "uri": "write `Url`",
    "currency": "write `Money`: an amount and its currency",
    "timedelta": "write `Duration`",
}
"""Names of other languages, in lower case."""


_LONGEST = 60
"""Of a longer word no more is looked at; nobody brings such words along."""


def of_habit(span: Span) -> str | None:
    """What to write instead, where the unexpected word is one that people bring along."""
    text, start, end = span.source.text, span.start, min(span.end, span.start + _LONGEST)
    if text[start:end].isalnum():
        while start > max(0, end - _LONGEST) and re.match(r"\w", text[start - 1]):
            start -= 1
    around = (
        f"{text[max(0, start - 80) : start]}‹{text[start:end]}›{text[span.end : span.end + 20]}"
    )
    return next((help_ for pattern, help_ in _AROUND if re.search(pattern, around)), None)


def of_name(name: str) -> str | None:
    """What to write instead of a name that stands for nothing here and for something elsewhere."""
    return _NAMES.get(name.rpartition(".")[2].lower())
