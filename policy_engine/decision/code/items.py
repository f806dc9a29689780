"""What is asked of the items of lists and sets, as Python expressions.

A count or sum is a value where it is settled for each item whether it counts. A count that is open
is compared by the least and the most that it can be; a sum that is open is left to the interpreter.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from policy_engine.decision.code.emitter import Emitter, NotEmitted, Variable, both
from policy_engine.decision.code.relations import OPPOSITE
from policy_engine.language import checked as c
from policy_engine.language.tree_expressions import CompareOperator
from policy_engine.values.types import DURATION, NUMERIC, ListOf, SetOf


def quantified(node: c.Quantified, e: Emitter, *, wanted: bool) -> str:
    tests, items = _items(node.over, e)
    if node.word in ("every", "some", "no"):
        item, names = _item(node.over, node.variable, e)
        with e.within(names):
            body = e.true(node.body) if (node.word == "no") is not wanted else e.false(node.body)
        word = "any" if (node.word == "some") is wanted else "all"
        return both(*tests, f"{word}({body} for {item} in {items})")
    least, most = _how_many(items, node.over, node.variable, node.body, e)
    number = repr(node.bound or 0)
    operator: CompareOperator = _BOUNDS[node.word]
    return both(*tests, _range(least, most, operator, number, wanted))


_BOUNDS: Mapping[str, CompareOperator] = {"at most": "<=", "at least": ">=", "exactly": "=="}


def paired(node: c.Paired, e: Emitter, *, wanted: bool) -> str:
    """Neither true nor false of lists that are not equally long."""
    tests: list[str] = []
    lists: list[str] = []
    names: dict[str, Variable] = {}
    for over, variable in zip(node.over, node.variables, strict=True):
        more, items = _items(over, e)
        tests += more
        lists.append(items)
        names |= _item(over, variable, e)[1]
    with e.within(names):
        body = e.true(node.body) if wanted else e.false(node.body)
    one, other = lists
    first, second = (names[variable].name for variable in node.variables)
    word = "all" if wanted else "any"
    pairs = f"{word}({body} for {first}, {second} in zip({one}, {other}))"
    return both(*tests, f"len({one}) == len({other})", pairs)


def pick(node: c.Pick, e: Emitter) -> str:
    """The first item that may be it, if it surely is."""
    tests, items = _items(node.over, e)
    ordered = f"{items}[::-1]" if node.word == "last" else items
    item, names = _item(node.over, node.variable, e)
    if node.where is None:
        found = f"({items}[{-1 if node.word == 'last' else 0}] if {items} else None)"
        return _guarded(tests, found)
    with e.within(names):
        true, false = e.true(node.where), e.false(node.where)
        known = e.known(node.where)
    each = (
        f"{item} for {item} in {ordered} if {true}"
        if known
        else f"{item} if {true} else None for {item} in {ordered} if not ({false})"
    )
    return _guarded(tests, f"next(({each}), None)")


def tally(node: c.Tally, e: Emitter) -> str:
    """A count or sum where it is settled what counts."""
    tests, items = _items(node.over, e)
    item, names = _item(node.over, node.variable, e)
    with e.within(names):
        if node.where is not None and not e.known(node.where):
            raise NotEmitted("a sum or count of which it is open what counts")
        where = f" if {e.true(node.where)}" if node.where is not None else ""
        term = e.value(node.term) if node.term is not None else "1"
    each = f"{term} for {item} in {items}{where}"
    if node.term is not None:
        return _guarded(tests, _total(each, node, e))
    return _guarded(tests, f"sum({each})" if where else f"len({items})")


def _total(each: str, node: c.Tally, e: Emitter) -> str:
    if node.type in NUMERIC:
        return f"sum_of_items({each})"
    nothing = e.constant(timedelta(0)) if node.type == DURATION else "None"
    return f"total_of_items([{each}], {nothing})"


def is_open_count(node: c.Checked, e: Emitter) -> bool:
    """Whether it is a count of which it may be open what counts."""
    if not isinstance(node, c.Tally) or node.term is not None or node.where is None:
        return False
    _, names = _item(node.over, node.variable, e)
    with e.within(names):
        return not e.known(node.where)


def tally_known(node: c.Tally, e: Emitter) -> bool:
    """A count of a list that is there, where it is settled what counts; a sum may be too long."""
    return node.term is None and e.known(node.over) and not is_open_count(node, e)


def counted(
    node: c.Checked, operator: CompareOperator, bound: c.Checked, e: Emitter, *, wanted: bool
) -> str:
    """How many items there are, at least and at most, beside a number."""
    assert isinstance(node, c.Tally) and node.where is not None
    tests, (number,) = e.all_known((bound,))
    tests_of_items, items = _items(node.over, e)
    least, most = _how_many(items, node.over, node.variable, node.where, e)
    return both(*tests, *tests_of_items, _range(least, most, operator, number, wanted))


def _range(least: str, most: str, operator: CompareOperator, number: str, wanted: bool) -> str:
    """Whether every count from least to most is in the relation, or none is."""
    asked = operator if wanted else OPPOSITE[operator]
    match asked:
        case "<" | "<=":
            return f"{most} {asked} {number}"
        case ">" | ">=":
            return f"{least} {asked} {number}"
        case "==":
            return f"({least} == {number} and {most} == {number})"
        case _:
            return f"({least} > {number} or {most} < {number})"


def _how_many(
    items: str, over: c.Checked, variable: str, where: c.Checked, e: Emitter
) -> tuple[str, str]:
    """Expressions for how many items surely are so, and how many may be."""
    item, names = _item(over, variable, e)
    with e.within(names):
        true, false, known = e.true(where), e.false(where), e.known(where)
    least = f"sum(1 for {item} in {items} if {true})"
    if known:
        return least, least
    return least, f"sum(1 for {item} in {items} if not ({false}))"


def _items(over: c.Checked, e: Emitter) -> tuple[list[str], str]:
    """Tests after which a name has the items."""
    text = e.value(over)
    if e.known(over) and text.isidentifier():
        return [], text
    bound, name = e.named(text)
    return [f"{bound} is not None"], name


def _item(over: c.Checked, variable: str, e: Emitter) -> tuple[str, dict[str, Variable]]:
    if not isinstance(over.type, (ListOf, SetOf)):
        raise NotEmitted("items of free data")
    name = e.fresh()
    return name, {variable: Variable(name, over.type.item, True)}


def _guarded(tests: list[str], text: str) -> str:
    return f"({text} if {' and '.join(tests)} else None)" if tests else text
