"""Verdicts of one policy set: a function for each task, compiled when it is first asked.

Safe from any thread without locks: a table is only ever added to, and two threads that compile
the same task make the same function.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from types import CodeType
from typing import Any, Literal, Protocol, TypeAlias, cast

from policy_engine.decision.action import SIMPLE, Action
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.code import source, support
from policy_engine.decision.code.levels import OUTCOMES, Level, Part
from policy_engine.decision.outcome import Outcome
from policy_engine.decision.verdict import Verdict, verdict_of
from policy_engine.foundation.source import NOWHERE

Decide: TypeAlias = Callable[[Action, "frozenset[str] | None", "Circumstances | None"], Verdict]

Bind: TypeAlias = Callable[[Action, "frozenset[str]", None], "str | None"]

_NOBODY: frozenset[str] = frozenset()
_MOST_KEPT = 4096
_VERDICTS = re.compile(rf"(?P<every>every_)?(?P<level>{'|'.join(OUTCOMES)})(?P<bit>[0-9]*)")


class Interpreter(Protocol):
    """Answers what generated code leaves to it."""

    def verdict(
        self, action: Action, roles: frozenset[str] | None, given: Circumstances
    ) -> Verdict: ...

    def question(self, action: Action, roles: frozenset[str], given: Circumstances) -> object: ...

    def origins(self, action: Action, roles: frozenset[str], given: Circumstances) -> object: ...

    def met(self, question: Any, name: str, number: int) -> object: ...

    def over_limit(self, question: Any, name: str) -> bool: ...

    def over(
        self,
        action: Action,
        roles: frozenset[str],
        given: Circumstances,
        name: str,
        keys: tuple[object, ...],
        own: object,
        bound: object,
    ) -> bool: ...

    def busy(self, question: Any) -> bool: ...

    def binding(self, action: Action) -> str | None: ...


class Parts(Protocol):
    """A task's functions as code that is made when it is needed."""

    @property
    def names(self) -> Mapping[Level, tuple[str, ...]]:
        """On each level the rules that its bits stand for."""
        ...

    @property
    def confirming(self) -> frozenset[str]:
        """The rules that ask for the user's own confirmation."""
        ...

    @property
    def needs_circumstances(self) -> bool:
        """Whether something in it is unknown without them."""
        ...

    def code(self, part: Part) -> CodeType:
        """What makes the constants of both functions, or defines one of the two."""
        ...


class Choice(dict[int, Verdict]):
    """The verdicts of one level by the bits of the rules that gave it; made when first met."""

    def __init__(self, names: tuple[str, ...], made: Callable[[tuple[str, ...]], Verdict]) -> None:
        """`made` gives the verdict by some of the rules."""
        super().__init__()
        self._names = names
        self._made = made

    def __missing__(self, bits: int) -> Verdict:
        rules = sorted(name for bit, name in enumerate(self._names) if bits >> bit & 1)
        found = self._made(tuple(rules))
        if len(self) >= _MOST_KEPT:
            self.clear()
        self[bits] = found
        return found


