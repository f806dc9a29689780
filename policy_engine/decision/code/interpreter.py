"""What generated code leaves to the interpreter: whole actions, single conditions, the past."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cached_property

from policy_engine.decision.action import Action
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.code.verdicts import circumstances_of
from policy_engine.decision.decide import decide
from policy_engine.decision.dependence import needs
from policy_engine.decision.exclusivity import held_by_another
from policy_engine.decision.frame import Frame
from policy_engine.decision.limits import over_by_tally, usage
from policy_engine.decision.memory import Memory
from policy_engine.decision.program import Compiled, CompiledRule, Program
from policy_engine.decision.provenance import SessionOrigins
from policy_engine.decision.question import Question
from policy_engine.decision.recollection import Recollection
from policy_engine.decision.truth import Truth, Unknown
from policy_engine.decision.verdict import Verdict, verdict_of
from policy_engine.values.calendar import in_utc

_PLAIN = (str, int, bool, type(None))
"""Of these there is nothing to copy; a set, say, is made the list that it may be."""


class ProgramInterpreter:
    """Answers by a program, which is made when it is first needed."""

    def __init__(self, program: Callable[[], Program]) -> None:
        self._make = program

    @cached_property
    def _program(self) -> Program:
        return self._make()

    def verdict(
        self, action: Action, roles: frozenset[str] | None, given: Circumstances
    ) -> Verdict:
        """The outcome of a decision, with all the rules whose contribution it is."""
        decision = decide(self._program, action, circumstances_of(given, roles))
        rules = tuple(sorted(decision.rules))
        unconfirmed = decision.unconfirmed
        return verdict_of(decision.outcome, rules, decision.policy, unconfirmed=unconfirmed)

    def question(self, action: Action, roles: frozenset[str], given: Circumstances) -> Question:
        """The action in the interpreter's terms."""
        is_plain = all(type(value) in _PLAIN for value in action.input.values())
        return Question(self._program, action, circumstances_of(given, roles), as_it_is=is_plain)

    def origins(
        self, action: Action, roles: frozenset[str], given: Circumstances
    ) -> SessionOrigins:
        """Where data come from, by what the session has seen."""
        program, session = self._program, given.session
        memory = Memory(session) if session is not None else None
        origins = SessionOrigins(memory, program.policy.tasks, program.wheres)
        if self._items_alone:
            origins.within(lambda: self._without_data(origins, given))
        else:
            origins.within(lambda: self.question(action, roles, given).frame)
        return origins

    def _without_data(self, origins: SessionOrigins, given: Circumstances) -> Frame:
        """A frame for what reads nothing but the item that it is about."""
        policy, session, now = self._program.policy, given.session, in_utc(given.now)
        past = Recollection(given.history, session.id if session else None, now, policy)
        return Frame({}, {}, {}, origins, now, past)

    @cached_property
    def _items_alone(self) -> bool:
        """Whether no condition about the items of an output reads the action or its facts."""
        policy = self._program.policy
        outputs = (task.output for task in policy.tasks.values())
        wheres = [output.where for output in outputs if output and output.where is not None]
        return not needs(wheres, policy.defines.__getitem__).data

    def met(self, question: Question, name: str, number: int) -> Truth:
        """Whether a condition of a rule or exception is met."""
        closure, expected = self._conditions[name][number]
        value = closure(question.frame)
        return value if isinstance(value, Unknown) else value is expected

    def over_limit(self, question: Question, name: str) -> bool:
        """Whether a limit would be passed, or may be."""
        return usage(self._limits[name], question.principal).passed is not False

    def over(
        self,
        action: Action,
        roles: frozenset[str],
        given: Circumstances,
        name: str,
        keys: tuple[object, ...],
        own: object,
        bound: object,
    ) -> bool:
        """The same where all that it takes is at hand, the principal in the keys left out."""
        if bound is not None:
            past = Recollection(given.history, None, in_utc(given.now), self._program.policy)
            answer = over_by_tally(self._limits[name], keys, own, bound, action.principal, past)
            if answer is not None:
                return answer
        return self.over_limit(self.question(action, roles, given), name)

    def busy(self, question: Question) -> bool:
        """Whether another action holds what only one may, or may hold it."""
        return question.task is None or held_by_another(question.task, question) is not False

    def binding(self, action: Action) -> str | None:
        """What evidence of the action is bound to; None where it cannot be written down."""
        return Question(self._program, action, Circumstances(datetime.now(UTC))).action_digest

    @cached_property
    def _rules(self) -> tuple[CompiledRule, ...]:
        tasks = self._program.tasks.values()
        return tuple(rule for task in tasks for rule in (*task.permits, *task.narrowing))

    @cached_property
    def _conditions(self) -> Mapping[str, Compiled]:
        found: dict[str, Compiled] = {}
        for rule in self._rules:
            found[rule.rule.name] = rule.conditions
            found.update((waiver.waiver.name, waiver.conditions) for waiver in rule.waivers)
        return found

    @cached_property
    def _limits(self) -> Mapping[str, CompiledRule]:
        return {rule.rule.name: rule for rule in self._rules if rule.limit is not None}
