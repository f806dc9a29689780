"""Random policies as text: well-typed by construction, so that every one of them builds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from policy_engine.values.types import (
    BOOLEAN,
    DECIMAL,
    EMAIL,
    INTEGER,
    MONEY,
    TEXT,
    TIMESTAMP,
    Field,
    ListOf,
    Type,
)
from tests.properties import vocabulary as v
from tests.properties.conditions import condition
from tests.properties.drafts import Draft, Written, built as built, built_from as built_from
from tests.properties.draws import Draw
from tests.properties.expressions import value
from tests.properties.literals import literal
from tests.properties.rules import exception, rule
from tests.properties.scopes import BEYOND, KINDS, SHARED, Definition, Scope
from tests.properties.trees import Tree

SOFTENED = ("forbid", "only when", "only after", "limit")


BASE = Written("rule", "base", "\n  permit any principal to any task", "permit", tuple(v.TASKS))


def draft(draw: Draw, most_rules: int = 6) -> Draft:
    outputs, labels = _outputs(draw)
    tables, statements = _tables(draw)
    scope = Scope(SHARED, definitions=tables, outputs=outputs, labels=labels)
    definitions, defined = _definitions(draw, scope)
    scope = replace(scope, definitions=definitions)
    statements += defined
    statements += [_task(draw, name, scope) for name in v.TASKS if name != "quote"]
    statements += [f"validation {n} {test}" for n, (test, _) in v.VALIDATIONS.items()]
    statements += _abouts(draw)
    rules: list[Written] = []
    if not draw.once_in(10):
        rules.append(BASE)
    for i in range(draw.number(2, most_rules)):
        rules.append(rule(draw, f"r{i}", scope))
    rules += _exceptions(draw, rules, scope)
    return Draft((*v.DECLARATIONS, *statements, *_claims(draw)), tuple(rules))


def narrowing_rule(draw: Draw, forms: Sequence[str] = ()) -> Written:
    """A rule that rests on nothing but what every generated policy declares."""
    every = ("forbid", "only when", "only after", "constraint", "require", "require after")
    every += ("confirm", "escalate", "limit")
    return rule(draw, "added", Scope(SHARED), forms or every)


def of_forms(draw: Draw, whole: Draft, *forms: str) -> Draft:
    """Rules of some forms alone, each with an exception where it may have one."""
    rules = [rule(draw, f"only{i}", Scope(SHARED), forms) for i in range(3)]
    softened = [exception(draw, f"x{one.name}", one, Scope(SHARED)) for one in _softened(rules)]
    return replace(unshared(whole), rules=(BASE, *rules, *softened))


def unshared(whole: Draft) -> Draft:
    """Nothing is exclusive."""
    kept = tuple(one for one in whole.statements if "exclusive" not in str(one))
    return replace(whole, statements=kept)


def _exceptions(draw: Draw, rules: Sequence[Written], scope: Scope) -> list[Written]:
    """Some of the rules that deny, softened once or twice."""
    found: list[Written] = []
    for one in _softened(rules):
        number = draw.pick([0, 0, 1, 1, 2])
        found += [exception(draw, f"x{len(found) + i}", one, scope) for i in range(number)]
    return found


def _softened(rules: Sequence[Written]) -> list[Written]:
    """Those that deny, without asking people themselves."""
    denying = [one for one in rules if one.form in SOFTENED]
    return [one for one in denying if one.form != "limit" or "escalate" not in str(one)]


# What is declared


def _outputs(draw: Draw) -> tuple[tuple[tuple[str, Field], ...], tuple[str, ...]]:
    """What the tasks return, and the labels that some of it carries."""
    types: list[Type | None] = [None, None, TEXT, TEXT, DECIMAL, v.ORDER, ListOf(v.PARTY)]
    types += [ListOf(v.LINE), ListOf(TEXT), ListOf(v.ORDER)]
    drawn = {task: draw.pick(types) for task in v.TASKS if task != "quote"}
    found = tuple((t, Field("got", type_)) for t, type_ in drawn.items() if type_ is not None)  # type: ignore[arg-type]
    labels = tuple(label for label in v.LABELS if draw.coin())
    return (*found, ("quote", Field("rate", DECIMAL))), labels


def _task(draw: Draw, name: str, scope: Scope) -> Tree:
    """Half of the tasks vouch for all that they return, some for items of it, some for nothing."""
    field = dict(scope.outputs).get(name)
    named = f" got: {v.written(field.type)}" if field else ""
    kinds = ["", " untrusted", " trusted", " trusted"]
    if field is not None and isinstance(field.type, ListOf):
        kinds += ["by item"] * 4
    clauses: list[Tree] = [draw.pick(kinds)]
    if clauses == ["by item"]:
        assert field is not None and isinstance(field.type, ListOf)
        inner = replace(scope.with_data("item", field.type.item), depth=2).without("asked")
        simple = [d.path for d in inner.readable(BOOLEAN) if d.root == "local"]
        where = condition(draw, inner)
        where = draw.pick([where, where, *simple[:1], "true", "true"])  # type: ignore[assignment]
        clauses = [(" trusted where ", "(", where, ")")]
    # Every label is that of some output, or conditions could not ask for it.
    clauses += [f" labelled {one}" for one in scope.labels if name == "pay" or draw.coin()]
    clauses += [" new"] if draw.number(0, 2) == 0 else []
    inputs = v.fields(v.TASKS[name], "input ")
    output: tuple[Tree, ...] = ("output", named, *clauses) if any([named, *clauses]) else ()
    return (f"task {name} {{\n{inputs}\n  ", *output, "\n}")


def _abouts(draw: Draw) -> list[Tree]:
    """What people decide of tasks."""
    clauses = ["exclusive per payee", "priority 3", "failure has no effect", "may be retried"]
    clauses += ["exclusive per payee, amount", 'owner "them"', 'asked for by "settle"']
    found: list[Tree] = []
    for task in ("pay", "mail"):
        some = [clause for clause in clauses if draw.number(0, 4) == 0]
        if {"exclusive per payee", "exclusive per payee, amount"} <= set(some):
            some.remove("exclusive per payee")
        found += [f"about {task} {{ {' '.join(some)} }}"] if some else []
    return found


def _tables(draw: Draw) -> tuple[tuple[Definition, ...], list[Tree]]:
    """A complete one, one with any value in a cell, one with `otherwise`."""
    amounts = [literal(draw, DECIMAL).strip("()") for _ in range(3)]
    moneys = [literal(draw, MONEY).strip("()") for _ in range(3)]
    texts = [literal(draw, TEXT) for _ in range(3)]
    rows = [
        f'table charge(status: Status, urgent: Boolean): Decimal {{ "placed", any -> {amounts[0]} '
        f'"delivered", true -> {amounts[1]} "delivered", false -> {amounts[2]} '
        f'"returned", any -> {amounts[0]} }}',
        f"table cap(team: Text): Money {{ {texts[0]} -> {moneys[0]} otherwise -> {moneys[1]} }}",
        f'table word(n: Integer, to: Email): Text {{ 1, "jane@acme.example" -> {texts[1]} '
        f"0, any -> {texts[2]} otherwise -> {texts[0]} }}",
    ]
    known = (
        Definition("charge", (v.STATUS, BOOLEAN), DECIMAL),
        Definition("cap", (TEXT,), MONEY),
        Definition("word", (INTEGER, EMAIL), TEXT),
    )
    kept = [i for i in range(3) if draw.coin()]
    return tuple(known[i] for i in kept), [rows[i] for i in kept]


_SHAPES: list[tuple[str, dict[str, Type], Type]] = [
    ("ceiling", {}, DECIMAL),
    ("grown", {"n": INTEGER, "by": DECIMAL}, DECIMAL),
    ("titled", {"t": TEXT}, TEXT),
    ("large", {"x": DECIMAL}, BOOLEAN),
    ("dear", {"m": MONEY}, MONEY),
    ("soon", {"at": TIMESTAMP}, BOOLEAN),
    ("familiar", {"t": TEXT, "n": INTEGER, "b": BOOLEAN}, BOOLEAN),
    ("addressed_to", {"to": EMAIL, "lines": ListOf(v.LINE)}, BOOLEAN),
]


def _definitions(draw: Draw, scope: Scope) -> tuple[tuple[Definition, ...], list[Tree]]:
    """Some definitions; each may use those before it, and some rest on the action alone."""
    known = scope.definitions
    statements: list[Tree] = []
    for name, parameters, result in _SHAPES:
        if draw.number(0, 2) > 0:
            continue
        uses = frozenset(draw.some(sorted(KINDS), 0, 2))
        uses |= frozenset() if draw.coin() else BEYOND - {"asked"}
        inner = replace(scope, definitions=known, depth=2, open=uses, repeats=1)
        for parameter, type_ in parameters.items():
            inner = inner.with_data(parameter, type_)
        written = ", ".join(f"{p}: {v.written(t)}" for p, t in parameters.items())
        head = f"define {name}({written}) = " if parameters else f"define {name} = "
        statements.append((head, value(draw, inner, result)))
        types = tuple(parameters.values())
        known = (*known, Definition(name, types, result, uses, repeats=1))
    return known, statements


def _claims(draw: Draw) -> list[Tree]:
    """Claims about the whole, and tests, decide nothing."""
    claims = [
        "guarantee safe any agent can never pay when amount > 500",
        "guarantee seen satisfies law.art_1 tasks tagged money always need approval by a human",
        "guarantee fits pay always need shaped unless urgent",
        "guarantee works clerk can look",
        'test "nobody asks" given agent "bot" when quote { of: "EUR" } expect deny',
    ]
    return [claim for claim in claims if draw.number(0, 5) == 0]
