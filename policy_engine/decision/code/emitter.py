"""What the emitters of all kinds of node share: names, constants, and which data are in sight.

A condition is never computed in three values. It is asked one of two questions, each a plain
Python expression: is it surely true (`true`), is it surely false (`false`)? Neither is unknown.
That is all that a rule needs, for a permit must be true and a rule that narrows must not be false,
and it costs nothing where nothing can be unknown. A datum is an expression too (`value`), `None`
where it is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from policy_engine.decision.code.source import source_of
from policy_engine.language import checked as c
from policy_engine.language.policy import Define, Table
from policy_engine.values.types import JSON, Type

LONGEST = 20_000
"""Characters of one expression; a condition that takes more is left to the interpreter."""


DEEPEST = 50
"""Nodes within nodes, through definitions too. None is written in more than three parentheses, and
Python reads no source where more than 200 nest."""


class NotEmitted(Exception):
    """The expression is left to the interpreter; the message says why."""


class Variable(NamedTuple):
    """A name of the generated function: what type its datum has, and whether it is always there."""

    name: str
    type: Type
    known: bool


class Datum(NamedTuple):
    """A root's member in sight: its variable and, if it may be left out, what says that it was."""

    variable: Variable
    absent: str | None = None
    """An expression that is true where an optional one was not given; None: never."""


class Data:
    """The data that one task's function has in local variables; filled in as they are asked for."""

    def __init__(self, found: Callable[[c.Root, str], Datum]) -> None:
        self._found = found
        self._known: dict[tuple[c.Root, str], Datum] = {}

    def get(self, root: c.Root, name: str) -> Datum:
        """The member of a root. Raises `NotEmitted` where generated code has none."""
        key = root, name
        if key not in self._known:
            self._known[key] = self._found(root, name)
        return self._known[key]

    def asked(self) -> list[tuple[tuple[c.Root, str], Datum]]:
        """All that was asked for, in order."""
        return sorted(self._known.items())


Emit = Callable[[Any, "Emitter"], str]


