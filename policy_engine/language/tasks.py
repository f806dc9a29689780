"""Tasks, facts that are looked up through them, and what of them the past can be asked about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from policy_engine.foundation.diagnostics import Label
from policy_engine.language import checked as c, codes, tree as t
from policy_engine.language.abouts import Abouts
from policy_engine.language.check_past import PRINCIPAL_FIELD
from policy_engine.language.checking import counted
from policy_engine.language.cycles import Cycles
from policy_engine.language.declare import Declarations
from policy_engine.language.expressions import Expressions
from policy_engine.language.policy import Define, Fact, Output, Task
from policy_engine.language.report import Report
from policy_engine.language.resolve_types import Types
from policy_engine.language.scope import Scope, Shape
from policy_engine.language.type_rules import article, assignable
from policy_engine.language.walk import all_of
from policy_engine.values.types import Field, ListOf, Type


class Tasks:
    """Checks the tasks of one policy set; types first, conditions on items when all is known."""

    def __init__(self, found: Declarations, abouts: Abouts, types: Types, report: Report) -> None:
        self._found = found
        self._abouts = abouts
        self._report = report
        self.inputs = {n: types.fields(node.inputs, "input") for n, node in found.tasks.items()}
        self.outputs = {n: self._typed_output(node, types) for n, node in found.tasks.items()}

    def shapes(self) -> dict[str, Shape]:
        """What `past.…` can read of each task."""
        return {name: self._shape(name) for name in self._found.tasks}

    def tasks(self, expressions: Expressions, scope: Scope) -> dict[str, Task]:
        return {
            name: self._task(node, expressions, scope) for name, node in self._found.tasks.items()
        }

    def _task(self, node: t.TaskNode, expressions: Expressions, scope: Scope) -> Task:
        name = node.name.text
        about = self._abouts.of(name)
        return Task(
            name,
            node.title,
            self.inputs[name],
            self._output(node, expressions, scope),
            frozenset(about.tags),
            about.owner,
            node.name.span,
            exclusive=self._exclusive(name, about.exclusive),
            priority=about.priority or 0,
            asked_for=about.asked_for,
            without_effect=about.without_effect,
            retried=about.retried,
        )

    def _exclusive(self, task: str, names: tuple[t.Name, ...]) -> tuple[str, ...]:
        fields = {field.name: field for field in self.inputs[task]}
        for name in names:
            if name.text not in fields:
                known = ((n, None) for n in fields)
                label = f"`{task}` has no such input"
                self._report.unknown(codes.UNKNOWN_NAME, "input", name, known, label)
        return tuple(name.text for name in names if name.text in fields)

    def _shape(self, name: str) -> Shape:
        fields = {PRINCIPAL_FIELD.name: PRINCIPAL_FIELD}
        fields.update({field.name: field for field in self.inputs[name]})
        output = self.outputs[name]
        doubled = frozenset[str]()
        if output is not None and output[1] is not None and output[0] is not None:
            if output[0] in fields:
                doubled = frozenset((output[0],))
            fields[output[0]] = Field(output[0], output[1])
        return Shape(fields, doubled)

    def _typed_output(
        self, node: t.TaskNode, types: Types
    ) -> tuple[str | None, Type | None] | None:
        if not node.outputs:
            return None
        output, *more = node.outputs
        if more:
            also = (Label(output.span, "the first one", primary=False),)
            title = f"the task `{node.name.text}` has two outputs"
            self._report.add(
                codes.TWICE_IN_STATEMENT, title, more[0].span, "a task has one", also=also
            )
        type_ = types.resolve(output.type) if output.type else None
        return (output.name.text if output.name else None, type_)

    def _output(self, node: t.TaskNode, expressions: Expressions, scope: Scope) -> Output | None:
        typed = self.outputs[node.name.text]
        if typed is None:
            return None
        output, (name, type_) = node.outputs[0], typed
        where = None
        if output.where is not None:
            where = self._item_condition(output, type_, expressions, scope)
        labels = frozenset(label.text for label in output.labels)
        return Output(name, type_, output.trusted, where, labels, output.new)

    def _item_condition(
        self, output: t.OutputNode, type_: Type | None, expressions: Expressions, scope: Scope
    ) -> c.Checked | None:
        assert output.where is not None
        if not isinstance(type_, ListOf):
            if type_ is not None or output.type is None:
                title = "only the items of a list can be trusted one by one"
                help_ = "write `output name: list of … trusted where item. …`"
                self._report.add(
                    codes.NOT_A_LIST, title, output.span, "this is no list", help_=help_
                )
            return None
        return expressions.condition(output.where, scope.with_local("item", type_.item))


_OTHERS = ("now", "today", "principal")


class Facts:
    """Checks what facts are looked up with: each argument is an input, a fact or a value."""

    def __init__(
        self,
        found: Declarations,
        tasks: Tasks,
        scope: Scope,
        defines: Mapping[str, Define],
        expressions: Expressions,
        report: Report,
    ) -> None:
        self._found = found
        self._tasks = tasks
        self._defines = defines
        self._scope = scope
        self._expressions = expressions
        self._report = report

    def facts(self) -> dict[str, Fact]:
        fields = self._scope.world.facts
        result = {
            name: self._fact(node, fields[name])
            for name, node in self._found.facts.items()
            if name in fields
        }
        self._refuse_cycles(result)
        return result

    def _fact(self, node: t.FactNode, field: Field) -> Fact:
        source: str | None = None
        arguments: tuple[c.Checked, ...] = ()
        if node.source is not None:
            task = self._found.task(node.source, self._report)
            if task is not None:
                source = task.name.text
                self._check_output(node, field, source)
                arguments = self._arguments(node, source)
        name = node.name.text
        return Fact(name, field.type, node.name.span, source, arguments, node.may_drift)

    def _check_output(self, node: t.FactNode, field: Field, source: str) -> None:
        output = self._tasks.outputs[source]
        type_ = output[1] if output else None
        assert node.source is not None
        node_ = self._found.tasks[source].outputs[:1]
        if type_ is None and node_ and node_[0].type is not None:
            return
        if type_ is None or not assignable(type_, field.type):
            returned = "nothing that is declared" if type_ is None else article(type_)
            title = f"`{source}` does not return the fact `{field.name}`"
            label = f"it returns {returned}, and {article(field.type)} is wanted"
            self._report.add(codes.WRONG_ARGUMENTS, title, node.source.span, label)

    def _arguments(self, node: t.FactNode, source: str) -> tuple[c.Checked, ...]:
        wanted = self._tasks.inputs[source]
        if len(node.arguments) != len(wanted):
            title = f"`{source}` takes {counted(len(wanted), 'input')}"
            label = f"{len(node.arguments)} here"
            assert node.source is not None
            self._report.add(codes.WRONG_ARGUMENTS, title, node.source.span, label)
            return ()
        checked = [
            self._argument(argument, field)
            for argument, field in zip(node.arguments, wanted, strict=True)
        ]
        return tuple(argument for argument in checked if argument is not None)

    def _argument(self, node: t.Expression, field: Field) -> c.Checked | None:
        """A bare name that is no fact is an input of whichever task the decision is about."""
        if isinstance(node, t.PathNode):
            first, *rest = node.names
            if first.text == "input" and len(rest) == 1:
                first, rest = rest[0], []
            known = (self._scope.world.facts, self._scope.defines, _OTHERS)
            if not rest and not any(first.text in names for names in known):
                return c.Read("input", (first.text,), field.type, field.secret, node.span)
        value = self._expressions.value(node, self._scope)
        if value is not None and not assignable(value.type, field.type):
            title = f"`{field.name}` must be {field.type}"
            label = f"this is {article(value.type)}"
            self._report.add(codes.WRONG_ARGUMENTS, title, value.span, label)
            return None
        return value

    def _refuse_cycles(self, facts: Mapping[str, Fact]) -> None:
        below = {name: _facts_in(fact.arguments, self._defines) for name, fact in facts.items()}
        cycles = Cycles(below)
        for name, fact in facts.items():
            if any(cycles.closes(name, other) for other in below[name]):
                title = f"the fact `{name}` is looked up with itself"
                self._report.add(codes.CYCLE, title, fact.span, "it can never be known")


def facts_used(
    expression: c.Checked, defines: Mapping[str, Define], facts: Mapping[str, Fact]
) -> frozenset[str]:
    """The facts that a condition rests on, through definitions and other facts too."""
    found: set[str] = set()
    waiting: list[tuple[c.Checked, ...]] = [(expression,)]
    while waiting:
        new = (_facts_in(waiting.pop(), defines) & facts.keys()) - found
        found |= new
        waiting.extend(facts[name].arguments for name in new)
    return frozenset(found)


def _facts_in(expressions: Iterable[c.Checked], defines: Mapping[str, Define]) -> set[str]:
    """The facts that expressions read, and the definitions that they use."""
    bodies = list(expressions)
    found: set[str] = set()
    used: set[str] = set()
    for body in bodies:
        for node in all_of(body):
            if isinstance(node, c.Read) and node.root == "fact":
                found.add(node.path[0])
            elif isinstance(node, c.Apply) and node.define not in used and node.define in defines:
                used.add(node.define)
                bodies.append(defines[node.define].body)
    return found
