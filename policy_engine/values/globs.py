"""Globs whose `*` stops where the parts of a value do.

`*` is any run of characters without a separator of the type, `**` one with them, `?` one character
that is no separator; all else is literal, and the whole value must match. Separators: `/` of a
path, `.` of a host; of an address `@`, and behind it `.` too; of a URL `. / ? # @ :` up to the
path, then `/ ? #`. A `**` before the path of a URL stays before it, for in
`https://**.acme.example/**` nobody means a link that has `.acme.example/` in its query.
A text and a command have no separators.

Compiled to RE2, so matching takes linear time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from policy_engine.values.emails import email
from policy_engine.values.paths import path
from policy_engine.values.patterns import InvalidPattern, Pattern, compiled
from policy_engine.values.types import COMMAND, EMAIL, HOST, PATH, TEXT, URL, Type
from policy_engine.values.urls import host, url

LONGEST_GLOB = 1_000

_WILD = re.compile(r"\*\*+|\*|\?")
_FILLINGS = (("x", "x.x"), ("x", "x"), ("1", "1"), ("1", "1.1"), ("1", "1.1.1"))
_WILD_PORT = re.compile(r":[0-9]*[*?][0-9*?]*/")

_Expressions = tuple[str, str, str]
"""What stands for `*`, `**` and `?`."""

_ANYTHING: _Expressions = (".*", ".*", ".")
_IN_PATH: _Expressions = ("[^/]*", ".*", "[^/]")
_IN_HOST: _Expressions = ("[^.]*", ".*", "[^.]")
_IN_LOCAL: _Expressions = ("[^@]*", ".*", "[^@]")
_IN_DOMAIN: _Expressions = ("[^@.]*", ".*", "[^@.]")
_IN_AUTHORITY: _Expressions = ("[^./?#@:]*", "[^/?#@]*", "[^./?#@:]")
_IN_URL_PATH: _Expressions = ("[^/?#]*", ".*", "[^/?#]")


def glob_problem(pattern: str, type_: Type) -> str | None:
    """Why a pattern cannot be used on values of the type, or can match none of them."""
    if type_ not in _SHAPES and type_ not in (TEXT, COMMAND):
        return "only Text, Path, Url, Email, Host and Command can be like a pattern"
    if len(pattern) > LONGEST_GLOB:
        return f"is longer than {LONGEST_GLOB} characters"
    if not pattern:
        return "is empty"
    if type_ in _SHAPES:
        problem = _SHAPES[type_](pattern)
        if problem is not None:
            return problem
    try:
        _glob(pattern, type_)
    except InvalidPattern as error:
        return f"cannot be used: {error}"
    return None


def matches_glob(pattern: str, type_: Type, text: str) -> bool:
    """Whether the whole text is like the pattern, which has no `glob_problem`.

    A text with a lone surrogate is like nothing. Raises `InvalidPattern` for a pattern that
    cannot be compiled.
    """
    glob = _glob(pattern, type_)
    try:
        return glob.fullmatch(text) is not None
    except UnicodeEncodeError:
        return False


@lru_cache(maxsize=1024)
def _glob(pattern: str, type_: Type) -> Pattern:
    try:
        return compiled("".join(_translated(*piece) for piece in _pieces(pattern, type_)))
    except UnicodeEncodeError as error:
        raise InvalidPattern("a lone surrogate is no character") from error


def _pieces(pattern: str, type_: Type) -> list[tuple[str, _Expressions]]:
    """The pattern in pieces of one meaning each."""
    if type_ == PATH:
        return [(pattern, _IN_PATH)]
    if type_ == HOST:
        return [(pattern, _IN_HOST)]
    if type_ == EMAIL:
        local, at, domain = pattern.rpartition("@")
        return [(local, _IN_LOCAL), (at + domain, _IN_DOMAIN)]
    if type_ == URL:
        end = pattern.find("/", pattern.find("://") + len("://"))
        cut = end if end != -1 else len(pattern)
        return [(pattern[:cut], _IN_AUTHORITY), (pattern[cut:], _IN_URL_PATH)]
    return [(pattern, _ANYTHING)]


def _translated(piece: str, expressions: _Expressions) -> str:
    star, stars, one = expressions
    found: list[str] = []
    start = 0
    for match in _WILD.finditer(piece):
        found.append(re.escape(piece[start : match.start()]))
        found.append(one if match[0] == "?" else star if match[0] == "*" else stars)
        start = match.end()
    return "".join((*found, re.escape(piece[start:])))


def _path_problem(pattern: str) -> str | None:
    if _normal_with(pattern, path):
        return None
    return "is not like any path: write it without `//`, `.`, `..` and without `/` at its end"


def _host_problem(pattern: str) -> str | None:
    if _normal_with(pattern, host):
        return None
    return "is not like any host: write it in lower case, such as `*.acme.example`"


def _email_problem(pattern: str) -> str | None:
    if "@" not in pattern and "**" not in pattern:
        return "is not like any address: it has no `@`"
    shape = pattern if "@" in pattern else pattern.replace("**", "x@x.x", 1)
    if _normal_with(shape, email):
        return None
    return "is not like any address: write it as `*@acme.example`, its domain in lower case"


def _url_problem(pattern: str) -> str | None:
    scheme, mark, rest = pattern.partition("://")
    if not mark or not scheme:
        return "must begin with a scheme, such as `https://`"
    if "/" not in rest:
        return "must go on behind the host: `/**` stands for every path"
    if "?" in pattern:
        return "has a `?`, which is any one character and never a query: write `**`"
    if _normal_with(_WILD_PORT.sub(":1/", pattern), url):
        return None
    return "is not like any normal URL: write scheme and host in lower case, no default port"


_SHAPES: Mapping[Type, Callable[[str], str | None]] = {
    PATH: _path_problem,
    HOST: _host_problem,
    EMAIL: _email_problem,
    URL: _url_problem,
}


def _normal_with(pattern: str, normal: Callable[[str], str | None]) -> bool:
    """Whether some text in the place of the wildcards makes it a normal value."""
    for one, several in _FILLINGS:
        filled = pattern.replace("**", several).replace("*", one).replace("?", one)
        if normal(filled) == filled:
            return True
    return False
