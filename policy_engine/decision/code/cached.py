"""The functions of a policy set, and the set itself, as bytes: to decide without reading a policy.

The bytes are Python's own form of code (`marshal`): whoever can change them can run anything. So
`loads` is only for bytes whose digest somebody trusted has signed, made by this version of Python
and of the engine; all else is compiled anew from the policy.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import CodeType, SimpleNamespace
from typing import TYPE_CHECKING, NamedTuple, cast

from policy_engine.decision.action import Action
from policy_engine.decision.code.levels import LEVELS, PARTS, Part
from policy_engine.decision.code.verdicts import Interpreter, Verdicts

if TYPE_CHECKING:
    from policy_engine.decision.program import Program
    from policy_engine.language.policy import Kind, PolicySet

_FORM = "policy functions 3"


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
        confirming = tuple(sorted(function.confirming))
        tasks[name] = (parts, names, confirming, function.needs_circumstances)
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

    verdicts = Verdicts(policy, find, _later(program), allows=allows)
    return Cached(policy, verdicts, roles, frozen)


class _Marshalled:
    """The code of one task, part by part."""

    def __init__(
        self,
        parts: Sequence[bytes],
        names: Sequence[tuple[str, ...]],
        confirming: Sequence[str],
        needs: bool,
    ) -> None:
        self._parts = dict(zip(PARTS, parts, strict=True))
        self.names = dict(zip(LEVELS, names, strict=True))
        self.confirming = frozenset(confirming)
        self.needs_circumstances = needs

    def code(self, part: Part) -> CodeType:
        code = marshal.loads(self._parts[part])
        if not isinstance(code, CodeType):
            raise Unreadable("no code")
        return code


def _later(program: Callable[[], Program]) -> Interpreter:
    """The interpreter, imported and given its program when it is first asked something."""

    @cache
    def made() -> Interpreter:
        from policy_engine.decision.code.interpreter import ProgramInterpreter

        return ProgramInterpreter(program)

    def asking(name: str) -> Callable[..., object]:
        return lambda *given: getattr(made(), name)(*given)

    questions = (name for name in vars(Interpreter) if not name.startswith("_"))
    return cast(Interpreter, SimpleNamespace(**{name: asking(name) for name in questions}))
