"""Fifth pass: rules and validations. What they are about, who, and under which conditions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from policy_engine.foundation.diagnostics import Label
from policy_engine.language import codes
from policy_engine.language import tree as t
from policy_engine.language.declare import Declarations
from policy_engine.language.definitions import unknown_role, unknown_task
from policy_engine.language.digests import rule_digest
from policy_engine.language.expressions import Expressions
from policy_engine.language.policy import (
    Condition,
    Effect,
    Requirement,
    Role,
    Rule,
    Subject,
    Task,
    Validation,
)
from policy_engine.language.report import Report
from policy_engine.language.scope import Scope
from policy_engine.values.types import Field


class Rules:
    """Checks the rules and validations of one policy set."""

    def __init__(
        self,
        found: Declarations,
        tasks: Mapping[str, Task],
        roles: Mapping[str, Role],
        scope: Scope,
        schemas: Mapping[str, str],
        report: Report,
    ) -> None:
        self._found = found
        self._tasks = tasks
        self._roles = roles
        self._scope = scope
        self._schemas = schemas
        self._report = report
        self._expressions = Expressions(report)

    def rules(self) -> dict[str, Rule]:
        checked = {name: self._rule(node) for name, node in self._found.rules.items()}
        return {name: rule for name, rule in checked.items() if rule is not None}

    def validations(self, rules: Mapping[str, Rule]) -> dict[str, Validation]:
        """Validations, each judged against the inputs of the tasks that it stands before."""
        result: dict[str, Validation] = {}
        for name, node in self._found.validations.items():
            tasks = {task for r in rules.values() if name in r.validations for task in r.tasks}
            if not tasks and not any(name == v.text for v in self._required_validations()):
                title = f"no rule requires the validation `{name}`"
                self._report.add(
                    codes.UNUSED_VALIDATION,
                    title,
                    node.name.span,
                    "it never runs",
                    help_=f"write `require {name} before TASK`",
                )
            checked = self._validation(node, sorted(tasks))
            if checked is not None:
                result[name] = checked
        return result

    def _required_validations(self) -> list[t.Name]:
        effects = [node.effect for node in self._found.rules.values()]
        return [v for e in effects if isinstance(e, t.RequireNode) for v in e.validations]

    def _rule(self, node: t.RuleNode) -> Rule | None:
        effect = node.effect
        subject = self._subject(effect)
        tasks = self._targets(effect.targets)
        requirement = self._requirement(effect) if isinstance(effect, t.EscalateNode) else None
        if tasks is None:
            return None
        validations = self._validations_of(effect)
        conditions = self._conditions(node, tasks)
        if conditions is None or subject is None:
            return None
        kind, only_when = _EFFECTS[type(effect)], isinstance(effect, t.OnlyWhenNode)
        if isinstance(effect, t.GrantNode) and effect.effect == "permit":
            kind = Effect.PERMIT
        defines = self._found.defines
        nodes = [self._found.validations[v.text] for v in validations]
        schemas = [(v, self._schemas.get(v.name.text)) for v in nodes]
        return Rule(
            name=node.name.text,
            title=node.title,
            effect=kind,
            subject=subject,
            tasks=frozenset(tasks),
            conditions=conditions,
            only_when=only_when,
            validations=tuple(v.text for v in validations),
            requirement=requirement,
            digest=rule_digest(node, defines, schemas),
            span=node.name.span,
            effect_span=effect.span,
        )

    def _subject(self, effect: t.EffectNode) -> Subject | None:
        """Who the rule is about; rules without a subject are about every principal."""
        if not isinstance(effect, t.GrantNode):
            return Subject(frozenset(), None, effect.targets.span)
        subjects = effect.subjects
        if subjects.every:
            kind = None if subjects.every == "principal" else subjects.every
            return Subject(frozenset(), kind, subjects.span)
        known = True
        for name in subjects.roles:
            if name.text not in self._roles:
                unknown_role(name, self._found, self._report)
                known = False
        roles = frozenset(name.text for name in subjects.roles)
        return Subject(roles, None, subjects.span) if known else None

    def _targets(self, targets: t.Targets) -> list[str] | None:
        if targets.tag is not None:
            tag = targets.tag.text
            tagged = [name for name, task in self._tasks.items() if tag in task.tags]
            if not tagged:
                tags = {tag: None for task in self._tasks.values() for tag in task.tags}
                label = "no task carries it, so the rule would never apply"
                self._report.unknown(codes.UNKNOWN_TAG, "tag", targets.tag, tags.items(), label)
            return tagged or None
        if not targets.names:
            if not self._tasks:
                title = "there is no task that this rule could be about"
                self._report.add(codes.NO_TARGETS, title, targets.span, "no task is declared")
            return list(self._tasks) or None
        known = []
        for name in targets.names:
            if name.text in self._tasks:
                known.append(name.text)
            else:
                unknown_task(name, self._found, self._report)
        return known if len(known) == len(targets.names) else None

    def _requirement(self, effect: t.EscalateNode) -> Requirement | None:
        role = self._roles.get(effect.role.text)
        if role is None:
            unknown_role(effect.role, self._found, self._report)
            return None
        if role.kind != "human":
            self._report.add(
                codes.WRONG_KIND,
                f"only people approve, and `{role.name}` is not a role for humans",
                effect.role.span,
                "asked to approve here",
                also=(Label(role.span, "declared here", primary=False),),
                help_=f"declare `role {role.name} for humans`"
                if role.kind is None
                else "name a role that people hold",
            )
            return None
        return Requirement(role.name, effect.quorum)

    def _validations_of(self, effect: t.EffectNode) -> list[t.Name]:
        if not isinstance(effect, t.RequireNode):
            return []
        known = []
        for name in effect.validations:
            if name.text in self._found.validations:
                known.append(name)
            else:
                places = [(n, v.name.span) for n, v in self._found.validations.items()]
                self._report.unknown(codes.UNKNOWN_VALIDATION, "validation", name, places)
        return known

    def _conditions(self, node: t.RuleNode, tasks: list[str]) -> tuple[Condition, ...] | None:
        written = [(c.expression, c.word == "when", c.span) for c in node.conditions]
        if isinstance(node.effect, t.OnlyWhenNode):
            condition = node.effect.condition
            written.append((condition, False, condition.span))
        scope = self._common_scope(tasks)
        checked = self._expressions.conditions([(e, expected) for e, expected, _ in written], scope)
        if checked is None:
            return None
        return tuple(
            Condition(expression, expected, expression.span)
            for expression, (_, expected, _) in zip(checked, written, strict=True)
        )

    def _common_scope(self, tasks: list[str]) -> Scope:
        """The inputs that all tasks have with one meaning; the rest is kept apart."""
        tables = [{f.name: f for f in self._tasks[name].inputs} for name in tasks]
        names = {name for table in tables for name in table}
        common: dict[str, Field] = {}
        for name in sorted(names):
            found = [table.get(name) for table in tables]
            first = found[0]
            if first is not None and all(f is not None and f.type == first.type for f in found):
                fields = [f for f in found if f is not None]
                common[name] = Field(
                    name,
                    first.type,
                    any(f.optional for f in fields),
                    any(f.secret for f in fields),
                )
        return replace(self._scope, inputs=common, uncommon=frozenset(names - common.keys()))

    def _validation(self, node: t.ValidationNode, tasks: list[str]) -> Validation | None:
        scope = self._common_scope(tasks) if tasks else self._common_scope(list(self._tasks))
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
        schema = self._schemas.get(node.name.text)
        if (condition is None) == (schema is None):
            return None
        return Validation(node.name.text, node.title, checks, schema, condition, node.name.span)

    def _missing_input(self, name: t.Name, scope: Scope) -> None:
        if name.text in scope.uncommon:
            title = f"not every task that needs this validation has the input `{name.text}`"
            label = "missing, or of another type, in some of them"
            help_ = "write a validation for each kind of task"
            self._report.add(codes.NOT_COMMON, title, name.span, label, help_=help_)
        else:
            known = [(n, None) for n in scope.inputs]
            self._report.unknown(codes.UNKNOWN_NAME, "input", name, known)


_EFFECTS = {
    t.GrantNode: Effect.FORBID,
    t.OnlyWhenNode: Effect.FORBID,
    t.RequireNode: Effect.REQUIRE,
    t.EscalateNode: Effect.ESCALATE,
}
