"""Random policies as text: well-typed by construction, so that every one of them builds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from hypothesis import strategies as st
from hypothesis.vendor.pretty import RepresentationPrinter

from policy_engine.foundation.render import plain, render
from policy_engine.foundation.source import Source
from policy_engine.language.build import build
from policy_engine.language.policy import PolicySet
from policy_engine.values.types import (
    BOOLEAN,
    DECIMAL,
    INTEGER,
    TEXT,
    Type,
)
from tests.properties import vocabulary as v
from tests.properties.conditions import (
    SHARED,
    Datum,
    Definition,
    Reorder,
    Scope,
    Tree,
    Unordered,
    as_written,
    condition,
    data_of,
    number,
    pick,
    some_text,
    text_of,
)


@dataclass(frozen=True)
class Draft:
    """A policy while it can still be written in another order."""

    statements: tuple[Tree, ...]
    rules: tuple[Tree, ...]

    def files(self, number: int = 1, reorder: Reorder = as_written) -> list[Source]:
        """The statements dealt out to so many files, each with its own header."""
        every = reorder([*self.statements, *self.rules], False)
        texts = [text_of(statement, reorder) for statement in every]
        dealt = [texts[i::number] for i in range(number)]
        return [
            Source(f"f{i}.policy", f'policy shop.f{i} owner "o"\n' + "\n".join(part) + "\n")
            for i, part in enumerate(dealt)
        ]

    def text(self) -> str:
        return "\n".join(text_of(rule) for rule in (*self.statements, *self.rules))

    def plus(self, *rules: Tree) -> Draft:
        return replace(self, rules=(*self.rules, *rules))

    def __repr__(self) -> str:
        drawn = [s for s in self.statements if text_of(s) not in v.DECLARATIONS]
        return "Draft:\n" + "\n".join(text_of(s) for s in (*drawn, *self.rules))

    def _repr_pretty_(self, printer: RepresentationPrinter, cycle: bool) -> None:
        printer.text(repr(self))


def built(draft: Draft, number: int = 1, reorder: Reorder = as_written) -> PolicySet:
    """The policy of a draft. Every generated policy builds without an error."""
    return built_from(draft.files(number, reorder))


def built_from(sources: list[Source]) -> PolicySet:
    result = build(sources, v.read_file)
    errors = [d for d in result.diagnostics if d.is_error]
    assert result.policy is not None, plain(render(errors)) + "\n".join(s.text for s in sources)
    return result.policy


@st.composite
def drafts(draw: st.DrawFn, most_rules: int = 5) -> Draft:
    definitions, statements = _definitions(draw)
    scope = Scope(SHARED, definitions=definitions)
    statements += [_task(draw, name, scope) for name in v.TASKS]
    statements += [f"validation {n} {test}" for n, (test, _) in v.VALIDATIONS.items()]
    rules: list[Tree] = []
    if draw(st.integers(0, 4)) > 0:
        rules.append("rule base\n  permit any principal to any task")
    for i in range(draw(st.integers(1, most_rules))):
        rules.append(rule(draw, f"r{i}", scope))
    return Draft((*v.DECLARATIONS, *statements), tuple(rules))


def rule(draw: st.DrawFn, name: str, scope: Scope, effects: Sequence[str] = ()) -> Tree:
    """One rule of any of the effects, with conditions that fit its targets."""
    every = ("permit", "permit", "forbid", "only", "require", "escalate", "escalate")
    effect = str(pick(draw, effects or every))
    validation = str(pick(draw, list(v.VALIDATIONS)))
    allowed = v.VALIDATIONS[validation][1] if effect == "require" else tuple(v.TASKS)
    targets, tasks = _targets(draw, allowed)
    inputs = tuple(d for f in v.common_inputs(tasks) for d in data_of(f.name, f))
    inner = replace(scope, data=(*inputs, *inputs, *scope.data))
    heads: dict[str, Tree] = {
        "permit": f"permit {_subjects(draw)} to {targets}",
        "forbid": f"forbid {_subjects(draw)} to {targets}",
        "require": f"require {validation} before {targets}",
        "escalate": f"escalate {targets} to {_quorum(draw)}{pick(draw, v.APPROVERS)}",
    }
    if effect == "only":
        heads["only"] = (f"{targets} only when ", condition(draw, inner))
    conditions = _conditions(draw, inner)
    return (f"rule {name}\n  ", heads[effect], Unordered("", conditions))


def _conditions(draw: st.DrawFn, scope: Scope) -> tuple[Tree, ...]:
    """Up to two; what one asks to be given the other may read."""
    number = draw(st.sampled_from([0, 1, 1, 2]))
    if number == 2 and scope.askable() and draw(st.booleans()):
        datum = pick(draw, scope.askable())
        assert isinstance(datum, Datum)
        word, asked = ("when", "given") if draw(st.booleans()) else ("unless", "not given")
        first: Tree = f"\n  {word} {datum.path} is {asked}"
        return (first, _clause(draw, scope.knowing(datum.path)))
    return tuple(_clause(draw, scope) for _ in range(number))


def _clause(draw: st.DrawFn, scope: Scope) -> Tree:
    return (f"\n  {pick(draw, ['when', 'unless'])} ", condition(draw, scope))


def _targets(draw: st.DrawFn, allowed: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    choices = [(task, (task,)) for task in allowed]
    choices += [("pay, mail", ("pay", "mail")), ("tasks tagged money", ("pay", "mail"))]
    if "look" in allowed:
        choices += [("any task", tuple(v.TASKS)), ("tasks tagged reads", ("look",))]
    return pick(draw, choices)


def _subjects(draw: st.DrawFn) -> str:
    roles = st.lists(st.sampled_from(v.ROLE_NAMES), min_size=1, max_size=2, unique=True)
    every = ["any principal", "any agent", "any human"]
    return ", ".join(draw(st.one_of(roles, st.sampled_from(every).map(lambda one: [one]))))


def _quorum(draw: st.DrawFn) -> str:
    return str(pick(draw, ["", "", "1 of ", "2 of "]))


def _definitions(draw: st.DrawFn) -> tuple[tuple[Definition, ...], list[Tree]]:
    """Some definitions; each may use those before it."""
    known: tuple[Definition, ...] = ()
    statements: list[Tree] = []
    for name, parameters, result, body in _SHAPES:
        if not draw(st.booleans()):
            continue
        scope = Scope(SHARED, definitions=known, depth=2)
        for parameter, type_ in parameters.items():
            local = Datum(parameter, type_)
            scope = replace(scope, data=(local, local, local, *scope.data))
        written = ", ".join(f"{p}: {v.written(t)}" for p, t in parameters.items())
        head = f"define {name}({written}) = " if parameters else f"define {name} = "
        statements.append((head, body(draw, scope)))
        known = (*known, Definition(name, tuple(parameters.values()), result))
    return known, statements


_SHAPES: list[tuple[str, dict[str, Type], Type, Callable[[st.DrawFn, Scope], Tree]]] = [
    ("ceiling", {}, DECIMAL, number),
    ("grown", {"n": INTEGER, "by": DECIMAL}, DECIMAL, number),
    ("titled", {"t": TEXT}, TEXT, some_text),
    ("large", {"x": DECIMAL}, BOOLEAN, condition),
    ("familiar", {"t": TEXT, "n": INTEGER, "b": BOOLEAN}, BOOLEAN, condition),
]


def _task(draw: st.DrawFn, name: str, scope: Scope) -> Tree:
    """Half of the tasks vouch for all that they return, some for items of it, some for nothing."""
    inputs = v.fields(v.TASKS[name], "input ")
    kinds = ["", "untrusted", "trusted", "got: Text trusted", "got: list of Party trusted"]
    kind = pick(draw, [*kinds, "by item", "by item", "by item"])
    output: Tree = f"output {kind}" if kind else ""
    if kind == "by item":
        type_ = pick(draw, [v.ORDER, v.LINE, v.PARTY, TEXT])
        inner = scope.with_local("item", type_)
        simple = [d.path for d in inner.readable(lambda t: t == BOOLEAN)] + ["true", "true"]
        where = condition(draw, replace(inner, data=(*inner.data[:8], *inner.data), depth=2))
        where = pick(draw, [where, where, *simple[-2:], simple[0]])
        output = (f"output got: list of {v.written(type_)} trusted where ", where)
    return (f"task {name} {{\n{inputs}\n  ", output, "\n}")
