"""Frameworks and what satisfies them: catalogues of controls, by id and title."""

from __future__ import annotations

from types import MappingProxyType

from policy_engine.language import codes, tree as t
from policy_engine.language.declare import Declarations, duplicate
from policy_engine.language.policy import Framework
from policy_engine.language.report import Report


def frameworks(found: Declarations, report: Report) -> dict[str, Framework]:
    """Frameworks with their controls, each once."""
    result: dict[str, Framework] = {}
    for name, node in found.frameworks.items():
        first: dict[str, t.Name] = {}
        controls: dict[str, str] = {}
        for control, title in node.controls:
            if first.setdefault(control.text, control) is not control:
                duplicate("control", control, first[control.text].span, report)
            controls.setdefault(control.text, title)
        result[name] = Framework(name, node.title, MappingProxyType(controls), node.name.span)
    return result


def satisfied(names: tuple[t.Name, ...], found: Declarations, report: Report) -> tuple[str, ...]:
    """Controls by `framework.control`; the framework is one of this policy, or of an import."""
    result = []
    for name in names:
        above, _, control = name.text.rpartition(".")
        candidates = _frameworks(above, name, found)
        node = next((n for n in candidates if any(c.text == control for c, _ in n.controls)), None)
        if node is not None:
            result.append(f"{node.name.text}.{control}")
        elif above:
            known = ((f"{above}.{c.text}", c.span) for node in candidates for c, _ in node.controls)
            report.unknown(codes.UNKNOWN_CONTROL, "control", name, known)
        else:
            title = f"unknown control `{name.text}`"
            label = "a control is named with its framework: `framework.control`"
            report.add(codes.UNKNOWN_CONTROL, title, name.span, label)
    return tuple(sorted(set(result)))


def _frameworks(above: str, name: t.Name, found: Declarations) -> list[t.FrameworkNode]:
    there = found.names.imported(above, name.span)
    if there is not None:
        nodes = found.frameworks.values()
        return [node for node in nodes if node.name.span.source.name == there]
    node = found.find(found.frameworks, t.Name(above, name.span))
    return [node] if node is not None else []
