"""What a checked expression comes to: a value, True, False, or unknown (None).

“By strong Kleene logic. Every operand is evaluated, so order never matters.” A missing or mistyped
datum, an overflow: all unknown, and so is what rests on it unless the rest settles it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal

from policy_engine.language import checked as c
from policy_engine.language.policy import NO_ROW
from policy_engine.values.found import emails_of, links_of
from policy_engine.values.parts import part_of
from policy_engine.values.types import DURATION, MONEY, PRINCIPAL, Record, Type
from tests.reference import clock, past, texts
from tests.reference.arithmetic import equal, product
from tests.reference.data import ABSENT, UNKNOWN
from tests.reference.intervals import (
    added,
    compared,
    counted,
    range_holds,
    settled,
    summed,
)
from tests.reference.logic import Truth, all_hold, negated, one_holds
from tests.reference.people import person
from tests.reference.world import World


def value(node: c.Checked, world: World) -> object:
    """One case for each kind of node that is a value."""
    match node:
        case c.Constant():
            return node.value
        case c.Read():
            found = reached(node, world)
            return UNKNOWN if found is ABSENT else found
        case c.Now():
            return world.now
        case c.Today():
            return clock.day_of(world.now, node.zone)
        case c.Part():
            return _strict(lambda whole: _part(node, whole), node.operand, world=world)
        case c.Index():
            return _strict(lambda m, key: m.get(key), node.operand, node.key, world=world)
        case c.Listing():
            return _strict(lambda *items: items, *node.items, world=world)
        case c.Sum():
            terms = [(sign, value(term, world)) for sign, term in node.terms]
            return UNKNOWN if any(term is UNKNOWN for _, term in terms) else added(terms)
        case c.Product():
            return _strict(lambda *factors: product(factors), *node.factors, world=world)
        case c.Joined():
            return _strict(lambda *parts: "".join(parts), *node.parts, world=world)
        case c.Apply():
            define = world.policy.defines[node.define]
            arguments = [value(argument, world) for argument in node.arguments]
            names = [name for name, _ in define.parameters]
            return value(define.body, world.seeing(dict(zip(names, arguments, strict=True))))
        case c.Lookup():
            return _strict(lambda *cells: _row(node, cells, world), *node.arguments, world=world)
        case c.Choice():
            return _choice(node, world)
        case c.Function():
            return _strict(lambda operand: _function(node, operand), node.operand, world=world)
        case c.Tally():
            return _tally(node, world)
        case c.Pick():
            return _picked(node, world)
        case c.PastTally():
            return past.tally(node, world)
    return truth(node, world)


def _are_spellings(node: c.Compare, one: object, other: object) -> bool:
    """“Two spellings of one id that could be one person are neither the same nor different.”"""
    is_principal = node.left.type == PRINCIPAL and node.operator in ("==", "!=")
    return is_principal and one != other and person(str(one)) == person(str(other))


def truth(node: c.Checked, world: World) -> Truth:
    """One case for each kind of node that is a condition."""
    match node:
        case c.Compare():
            sides = [value(node.left, world), value(node.right, world)]
            if UNKNOWN in sides or _are_spellings(node, *sides):
                return UNKNOWN
            return compared(node.operator, *sides)
        case c.Every():
            return all_hold(truth(part, world) for part in node.parts)
        case c.Some():
            return one_holds(truth(part, world) for part in node.parts)
        case c.Not():
            return negated(truth(node.operand, world))
        case c.Quantified():
            return _quantified(node, world)
        case c.Paired():
            return _paired(node, world)
        case c.Given():
            found = reached(node.operand, world)
            return UNKNOWN if found is UNKNOWN else found is not ABSENT
        case c.Provenance():
            return _provenance(node, world)
        case c.Origin():
            return _origin(node, world)
        case c.AskedFor():
            return world.origins.asked_for(node.words)
        case c.Seen():
            return world.origins.seen(node.label)
        case c.Match():
            return _asked(lambda text: texts.matches(node.pattern, text), node.operand, world=world)
        case c.Like():
            type_, pattern = node.operand.type, node.pattern
            return _asked(lambda t: texts.is_like(pattern, type_, t), node.operand, world=world)
        case c.Affix():
            word = node.word
            sides = (node.left, node.right)
            return _asked(lambda one, other: texts.affixed(word, one, other), *sides, world=world)
        case c.Recent():
            # “from now less D until now, both included”
            return _asked(
                lambda at: timedelta(0) <= world.now - at <= node.duration,
                node.operand,
                world=world,
            )
        case c.Between():
            return _asked(
                lambda at: clock.is_between(at, node.start, node.end), node.operand, world=world
            )
        case c.Happened():
            return past.happened(node, world)
        case c.NoneSince():
            return past.none_since(node, world)
    result = settled(value(node, world))
    assert result is None or isinstance(result, bool)
    return result


def reached(node: c.Read, world: World) -> object:
    """Down a path; what lies below something unknown or absent is unknown."""
    found: object = world.locals if node.root == "local" else world.roots.get(node.root)
    for name in node.path:
        if found is UNKNOWN or found is ABSENT:
            return UNKNOWN
        assert isinstance(found, Mapping)
        found = found.get(name, ABSENT)
    return found


def _strict(operation: Callable[..., object], *operands: c.Checked, world: World) -> object:
    """Unknown if any operand is, or is a number that is not settled."""
    found = [settled(value(operand, world)) for operand in operands]
    return UNKNOWN if any(one is UNKNOWN for one in found) else operation(*found)


def _asked(operation: Callable[..., Truth], *operands: c.Checked, world: World) -> Truth:
    result = _strict(operation, *operands, world=world)
    assert result is None or isinstance(result, bool)
    return result


def _part(node: c.Part, whole: object) -> object:
    """“A part or field that is not there”"""
    if isinstance(node.operand.type, Record):
        assert isinstance(whole, Mapping)
        return whole.get(node.name)
    return part_of(node.operand.type, whole, node.name)


def _row(node: c.Lookup, cells: tuple[object, ...], world: World) -> object:
    """The row in which every cell is the argument or any value; rows do not overlap."""
    table = world.policy.tables[node.table]
    fits = [
        all_hold(cell is None or equal(cell, given) for cell, given in zip(row, cells, strict=True))
        for row, _ in table.rows
    ]
    if True in fits:
        return table.rows[fits.index(True)][1]
    if None in fits or table.otherwise is NO_ROW:
        return UNKNOWN
    return table.otherwise


def _choice(node: c.Choice, world: World) -> object:
    """“The common value where both branches are known and equal, else unknown.”"""
    which = truth(node.condition, world)
    yes, no = value(node.yes, world), value(node.no, world)
    if which is not UNKNOWN:
        return yes if which else no
    one, other = settled(yes), settled(no)
    both = one is not UNKNOWN and other is not UNKNOWN
    return one if both and equal(one, other) is True else UNKNOWN


def _function(node: c.Function, operand: object) -> object:
    match node.word:
        case "size":
            return len(operand)  # type: ignore[arg-type]
        case "lower":
            return str(operand).lower()
        case "links":
            return links_of(str(operand))
        case "emails":
            return emails_of(str(operand))
        case "keys":
            assert isinstance(operand, Mapping)
            return tuple(sorted(operand))
        case "values":
            # “Lists, in the order of the keys.”
            assert isinstance(operand, Mapping)
            return tuple(operand[key] for key in sorted(operand))
        case "weekday":
            return clock.weekday_of(operand, node.zone)  # type: ignore[arg-type]
        case "date":
            return clock.day_of(operand, str(node.zone))  # type: ignore[arg-type]
        case "time":
            return clock.time_of(operand, str(node.zone))  # type: ignore[arg-type]


def _items(node: c.Checked, world: World) -> list[object] | None:
    """The items of a list or a set; None where it is unknown."""
    items = settled(value(node, world))
    assert items is UNKNOWN or isinstance(items, tuple | frozenset)
    return None if items is UNKNOWN else list(items)


def _of_item(body: c.Checked | None, name: str, item: object, world: World) -> Truth:
    if body is None:
        return True
    return truth(body, world.seeing({**world.locals, name: item}))


def _quantified(node: c.Quantified, world: World) -> Truth:
    items = _items(node.over, world)
    if items is None:
        return UNKNOWN
    found = [_of_item(node.body, node.variable, item, world) for item in items]
    match node.word:
        case "every":
            return all_hold(found)
        case "some":
            return one_holds(found)
        case "no":
            return negated(one_holds(found))
        case "at most":
            return range_holds(found, None, node.bound)
        case "at least":
            return range_holds(found, node.bound, None)
        case "exactly":
            return range_holds(found, node.bound, node.bound)


def _paired(node: c.Paired, world: World) -> Truth:
    """“`every … paired with` of lists of unequal length”"""
    left, right = (_items(over, world) for over in node.over)
    if left is None or right is None or len(left) != len(right):
        return UNKNOWN
    one, other = node.variables
    return all_hold(
        truth(node.body, world.seeing({**world.locals, one: a, other: b}))
        for a, b in zip(left, right, strict=True)
    )


def _tally(node: c.Tally, world: World) -> object:
    """“A range from what surely counts to all that may count.”"""
    items = _items(node.over, world)
    if items is None:
        return UNKNOWN
    truths = [_of_item(node.where, node.variable, item, world) for item in items]
    if node.term is None:
        return counted(truths)
    term = node.term
    found = [
        (there, value(term, world.seeing({**world.locals, node.variable: item})))
        for there, item in zip(truths, items, strict=True)
    ]
    return summed(found, nothing(node.term.type))


def nothing(type_: Type) -> object:
    """“The empty sum of numbers is 0, of durations no time, of Money unknown.”"""
    if type_ == MONEY:
        return UNKNOWN
    return timedelta(0) if type_ == DURATION else Decimal(0)


def _picked(node: c.Pick, world: World) -> object:
    """“Unknown where an earlier (later) item might be the one, and where there is none.”"""
    items = _items(node.over, world)
    if items is None:
        return UNKNOWN
    for item in items if node.word == "first" else reversed(items):
        there = _of_item(node.where, node.variable, item, world)
        if there is not False:
            return item if there else UNKNOWN
    return UNKNOWN


def _provenance(node: c.Provenance, world: World) -> Truth:
    datum = settled(value(node.operand, world))
    if datum is UNKNOWN:
        return UNKNOWN
    if node.word == "dictated":
        return world.origins.dictated(datum, node.operand.type)
    trusted = world.origins.trusted(datum, node.operand.type, world)
    return trusted if node.word == "trusted" else negated(trusted)


def _origin(node: c.Origin, world: World) -> Truth:
    datum, type_ = settled(value(node.operand, world)), node.operand.type
    if datum is UNKNOWN:
        return UNKNOWN
    match node.word:
        case "comes from":
            return world.origins.comes_from(datum, type_, str(node.task))
        case "created":
            return world.origins.created(datum, type_)
        case "named":
            return world.origins.named(datum, type_)
