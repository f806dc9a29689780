"""Small mistakes in one checked expression: each changes one place and leaves the rest.

What comes out is again a checked expression; what the checker would refuse is not made (a datum
used where nobody asked whether it is given), nor what is known to mean the same as another edit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from policy_engine.analysis import operators as o
from policy_engine.analysis.places import places
from policy_engine.analysis.steps import (
    exactly_ago,
    lengthened,
    next_durations,
    shifted,
    steps,
    written,
)
from policy_engine.analysis.wording import Wording, between, quoted
from policy_engine.foundation.source import Span
from policy_engine.language import checked as c
from policy_engine.language.walk import all_of
from policy_engine.values.money import Money
from policy_engine.values.types import INTEGER


@dataclass(frozen=True, slots=True)
class Edit:
    """One mistake: where it stands, how it reads, and the expression that has it."""

    operator: o.Operator
    wording: Wording
    node: c.Checked
    help: str | None = None
    """What would notice it, where more can be said than the operator says."""

    @property
    def place(self) -> Span:
        return self.wording.place


def edits(node: c.Checked) -> Iterator[Edit]:
    """All small mistakes in an expression, outer ones first."""
    yield from _EDITS.get(type(node), _none)(node)
    for child, put in places(node):
        for edit in edits(child):
            if not _told(node, child, edit):
                wording, help_ = edit.wording.inside(node), _telling(node, child, edit)
                yield replace(edit, wording=wording, node=put(edit.node), help=help_)


def turned(node: c.Checked) -> bool:
    """Whether one of the edits makes the opposite of a condition, which then need not be made."""
    while isinstance(node, c.Not):
        node = node.operand
    if isinstance(node, c.Compare):
        return node.operator in ("==", "!=", "in", "subset of")
    return isinstance(node, (c.Happened, c.NoneSince))


def guards(node: c.Checked, others: Iterable[c.Checked]) -> bool:
    """Whether `node` asks for a datum to be given that others use: the checker insists on it."""
    asked = node.operand if isinstance(node, c.Not) else node
    if not isinstance(asked, c.Given):
        return False
    datum = asked.operand
    return any(
        isinstance(below, c.Read)
        and below.root == datum.root
        and below.path[: len(datum.path)] == datum.path
        for other in others
        for below in all_of(other)
    )


def windows(window: c.Window) -> Iterator[c.Window]:
    """A window that reaches a second less far back, and a second farther."""
    if window.duration is not None:
        for duration in next_durations(window.duration):
            yield replace(window, duration=duration)


# One for each kind of node


def _constant(node: c.Constant) -> Iterator[Edit]:
    for value in steps(node):
        help_ = f"a test at {written(node.value)}, and one at {written(value)}"
        changed = replace(node, value=value)  # type: ignore[arg-type]
        wording = Wording(node.span, new=written(value))
        yield Edit(o.SHIFT_BOUND, wording, changed, help_)


_LOOSER = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}


def _compare(node: c.Compare) -> Iterator[Edit]:
    place = between(node.left.span, node.right.span, node.operator) or node.span
    other = _LOOSER.get(node.operator)
    changed: c.Checked
    if other is None:
        other, changed, help_ = f"not {node.operator}", c.Not(node, node.span), _HOLDS
    else:
        changed = replace(node, operator=other)  # type: ignore[arg-type]
        help_ = _HOLDS if other in ("==", "!=") else _at_bound(node)
    yield Edit(o.FLIP_COMPARISON, Wording(place, new=other, frame=node.span), changed, help_)


_HOLDS = "a test in which this holds, and one in which it does not"


def _at_bound(node: c.Compare) -> str:
    return f"a test in which {quoted(node.left.span.text)} is exactly {_named(node.right)}"


def _named(node: c.Checked) -> str:
    return written(node.value) if isinstance(node, c.Constant) else quoted(node.span.text)


def _not(node: c.Not) -> Iterator[Edit]:
    """`not in` becomes `in`; other negations are parts or conditions, and turned there."""
    inner = node.operand
    if isinstance(inner, c.Compare) and inner.operator in ("in", "subset of"):
        place = between(inner.left.span, inner.right.span, f"not {inner.operator}")
        new = inner.operator if place is not None else inner.span.text
        wording = Wording(place or node.span, new=new, frame=node.span)
        yield Edit(o.FLIP_COMPARISON, wording, inner, _HOLDS)


def _junction(node: c.Every | c.Some) -> Iterator[Edit]:
    kind: Any = c.Some if isinstance(node, c.Every) else c.Every
    word, other = ("and", "or") if isinstance(node, c.Every) else ("or", "and")
    rests = [(*node.parts[:i], *node.parts[i + 1 :]) for i in range(len(node.parts))]
    alone = [guards(part, rest) for part, rest in zip(node.parts, rests, strict=True)]
    if not any(alone):
        wording = Wording(node.span, f"`{word}` became `{other}` in {quoted(node.span.text)}")
        yield Edit(o.SWAP_JUNCTION, wording, kind(node.parts, node.span))
    for part, rest, guarding in zip(node.parts, rests, alone, strict=True):
        if rest and not guarding:
            left = rest[0] if len(rest) == 1 else replace(node, parts=rest)
            help_ = None if word == "and" else _ONLY_THIS
            yield Edit(o.DROP_CONDITION, Wording.dropped(part.span), left, help_)


_ONLY_THIS = "a test in which this holds, and none of the others"


def _quantified(node: c.Quantified) -> Iterator[Edit]:
    if node.bound is None:
        return
    for bound in (node.bound - 1, node.bound + 1):
        if bound >= 0:
            said = f"`{node.word} {node.bound}` became `{node.word} {bound}`"
            help_ = f"a test with exactly {max(bound, node.bound)} of them"
            changed = replace(node, bound=bound)
            yield Edit(o.SHIFT_BOUND, Wording(node.span, said), changed, help_)


def _recent(node: c.Recent) -> Iterator[Edit]:
    for duration in next_durations(node.duration):
        said = f"{lengthened(node.duration, duration)} in {quoted(node.span.text)}"
        changed = replace(node, duration=duration)
        ago = written(max(duration, node.duration))
        help_ = f"a test in which {quoted(node.operand.span.text)} is exactly {ago} ago"
        yield Edit(o.SHIFT_BOUND, Wording(node.span, said), changed, help_)


def _between(node: c.Between) -> Iterator[Edit]:
    for name, value in (("start", node.start), ("end", node.end)):
        for sign in (-1, 1):
            other = shifted(value, sign)
            said = f"{written(value)} became {written(other)} in {quoted(node.span.text)}"
            changed = replace(node, **{name: other})  # type: ignore[arg-type]
            help_ = f"a test at {written(value if sign > 0 else other)}"
            yield Edit(o.SHIFT_BOUND, Wording(node.span, said), changed, help_)


_STAGES: Mapping[str, Any] = {
    "executed": "attempted",
    "attempted": "executed",
    "approved": "executed",
    "denied": "attempted",
    "failed": "attempted",
}


def _past(node: c.Happened | c.PastTally | c.NoneSince) -> Iterator[Edit]:
    if not isinstance(node, c.PastTally):
        said = f"{quoted(node.span.text)} became its opposite"
        yield Edit(o.NEGATE_PAST, Wording(node.span, said), c.Not(node, node.span))
    names = ("occurrence", "since") if isinstance(node, c.NoneSince) else ("occurrence",)
    for name in names:
        occurrence: c.Occurrence = getattr(node, name)
        stage = _STAGES[occurrence.stage]
        tasks = ", ".join(sorted(occurrence.tasks))
        said = f"{stage} rather than {occurrence.stage} `{tasks}` in {quoted(node.span.text)}"
        changed = replace(node, **{name: replace(occurrence, stage=stage)})  # type: ignore[arg-type]
        yield Edit(o.SWAP_STAGE, Wording(node.span, said), changed)
    for window in windows(node.window):
        assert node.window.duration is not None and window.duration is not None
        said = lengthened(node.window.duration, window.duration)
        wording = Wording(node.span, f"{said} in {quoted(node.span.text)}")
        help_ = exactly_ago(node.window.duration, window.duration)
        yield Edit(o.SHIFT_BOUND, wording, replace(node, window=window), help_)


def _none(node: c.Checked) -> Iterator[Edit]:
    return iter(())


_EDITS: Mapping[type, Callable[[Any], Iterator[Edit]]] = {
    c.Constant: _constant,
    c.Compare: _compare,
    c.Not: _not,
    c.Every: _junction,
    c.Some: _junction,
    c.Quantified: _quantified,
    c.Recent: _recent,
    c.Between: _between,
    c.Happened: _past,
    c.PastTally: _past,
    c.NoneSince: _past,
}


def _telling(parent: c.Checked, child: c.Checked, edit: Edit) -> str | None:
    """The one value that tells a comparison with a constant from that with its neighbour."""
    if not isinstance(parent, c.Compare) or child not in (parent.left, parent.right):
        return edit.help
    if not (isinstance(child, c.Constant) and isinstance(edit.node, c.Constant)):
        return edit.help
    on_left = child is parent.left
    other = parent.right if on_left else parent.left
    high = parent.operator in (("<", ">=") if on_left else (">", "<="))
    values: list[Any] = sorted((child.value, edit.node.value), key=_amount)
    value = child.value if parent.operator in ("==", "!=") else values[high]
    return f"a test in which {quoted(other.span.text)} is exactly {written(value)}"


def _amount(value: Any) -> Any:
    return value.amount if isinstance(value, Money) else value


def _told(parent: c.Checked, child: c.Checked, edit: Edit) -> bool:
    """Whether another edit means the same: `n > 5` as `n > 4` is `n >= 5` among whole numbers."""
    if isinstance(parent, c.Not) and isinstance(child, c.Compare):
        return edit.node == c.Not(child, child.span)
    if not (isinstance(parent, c.Compare) and isinstance(edit.node, c.Constant)):
        return False
    if not (isinstance(child, c.Constant) and isinstance(child.value, int)):
        return False
    if parent.left.type != INTEGER or parent.right.type != INTEGER:
        return False
    step = {">": -1, ">=": 1, "<": 1, "<=": -1}.get(parent.operator, 0)
    if child is parent.left:
        step = -step
    return bool(step) and edit.node.value == child.value + step
