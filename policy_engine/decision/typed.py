"""Data from outside in the engine's terms. What does not fit is left out, and why is kept.

A condition on what is left out is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import cast

from policy_engine.decision.action import Principal, named
from policy_engine.language.checked import Root
from policy_engine.language.policy import PolicySet
from policy_engine.values.conform import conform
from policy_engine.values.types import Field

Absent = dict[tuple[Root, str], str]


def typed_facts(policy: PolicySet, given: object, absent: Absent) -> dict[str, object]:
    """The facts that are of their type; a host that hands in no object hands in nothing."""
    typed: dict[str, object] = {}
    known = _members(given)
    for name, fact in policy.facts.items():
        if name not in known:
            absent["fact", name] = f"the fact `{name}` was not handed in"
            continue
        value, misfits = conform(known[name], fact.type, name, closed=False)
        if misfits:
            absent["fact", name] = f"the fact {misfits[0]}"
        else:
            typed[name] = value
    return typed


def _members(given: object) -> dict[object, object]:
    """What a mapping from outside has, read once; nothing where it cannot be read."""
    if type(given) is dict or type(given) is MappingProxyType:
        return cast("dict[object, object]", given)
    if not isinstance(given, Mapping):
        return {}
    try:
        return dict(given)
    except Exception:  # noqa: BLE001 — foreign code
        return {}


def typed_attributes(
    given: Mapping[str, object],
    fields: tuple[Field, ...],
    root: Root,
    absent: Absent,
    *,
    closed: bool = True,
) -> dict[str, object]:
    """Declared attributes that are of their type; others are nobody's business."""
    typed: dict[str, object] = {}
    known = _members(given)
    for field in fields:
        if known.get(field.name) is None:
            if not field.optional:
                absent[root, field.name] = f"`{root}.{field.name}` was not given"
            continue
        path = f"{root}.{field.name}"
        value, misfits = conform(
            known[field.name], field.type, path, closed=closed, secret=field.secret
        )
        if misfits:
            absent[root, field.name] = str(misfits[0])
        else:
            typed[field.name] = value
    return typed


def principal_roots(
    policy: PolicySet, principal: Principal, absent: Absent
) -> dict[Root, Mapping[str, object]]:
    """The roots that say who acts."""
    own: Root = principal.kind
    other: Root = "human" if own == "agent" else "agent"
    fields = policy.agents if own == "agent" else policy.humans
    absent[other, ""] = f"`{principal.id}` is no {'person' if other == 'human' else 'agent'}"
    attributes = typed_attributes(principal.attributes, fields, own, absent)
    return {
        own: {**attributes, "id": principal.id},
        other: {},
        "principal": {"id": principal.id, "self": named(principal)},
    }
