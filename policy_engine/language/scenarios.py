"""Last pass: tests. Everything a test gives must fit what the policy declares."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from policy_engine.foundation.errors import InputError
from policy_engine.foundation.source import Span
from policy_engine.language import codes, tree as t
from policy_engine.language.cases import Case, filled, missing, read_cases
from policy_engine.language.declare import Declarations
from policy_engine.language.policy import Fact, GivenCall, Kind, Role, Signature, Task, Test
from policy_engine.language.report import Report
from policy_engine.language.scope import World
from policy_engine.language.type_rules import article
from policy_engine.values.conform import conform, conform_fields, timestamp
from policy_engine.values.types import Field, Type

_OUTCOMES = ("allow", "validate", "escalate", "deny")
_NOW = timedelta(0)


@dataclass(slots=True)
class _Scenario:
    """A test while its givens are read."""

    case: Case | None
    kind: Kind = "agent"
    principal: str | None = None
    roles: frozenset[str] = frozenset()
    attributes: Mapping[str, object] = field(default_factory=dict)
    behalf: str | None = None
    context: Mapping[str, object] | None = None
    session: Mapping[str, object] | None = None
    request: str | None = None
    calls: list[GivenCall] = field(default_factory=list)
    facts: dict[str, object] = field(default_factory=dict)
    validations: dict[str, bool] = field(default_factory=dict)
    approvals: list[Signature] = field(default_factory=list)
    answers: dict[str, list[tuple[str, timedelta]]] = field(default_factory=dict)
    asked: timedelta | None = None
    now: datetime | None = None


class Scenarios:
    """Checks the tests of one policy set."""

    def __init__(
        self,
        found: Declarations,
        tasks: Mapping[str, Task],
        roles: Mapping[str, Role],
        facts: Mapping[str, Fact],
        world: World,
        read_file: Callable[[str, str], str | None],
        report: Report,
    ) -> None:
        self._found = found
        self._tasks = tasks
        self._roles = roles
        self._facts = facts
        self._world = world
        self._read_file = read_file
        self._report = report

    def tests(self) -> tuple[Test, ...]:
        """Checked tests; none where declarations are broken, so that nothing is said twice."""
        return () if self._report.has_gaps else tuple(self._all())

    def _all(self) -> Iterator[Test]:
        for node in self._found.tests:
            for case in self._cases(node):
                before = self._report.count
                test = self._test(node, case)
                if test is not None:
                    yield test
                if self._report.count > before:
                    break

    def _cases(self, node: t.TestNode) -> list[Case] | list[None]:
        """The cases of a table of tests; one that is none for a plain test."""
        if node.cases is None or node.cases_span is None:
            return [None]
        text = self._read_file(node.cases_span.source.name, node.cases)
        if text is None:
            title = f"there is no readable file `{node.cases}`"
            label = "looked for beside the policy file, and never above it"
            self._report.add(codes.UNKNOWN_FILE, title, node.cases_span, label)
            return []
        try:
            return read_cases(text, node.cases)
        except InputError as error:
            title = "these cases cannot be read"
            self._report.add(codes.WRONG_VALUE, title, node.cases_span, str(error))
            return []

    def _test(self, node: t.TestNode, case: Case | None) -> Test | None:
        scenario = _Scenario(case)
        for given in node.givens:
            self._given(given, scenario)
        task = self._found.task(node.task, self._report)
        if task is None:
            return None
        if scenario.principal is None and any(isinstance(g, t.GivenPrincipal) for g in node.givens):
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
        checked = self._tasks[task.name.text]
        what = f"the input of {checked.name}"
        input_ = self._fields(node.input, checked.inputs, what, case)
        outcome = self._outcome(node, case)
        return Test(
            title=node.title if case is None else case.titled(node.title),
            kind=scenario.kind,
            principal=scenario.principal,
            roles=scenario.roles,
            attributes=scenario.attributes,
            behalf=scenario.behalf,
            context=scenario.context or {},
            session=scenario.session or {},
            request=scenario.request,
            calls=tuple(scenario.calls),
            facts=scenario.facts,
            validations=scenario.validations,
            approvals=tuple(scenario.approvals),
            rejections=tuple(scenario.answers.get("rejection", ())),
            confirmations=tuple(scenario.answers.get("confirmation", ())),
            asked=scenario.asked,
            now=scenario.now,
            task=checked.name,
            input=input_,
            outcome=outcome,
            outcome_span=node.outcome_span,
            approvers=self._expected_roles(node, outcome),
            because=self._because(node),
            span=node.title_span,
        )

    def _given(self, given: t.GivenNode, scenario: _Scenario) -> None:
        _GIVEN[type(given)](self, given, scenario)  # type: ignore[operator]

    def _principal(self, given: t.GivenPrincipal, scenario: _Scenario) -> None:
        self._once(scenario.principal, given.span, "who acts")
        scenario.kind = given.kind
        scenario.principal = self._said(given.id, given.span, scenario.case)
        scenario.roles = self._known_roles(given.roles, given.kind)
        if given.attributes is not None:
            declared = self._world.attributes[given.kind]
            fields = tuple(f for f in declared.values() if f.name != "id")
            scenario.attributes = self._partial(given.attributes, fields, given.kind, scenario.case)

    def _behalf(self, given: t.GivenBehalf, scenario: _Scenario) -> None:
        self._once(scenario.behalf, given.span, "on whose behalf")
        scenario.behalf = self._said(given.id, given.span, scenario.case)

    def _attributes(self, given: t.GivenAttributes, scenario: _Scenario) -> None:
        fields = tuple(self._world.attributes[given.of].values())
        values = self._partial(given.value, fields, given.of, scenario.case)
        if given.of == "context":
            self._once(scenario.context, given.span, "the context")
            scenario.context = values
        else:
            self._once(scenario.session, given.span, "the session")
            scenario.session = values

    def _request(self, given: t.GivenRequest, scenario: _Scenario) -> None:
        self._once(scenario.request, given.span, "the request")
        scenario.request = self._said(given.text, given.span, scenario.case, blank=True)

    def _now(self, given: t.GivenNow, scenario: _Scenario) -> None:
        self._once(scenario.now, given.span, "the time")
        if isinstance(given.at, datetime):
            scenario.now = given.at
            return
        text = self._said(given.at, given.span, scenario.case)
        scenario.now = timestamp(text or "")
        if text is not None and scenario.now is None:
            title = "this is no timestamp such as 2026-11-23T12:00:00Z"
            self._report.add(codes.BAD_TIME, title, given.span, f"`{text}`")

    def _fact(self, given: t.GivenFact, scenario: _Scenario) -> None:
        node = self._found.look_up(
            self._found.facts, given.name, "fact", codes.UNKNOWN_NAME, self._report
        )
        fact = self._facts.get(node.name.text) if node else None
        if fact is None:
            return
        earlier = scenario.facts.get(fact.name)
        self._once(earlier, given.span, f"the fact `{fact.name}`")
        scenario.facts[fact.name] = self._value(given.value, fact.type, fact.name, scenario.case)

    def _output(self, given: t.GivenOutput, scenario: _Scenario) -> None:
        task = self._found.task(given.task, self._report)
        if task is None:
            return
        checked = self._tasks[task.name.text]
        input_: Mapping[str, object] = {}
        if given.input is not None:
            what = f"the input of {checked.name}"
            input_ = self._fields(given.input, checked.inputs, what, scenario.case)
        value = given.value.value
        if checked.output is not None and checked.output.type is not None:
            name = checked.output.name or "the output"
            type_ = checked.output.type
            value = self._filled(given.value, type_, scenario.case)
            _, misfits = conform(value, type_, name, closed=False)
            for misfit in misfits if value is not None else ():
                label = f"`{checked.name}` returns {article(type_)}"
                place = given.value.place(_inner(misfit.path, name))
                self._report.add(codes.WRONG_VALUE, str(misfit), place, label)
        else:
            value = self._filled(given.value, None, scenario.case)
        call = GivenCall(
            checked.name, input_, "executed", given.ago or _NOW, None, returned=(value,)
        )
        scenario.calls.append(call)

    def _past(self, given: t.GivenPast, scenario: _Scenario) -> None:
        task = self._found.task(given.task, self._report)
        if task is None:
            return
        checked = self._tasks[task.name.text]
        what = f"the input of {checked.name}"
        fields = tuple(f for f in checked.inputs if f.name in _members(given.input))
        input_ = self._fields(given.input, fields, what, scenario.case, checked.inputs)
        call = GivenCall(
            checked.name, input_, given.stage, given.ago or _NOW, given.by, given.number
        )
        scenario.calls.append(call)

    def _validation(self, given: t.GivenValidation, scenario: _Scenario) -> None:
        found = self._found
        if not found.find(found.validations, given.name) and found.find(found.tasks, given.name):
            self._refuse_action(given)
            return
        node = found.validation(given.name, self._report)
        if node is not None:
            name = node.name.text
            earlier = scenario.validations.get(name)
            self._once(earlier, given.span, f"the validation `{name}`")
            scenario.validations[name] = given.passed

    def _refuse_action(self, given: t.GivenValidation) -> None:
        """`passed` and a bare `failed` are said of validations."""
        name = given.name.text
        title = f"`{name}` is a task, not a validation"
        word = "executed" if given.passed else "failed"
        help_ = f"of a past action, write `given {name} {{}} {word}`"
        self._report.add(
            codes.UNKNOWN_VALIDATION, title, given.name.span, "did it pass a check?", help_=help_
        )

    def _approval(self, given: t.GivenApproval, scenario: _Scenario) -> None:
        roles = self._known_roles(given.roles, "human")
        scenario.approvals.append(Signature(given.by, roles, given.ago or _NOW))

    def _answer(self, given: t.GivenAnswer, scenario: _Scenario) -> None:
        scenario.answers.setdefault(given.word, []).append((given.by, given.ago or _NOW))

    def _asked(self, given: t.GivenAsked, scenario: _Scenario) -> None:
        self._once(scenario.asked, given.span, "when people were asked")
        scenario.asked = given.ago

    # Values

    def _known_roles(self, names: tuple[t.Name, ...], kind: Kind) -> frozenset[str]:
        found = set()
        for name in names:
            node = self._found.role(name, self._report)
            if node is None:
                continue
            role = self._roles[node.name.text]
            found.add(role.name)
            if role.kind not in (None, kind):
                title = f"the role `{role.name}` is for {role.kind}s only"
                label = f"given to {'an agent' if kind == 'agent' else 'a person'}"
                self._report.add(codes.WRONG_KIND, title, name.span, label)
        return frozenset(found)

    def _said(
        self, part: str | t.FromCase, span: Span, case: Case | None, *, blank: bool = False
    ) -> str | None:
        value = filled(part, None, case)
        if isinstance(value, str) and (value.strip() or blank):
            return value
        if isinstance(part, str):
            self._report.add(codes.WRONG_VALUE, "somebody needs a name", span, "a blank text")
        else:
            self._gap(span, case)
        return None

    def _gap(self, span: Span, case: Case | None) -> None:
        title = (
            "there are no cases here" if case is None else f"case {case.number} has no such text"
        )
        help_ = 'write `test "…" for each case in "cases.csv"`' if case is None else None
        self._report.add(codes.WRONG_VALUE, title, span, "`case` is a row of a file", help_=help_)

    def _filled(self, node: t.ValueNode, type_: Type | None, case: Case | None) -> object:
        """A value with the members of its case, or None with the gap reported."""
        raw = filled(node.value, type_, case)
        if missing(raw):
            self._gap(node.span, case)
            return None
        return raw

    def _value(self, node: t.ValueNode, type_: Type, what: str, case: Case | None) -> object:
        raw = self._filled(node, type_, case)
        if raw is None:
            return None
        value, misfits = conform(raw, type_, what)
        for misfit in misfits:
            label = f"this must be {article(type_)}"
            place = node.place(_inner(misfit.path, what))
            self._report.add(codes.WRONG_VALUE, str(misfit), place, label)
        return value

    def _fields(
        self,
        node: t.ValueNode,
        fields: tuple[Field, ...],
        what: str,
        case: Case | None,
        declared: tuple[Field, ...] | None = None,
    ) -> Mapping[str, object]:
        """`declared`: all that there is, where `fields` are only those that are given."""
        types = {f.name: f.type for f in declared or fields}
        raw = {n: filled(v, types.get(n), case) for n, v in _members(node).items()}
        if missing(raw):
            self._gap(node.span, case)
            return {}
        values, misfits = conform_fields(_without_gaps(raw, case), fields)
        for misfit in misfits:
            place = node.place(misfit.path)
            self._report.add(codes.WRONG_VALUE, f"{what}: {misfit}", place, "does not fit")
        return values

    def _partial(
        self, node: t.ValueNode, fields: tuple[Field, ...], what: str, case: Case | None
    ) -> Mapping[str, object]:
        """Attributes: what is left out is unknown in the test, what is given must fit."""
        given = _members(node)
        return self._fields(node, tuple(f for f in fields if f.name in given), what, case)

    def _outcome(self, node: t.TestNode, case: Case | None) -> str:
        outcome = filled(node.outcome, None, case)
        if outcome not in _OUTCOMES:
            title = "an outcome is allow, validate, escalate or deny"
            self._report.add(codes.WRONG_VALUE, title, node.outcome_span, "none of these")
            return "deny"
        return str(outcome)

    def _expected_roles(self, node: t.TestNode, outcome: str) -> frozenset[str]:
        roles = [self._found.role(name, self._report) for name in node.roles]
        if node.roles and outcome != "escalate" and isinstance(node.outcome, str):
            title = f"`{outcome}` asks nobody"
            label = "only `escalate` names a role"
            self._report.add(codes.UNEXPECTED, title, node.roles[0].span, label)
        return frozenset(role.name.text for role in roles if role is not None)

    def _because(self, node: t.TestNode) -> frozenset[str]:
        rules = [self._found.rule(name, self._report) for name in node.because]
        return frozenset(rule.name.text for rule in rules if rule is not None)

    def _once(self, earlier: object, span: Span, what: str) -> None:
        if earlier is not None:
            self._report.add(codes.TWICE_IN_STATEMENT, f"{what} is given twice", span, "again")


def _inner(path: str, what: str) -> str:
    """The path of a misfit inside the value: `order.total` of `order` is `total`."""
    return path.removeprefix(what).removeprefix(".")


def _members(node: t.ValueNode) -> Mapping[str, object]:
    return node.value if isinstance(node.value, dict) else {}


def _without_gaps(raw: dict[str, object], case: Case | None) -> dict[str, object]:
    """An empty cell of a CSV file leaves its member out."""
    if case is None or not case.is_text:
        return raw
    return {name: value for name, value in raw.items() if value != ""}


_GIVEN = {
    t.GivenPrincipal: Scenarios._principal,
    t.GivenBehalf: Scenarios._behalf,
    t.GivenAttributes: Scenarios._attributes,
    t.GivenRequest: Scenarios._request,
    t.GivenNow: Scenarios._now,
    t.GivenFact: Scenarios._fact,
    t.GivenOutput: Scenarios._output,
    t.GivenPast: Scenarios._past,
    t.GivenValidation: Scenarios._validation,
    t.GivenApproval: Scenarios._approval,
    t.GivenAnswer: Scenarios._answer,
    t.GivenAsked: Scenarios._asked,
}
