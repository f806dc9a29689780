"""Colours for policies wherever Pygments colours: documentation, terminals, web pages.

It reads words, not grammar: a word of the language is one unless it stands before a colon or
after a dot, where any word may name a field.
"""

from __future__ import annotations

from typing import ClassVar

from pygments.lexer import RegexLexer, bygroups
from pygments.token import (
    Comment,
    Error,
    Keyword,
    Literal,
    Name,
    Number,
    Operator,
    Punctuation,
    String,
    Whitespace,
)

WORDS = [
    "about",
    "after",
    "agent",
    "agents",
    "ago",
    "allow",
    "and",
    "any",
    "approved",
    "as",
    "asked",
    "attempted",
    "because",
    "before",
    "between",
    "by",
    "can",
    "checks",
    "constraint",
    "contains",
    "context",
    "define",
    "denied",
    "deny",
    "dictated",
    "else",
    "escalate",
    "every",
    "exactly",
    "exception",
    "executed",
    "exists",
    "expect",
    "fact",
    "failed",
    "for",
    "forbid",
    "framework",
    "from",
    "given",
    "guarantee",
    "has",
    "have",
    "hint",
    "human",
    "humans",
    "if",
    "import",
    "in",
    "includes",
    "input",
    "instead",
    "is",
    "labelled",
    "like",
    "limit",
    "list",
    "map",
    "matches",
    "never",
    "new",
    "no",
    "not",
    "now",
    "of",
    "only",
    "or",
    "otherwise",
    "output",
    "over",
    "owner",
    "passed",
    "per",
    "permit",
    "policy",
    "principal",
    "priority",
    "record",
    "request",
    "require",
    "retry",
    "returned",
    "role",
    "rule",
    "running",
    "satisfies",
    "secret",
    "session",
    "set",
    "since",
    "some",
    "table",
    "tagged",
    "tags",
    "task",
    "tasks",
    "test",
    "that",
    "then",
    "to",
    "trusted",
    "type",
    "under",
    "unknown",
    "unless",
    "until",
    "untrusted",
    "validate",
    "validation",
    "version",
    "when",
    "where",
    "with",
    "within",
    "withheld",
]
"""The words of the language that are words wherever they stand."""

PHRASES = (
    "a human",
    "against schema",
    "always need",
    "approval by",
    "approved by",
    "asked for by",
    "at least",
    "at most",
    "comes from",
    "confirmation by",
    "during this session",
    "ends with",
    "exclusive per",
    "failure has no effect",
    "for each case",
    "fresh for",
    "in the last",
    "may be retried",
    "may drift",
    "observe until",
    "on behalf of",
    "on failure",
    "paired with",
    "rejection by",
    "session has seen",
    "starts with",
    "subset of",
    "the request asks for",
    "the request names",
    "this day",
    "this month",
    "times in",
    "was created in this session",
)
"""What is said with several words."""

TYPES = [
    "Boolean",
    "Command",
    "Date",
    "Decimal",
    "Duration",
    "Email",
    "Integer",
    "Json",
    "Money",
    "Path",
    "Text",
    "Timestamp",
    "Url",
]
FUNCTIONS = ["date", "emails", "keys", "links", "lower", "size", "time", "values", "weekday"]

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_NO_FIELD = r"\b(?!\s*+\??\s*+:)"
_DIGITS = r"[0-9]+(?:_[0-9]+)*"
_DECLARES = ["constraint", "define", "exception", "fact", "guarantee", "rule", "task", "validation"]
_KINDS = ["framework", "record", "role", "table", "type"]


def _any(words: list[str] | tuple[str, ...]) -> str:
    alternatives = sorted(words, key=len, reverse=True)
    return f"(?:{'|'.join(word.replace(' ', chr(92) + 's+') for word in alternatives)})"


class PolicyLexer(RegexLexer):  # type: ignore[misc]
    """Policies as Pygments sees them."""

    name = "Agent policy"
    aliases: ClassVar = ["policy"]
    filenames: ClassVar = ["*.policy"]
    url = "https://pypi.org/project/agent-policy-engine/"

    tokens: ClassVar = {
        "root": [
            (r"\s+", Whitespace),
            (r"#[^\n]*", Comment.Single),
            (r'"(?:\\.|[^"\\\n])*"', String),
            (r"/(?:\\.|[^/\\\n])+/", String.Regex),
            (r'["/][^\n]*', Error),
            (r"\d{4}-\d\d-\d\dT[0-9:.]+(?:Z|[+-]\d\d:\d\d)?", Literal.Date),
            (r"\d{4}-\d\d-\d\d(?![\w-])|\d\d:\d\d(?![\w:])", Literal.Date),
            (rf"{_DIGITS}\s+(?:second|minute|hour|day|week)s?\b", Literal.Date),
            (rf"{_DIGITS}(?:\.[0-9]+)?[ \t]+[A-Z]{{3}}\b", Number.Float),
            (rf"{_DIGITS}\.[0-9]+\b", Number.Float),
            (rf"{_DIGITS}\b", Number.Integer),
            (r"[0-9]\w*", Error),
            (rf"(\.)(\s*)({_NAME})", bygroups(Punctuation, Whitespace, Name)),
            (rf"{_NAME}(?=\s*+\??\s*+:)", Name.Attribute),
            (rf"{_any(PHRASES)}\b", Keyword),
            (r"any\s+task\b", Keyword),
            (
                rf"(policy|import)(\s+)({_NAME}(?:\.{_NAME})*)",
                bygroups(Keyword.Declaration, Whitespace, Name.Namespace),
            ),
            (
                rf"({_any(_DECLARES)})(\s+)({_NAME})",
                bygroups(Keyword.Declaration, Whitespace, Name.Function),
            ),
            (
                rf"({_any(_KINDS)})(\s+)({_NAME})",
                bygroups(Keyword.Declaration, Whitespace, Name.Class),
            ),
            (r"(?:true|false)\b", Keyword.Constant),
            (rf"{_any(FUNCTIONS)}(?=\s+of\b)", Name.Builtin),
            (r"(?:count|sum)(?=\s+of\b)", Keyword),
            (rf"(?:first|last)(?=\s+{_NAME}\s+in\b)", Keyword),
            (r"confirmation(?=\s+before\b)|case(?=\s*\.)", Keyword),
            (rf"{_any(WORDS)}{_NO_FIELD}", Keyword),
            (rf"{_any(TYPES)}\b", Keyword.Type),
            (_NAME, Name),
            (r"->|==|!=|<=|>=|[<>=+\-*|?]", Operator),
            (r"[{}()\[\],.:]", Punctuation),
        ]
    }
