"""Comparisons that are always true or always false, and bounds that exclude each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from policy_engine.foundation.diagnostics import CEILING
from policy_engine.language import checked as c
from policy_engine.language.policy import Define
from policy_engine.values.arithmetic import equal, less
from policy_engine.values.types import Union

_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}
_REFLEXIVE = {"==": True, "<=": True, ">=": True, "!=": False, "<": False, ">": False}


def certain(node: c.Compare, defines: Mapping[str, Define]) -> bool | None:
    """What a comparison comes to whatever happens, or None where that depends."""
    left, right = _folded(node.left, defines), _folded(node.right, defines)
    if isinstance(left, c.Constant) and isinstance(right, c.Constant):
        return holds(node.operator, left.value, right.value)
    if isinstance(left, c.Read) and isinstance(right, c.Read):
        same = (left.root, left.path) == (right.root, right.path)
        return _REFLEXIVE.get(node.operator) if same else None
    if node.operator == "in" and isinstance(left.type, Union) and isinstance(right, c.Listing):
        listed = {item.value for item in right.items if isinstance(item, c.Constant)}
        return True if listed >= left.type.members else None
    return _of_a_number(node.operator, left, right)


def _of_a_number(operator: str, left: c.Checked, right: c.Checked) -> bool | None:
    """Nothing has fewer than no items."""
    if isinstance(right, c.Constant) and _counts(left) and right.value == 0:
        return {">=": True, "<": False}.get(operator)
    if isinstance(left, c.Constant) and _counts(right):
        return _of_a_number(_FLIPPED.get(operator, ""), right, left)
    return None


def _counts(node: c.Checked) -> bool:
    is_size = isinstance(node, c.Function) and node.word == "size"
    return is_size or (isinstance(node, (c.Tally, c.PastTally)) and node.term is None)


def _folded(node: c.Checked, defines: Mapping[str, Define]) -> c.Checked:
    """A definition that is nothing but a value, as that value."""
    for _ in range(len(defines)):
        if not isinstance(node, c.Apply) or node.arguments or node.define not in defines:
            break
        node = defines[node.define].body
    return node


def holds(operator: str, left: object, right: object) -> bool | None:
    """A comparison of two values; None where it is neither true nor false."""
    match operator:
        case "==":
            return equal(left, right)
        case "!=":
            same = equal(left, right)
            return None if same is None else not same
        case "<" | ">=":
            below = less(left, right)
        case ">" | "<=":
            below = less(right, left)
        case _:
            return None
    return None if below is None else below is (operator in ("<", ">"))


def contradicting(parts: Sequence[c.Checked]) -> Iterator[tuple[c.Compare, c.Compare]]:
    """Pairs of comparisons of one datum with values that cannot both hold."""
    bounds: dict[tuple[str, tuple[str, ...]], list[tuple[c.Compare, str, object]]] = {}
    for part in parts:
        bound = _bound(part)
        if bound is None:
            continue
        read, compare, operator, value = bound
        earlier = bounds.setdefault((read.root, read.path), [])
        for other, its_operator, its_value in earlier:
            if _exclude(operator, value, its_operator, its_value):
                yield other, compare
                break
        if len(earlier) < CEILING:
            earlier.append((compare, operator, value))


def _bound(node: c.Checked) -> tuple[c.Read, c.Compare, str, object] | None:
    if not isinstance(node, c.Compare) or node.operator not in _FLIPPED:
        return None
    if isinstance(node.left, c.Read) and isinstance(node.right, c.Constant):
        return node.left, node, node.operator, node.right.value
    if isinstance(node.right, c.Read) and isinstance(node.left, c.Constant):
        return node.right, node, _FLIPPED[node.operator], node.left.value
    return None


def _exclude(one: str, value: object, other: str, its_value: object) -> bool:
    """Whether `x one value` and `x other its_value` never hold together."""
    if one == "==":
        return holds(other, value, its_value) is False
    if other == "==":
        return holds(one, its_value, value) is False
    low, high = (one, value), (other, its_value)
    if one in ("<", "<="):
        low, high = high, low
    if low[0] not in (">", ">=") or high[0] not in ("<", "<="):
        return False
    closed = (low[0], high[0]) == (">=", "<=")
    return holds("<" if closed else "<=", high[1], low[1]) is True
