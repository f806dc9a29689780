"""Fifth pass: rules and constraints. What they are about, who, and under which conditions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from policy_engine.foundation.source import Span
from policy_engine.language import checked as c, codes, tree as t
from policy_engine.language.controls import satisfied
from policy_engine.language.costs import refuse_large
from policy_engine.language.declare import Declarations
from policy_engine.language.digests import rule_digest
from policy_engine.language.expressions import Expressions
from policy_engine.language.limits import limit
from policy_engine.language.people import People
from policy_engine.language.policy import (
    Condition,
    Define,
    Effect,
    Fact,
    Form,
    Ladder,
    Rule,
    Subject,
)
from policy_engine.language.report import Report
from policy_engine.language.scope import Feature, Scope
from policy_engine.language.tasks import facts_used
from policy_engine.language.type_rules import assignable
from policy_engine.language.walk import all_of
from policy_engine.values.calendar import start_of_day
from policy_engine.values.types import Field

_WIDENS: Mapping[Feature, str] = {
    "the request asks for": "a guess about what was meant; it may narrow, never permit"
}
_OF_ANOTHER = "a limit's conditions are asked of past actions too, which do not carry this"
_OF_ACTIONS: Mapping[Feature, str] = {
    "facts": _OF_ANOTHER,
    "provenance": _OF_ANOTHER,
    "session": _OF_ANOTHER,
    "past": _OF_ANOTHER,
    "the request asks for": _OF_ANOTHER,
}


class Rules:
    """Checks the rules of one policy set."""

    def __init__(
        self,
        found: Declarations,
        scope: Scope,
        expressions: Expressions,
        people: People,
        facts: Mapping[str, Fact],
        defines: Mapping[str, Define],
        inputs: Mapping[str, tuple[Field, ...]],
        schemas: Mapping[str, str],
        report: Report,
    ) -> None:
        self._found = found
        self._scope = scope
        self._expressions = expressions
        self._people = people
        self._facts = facts
        self._defines = defines
        self._inputs = inputs
        self._schemas = schemas
        self._report = report
        self._scopes: dict[frozenset[str], Scope] = {}
        self._known_reads: dict[str, tuple[c.Read, ...]] = {}

    def rules(self) -> dict[str, Rule]:
        checked = {
            name: self._rule(node)
            for name, node in self._found.rules.items()
            if isinstance(node, t.RuleNode)
        }
        return {name: rule for name, rule in checked.items() if rule is not None}

    def common_scope(self, tasks: list[str]) -> Scope:
        """The inputs that all tasks have with one meaning; the rest is kept apart."""
        key = frozenset(tasks)
        if key not in self._scopes:
            self._scopes[key] = self._common_scope(tasks)
        return self._scopes[key]

    def conditions(
        self,
        nodes: tuple[t.ConditionNode, ...],
        tasks: list[str],
        closed: Mapping[Feature, str],
        also: tuple[tuple[t.Expression, bool], ...] = (),
    ) -> tuple[Condition, ...] | None:
        """Conditions of one rule, each with the outcome that meets it."""
        written = [(node.expression, node.word == "when") for node in nodes]
        written += also
        if not written:
            return ()
        scope = replace(self.common_scope(tasks), closed=closed)
        checked = self._expressions.conditions(written, scope)
        if checked is None:
            return None
        for expression in checked:
            self._refuse_missing_inputs(expression, scope)
            refuse_large(expression, self._defines, self._report)
        return tuple(
            Condition(expression, expected, expression.span)
            for expression, (_, expected) in zip(checked, written, strict=True)
        )

    def beginning(self, day: t.Day) -> datetime | None:
        """The first instant of a day, in the zone of the file where it is written."""
        zone = self._found.names.zone(day.span)
        if zone is None:
            title, label = "in which time zone?", "a day begins at another instant in each"
            help_ = 'say it once at the top of the file: `times in "Europe/Warsaw"`'
            self._report.add(codes.NO_ZONE, title, day.span, label, help_=help_)
            return None
        return start_of_day(day.value, zone)

    def _rule(self, node: t.RuleNode) -> Rule | None:
        effect = node.effect
        subject = self._subject(effect)
        tasks = self._expressions.targets(effect.targets)
        if tasks is None:
            return None
        ladder = self._people.ladder(node.ladder)
        failed = self._on_failure(node)
        validations = self._validations_of(effect)
        form, kind = _form(effect)
        scope = self.common_scope(tasks)
        ceiling = None
        closed: Mapping[Feature, str] = _WIDENS if kind is Effect.PERMIT else {}
        if isinstance(effect, t.LimitNode):
            closed = _OF_ACTIONS
            ceiling = limit(effect, scope, self._expressions, self._report)
        conditions = self.conditions(node.conditions, tasks, closed, _own_condition(effect))
        until = self.beginning(node.observe_until) if node.observe_until else None
        instead = self._instead(node)
        controls = satisfied(node.satisfies, self._found, self._report)
        if conditions is None or subject is None or ladder is None or failed is None:
            return None
        if kind is Effect.LIMIT and ceiling is None:
            return None
        self._refuse_other_kind(subject, conditions)
        retries, failure_ladder = failed
        return Rule(
            name=node.name.text,
            title=node.title,
            effect=kind,
            form=form,
            subject=subject,
            tasks=frozenset(tasks),
            conditions=conditions,
            span=node.name.span,
            effect_span=effect.span,
            policy=self._found.names.policy(node.name.span),
            digested=self.digested(node, validations),
            validations=tuple(v.name.text for v in validations),
            retries=retries,
            fresh_for=node.fresh_for,
            ladder=failure_ladder or ladder,
            limit=ceiling,
            observe_until=until,
            satisfies=controls,
            hint=node.hint,
            instead=instead,
        )

    def digested(
        self, node: t.RuleNode | t.ExceptionNode, validations: list[t.ValidationNode]
    ) -> Callable[[], str]:
        """The digest of a rule, made when somebody asks for it."""
        known: list[str] = []
        schemas = [(v, self._schemas.get(v.name.text)) for v in validations]

        def digest() -> str:
            if not known:
                known.append(rule_digest(node, self._found, schemas))
            return known[0]

        return digest

    def _subject(self, effect: t.EffectNode) -> Subject | None:
        """Who the rule is about; rules without a subject are about every principal."""
        if isinstance(effect, t.GrantNode):
            return self._people.subject(effect.subjects)
        return Subject(frozenset(), None, effect.targets.span)

    def _on_failure(self, node: t.RuleNode) -> tuple[int, Ladder] | None:
        failure = node.on_failure
        if failure is None:
            return 0, ()
        after = isinstance(node.effect, t.RequireNode) and node.effect.after
        if after and failure.parties:
            title = "what has happened cannot be asked about before it happens"
            label = "the output is withheld where the validation fails"
            self._report.add(codes.MISPLACED, title, failure.span, label)
        if after and failure.retries:
            self._refuse_irreversible(node, failure.span)
        rungs = (t.RungNode(failure.parties, None, failure.span),) if failure.parties else ()
        ladder = self._people.ladder(rungs)
        return None if ladder is None else (failure.retries, ladder)

    def _refuse_irreversible(self, node: t.RuleNode, span: Span) -> None:
        tasks = self._expressions.targets(node.effect.targets) or []
        for task in tasks:
            if "irreversible" in self._expressions.abouts.of(task).tags:
                title = f"`{task}` cannot be undone, so it is not tried again"
                self._report.add(codes.IRREVERSIBLE, title, span, "`retry` after the task")

    def _validations_of(self, effect: t.EffectNode) -> list[t.ValidationNode]:
        if not isinstance(effect, t.RequireNode):
            return []
        found = [self._found.validation(name, self._report) for name in effect.validations]
        return [node for node in found if node is not None]

    def _instead(self, node: t.RuleNode) -> str | None:
        if node.instead is None:
            return None
        task = self._found.task(node.instead, self._report)
        return task.name.text if task else None

    def _common_scope(self, tasks: list[str]) -> Scope:
        tables = [{f.name: f for f in self._inputs[name]} for name in tasks]
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
        places = {
            field.name.text: field.name.span
            for task in tasks
            for field in self._found.tasks[task].inputs
        }
        return replace(
            self._scope,
            inputs=common,
            uncommon=frozenset(names - common.keys()),
            input_places=places,
        )

    def _refuse_missing_inputs(self, expression: c.Checked, scope: Scope) -> None:
        """A fact is looked up with inputs, which every task of the rule must have."""
        if not self._facts:
            return
        for name in sorted(facts_used(expression, self._defines, self._facts)):
            for argument in self._facts[name].arguments:
                for read in all_of(argument):
                    if isinstance(read, c.Read) and read.root == "input":
                        self._refuse_missing_input(name, read, expression, scope)

    def _refuse_missing_input(
        self, fact: str, read: c.Read, expression: c.Checked, scope: Scope
    ) -> None:
        name = read.path[0]
        field = scope.inputs.get(name)
        if field is None or not assignable(field.type, read.type):
            title = f"the fact `{fact}` is looked up with `{name}`"
            label = "not every task of this rule has this input"
            help_ = "write a rule for the tasks that have it"
            self._report.add(codes.NOT_COMMON, title, expression.span, label, help_=help_)

    def _refuse_other_kind(self, subject: Subject, conditions: tuple[Condition, ...]) -> None:
        """A rule about people that reads what only agents have never applies, and vice versa."""
        kind = self._people.kind_of(subject)
        if kind is None:
            return
        other = "agent" if kind == "human" else "human"
        who = "people" if kind == "human" else "agents"
        label = f"this rule is about {who} only"
        for condition in conditions:
            for place, node in self._reads(condition.expression):
                if node.root == other:
                    title = f"`{node.span.text}` is never known of {who}"
                    self._report.add(codes.WRONG_KIND, title, place, label)

    def _reads(self, expression: c.Checked) -> Iterator[tuple[Span, c.Read]]:
        """What a condition reads, through definitions too, and where it does."""
        for node in all_of(expression):
            if isinstance(node, c.Read):
                yield node.span, node
            elif isinstance(node, c.Apply) and node.define in self._defines:
                yield from ((node.span, read) for read in self._read_by(node.define))

    def _read_by(self, define: str) -> tuple[c.Read, ...]:
        """What a definition reads, each place of it once however often it is used."""
        if define not in self._known_reads:
            reads = self._reads(self._defines[define].body)
            self._known_reads[define] = tuple({read.span: read for _, read in reads}.values())
        return self._known_reads[define]


def _own_condition(effect: t.EffectNode) -> tuple[tuple[t.Expression, bool], ...]:
    """What `only when` and `only after` ask: the rule applies where it is not so."""
    if isinstance(effect, t.OnlyWhenNode):
        return ((effect.condition, False),)
    return ((effect.past, False),) if isinstance(effect, t.OnlyAfterNode) else ()


def _form(effect: t.EffectNode) -> tuple[Form, Effect]:
    match effect:
        case t.GrantNode(effect="permit"):
            return "permit", Effect.PERMIT
        case t.GrantNode():
            return "forbid", Effect.FORBID
        case t.OnlyWhenNode():
            return "only when", Effect.FORBID
        case t.OnlyAfterNode():
            return "only after", Effect.FORBID
        case t.NeverNode():
            return "constraint", Effect.FORBID
        case t.RequireNode(after=True):
            return "require after", Effect.REQUIRE
        case t.RequireNode():
            return "require", Effect.REQUIRE
        case t.ConfirmNode():
            return "confirm", Effect.REQUIRE
        case t.EscalateNode():
            return "escalate", Effect.ESCALATE
        case t.LimitNode():
            return "limit", Effect.LIMIT
