"""Questions about the past: of which tasks, where, and how far back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from policy_engine.language import checked as c, codes, given, tree as t
from policy_engine.language.checking import Checking
from policy_engine.language.scope import Scope, Shape
from policy_engine.language.type_rules import article, sum_type
from policy_engine.values.durations import plain_duration
from policy_engine.values.types import DECIMAL, DURATION, INTEGER, MONEY, PRINCIPAL, Field

_IN_PAST = {
    "past": "a question about the past asks only about one past",
}
PRINCIPAL_FIELD = Field("principal", PRINCIPAL)
"""Who did it: `past.principal`."""


class PastChecks(Checking):
    """`exists`, `count of`, `sum of … over`, `no … since`."""

    def _past(self, node: t.PastNode, scope: Scope) -> c.Checked | None:
        if not self._allowed("past", scope, node.span):
            return None
        occurrence = self._occurrence(node.occurrence, node.where, scope)
        window = self.window(node.window, scope)
        if occurrence is None or window is None:
            return None
        if node.word == "exists":
            return c.Happened(occurrence, window, node.span)
        if node.word == "count":
            return c.PastTally(None, occurrence, window, INTEGER, node.span)
        assert node.term is not None
        term = self._past_term(node, occurrence, scope)
        return term and c.PastTally(term, occurrence, window, term.type, node.span)

    def _since(self, node: t.SinceNode, scope: Scope) -> c.Checked | None:
        if not self._allowed("past", scope, node.span):
            return None
        occurrence = self._occurrence(node.occurrence, node.where, scope)
        since = self._occurrence(node.since, node.since_where, scope)
        window = self.window(node.window, scope)
        if occurrence is None or since is None or window is None:
            return None
        return c.NoneSince(occurrence, since, window, node.span)

    def _occurrence(
        self, node: t.OccurrenceNode, where: t.Expression | None, scope: Scope
    ) -> c.Occurrence | None:
        tasks = self.targets(node.targets)
        if tasks is None:
            return None
        condition = None
        if where is not None:
            condition = self.condition(where, self._inside(scope, tasks))
            if condition is None:
                return None
        return c.Occurrence(node.stage or "executed", frozenset(tasks), condition)

    def _inside(self, scope: Scope, tasks: Sequence[str]) -> Scope:
        """Where `past.…` can be read, and no other past can be asked about."""
        shape = common_shape(tasks, scope.world.shapes)
        return replace(scope, past=shape, closed={**scope.closed, **_IN_PAST})  # type: ignore[dict-item]

    def _past_term(
        self, past: t.PastNode, occurrence: c.Occurrence, scope: Scope
    ) -> c.Checked | None:
        """`sum of amount over pay`: a bare name is a field of the past action here."""
        inner = self._inside(scope, sorted(occurrence.tasks))
        fields = inner.past.fields if inner.past else {}
        assert past.term is not None
        if past.where is not None:
            inner = inner.knowing(given.surely_given(past.where, inner, True))
        node = written = past.term
        if isinstance(node, t.PathNode) and node.names[0].text in fields:
            name = t.Name("past", node.names[0].span)
            written = t.PathNode((name, *node.names), node.span)
        term = self.value(written, inner)
        if term is None:
            return None
        if sum_type([("+", term.type)]) not in (INTEGER, DECIMAL, MONEY, DURATION):
            label = f"this is {article(term.type)}"
            self._refuse(codes.NOT_A_NUMBER, "`sum of` asks for numbers", term.span, label)
            return None
        return term

    def window(self, node: t.WindowNode, scope: Scope) -> c.Window | None:
        """How far back, in the zone of the file where that matters."""
        zone = None
        if node.kind in ("day", "month"):
            zone = self._zone(node.span, scope)
            if zone is None:
                return None
        kept = self.kept
        if kept is not None and node.duration is not None and node.duration > kept:
            title = "the store does not keep the past that long"
            label = f"it keeps {plain_duration(kept)}"
            self._refuse(codes.TOO_LONG_AGO, title, node.span, label)
            return None
        if kept is not None and node.kind == "month" and kept.days < _LONGEST_MONTH:
            title = "the store does not keep the past of a month"
            label = f"it keeps {plain_duration(kept)}"
            self._refuse(codes.TOO_LONG_AGO, title, node.span, label)
            return None
        return c.Window(node.kind, node.duration, zone)


_LONGEST_MONTH = 31


def common_shape(tasks: Sequence[str], shapes: Mapping[str, Shape]) -> Shape:
    """What past actions of all these tasks have."""
    found = [shapes[task] for task in tasks if task in shapes]
    if not found:
        return Shape({})
    fields: dict[str, Field] = {}
    for name, field in found[0].fields.items():
        others = [shape.fields.get(name) for shape in found]
        if all(other is not None and other.type == field.type for other in others):
            present = [other for other in others if other is not None]
            fields[name] = Field(
                name,
                field.type,
                any(other.optional for other in present),
                any(other.secret for other in present),
            )
    return Shape(fields, frozenset().union(*(shape.doubled for shape in found)))
