"""HTML in which nothing foreign can become markup: plain text is escaped unless it is `Html`."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from policy_engine.audit.words import LONGEST, shown

_EMPTY = frozenset({"meta", "rect", "line", "path", "circle"})


class Html(str):
    """Markup that this package wrote."""

    __slots__ = ()


Content = Html | str | None


def tag(name: str, /, *content: Content, **attributes: str | int | float | None) -> Html:
    """One element. `class_` is written `class`, `aria_label` is `aria-label`; None is left out."""
    opened = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_attribute(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _EMPTY and not content:
        return Html(f"<{name}{opened}>" if name == "meta" else f"<{name}{opened}/>")
    return Html(f"<{name}{opened}>{joined(content)}</{name}>")


def joined(content: Iterable[Content], between: str = "") -> Html:
    """Pieces one after the other."""
    return Html(between.join(safe(piece) for piece in content if piece is not None))


def safe(piece: Html | str) -> Html:
    """A piece as markup: what is no `Html` is escaped and made harmless."""
    return piece if isinstance(piece, Html) else Html(escape(shown(piece, 2_000)))


def verbatim(text: str) -> Html:
    """A text of several lines as it is, to be copied. Its characters are known to be harmless."""
    return Html(escape(text, quote=False))


def foreign(value: str, longest: int = LONGEST) -> Html:
    """A name or text from outside, isolated so that its writing direction stays its own."""
    return tag("bdi", shown(value, longest))


def code(value: str, longest: int = LONGEST) -> Html:
    """A name as it stands in the policy or in the record."""
    return tag("code", foreign(value, longest))


def prose(value: str, longest: int = 400) -> Html:
    """A sentence in which `names` stand between backticks."""
    pieces = shown(value, longest).split("`")
    if len(pieces) % 2 == 0:
        return foreign(value, longest)
    marked = [code(piece) if i % 2 else piece for i, piece in enumerate(pieces)]
    return tag("bdi", *marked)


def _attribute(value: str | int | float) -> str:
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    if isinstance(value, Html):
        return value
    return escape(shown(value, 2_000)) if isinstance(value, str) else str(value)
