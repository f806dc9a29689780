"""Validations: what they look at, and with what they check it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from policy_engine.language import codes, tree as t
from policy_engine.language.declare import Declarations
from policy_engine.language.expressions import Expressions
from policy_engine.language.policy import Rule, Validation
from policy_engine.language.report import Report
from policy_engine.language.rules import Rules
from policy_engine.language.scope import Scope
from policy_engine.values.types import Field, Type


class Validations:
    """Checks validations, each against the tasks that it stands before or after."""

    def __init__(
        self,
        found: Declarations,
        expressions: Expressions,
        rules: Rules,
        outputs: Mapping[str, tuple[str | None, Type | None] | None],
        schemas: Mapping[str, str],
        report: Report,
    ) -> None:
        self._found = found
        self._expressions = expressions
        self._rules = rules
        self._outputs = outputs
        self._schemas = schemas
        self._report = report

    def validations(self, rules: Mapping[str, Rule]) -> dict[str, Validation]:
        required = self._required()
        result: dict[str, Validation] = {}
        for name, node in self._found.validations.items():
            requiring = [rule for rule in rules.values() if name in rule.validations]
            tasks = sorted({task for rule in requiring for task in rule.tasks})
            if not tasks and name not in required and not self._report.ignores(name):
                self._report.add(
                    codes.UNUSED_VALIDATION,
                    f"no rule requires the validation `{name}`",
                    node.name.span,
                    "it never runs",
                    help_=f"write `require {name} before TASK`",
                )
            after = {rule.form for rule in requiring} == {"require after"}
            checked = self._validation(node, tasks, after)
            if checked is not None:
                result[name] = checked
        return result

    def warn_unseen(self, rules: Mapping[str, Rule]) -> None:
        """Of validations that stand after a task, those that look at nothing it returns."""
        for name, node in self._found.validations.items():
            requiring = [rule for rule in rules.values() if name in rule.validations]
            after = [rule for rule in requiring if rule.form == "require after"]
            for task in sorted({task for rule in after for task in rule.tasks}):
                self._warn_unseen(node, task, len(after) == len(requiring))

    def _required(self) -> set[str]:
        effects = (n.effect for n in self._found.rules.values() if isinstance(n, t.RuleNode))
        names = (v for e in effects if isinstance(e, t.RequireNode) for v in e.validations)
        nodes = (self._found.find(self._found.validations, name) for name in names)
        return {node.name.text for node in nodes if node}

    def _validation(
        self, node: t.ValidationNode, tasks: list[str], after: bool
    ) -> Validation | None:
        scope = self._rules.common_scope(tasks or list(self._found.tasks))
        if after:
            scope = self._with_output(scope, tasks)
        whole = any(name.text == "input" for name in node.checks)
        if not whole and tasks:
            missing = [name for name in node.checks if name.text not in scope.inputs]
            for name in missing:
                self._missing_input(name, scope)
            if missing:
                return None
        checks = () if whole else tuple(name.text for name in node.checks)
        condition = None
        if node.condition is not None and tasks:
            seen = {n: f for n, f in scope.inputs.items() if whole or n in checks}
            unseen = frozenset(scope.inputs) - seen.keys()
            inner = replace(scope, inputs=seen, unchecked=unseen)
            condition = self._expressions.condition(node.condition, inner)
        own = node.name.text
        schema = self._schemas.get(own)
        if (condition is None) + (schema is None) + (node.function is None) != 2:
            return None
        return Validation(own, node.title, checks, schema, node.function, condition, node.name.span)

    def _with_output(self, scope: Scope, tasks: list[str]) -> Scope:
        """After a task its output can be looked at too, under its name."""
        typed = [self._outputs.get(task) for task in tasks]
        first = typed[0] if typed else None
        name, type_ = first or (None, None)
        if name is None or type_ is None or any(other != first for other in typed):
            return scope
        if name in scope.inputs or name in scope.uncommon:
            return scope
        return replace(scope, inputs={**scope.inputs, name: Field(name, type_)})

    def _warn_unseen(self, node: t.ValidationNode, task: str, after: bool) -> None:
        """After a task it must look at what came out: else the output is released unseen."""
        output = self._outputs.get(task)
        name = output[0] if output and output[1] is not None else None
        inputs = {field.name.text for field in self._found.tasks[task].inputs}
        seen = {given.text for given in node.checks} & {name, "input"}
        if after and name is not None and name not in inputs and seen:
            return
        label = "its output would be released unseen"
        if not after:
            label = "it stands before a task too: write a validation for each"
        elif name is None:
            label = "the task has no output with a name and a type"
        elif name in inputs:
            label = f"`{name}` is an input of it too: give the output another name"
        title = f"`{node.name.text}` does not look at what `{task}` returns"
        self._report.add(codes.UNSEEN_OUTPUT, title, node.name.span, label)

    def _missing_input(self, name: t.Name, scope: Scope) -> None:
        if name.text in scope.uncommon:
            title = f"not every task that needs this validation has the input `{name.text}`"
            label = "missing, or of another type, in some of them"
            help_ = "write a validation for each kind of task"
            self._report.add(codes.NOT_COMMON, title, name.span, label, help_=help_)
        else:
            known = ((n, scope.input_places.get(n)) for n in scope.inputs)
            self._report.unknown(codes.UNKNOWN_NAME, "input", name, known)
