"""What a condition tells about optional data: if it holds (or does not), what is surely given.

`note is given and note == "x"` may read `note` on the right: were it absent, the left would be
false and the whole with it. Order plays no part: the same holds with the sides exchanged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from policy_engine.language import tree as t
from policy_engine.language.checked import Root
from policy_engine.language.scope import Scope

Known = frozenset[tuple[Root, tuple[str, ...]]]

NOTHING: Known = frozenset()


def surely_given(expression: t.Expression, scope: Scope, truth: bool) -> Known:
    """The optional data that is given wherever the expression is `truth`."""
    match expression:
        case t.PredicateNode(word="given", operand=t.PathNode() as path) if truth:
            key = scope.key(path)
            return frozenset({key}) if key else NOTHING
        case t.NotNode(operand=operand):
            return surely_given(operand, scope, not truth)
        case t.ConditionalNode(condition=condition, yes=yes, no=no):
            by_yes = surely_given(condition, scope, True) | surely_given(yes, scope, truth)
            by_no = surely_given(condition, scope, False) | surely_given(no, scope, truth)
            return by_yes & by_no
        case t.JunctionNode(word=word, parts=parts):
            known = [surely_given(part, scope, truth) for part in parts]
            certain = (word == "and") is truth
            return _union(known) if certain else frozenset.intersection(*known)
        case _:
            return NOTHING


def among(
    parts: Sequence[tuple[t.Expression, bool]], scope: Scope
) -> list[tuple[t.Expression, Scope]]:
    """Parts that must all come out as said, each with what the others tell about it."""
    known = [surely_given(part, scope, truth) for part, truth in parts]
    tellers = Counter(key for keys in known for key in keys)
    told = frozenset(tellers)
    return [
        (part, scope.knowing(told - {key for key in own if tellers[key] == 1}))
        for (part, _), own in zip(parts, known, strict=True)
    ]


def _union(parts: Iterable[Known]) -> Known:
    return frozenset(key for part in parts for key in part)
