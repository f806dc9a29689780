"""Places in a policy, and names of rules, as other tools write them."""

from __future__ import annotations

import re
from typing import NamedTuple

from policy_engine.audit.reading import file_of
from policy_engine.audit.story import Reason
from policy_engine.foundation.sarif import uri_of


class Place(NamedTuple):
    """A URI reference, and line and column from 1."""

    uri: str
    line: int
    column: int


def place_of(written: str | None) -> Place | None:
    """`policies/refunds.policy:52:8` in parts; None for what is no such place."""
    path, *numbers = (written or "").rsplit(":", 2)
    if (
        not path
        or len(numbers) != 2
        or not all(re.fullmatch(r"[1-9][0-9]{0,8}", n) for n in numbers)
    ):
        return None
    return Place(uri_of(path.replace("\\", "/")), int(numbers[0]), int(numbers[1]))


def rule_id(reason: Reason) -> str:
    """`refunds.policy/large`, or the code of a refusal that needs no rule."""
    if not reason.rule:
        return reason.code or "unknown"
    return f"{file_of(reason.place or '') or 'policy'}/{reason.rule}"