class Emitter:
    """Expressions of one task to Python expressions."""

    def __init__(
        self,
        data: Data,
        defines: Mapping[str, Define],
        tables: Mapping[str, Table],
        kinds: Kinds,
    ) -> None:
        self.data = data
        self._defines = defines
        self._tables = tables
        self._kinds = kinds
        self._constants: dict[str, str] = {}
        self._functions: dict[str, str] = {}
        self._locals: dict[str, Variable] = {}
        self._temporaries = 0
        self._has_past = True
        self._depth = 0
        self._loops = 0
        self._loops_around: dict[str, int] = {}
        self._read_in_turn: set[str] = set()
        self._known_bodies: dict[tuple[str, tuple[bool, ...]], bool] = {}
        self.needs_now = False
        self.needs_question = False
        self.needs_origins = False
        self.needs_circumstances = False
        self.left: dict[str, str] = {}
        """Rules with a condition that is left to the interpreter, each with why."""

    def true(self, node: c.Checked) -> str:
        """An expression that is true where the node surely is."""
        return self._bounded(self._kinds.true, node)

    def false(self, node: c.Checked) -> str:
        """An expression that is true where the node surely is false."""
        return self._bounded(self._kinds.false, node)

    def value(self, node: c.Checked) -> str:
        """An expression for the datum; `None` where it is not known."""
        return self._bounded(self._kinds.value, node)

    def known(self, node: c.Checked) -> bool:
        """Whether the datum is always known."""
        ask = self._kinds.known.get(type(node))
        with self._deeper():
            return ask is not None and ask(node, self)

    def known_body(self, name: str, arguments: tuple[bool, ...]) -> bool:
        """Whether what a definition gives is always known, by whether its arguments are.

        Kept, since definitions rest on each other, each perhaps several times.
        """
        key = name, arguments
        if key not in self._known_bodies:
            define = self._defines[name]
            pairs = zip(define.parameters, arguments, strict=True)
            variables = {n: Variable(n, type_, known) for (n, type_), known in pairs}
            with self.within(variables, only=True):
                self._known_bodies[key] = self.known(define.body)
        return self._known_bodies[key]

    def constant(self, value: object) -> str:
        """A name for a constant, or its own source where that is as short."""
        source = source_of(value)
        if isinstance(value, (bool, str, int)):
            return source
        return self._constants.setdefault(source, f"k{len(self._constants)}")

    def hoisted(self, source: str) -> str:
        """A name for what is made once, when the function is."""
        return self._constants.setdefault(source, f"k{len(self._constants)}")

    def function(self, parameters: Sequence[str], lines: Iterable[str]) -> str:
        """A name for a function with these lines; the same lines have the same name."""
        body = "\n".join(f"    {line}" for line in lines)
        source = f"({', '.join(parameters)}):\n{body}\n"
        return self._functions.setdefault(source, f"r{len(self._functions)}")

    def functions(self) -> list[str]:
        """The source of each function."""
        return [f"def {name}{source}" for source, name in self._functions.items()]

    def constants(self) -> list[tuple[str, str]]:
        """The name and source of each constant."""
        return [(name, source) for source, name in self._constants.items()]

    def now(self) -> str:
        self.needs_now = True
        return "now"

    def question(self) -> str:
        """The action as the interpreter sees it; made once, by the first that asks it something."""
        self.needs_question = self.needs_circumstances = True
        return "(q := question(action, roles, given) if q is None else q)"

    def origins(self) -> str:
        """What knows where data come from; made once, like the question."""
        self.needs_origins = self.needs_circumstances = True
        return "(o := origins(action, roles, given) if o is None else o)"

    def named(self, text: str) -> tuple[str, str]:
        """A text that binds an expression to a name when it is evaluated, and the name.

        What is a name or a constant already stays as it is.
        """
        if text.isidentifier() or text.isdecimal():
            return text, text
        name = self.fresh()
        return f"({name} := {text})", name

    def all_known(self, nodes: tuple[c.Checked, ...]) -> tuple[list[str], list[str]]:
        """Tests that all data are known, and expressions for them that may be used after these."""
        tests: list[str] = []
        names: list[str] = []
        for node in nodes:
            text = self.value(node)
            if self.known(node):
                names.append(text)
                continue
            bound, name = self.named(text)
            tests.append(f"{bound} is not None")
            names.append(name)
        return tests, names

    def define(self, name: str) -> Define:
        return self._defines[name]

    def table(self, name: str) -> Table:
        return self._tables[name]

    def local(self, name: str) -> Variable:
        if name not in self._locals:
            raise NotEmitted(f"the variable `{name}` is not in sight")
        found = self._locals[name]
        if self._loops > self._loops_around.get(found.name, self._loops):
            self._read_in_turn.add(found.name)
        return found

    def parameter(self) -> str:
        """What stands for an argument until it is known how often the body reads it.

        No source has it: what a policy says is written by `repr`.
        """
        name = f"\0{self.fresh()}\0"
        self._loops_around[name] = self._loops
        return name

    def is_read_in_turn(self, parameter: str) -> bool:
        """Whether items of a list read it, each anew."""
        return parameter in self._read_in_turn

    def fresh(self) -> str:
        """A name that nothing else has."""
        self._temporaries += 1
        return f"t{self._temporaries}"

    @contextmanager
    def within(self, variables: Mapping[str, Variable], *, only: bool = False) -> Iterator[None]:
        """With the variables of an item in sight, or (`only`) with those of a definition alone."""
        if any(variable.type == JSON for variable in variables.values()):
            raise NotEmitted("an item of free data may be nothing at all")
        before = self._locals
        self._locals = dict(variables) if only else {**before, **variables}
        self._loops += not only
        try:
            yield
        finally:
            self._locals = before
            self._loops -= not only

    @contextmanager
    def _deeper(self) -> Iterator[None]:
        if self._depth >= DEEPEST:
            raise NotEmitted("it nests too deep")
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1

    @contextmanager
    def without_past(self) -> Iterator[None]:
        """As things stand where nothing is known of what has happened."""
        self._has_past = False
        try:
            yield
        finally:
            self._has_past = True

    def _bounded(self, table: Mapping[type, Emit], node: c.Checked) -> str:
        if isinstance(node, _PAST) and not self._has_past:
            return "None" if table is self._kinds.value else "False"
        emit = table.get(type(node))
        if emit is None:
            of_past = isinstance(node, _PAST)
            raise NotEmitted("what has happened before" if of_past else "a kind of its own")
        with self._deeper():
            text = emit(node, self)
        if len(text) > LONGEST:
            raise NotEmitted("the expression is too long")
        return text


_PAST = (c.Happened, c.PastTally, c.NoneSince)
"""What asks for past actions."""


class Kinds(NamedTuple):
    """The emitters, one row for each kind of node; a kind that is missing is not emitted."""

    true: Mapping[type, Emit]
    false: Mapping[type, Emit]
    value: Mapping[type, Emit]
    known: Mapping[type, Callable[[Any, Emitter], bool]]


def tuple_of(texts: Iterable[str]) -> str:
    """A tuple of expressions."""
    return f"({''.join(f'{text}, ' for text in texts)})"


def both(*tests: str) -> str:
    """All of the tests, in order."""
    kept = [test for test in tests if test != "True"]
    if not kept:
        return "True"
    return kept[0] if len(kept) == 1 else f"({' and '.join(kept)})"


def either(*tests: str) -> str:
    """One of the tests, in order."""
    kept = [test for test in tests if test != "False"]
    if not kept:
        return "False"
    return kept[0] if len(kept) == 1 else f"({' or '.join(kept)})"
