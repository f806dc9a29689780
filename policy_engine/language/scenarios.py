"""Last pass: tests. Everything a test gives must fit what the policy declares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from policy_engine.foundation.source import Span
from policy_engine.language import codes
from policy_engine.language import tree as t
from policy_engine.language.declare import Declarations
from policy_engine.language.definitions import unknown_role, unknown_task
from policy_engine.language.policy import Fact, Kind, Role, Rule, Task, Test
from policy_engine.language.report import Report
from policy_engine.language.scope import Scope
from policy_engine.language.type_rules import article
from policy_engine.values.conform import conform, conform_fields
from policy_engine.values.types import Field


@dataclass(slots=True)
class _Scenario:
    """A test while its givens are read."""

    kind: Kind = "agent"
    principal: str | None = None
    roles: frozenset[str] = frozenset()
    attributes: Mapping[str, object] = field(default_factory=dict)
    context: Mapping[str, object] = field(default_factory=dict)
    request: str | None = None
    outputs: list[tuple[str, Mapping[str, object], object]] = field(default_factory=list)
    facts: dict[str, object] = field(default_factory=dict)
    validations: dict[str, bool] = field(default_factory=dict)
    approvals: list[tuple[str, frozenset[str]]] = field(default_factory=list)
    now: datetime | None = None


class Scenarios:
    """Checks the tests of one policy set."""

    def __init__(
        self,
        found: Declarations,
        tasks: Mapping[str, Task],
        roles: Mapping[str, Role],
        facts: Mapping[str, Fact],
        rules: Mapping[str, Rule],
        scope: Scope,
        report: Report,
    ) -> None:
        self._found = found
        self._tasks = tasks
        self._roles = roles
        self._facts = facts
        self._rules = rules
        self._scope = scope
        self._report = report

    def tests(self) -> tuple[Test, ...]:
        return tuple(test for node in self._found.tests if (test := self._test(node)) is not None)

    def _test(self, node: t.TestNode) -> Test | None:
        scenario = _Scenario()
        for given in node.givens:
            self._given(given, scenario)
        task = self._tasks.get(node.task.text)
        if task is None:
            unknown_task(node.task, self._found, self._report)
            return None
        if scenario.principal is None:
            label = "who proposes the action?"
            self._report.add(
                codes.UNEXPECTED,
                "a test needs somebody who acts",
                node.task.span,
                label,
                help_='write `given agent "name" as role`',
            )
            return None
        input_ = self._fields(node.input, task.inputs, "the input of " + task.name)
        approver = self._expected_role(node)
        return Test(
            title=node.title,
            kind=scenario.kind,
            principal=scenario.principal,
            roles=scenario.roles,
            attributes=scenario.attributes,
            context=scenario.context,
            request=scenario.request,
            outputs=tuple(scenario.outputs),
            facts=scenario.facts,
            validations=scenario.validations,
            approvals=tuple(scenario.approvals),
            now=scenario.now,
            task=task.name,
            input=input_,
            outcome=node.outcome,
            outcome_span=node.outcome_span,
            approver=approver,
            because=self._because(node),
            span=node.title_span,
        )

    def _given(self, given: t.GivenNode, scenario: _Scenario) -> None:
        match given:
            case t.GivenPrincipal():
                self._once(scenario.principal, given.span, "who acts")
                scenario.kind, scenario.principal = given.kind, given.id
                scenario.roles = self._known_roles(given.roles, given.kind)
                if given.attributes is not None:
                    declared = self._scope.attributes[given.kind]
                    fields = tuple(f for f in declared.values() if f.name != "id")
                    scenario.attributes = self._partial(given.attributes, fields, given.kind)
            case t.GivenContext():
                self._once(scenario.context or None, given.span, "the context")
                fields = tuple(self._scope.attributes["context"].values())
                scenario.context = self._partial(given.value, fields, "context")
            case t.GivenRequest():
                self._once(scenario.request, given.span, "the request")
                scenario.request = given.text
            case t.GivenNow():
                self._once(scenario.now, given.span, "the time")
                scenario.now = given.at
            case t.GivenFact():
                self._given_fact(given, scenario)
            case t.GivenOutput():
                self._given_output(given, scenario)
            case t.GivenValidation():
                self._given_validation(given, scenario)
            case t.GivenApproval():
                roles = self._known_roles(given.roles, "human")
                scenario.approvals.append((given.by, roles))

    def _given_fact(self, given: t.GivenFact, scenario: _Scenario) -> None:
        fact = self._facts.get(given.name.text)
        if fact is None:
            known = [(name, f.span) for name, f in self._facts.items()]
            self._report.unknown(codes.UNKNOWN_NAME, "fact", given.name, known)
            return
        self._once(scenario.facts.get(fact.name), given.span, f"the fact `{fact.name}`")
        value, misfits = conform(given.value.value, fact.type, fact.name)
        for misfit in misfits:
            label = f"this must be {article(fact.type)}"
            self._report.add(codes.WRONG_VALUE, str(misfit), given.value.span, label)
        scenario.facts[fact.name] = value

    def _given_output(self, given: t.GivenOutput, scenario: _Scenario) -> None:
        task = self._tasks.get(given.task.text)
        if task is None:
            unknown_task(given.task, self._found, self._report)
            return
        input_: Mapping[str, object] = {}
        if given.input is not None:
            input_ = self._fields(given.input, task.inputs, "the input of " + task.name)
        if task.output is not None and task.output.type is not None:
            name = task.output.name or "the output"
            _, misfits = conform(given.value.value, task.output.type, name, closed=False)
            for misfit in misfits:
                label = f"`{task.name}` returns {article(task.output.type)}"
                self._report.add(codes.WRONG_VALUE, str(misfit), given.value.span, label)
        scenario.outputs.append((task.name, input_, given.value.value))

    def _given_validation(self, given: t.GivenValidation, scenario: _Scenario) -> None:
        if given.name.text not in self._found.validations:
            known = [(name, v.name.span) for name, v in self._found.validations.items()]
            self._report.unknown(codes.UNKNOWN_VALIDATION, "validation", given.name, known)
            return
        name = given.name.text
        self._once(scenario.validations.get(name), given.span, f"the validation `{name}`")
        scenario.validations[name] = given.passed

    def _known_roles(self, names: tuple[t.Name, ...], kind: Kind) -> frozenset[str]:
        for name in names:
            role = self._roles.get(name.text)
            if role is None:
                unknown_role(name, self._found, self._report)
            elif role.kind not in (None, kind):
                title = f"the role `{role.name}` is for {role.kind}s only"
                self._report.add(
                    codes.WRONG_KIND,
                    title,
                    name.span,
                    f"given to {'an agent' if kind == 'agent' else 'a person'}",
                )
        return frozenset(name.text for name in names)

    def _fields(
        self, node: t.ValueNode, fields: tuple[Field, ...], what: str
    ) -> Mapping[str, object]:
        if not isinstance(node.value, dict):
            self._report.add(codes.WRONG_VALUE, f"{what} is an object", node.span, "not an object")
            return {}
        values, misfits = conform_fields(node.value, fields)
        for misfit in misfits:
            self._report.add(codes.WRONG_VALUE, f"{what}: {misfit}", node.span, "does not fit")
        return values

    def _partial(
        self, node: t.ValueNode, fields: tuple[Field, ...], what: str
    ) -> Mapping[str, object]:
        """Attributes: what is left out is unknown in the test, what is given must fit."""
        given = node.value if isinstance(node.value, dict) else {}
        kept = tuple(f for f in fields if f.name in given)
        return self._fields(node, kept, what)

    def _expected_role(self, node: t.TestNode) -> str | None:
        if node.role is None:
            return None
        if node.role.text not in self._roles:
            unknown_role(node.role, self._found, self._report)
        if node.outcome != "escalate":
            title = f"`{node.outcome}` asks nobody"
            self._report.add(
                codes.UNEXPECTED, title, node.role.span, "only `escalate` names a role"
            )
        return node.role.text

    def _because(self, node: t.TestNode) -> frozenset[str]:
        for name in node.because:
            if name.text not in self._found.rules:
                known = [(n, r.name.span) for n, r in self._found.rules.items()]
                self._report.unknown(codes.UNKNOWN_RULE, "rule", name, known)
        return frozenset(name.text for name in node.because)

    def _once(self, earlier: object, span: Span, what: str) -> None:
        if earlier is not None:
            self._report.add(codes.TWICE_IN_STATEMENT, f"{what} is given twice", span, "again")
