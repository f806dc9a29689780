"""A character lost anywhere: the policy still means the same, or a diagnostic says where.

Left out are literals, titles, comments and comparison operators, where one character more or less
is another sound policy. Every `STRIDE`th position is tried (all of them with POLICY_EVERY=1).
"""

from __future__ import annotations

import os
import re
from dataclasses import fields
from pathlib import Path

from policy_engine.bundle.files import Roots, read_beside
from policy_engine.foundation.source import Source
from policy_engine.language import tree as t
from policy_engine.language.build import Built, build
from policy_engine.language.digests import described
from policy_engine.language.parse import parse

POLICY = Path(__file__).parents[2] / "policies/examples/refunds.policy"
STRIDE = 1 if os.environ.get("POLICY_EVERY") else 17
LINES = 200
LEFT_OUT = re.compile(
    r'"(?:\\.|[^"\\\n])*"|/[^/\n]+/|==|!=|<=|>=|<|>|\b[0-9][0-9_.:TZ-]*\b|#[^\n]*'
)
NAMED = (t.PolicyNode, t.RuleNode, t.ExceptionNode, t.GuaranteeNode, t.FieldNode, t.OutputNode)
"""Whose own name nothing may refer to: renamed, the policy still says the same."""


def beginning_of(text: str) -> str:
    """So many lines of a policy, to the end of a statement."""
    least = sum(len(line) for line in text.splitlines(keepends=True)[:LINES])
    return text[: text.index("\n\n", least) + 1]


def read(text: str) -> Built:
    return build([Source(str(POLICY), text)], read_beside, Roots([POLICY.parent]).find)


def meaning(text: str) -> list[object]:
    """All that a file says, without the names that only it knows."""
    tree, _ = parse(Source(str(POLICY), text))
    return [_nameless(statement) for statement in tree.statements]


def _nameless(node: object) -> object:
    if isinstance(node, tuple):
        return [_nameless(item) for item in node]
    if isinstance(node, NAMED):
        kept = (f.name for f in fields(node) if f.name != "name" and not f.name.endswith("span"))
        return [type(node).__name__, *(_nameless(getattr(node, name)) for name in kept)]
    if isinstance(node, t.TaskNode | t.RecordNode | t.AttributesNode):
        kept = (f.name for f in fields(node) if not f.name.endswith("span"))
        return [type(node).__name__, *(_nameless(getattr(node, name)) for name in kept)]
    return described(node)


def test_a_lost_character_is_harmless_or_said_on_its_line() -> None:
    text = beginning_of(POLICY.read_text(encoding="utf-8"))
    assert text.count("\n") >= LINES
    before = {(d.code.id, d.title) for d in read(text).diagnostics}
    said = meaning(text)
    skipped = {i for match in LEFT_OUT.finditer(text) for i in range(*match.span())}
    positions = [i for i in range(len(text)) if i not in skipped][::STRIDE]
    silent, elsewhere, exact = [], [], 0
    for i in positions:
        shorter = text[:i] + text[i + 1 :]
        line = text.count("\n", 0, i) + 1
        place = f"{line}: {text.splitlines()[line - 1]!r} without {text[i]!r}"
        found = [d for d in read(shorter).diagnostics if (d.code.id, d.title) not in before]
        if not found:
            if meaning(shorter) != said:
                silent.append(place)
        elif line in {label.span.line for d in found for label in d.labels}:
            exact += 1
        else:
            elsewhere.append(place)
    assert silent == []
    assert exact / (exact + len(elsewhere)) >= 0.95, "\n".join(elsewhere)