class Verdicts:
    """The functions of a policy set, by task. `find` gives the code of a task, if there is it."""

    def __init__(
        self,
        policy: str,
        find: Callable[[str], Parts | None],
        interpreter: Interpreter,
        clock: Callable[[], datetime] | None = None,
        allows: Callable[[Action], bool | None] | None = None,
    ) -> None:
        """`allows` is asked about all that is not denied, and denies it unless it answers True."""
        self._policy = policy
        self._find = find
        self._interpreter = interpreter
        self._clock = clock or partial(datetime.now, UTC)
        self._allows = allows
        self._refused = verdict_of(Outcome.DENY, (), policy)
        self._shared = self._in_sight()
        self._opened: dict[str, tuple[Parts, dict[str, Any]]] = {}
        self._bindings: dict[str, Bind] = {}
        self.quick = Functions(self, "verdict")
        """What decides an action of a task, naming one of the rules that do."""
        self.whole = Functions(self, "complete")
        """The same, naming all of them."""

    def first(
        self,
        part: Literal["verdict", "complete"],
        action: Action,
        roles: frozenset[str] | None,
        given: Circumstances | None,
    ) -> Verdict:
        """The answer to an action of a task whose function may not be compiled yet."""
        functions = self.quick if part == "verdict" else self.whole
        try:
            return functions[action.task](action, roles, given)
        except Exception:  # noqa: BLE001 — whatever cannot be decided is refused
            return self.slow(action, roles, given)

    def prepare(self, task: str) -> None:
        """Compiles the functions of a task. One that the policy does not know has none."""
        for functions in (self.quick, self.whole):
            functions[task]
        if task in self._opened:
            self._bind(task)

    def function(self, task: str, part: Literal["verdict", "complete"]) -> Decide:
        """A function of a task; of one that the policy does not know, the interpreter's."""
        opened = self._opened.get(task) or self._open(task)
        if opened is None:
            return self.slow
        parts, space = opened
        exec(parts.code(part), space)
        decide: Any = space[part]
        space.update(self._verdicts_in(decide.__code__.co_names, parts))
        timed = self._timed(decide) if parts.needs_circumstances else cast(Decide, decide)
        return timed if self._allows is None else self._narrowed(timed)

    def _open(self, task: str) -> tuple[Parts, dict[str, Any]] | None:
        """The parts of a task's functions, and the namespace that both share."""
        parts = self._find(task)
        if parts is None:
            return None
        space: dict[str, Any] = {"__builtins__": self._shared}
        exec(parts.code("constants"), space)
        return self._opened.setdefault(task, (parts, space))

    def _verdicts_in(self, used: Iterable[str], parts: Parts) -> Iterator[tuple[str, object]]:
        """The verdicts that a function names: `deny3`, all of `deny`, or `every_deny` subset."""
        for name in used:
            found = _VERDICTS.fullmatch(name)
            if found is None:
                continue
            level: Level = cast(Level, found["level"])
            rules = parts.names[level]
            made = partial(self._verdict, OUTCOMES[level], parts.confirming)
            if found["every"]:
                yield name, Choice(rules, made)
            elif found["bit"]:
                yield name, made((rules[int(found["bit"])],))
            else:
                yield name, tuple(made((rule,)) for rule in rules)

    def _verdict(
        self, outcome: Outcome, confirming: frozenset[str], rules: tuple[str, ...]
    ) -> Verdict:
        unconfirmed = outcome is Outcome.VALIDATE and confirming.issuperset(rules)
        return verdict_of(outcome, rules, self._policy, unconfirmed=unconfirmed)

    def binding(self, action: Action) -> str | None:
        """What evidence of an action is bound to; None where it cannot be written down."""
        try:
            bind = self._bindings.get(action.task) or self._bind(action.task)
            return bind(action, _NOBODY, None)
        except Exception:  # noqa: BLE001 — whatever cannot be bound has no evidence
            return None

    def _bind(self, task: str) -> Bind:
        opened = self._opened.get(task) or self._open(task)
        if opened is None:
            return lambda action, roles, given: self._interpreter.binding(action)
        parts, space = opened
        exec(parts.code("binding"), space)
        found = self._bindings[task] = cast(Bind, space["binding"])
        return found

    def slow(
        self, action: Action, roles: frozenset[str] | None, given: Circumstances | None
    ) -> Verdict:
        """The interpreter's answer; a deny where there is none."""
        try:
            return self._narrow(action, self._interpreted(action, roles, given))
        except Exception:  # noqa: BLE001 — whatever cannot be decided is refused
            return self._refused

    def _interpreted(
        self, action: Action, roles: frozenset[str] | None, given: Circumstances | None
    ) -> Verdict:
        """The same, before anybody else is asked: a function that falls back is narrowed itself."""
        try:
            known = Circumstances(self._clock()) if given is None else given
            return self._interpreter.verdict(action, roles, known)
        except Exception:  # noqa: BLE001 — whatever cannot be decided is refused
            return self._refused

    def _narrowed(self, decide: Decide) -> Decide:
        """The function, and behind it whoever else must allow the action."""

        def narrowed(
            action: Action, roles: frozenset[str] | None, given: Circumstances | None
        ) -> Verdict:
            return self._narrow(action, decide(action, roles, given))

        return narrowed

    def _narrow(self, action: Action, verdict: Verdict) -> Verdict:
        if self._allows is None or verdict.outcome is Outcome.DENY:
            return verdict
        return verdict if self._allows(action) is True else self._refused

    def _timed(self, decide: Decide) -> Decide:
        """The function with circumstances, where none were given: nothing but the time."""
        clock = self._clock

        def timed(
            action: Action, roles: frozenset[str] | None, given: Circumstances | None
        ) -> Verdict:
            return decide(action, roles, Circumstances(clock()) if given is None else given)

        return timed

    def _in_sight(self) -> dict[str, Any]:
        """All that the functions of every task can see."""
        interpreter = self._interpreter
        return {
            **support.BUILTINS,
            **source.NAMES,
            **support.NAMES,
            "SIMPLE": SIMPLE,
            "busy": interpreter.busy,
            "met": interpreter.met,
            "nothing": self._refused,
            "nowhere": NOWHERE,
            "origins": interpreter.origins,
            "over": interpreter.over,
            "over_limit": interpreter.over_limit,
            "question": interpreter.question,
            "slow": self._interpreted,
            "unbound": interpreter.binding,
        }


class Functions:
    """One function for each task; one that is asked for first is compiled."""

    def __init__(self, verdicts: Verdicts, part: Literal["verdict", "complete"]) -> None:
        self._verdicts = verdicts
        self._part = part
        self.ready: dict[str, Decide] = {}
        """Those that have been compiled; whoever is in a hurry looks here first."""

    def __getitem__(self, task: str) -> Decide:
        found = self.ready.get(task) if type(task) is str else self._verdicts.slow
        if found is None:
            found = self._verdicts.function(task, self._part)
            if found != self._verdicts.slow:
                self.ready[task] = found
        return found


def circumstances_of(given: Circumstances, roles: frozenset[str] | None) -> Circumstances:
    """The circumstances with these roles."""
    return given if given.roles is roles else replace(given, roles=roles)
