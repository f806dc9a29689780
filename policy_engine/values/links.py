"""One spelling for a link that people write in several ways.

`WWW.X.example`, `https://www.x.example` and `https://www.x.example/` are one link: the case of its
host, an `https://` that is missing before `www.`, and the slash after the host alone make no
difference. Everything else does, so two links that are one here have the same letters and digits
but for their scheme.
"""

from __future__ import annotations

import re

from policy_engine.values.urls import url

_MARK = re.compile(r"(?:[a-z][a-z0-9+.\-]*://|www\.)", re.ASCII | re.IGNORECASE)
_SHAPE = re.compile(
    r"(?:([a-z][a-z0-9+.\-]*)://)?([a-z0-9._\-]+(?::[0-9]{1,5})?)(/.*|[?#].*)?",
    re.ASCII | re.IGNORECASE,
)
_MISSING = "https"


def link(text: str) -> str | None:
    """The one spelling of a link with a scheme or `www.`; None for what is none, or has no
    normal URL."""
    if not _MARK.match(text):
        return None
    match = _SHAPE.fullmatch(text)
    if match is None:
        return None
    scheme, place, rest = (match[1] or _MISSING).lower(), match[2].lower(), match[3] or ""
    whole = f"{scheme}://{place}{rest if rest.startswith('/') else '/' + rest}"
    return whole if url(whole) is not None else None


def has_links(text: str) -> bool:
    """Whether any link may be in a text."""
    return "://" in text or "www." in text.lower()


def unschemed(text: str) -> str:
    """A link without the scheme that people leave out; any other text as it is."""
    begins = text[: len(_MISSING) + 3].lower() == f"{_MISSING}://"
    return text[len(_MISSING) + 3 :] if begins else text
