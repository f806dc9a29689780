"""Digests of what a policy says, blind to where it says it.

Spans, comments, layout and the order of statements take no part, so moving a rule about changes
no digest; every word that can change a decision or what an approver is shown does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass

from policy_engine.foundation.canonical import digest
from policy_engine.foundation.source import Span
from policy_engine.language import tree as t


def described(node: object) -> object:
    """A node of the syntax tree as plain data, without places."""
    if isinstance(node, Span):
        return None
    if is_dataclass(node) and not isinstance(node, type):
        parts = {f.name: described(getattr(node, f.name)) for f in fields(node)}
        kept = {name: part for name, part in parts.items() if not name.endswith("span")}
        return {"node": type(node).__name__, **kept}
    if isinstance(node, (list, tuple)):
        return [described(item) for item in node]
    if isinstance(node, Mapping):
        return {str(key): described(item) for key, item in node.items()}
    return node


def policy_digest(statements: Iterable[t.Statement], schemas: Iterable[str]) -> str:
    """The name of a policy set: tests apart, all that it says."""
    parts = {digest(described(s)) for s in statements if not isinstance(s, t.TestNode)}
    return digest({"statements": sorted(parts), "schemas": sorted({digest(s) for s in schemas})})


def rule_digest(
    rule: t.RuleNode,
    defines: Mapping[str, t.DefineNode],
    validations: Iterable[tuple[t.ValidationNode, str | None]],
) -> str:
    """The name of a rule together with the definitions and validations that it rests on."""
    waiting: list[object] = [rule, *(node for node, _ in validations)]
    used: dict[str, object] = {}
    while waiting:
        for name in first_names(waiting.pop()):
            if name in defines and name not in used:
                used[name] = described(defines[name])
                waiting.append(defines[name])
    checks = [[described(node), schema] for node, schema in validations]
    return digest({"rule": described(rule), "defines": used, "validations": checks})


def first_names(node: object) -> set[str]:
    """First names of all paths and calls below a node."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        item = waiting.pop()
        if isinstance(item, t.PathNode):
            found.add(item.names[0].text)
        elif isinstance(item, t.CallNode):
            found.add(item.name.text)
        if is_dataclass(item) and not isinstance(item, (type, Span)):
            waiting.extend(getattr(item, f.name) for f in fields(item))
        elif isinstance(item, (list, tuple)):
            waiting.extend(item)
    return found
