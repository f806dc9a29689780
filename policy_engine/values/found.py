"""The links and the e-mail addresses that stand in free text.

Found in one pass, each once, in order, in their normal spelling. What looks like a link or an
address but has no normal spelling (user information, an odd spelling of an IP address, letters
beyond ASCII, a missing slash that browsers would supply) is not passed over: then nothing is
known of the text, and the answer is `None`. So it is for texts with more than anybody reads.
Bare domains without `www.` are no links.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from policy_engine.values.emails import email
from policy_engine.values.urls import DEFAULT_PORTS, host, url

MOST_FOUND = 10_000
LONGEST_LINK = 10_000

_KNOWN = "|".join(DEFAULT_PORTS)
_START = re.compile(
    r"(?<=[A-Za-z0-9+.\-])://|(?<![A-Za-z0-9])(?<![A-Za-z0-9][.@\-])www\.(?=\w)", re.IGNORECASE
)
_RUN = re.compile(r"[^\s<>\"`]*")
_PARENTHESIS = re.compile(r"[()]")
_SCHEME = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+.-"
_LONGEST_SCHEME = 64
_MARKS = ".,;:!?'*}|”’»…。，！？；：）」』】、"
_AFTER_LINK = re.compile(rf"[)\]_~{re.escape(_MARKS)}]*(?:$|[\[|])")
_AT_ONCE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://")
_INSIDE = re.compile(rf"(?:{_KNOWN})://", re.IGNORECASE)
_DISGUISED = re.compile(
    rf"(?<![A-Za-z0-9])(?:{_KNOWN}):(?!//)[/\\]*[\w\[]"
    r"|(?:\]\(|\]:|(?:src|href)\s{0,9}=)[\s<\"']{0,9}[/\\]{2}[^\s/\\]",
    re.IGNORECASE,
)
"""`https:/x`, `https:\\x`, `https:x`; in Markdown and HTML also `//x`: links to a browser."""

_AT = re.compile(r"@(?=[^\s@])")
_ODD = "!#$&'*/=?^`{|}~"
_ODD_MARK = re.compile(rf"[{re.escape(_ODD)}]")
_LOCAL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.%+_-" + _ODD
_LONGEST_LOCAL = 64
_LONGEST_DOMAIN = 255
_DOMAIN = re.compile(rf"[A-Za-z0-9._\-]{{0,{_LONGEST_DOMAIN}}}", re.ASCII)
_VERSION = re.compile(r"[0-9.]+", re.ASCII)
_OPENING = "([{<,;:"
_DOTS = "。．｡"

_Found = Iterator[str | None]


def links_of(text: str) -> tuple[str, ...] | None:
    """The normal URLs of a text; `None` where one cannot be told."""
    return None if _DISGUISED.search(text) else _collected(text, _links)


def emails_of(text: str) -> tuple[str, ...] | None:
    """The normal addresses of a text; `None` where one cannot be told."""
    return _collected(text, _emails)


def _collected(text: str, finder: Callable[[str], _Found]) -> tuple[str, ...] | None:
    found: dict[str, None] = {}
    for number, item in enumerate(finder(text)):
        if item is None or number >= MOST_FOUND:
            return None
        found[item] = None
    return tuple(found)


def _links(text: str) -> _Found:
    match = _START.search(text)
    while match is not None:
        end = match.end()
        scheme = _scheme(text, match.start()) if match[0] == "://" else "https"
        if scheme:
            start = end if match[0] == "://" else match.start()
            link = _link(text, start, scheme)
            if link != "":
                yield url(f"{scheme}://{link}") if link is not None else None
                end = start + len(link or "")
        match = _START.search(text, end)


def _scheme(text: str, end: int) -> str:
    before = text[max(0, end - _LONGEST_SCHEME) : end]
    return before[len(before.rstrip(_SCHEME)) :].lstrip("0123456789+.-").lower()


def _link(text: str, start: int, scheme: str) -> str | None:
    """What follows the scheme, without what closes it; `None` where its end cannot be told."""
    match = _RUN.match(text, start, start + LONGEST_LINK + 1)
    run = match[0] if match else ""
    cut = _unopened(run)
    if len(run) > LONGEST_LINK or not _AFTER_LINK.match(run, cut):
        return None
    link = run[:cut]
    link = link.rstrip(_MARKS if "[" in link else f"{_MARKS}]")
    nested = _AT_ONCE.match(link) or (scheme not in DEFAULT_PORTS and _INSIDE.search(link))
    return None if nested else link


def _unopened(run: str) -> int:
    """Where a parenthesis closes that the run did not open, else its end."""
    depth = 0
    for match in _PARENTHESIS.finditer(run):
        depth += 1 if match[0] == "(" else -1
        if depth < 0:
            return match.start()
    return len(run)


def _emails(text: str) -> _Found:
    for match in _AT.finditer(text):
        at = match.start()
        before = text[max(0, at - _LONGEST_LOCAL - 1) : at]
        local = before[len(before.rstrip(_LOCAL)) :]
        previous = text[at - len(local) - 1 : at - len(local)]
        if not local and (not previous or previous.isspace() or previous in _OPENING):
            continue
        written = _DOMAIN.match(text, at + 1)
        domain = written[0] if written else ""
        end = at + 1 + len(domain)
        rest = text[end : end + 2] if len(domain) < _LONGEST_DOMAIN else "@"
        if local and (_goes_on(rest) or (not domain and rest.startswith("["))):
            yield None
        elif _is_domain(domain.rstrip("._-")):
            yield from _addresses(previous, local, domain.rstrip("._-"))


def _goes_on(rest: str) -> bool:
    """Whether what follows a domain could belong to it."""
    mark, after = rest[:1], rest[1:]
    if mark.isascii():
        return mark == "@"
    if mark in _DOTS:
        return after.isalnum()
    return mark.isalnum() or not (mark.isprintable() or mark.isspace())


def _is_domain(text: str) -> bool:
    """Whether it has a dot and is not the version of something (`lodash@4.17.21`)."""
    return "." in text and (not _VERSION.fullmatch(text) or host(text) is not None)


def _addresses(previous: str, local: str, domain: str) -> _Found:
    """In `to=bob@x.example`, both `to=bob` and `bob` may be meant."""
    if not local or len(local) > _LONGEST_LOCAL or (previous.isalnum() and previous > "\x7f"):
        yield None
        return
    whole = local.lstrip(f"{_ODD}.") or local
    tail = _ODD_MARK.split(whole)[-1].lstrip(".")
    for reading in dict.fromkeys((whole, tail or whole)):
        yield email(f"{reading}@{domain}")
