"""How a change of one place of a policy reads: what stood there, and what stands there now."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from policy_engine.foundation.source import Span
from policy_engine.language import checked as c

_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Wording:
    """A place, and a sentence about it: either `text`, or that `new` stands in place of it."""

    place: Span
    text: str | None = None
    new: str = ""
    frame: Span | None = None
    """What is shown around the place, so that the change can be read."""

    @classmethod
    def dropped(cls, place: Span) -> Wording:
        return cls(place, f"{quoted(place.text)} was left out")

    def inside(self, node: c.Checked) -> Wording:
        """The same change as part of the smallest comparison around it, which it is read in."""
        framed = self.frame is None and isinstance(node, c.Compare)
        return replace(self, frame=node.span) if framed else self

    def __str__(self) -> str:
        if self.text is not None:
            return self.text
        frame = self.frame or self.place
        before, after = self.place.start - frame.start, self.place.end - frame.start
        changed = frame.text[:before] + self.new + frame.text[after:]
        return f"{quoted(frame.text)} became {quoted(changed)}"


def quoted(text: str) -> str:
    """A stretch of policy on one line, shortened where it is long."""
    line = _balanced(" ".join(re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE).split()))
    return f"`{line}`" if len(line) <= _LONGEST else f"`{line[: _LONGEST - 1]}…`"


def _balanced(text: str) -> str:
    """With the parentheses that stand just outside of it."""
    depth = lowest = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        lowest = min(lowest, depth)
    return "(" * -lowest + text + ")" * (depth - lowest)


def between(left: Span, right: Span, words: str) -> Span | None:
    """Where words stand between two places, such as an operator between its operands."""
    pattern = r"\s+".join(re.escape(word) for word in words.split())
    found = re.search(pattern, left.source.text[left.end : right.start])
    if found is None:
        return None
    return Span(left.source, left.end + found.start(), left.end + found.end())
