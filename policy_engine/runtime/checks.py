"""Runs registered checks: functions of the host's own, which may err, hang or say too much."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import TypeAlias

from policy_engine.runtime.calling import Hangs, Raised, call
from policy_engine.runtime.executors import writable

Check: TypeAlias = Callable[..., object]
"""A registered validation: gets what it checks by name, gives True or None where it passes."""

TIME_LIMIT = 30.0
"""Seconds after which a check is given up: it has not passed."""

_LONGEST = 60


def by_function(
    name: str, checks: Mapping[str, Check], arguments: Mapping[str, object], hides: bool
) -> str | None:
    """Why a check does not pass, or None; what it says itself, unless it `hides` what it saw."""
    check = checks.get(name)
    if check is None:
        return f"could not be checked: `{name}` is not registered"
    try:
        answer = call(check, copy.deepcopy(dict(arguments)), TIME_LIMIT, f"check {name}")
    except Raised as raised:
        return f"could not be checked: {raised}"
    except Hangs as hangs:
        return f"could not be checked: {hangs}"
    if answer is None or answer is True:
        return None
    said = "" if hides or not isinstance(answer, str) else writable(str.__str__(answer))
    said = said if len(said) <= _LONGEST else f"{said[: _LONGEST - 3]}…"
    return said or "the check does not pass"
