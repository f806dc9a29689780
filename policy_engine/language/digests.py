"""Digests of what a policy says, blind to where it says it.

Spans, comments, layout and the order of statements take no part, so moving a rule about changes
no digest; every word that can change a decision or what an approver is shown does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import date, datetime, time, timedelta

from policy_engine.foundation.canonical import digest
from policy_engine.foundation.source import Span
from policy_engine.language import tree as t
from policy_engine.language.declare import Declarations
from policy_engine.language.names import Names
from policy_engine.values.money import Money

_PLAIN = (date, datetime, time, timedelta, Money)


def described(node: object) -> object:
    """A node of the syntax tree as plain data, without places."""
    if isinstance(node, Span):
        return None
    if isinstance(node, (list, tuple)):
        return [described(item) for item in node]
    if isinstance(node, Mapping):
        return {str(key): described(item) for key, item in node.items()}
    names = _parts(type(node))
    if names is None or isinstance(node, _PLAIN):
        return node
    return {
        "node": type(node).__name__,
        **{name: described(getattr(node, name)) for name in names},
    }


def _parts(type_: type) -> tuple[str, ...] | None:
    """The fields of a node that are no places; None for what is no node."""
    if type_ not in _KNOWN:
        is_node = hasattr(type_, "__dataclass_fields__")
        names = (f.name for f in fields(type_)) if is_node else ()
        kept = tuple(name for name in names if not name.endswith(("span", "spans")))
        _KNOWN[type_] = kept if is_node else None
    return _KNOWN[type_]


_KNOWN: dict[type, tuple[str, ...] | None] = {}


def policy_digest(statements: Iterable[t.Statement], schemas: Iterable[str]) -> str:
    """The name of a policy set: tests and imports apart, all that it says."""
    left_out = (t.TestNode, t.ImportNode)
    parts = {digest(described(s)) for s in statements if not isinstance(s, left_out)}
    return digest({"statements": sorted(parts), "schemas": sorted({digest(s) for s in schemas})})


def rule_digest(
    rule: t.RuleNode | t.ExceptionNode,
    found: Declarations,
    validations: Iterable[tuple[t.ValidationNode, str | None]],
) -> str:
    """The name of a rule together with the definitions, tables and validations it rests on."""
    validations = list(validations)
    waiting: list[object] = [rule, *(node for node, _ in validations)]
    used: dict[str, object] = {}
    while waiting:
        for name in first_names(waiting.pop(), found.names):
            node = found.defines.get(name) or found.tables.get(name)
            if node is not None and name not in used:
                used[name] = described(node)
                waiting.append(node)
    checks = [[described(node), schema] for node, schema in validations]
    return digest({"rule": described(rule), "defines": used, "validations": checks})


def first_names(node: object, names: Names) -> set[str]:
    """Names below a node that could be definitions: first names of paths, and what is called.

    Of what comes through an import, the name after that of the import.
    """
    found: set[str] = set()
    waiting = [node]
    while waiting:
        item = waiting.pop()
        if isinstance(item, t.PathNode):
            first, *rest = item.names
            through = rest and names.imported(first.text, first.span) is not None
            found.add(rest[0].text if through else first.text)
        elif isinstance(item, t.CallNode):
            found.add(item.name.text.rpartition(".")[2])
        if isinstance(item, (list, tuple)):
            waiting.extend(item)
        elif not isinstance(item, Span):
            parts = _parts(type(item))
            if parts is not None:
                waiting.extend(getattr(item, part) for part in parts)
    return found
