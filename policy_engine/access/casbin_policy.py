"""What is wrong with somebody's Casbin model and policy, before anybody rests on its answers.

Casbin takes a policy as it comes. A row that says `Deny` is no deny to it, nor is one of a kind
that the model does not define; a chain of roles counts up to ten levels and no further, so a deny
on a far role is dropped; a long row of roles is cut and then holds everywhere. Each of these lets
through what its author meant to stop. They are found here, all before the first answer: the faults
of the enforcer once, and those of its rows whenever rows have changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from typing import Any

import casbin
from casbin.constant import constants
from casbin.effect import get_effector

from policy_engine.access.casbin_rows import rows_of
from policy_engine.foundation.errors import DirectoryError

_EFFECTS = {value for name, value in vars(constants).items() if name.endswith("_EFFECT")}
_Links = dict[str, set[str]]


def faults_of_enforcer(enforcer: Any) -> Iterator[str]:
    """What no change of rows mends. An enforcer of another kind is the only fault that is told."""
    if not isinstance(enforcer, casbin.Enforcer) or isinstance(enforcer, casbin.FastEnforcer):
        # A FastEnforcer passes over wildcards, and threads change each other's filter.
        yield f"{type(enforcer).__name__} is not supported; hand in a plain `casbin.Enforcer`"
        return
    for name, effect in enforcer.model["e"].items():
        if effect.value not in _EFFECTS:
            yield f"the effect `{name} = {effect.value}` is none that Casbin knows"
    if type(enforcer.eft) is not type(get_effector(enforcer.model["e"]["e"].value)):
        yield "its effector is not the one that its model asks for"
    yield from _faults_of_source(enforcer)


def faults_of_rows(enforcer: Any) -> Iterator[str]:
    """What is wrong with the rows that it holds now."""
    if not any(definition.policy for definition in enforcer.model["p"].values()):
        # Without a rule Casbin asks its matcher about a rule made of empty texts.
        yield "it holds no rule"
    computed = any("eval(" in matcher.value for matcher in (enforcer.model["m"] or {}).values())
    for kind, definition in enforcer.model["p"].items():
        for row in definition.policy:
            yield from _faults_of_rule(kind, definition.tokens, row, computed)
    for kind, definition in (enforcer.model["g"] or {}).items():
        wanted = definition.value.count("_")
        wrong = [row for row in definition.policy if len(row) != wanted or not all(row)]
        yield from (f"`{_line(kind, row)}` needs {wanted} fields, all given" for row in wrong)
        if not wrong:
            domains = len(definition.tokens) > 2
            yield from _faults_of_chains(kind, definition.policy, domains, _limit(enforcer, kind))


def _faults_of_source(enforcer: Any) -> Iterator[str]:
    """Rows that the enforcer has passed over when it was loaded."""
    if enforcer.adapter is None:
        return
    try:
        rows = rows_of(enforcer.adapter)
    except DirectoryError as error:
        yield str(error)
        return
    known = {*enforcer.model["p"], *(enforcer.model["g"] or ())}
    for row in rows:
        if row.kind not in known:
            yield f"`{_line(row.kind, row.fields)}` is of a kind that the model does not define"


def _faults_of_rule(kind: str, tokens: list[str], row: Any, computed: bool) -> Iterator[str]:
    if len(row) != len(tokens):
        yield f"`{_line(kind, row)}` needs {len(tokens)} fields"
        return
    effect = row[tokens.index(f"{kind}_eft")] if f"{kind}_eft" in tokens else "allow"
    if effect not in ("allow", "deny"):
        yield f"`{_line(kind, row)}` says `{effect}`, which is neither `allow` nor `deny`"
    if not computed and any(field.startswith('"') for field in row):
        yield f"`{_line(kind, row)}` has quotes, which Casbin takes for a part of the name"


def _faults_of_chains(kind: str, rows: Any, domains: bool, limit: int) -> Iterator[str]:
    by_domain: dict[str, _Links] = {}
    for row in rows:
        links = by_domain.setdefault(row[2] if domains else "", {})
        links.setdefault(row[0], set()).add(row[1])
    for links in by_domain.values():
        try:
            length, name = _longest(links)
        except CycleError as error:
            yield f"`{kind}`: roles include each other: {' → '.join(error.args[1][::-1])}"
            continue
        if length > limit:
            yield f"`{kind}`: from `{name}` a chain has {length} links; Casbin follows {limit}"


def _longest(links: _Links) -> tuple[int, str]:
    """The number of links of the longest chain, and where it begins."""
    lengths: dict[str, int] = {}
    for name in TopologicalSorter(links).static_order():
        lengths[name] = max((lengths[role] + 1 for role in links.get(name, ())), default=0)
    return max(((length, name) for name, length in lengths.items()), default=(0, ""))


def _limit(enforcer: Any, kind: str) -> int:
    """How many links its role manager follows: one less than what it calls levels."""
    manager = enforcer.rm_map.get(kind) or enforcer.cond_rm_map.get(kind)
    return int(getattr(manager, "max_hierarchy_level", 10)) - 1


def _line(kind: str, row: Any) -> str:
    return ", ".join((kind, *row))
