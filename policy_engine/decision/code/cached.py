"""The functions of a policy set, and the set itself, as bytes: to decide without reading a policy.

The bytes are Python's own form of code (`marshal`): whoever can change them can run anything. So
`loads` is only for bytes whose digest somebody trusted has signed, made by this version of Python
and of the engine; all else is compiled anew from the policy.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Mapping, Sequence
from types import CodeType
from typing import TYPE_CHECKING, Any, NamedTuple

from policy_engine.decision.action import Action
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.code.levels import LEVELS, PARTS, Part
from policy_engine.decision.code.verdicts import Verdicts
from policy_engine.decision.verdict import Verdict

if TYPE_CHECKING:
    from policy_engine.decision.code.interpreter import ProgramInterpreter
    from policy_engine.decision.program import Program
    from policy_engine.language.policy import Kind, PolicySet

_FORM = "policy functions 1"


class Unreadable(ValueError):
    """The bytes are no functions of a policy set."""


class Cached(NamedTuple):
    """What can be known of a policy set without reading it."""

    policy: str
    """Its digest."""
    verdicts: Verdicts
    roles: Mapping[str, tuple[Kind | None, tuple[str, ...]]]
    """Of each role the kind of principal that may hold it, and what it includes."""
    frozen: bytes
    """The policy set itself, for `thaw`."""


def dumps(policy: PolicySet) -> bytes:
    """The functions of all tasks; the same policy gives the same bytes."""
    from policy_engine.decision.code.function import function_of
    from policy_engine.decision.program import compile_policy
    from policy_engine.language.frozen import freeze

    program = compile_policy(policy)
    tasks: dict[str, tuple[object, ...]] = {}
    for name, rules in sorted(program.tasks.items()):
        function = function_of(rules, policy)
        parts = tuple(marshal.dumps(function.code(part)) for part in PARTS)
        names = tuple(function.names[level] for level in LEVELS)
        tasks[name] = (parts, names, function.needs_circumstances)
    roles = {name: (role.kind, role.includes) for name, role in sorted(policy.roles.items())}
    return marshal.dumps((_FORM, policy.digest, roles, tasks, freeze(policy)))


def loads(
    data: bytes,
    program: Callable[[], Program],
    allows: Callable[[Action], bool | None] | None = None,
) -> Cached:
    """The verdicts in the bytes; `program` is asked for where they need the interpreter.

    What `allows` does not, they deny.

    Raises `Unreadable`. Run code of these bytes only if you trust whoever made them.
    """
    try:
        form, policy, roles, tasks, frozen = marshal.loads(data)
    except (ValueError, EOFError, TypeError) as error:
        raise Unreadable("these are no functions of a policy set") from error
    if form != _FORM:
        raise Unreadable(f"functions of another form ({form!r})")

    def find(task: str) -> _Marshalled | None:
        known = tasks.get(task)
        return _Marshalled(*known) if known is not None else None

    verdicts = Verdicts(policy, find, _Later(program), allows=allows)
    return Cached(policy, verdicts, roles, frozen)


class _Marshalled:
    """The code of one task, part by part."""

    def __init__(
        self, parts: Sequence[bytes], names: Sequence[tuple[str, ...]], needs: bool
    ) -> None:
        self._parts = dict(zip(PARTS, parts, strict=True))
        self.names = dict(zip(LEVELS, names, strict=True))
        self.needs_circumstances = needs

    def code(self, part: Part) -> CodeType:
        code = marshal.loads(self._parts[part])
        if not isinstance(code, CodeType):
            raise Unreadable("no code")
        return code


class _Later:
    """The interpreter, imported and given its program when it is first needed."""

    def __init__(self, program: Callable[[], Program]) -> None:
        self._program = program
        self._known: ProgramInterpreter | None = None

    def verdict(
        self, action: Action, roles: frozenset[str] | None, given: Circumstances
    ) -> Verdict:
        return self._made().verdict(action, roles, given)

    def question(self, action: Action, roles: frozenset[str], given: Circumstances) -> object:
        return self._made().question(action, roles, given)

    def origins(self, action: Action, roles: frozenset[str], given: Circumstances) -> object:
        return self._made().origins(action, roles, given)

    def met(self, question: Any, name: str, number: int) -> object:
        return self._made().met(question, name, number)

    def over_limit(self, question: Any, name: str) -> bool:
        return self._made().over_limit(question, name)

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
        return self._made().over(action, roles, given, name, keys, own, bound)

    def busy(self, question: Any) -> bool:
        return self._made().busy(question)

    def _made(self) -> ProgramInterpreter:
        if self._known is None:
            from policy_engine.decision.code.interpreter import ProgramInterpreter

            self._known = ProgramInterpreter(self._program)
        return self._known
