"""What a checked expression comes to: a value, True, False, or unknown (None).

Strong Kleene logic; every operand is evaluated, and any operand that is unknown makes the result
unknown unless the others settle it. A missing or mistyped datum, an overflow: all unknown.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Context, Decimal, localcontext
from typing import TYPE_CHECKING

import re2

from policy_engine.language import checked as c
from policy_engine.language.policy import PolicySet
from tests.reference.data import ABSENT, UNKNOWN, fits_in_digits

if TYPE_CHECKING:
    from tests.reference.provenance import Origins

Truth = bool | None

EXACT = Context(prec=5_000)


@dataclass
class World:
    """What a condition can see. A root that is unknown (None) has only unknown data."""

    policy: PolicySet
    roots: Mapping[str, Mapping[str, object] | None]
    origins: Origins
    locals: Mapping[str, object] = field(default_factory=dict)

    def seeing(self, locals_: Mapping[str, object]) -> World:
        return World(self.policy, self.roots, self.origins, locals_)


def value(node: c.Checked, world: World) -> object:
    """One case for each kind of node."""
    match node:
        case c.Constant():
            return node.value
        case c.Read():
            found = _reached(node, world)
            return UNKNOWN if found is ABSENT else found
        case c.Listing():
            return _strict(tuple, [value(item, world) for item in node.items])
        case c.Sum():
            terms = [value(term, world) for _, term in node.terms]
            signs = [sign for sign, _ in node.terms]
            return _strict(lambda numbers: _sum(signs, numbers), terms)
        case c.Product():
            return _strict(_product, [value(factor, world) for factor in node.factors])
        case c.Joined():
            return _strict("".join, [value(part, world) for part in node.parts])
        case c.Apply():
            define = world.policy.defines[node.define]
            names = [name for name, _ in define.parameters]
            arguments = [value(argument, world) for argument in node.arguments]
            return value(define.body, world.seeing(dict(zip(names, arguments, strict=True))))
        case c.Compare():
            sides = [value(node.left, world), value(node.right, world)]
            return _strict(lambda pair: _COMPARISONS[node.operator](*pair), sides)
        case c.Every():
            return all_hold(truth(part, world) for part in node.parts)
        case c.Some():
            return one_holds(truth(part, world) for part in node.parts)
        case c.Not():
            return negated(truth(node.operand, world))
        case c.Quantified():
            return _quantified(node, world)
        case c.Given():
            found = _reached(node.operand, world)
            return UNKNOWN if found is UNKNOWN else found is not ABSENT
        case c.Provenance():
            return _provenance(node, world)
        case c.Match():
            text = value(node.operand, world)
            return UNKNOWN if text is UNKNOWN else _matches(node.pattern, str(text))


def truth(node: c.Checked, world: World) -> Truth:
    result = value(node, world)
    assert result is None or isinstance(result, bool)
    return result


def all_hold(parts: Iterable[Truth]) -> Truth:
    found = list(parts)
    if False in found:
        return False
    return UNKNOWN if None in found else True


def one_holds(parts: Iterable[Truth]) -> Truth:
    return negated(all_hold([negated(part) for part in parts]))


def negated(part: Truth) -> Truth:
    return UNKNOWN if part is None else not part


def _reached(node: c.Read, world: World) -> object:
    """Down a path; what lies below something unknown or absent is unknown."""
    found: object = world.locals if node.root == "local" else world.roots[node.root]
    for name in node.path:
        if found is UNKNOWN or found is ABSENT:
            return UNKNOWN
        assert isinstance(found, Mapping)
        found = found.get(name, ABSENT)
    return found


def _strict(operation: object, operands: list[object]) -> object:
    """Unknown if any operand is."""
    assert callable(operation)
    return UNKNOWN if any(o is UNKNOWN for o in operands) else operation(operands)


def _sum(signs: list[str], numbers: list[int | Decimal]) -> object:
    """Exact, whatever lies between; only the result must have at most 38 digits."""
    with localcontext(EXACT):
        total = Decimal(0)
        for sign, number in zip(signs, numbers, strict=True):
            total = total + number if sign == "+" else total - number
        return total if fits_in_digits(total) else UNKNOWN


def _product(numbers: list[int | Decimal]) -> object:
    with localcontext(EXACT):
        total = Decimal(1)
        for number in numbers:
            total = total * number
        return total if fits_in_digits(total) else UNKNOWN


_COMPARISONS = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": lambda item, items: any(item == other for other in items),
}


def _quantified(node: c.Quantified, world: World) -> Truth:
    items = value(node.over, world)
    if items is UNKNOWN:
        return UNKNOWN
    assert isinstance(items, tuple)
    found = [
        truth(node.body, world.seeing({**world.locals, node.variable: item})) for item in items
    ]
    match node.word:
        case "every":
            return all_hold(found)
        case "some":
            return one_holds(found)
        case "no":
            return negated(one_holds(found))


def _provenance(node: c.Provenance, world: World) -> Truth:
    datum = value(node.operand, world)
    if datum is UNKNOWN:
        return UNKNOWN
    if node.word == "dictated":
        return world.origins.dictated(datum, node.operand.type)
    trusted = world.origins.trusted(datum, node.operand.type, world)
    return trusted if node.word == "trusted" else negated(trusted)


def _matches(pattern: str, text: str) -> bool:
    """`matches /…/`: the whole value, `.` matches a newline too."""
    options = re2.Options()
    options.dot_nl = True
    return re2.compile(pattern, options=options).fullmatch(text) is not None
