"""Where data come from, and what was asked for: `is given`, `is dictated`, `comes from` …"""

from __future__ import annotations

from policy_engine.foundation.source import Span
from policy_engine.language import checked as c, codes, tree as t
from policy_engine.language.checking import Checking
from policy_engine.language.scope import Scope
from policy_engine.language.type_rules import article, is_number, is_textual
from policy_engine.values.types import BOOLEAN, DURATION, JSON, PRINCIPAL, TEXT, ListOf, Union


class OriginChecks(Checking):
    """Questions about a datum, not about its value."""

    def _predicate(self, node: t.PredicateNode, scope: Scope) -> c.Checked | None:
        if node.word == "given":
            return self._given(node, scope)
        operand = self.value(node.operand, scope)
        if operand is None or not self._allowed("provenance", scope, node.span):
            return None
        if not isinstance(operand, c.Read):
            self._refuse(
                codes.NO_PROVENANCE,
                f"only data can be {node.word}",
                operand.span,
                "this is computed",
                help_="ask it of each datum by itself",
            )
            return None
        if self._carries_nothing(operand):
            return None
        return c.Provenance(node.word, operand, node.span)

    def _carries_nothing(self, operand: c.Checked) -> bool:
        """Refuses what is never untrusted, and what no text could hold."""
        type_ = operand.type
        if type_ == BOOLEAN or isinstance(type_, Union):
            label = f"this is {article(type_)}, which is never untrusted"
        elif type_ in (DURATION, JSON, PRINCIPAL):
            label = f"this is {article(type_)}, which stands in no text as such"
        else:
            return False
        self._refuse(codes.NO_PROVENANCE, "there is nothing to ask here", operand.span, label)
        return True

    def _given(self, node: t.PredicateNode, scope: Scope) -> c.Given | c.Compare | None:
        path = node.operand
        if isinstance(path, t.IndexNode):
            return self._key_given(node, path, scope)
        key = scope.key(path) if isinstance(path, t.PathNode) else None
        if not isinstance(path, t.PathNode) or key is None:
            if not isinstance(path, t.PathNode) or self.value(path, scope) is not None:
                label = "not a datum"
                self._refuse(codes.NOT_OPTIONAL, "only data can be given", path.span, label)
            return None
        read = self.value(path, scope.knowing(frozenset({key})))
        if read is None:
            return None
        if not isinstance(read, c.Read) or not scope.is_optional((read.root, read.path)):
            title = f"`{path.span.text}` is always given"
            self._refuse(codes.NOT_OPTIONAL, title, path.span, "it is not optional")
            return None
        return c.Given(read, node.span)

    def _key_given(
        self, node: t.PredicateNode, path: t.IndexNode, scope: Scope
    ) -> c.Compare | None:
        """`labels["x"] is given` means `"x" in keys of labels`."""
        index = self.value(path, scope)
        if not isinstance(index, c.Index):
            return None
        keys = c.Function("keys", index.operand, None, ListOf(TEXT), index.operand.span)
        return c.Compare("in", index.key, keys, node.span)

    def _origin(self, node: t.OriginNode, scope: Scope) -> c.Checked | None:
        operand = self.value(node.operand, scope)
        task = None
        if node.task is not None:
            task = self._task_name(node.task)
            if task is None:
                return None
        if operand is None or not self._allowed("provenance", scope, node.span):
            return None
        if not isinstance(operand, (c.Read, c.Part)):
            label = "this is computed"
            title = "only data come from somewhere"
            help_ = "ask it of each datum by itself"
            self._refuse(codes.NO_PROVENANCE, title, operand.span, label, help_=help_)
            return None
        if self._carries_nothing(operand):
            return None
        if node.word == "named" and not (is_textual(operand.type) or is_number(operand.type)):
            title = "a request names texts and numbers"
            label = f"this is {article(operand.type)}"
            self._refuse(codes.NO_PROVENANCE, title, operand.span, label)
            return None
        return c.Origin(node.word, operand, task, node.span)

    def _asked_for(self, node: t.AskedForNode, scope: Scope) -> c.Checked | None:
        task = self._task_name(node.task)
        if task is None or not self._allowed("the request asks for", scope, node.span):
            return None
        words = self.abouts.of(task).asked_for
        if not words:
            title = f"nobody has said how `{task}` is asked for"
            help_ = f'write `about {task} {{ asked for by "…" }}`'
            label = "no word is known"
            self._refuse(codes.NO_WORDS, title, node.task.span, label, help_=help_)
            return None
        return c.AskedFor(words, node.span)

    def _task_name(self, name: t.Name) -> str | None:
        node = self._found.task(name, self._report)
        return node.name.text if node else None

    def _labels(self) -> dict[str, Span | None]:
        """Every label that an output carries, with a place."""
        return {
            label.text: label.span
            for task in self._found.tasks.values()
            for output in task.outputs
            for label in output.labels
        }

    def _seen(self, node: t.SeenNode, scope: Scope) -> c.Checked | None:
        if not self._allowed("session", scope, node.span):
            return None
        labels = self._labels()
        if node.label.text not in labels:
            known = labels.items()
            label = "no output carries it, so this would never hold"
            self._report.unknown(codes.UNKNOWN_LABEL, "label", node.label, known, label)
            return None
        return c.Seen(node.label.text, node.span)
