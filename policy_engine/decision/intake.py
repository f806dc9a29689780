"""An action read once: what comes from outside may answer differently each time it is asked.

`taken_in` copies an action to plain data of exact built-in types; everything after it (decision,
digest, store, call) works on that copy. What has no plain form is replaced by `Unwritable`, which
has no canonical form, so the decision on the copy is a deny that says what it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from policy_engine.decision.action import SIMPLE, Action, Agent, Human, Principal
from policy_engine.values.plain import Unwritable, plain

DEEPER = 5
"""How much deeper a datum stands where the action around it is written down."""


def taken_in(action: Action) -> Action:
    """A copy that nobody can change, of exact built-in types."""
    principal, behalf = action.principal, action.on_behalf_of
    if action.simple is SIMPLE:
        return Action(
            principal,
            cast(str, _text(action.task)),
            _members(action.input),
            cast("dict[str, object]", action.context),
            behalf,
            action.domain,
        )
    return Action(
        principal=_principal(principal),
        task=cast(str, _text(action.task)),
        input=_members(action.input),
        context=_members(action.context),
        on_behalf_of=None if behalf is None else cast(Human, _principal(behalf)),
        domain=None if action.domain is None else cast(str, _text(action.domain)),
        chain=tuple(_principal(delegator) for delegator in action.chain),
    )


def _principal(principal: Principal) -> Principal:
    make = Agent if principal.kind == "agent" else Human
    id_ = _text(principal.id)
    members = _members(principal.attributes)
    if isinstance(id_, str):
        return make(id_, **members)
    return make("?", **{**members, "": id_})


def _members(values: object) -> dict[str, object]:
    """Each member by itself, so that what is wrong can be said of it."""
    if not isinstance(values, Mapping):
        return {"": Unwritable(f"a {type(values).__name__} is no object")}
    try:
        members = list(values.items())
    except Exception as error:  # noqa: BLE001 — foreign code; what cannot be read is no data
        return {"": Unwritable(f"it cannot be read: {type(error).__name__}")}
    copied: dict[str, object] = {}
    for name, value in members:
        key = _text(name)
        if isinstance(key, str):
            copied[key] = _copied(value)
        else:
            copied[""] = key
    return copied


def _copied(value: object) -> object:
    if isinstance(value, Unwritable):
        return value
    try:
        return plain(value, DEEPER, exactly=True)
    except (ValueError, RecursionError) as error:
        return Unwritable(str(error))


def _text(value: object) -> str | Unwritable:
    if not isinstance(value, str):
        return Unwritable(f"a {type(value).__name__} is no name")
    copied = _copied(value)
    return copied if isinstance(copied, (str, Unwritable)) else Unwritable("no name")
