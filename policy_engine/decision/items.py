"""What is asked of the items of lists and sets: quantifiers, counts, sums, first and last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policy_engine.decision.closures import Compiler, Evaluate, in_order
from policy_engine.decision.frame import Frame
from policy_engine.decision.intervals import counted, related, summed
from policy_engine.decision.truth import Truth, Unknown, as_truth, every, negated, some
from policy_engine.foundation.source import Span
from policy_engine.language import checked as c
from policy_engine.language.tree_expressions import QuantifierWord


def quantified(node: c.Quantified, compiler: Compiler) -> Evaluate:
    over, body = compiler.compile(node.over), compiler.compile(node.body)
    variable, span = node.variable, node.span
    word, bound = node.word, node.bound

    def evaluate(frame: Frame) -> object:
        items = over(frame)
        if isinstance(items, Unknown):
            return items
        truths = (as_truth(body(frame.with_locals({variable: item}))) for item in in_order(items))
        match word:
            case "every":
                return every(truths)
            case "some":
                return some(truths)
            case "no":
                return negated(some(truths))
            case _:
                return _bounded(list(truths), word, bound or 0, span)

    return evaluate


def _bounded(truths: list[Truth], word: QuantifierWord, bound: int, span: Span) -> Truth:
    number = counted(truths)
    match word:
        case "at most":
            truth = related("<=", number, bound)
        case "at least":
            truth = related(">=", number, bound)
        case _:
            truth = related("==", number, bound)
    if truth is not None:
        return truth
    return next((t for t in truths if isinstance(t, Unknown)), Unknown(span, "is open"))


def paired(node: c.Paired, compiler: Compiler) -> Evaluate:
    firsts, seconds = (compiler.compile(over) for over in node.over)
    body, (first, second) = compiler.compile(node.body), node.variables
    unequal = Unknown(node.span, "the lists are not equally long")

    def evaluate(frame: Frame) -> object:
        ones, others = firsts(frame), seconds(frame)
        if isinstance(ones, Unknown):
            return ones
        if isinstance(others, Unknown):
            return others
        left, right = in_order(ones), in_order(others)
        if len(left) != len(right):
            return unequal
        return every(
            body(frame.with_locals({first: one, second: other}))
            for one, other in zip(left, right, strict=True)
        )

    return evaluate


def tally(node: c.Tally, compiler: Compiler) -> Evaluate:
    over = compiler.compile(node.over)
    where = compiler.compile(node.where) if node.where is not None else None
    term = compiler.compile(node.term) if node.term is not None else None
    variable, type_, span = node.variable, node.type, node.span

    def evaluate(frame: Frame) -> object:
        items = over(frame)
        if isinstance(items, Unknown):
            return items
        chosen = _chosen(frame, variable, in_order(items), where)
        if term is None:
            return counted(truth for _, truth in chosen)
        return summed(((truth, term(inner)) for inner, truth in chosen), type_, span)

    return evaluate


def pick(node: c.Pick, compiler: Compiler) -> Evaluate:
    over = compiler.compile(node.over)
    where = compiler.compile(node.where) if node.where is not None else None
    variable, is_last = node.variable, node.word == "last"
    none = Unknown(node.span, "there is no such item")

    def evaluate(frame: Frame) -> object:
        items = over(frame)
        if isinstance(items, Unknown):
            return items
        ordered = in_order(items)
        ordered = ordered[::-1] if is_last else ordered
        for inner, truth in _chosen(frame, variable, ordered, where):
            return truth if isinstance(truth, Unknown) else inner.local[variable]
        return none

    return evaluate


def _chosen(
    frame: Frame, variable: str, items: Sequence[object], where: Evaluate | None
) -> Iterator[tuple[Frame, Truth]]:
    """The frames of the items that count or may count."""
    for item in items:
        inner = frame.with_locals({variable: item})
        truth = True if where is None else as_truth(where(inner))
        if truth is not False:
            yield inner, truth
