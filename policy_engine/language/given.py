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
    if_true, if_false = _told(expression, scope)
    return if_true if truth else if_false


def _told(expression: t.Expression, scope: Scope) -> tuple[Known, Known]:
    """The same for both truths, so that each part is looked at once however deep they nest."""
    match expression:
        case t.PredicateNode(word="given", operand=t.PathNode() as path):
            key = scope.key(path)
            return frozenset({key}) if key else NOTHING, NOTHING
        case t.NotNode(operand=operand):
            if_true, if_false = _told(operand, scope)
            return if_false, if_true
        case t.ConditionalNode(condition=condition, yes=yes, no=no):
            holds, fails = _told(condition, scope)
            by_yes, by_no = _told(yes, scope), _told(no, scope)
            return (holds | by_yes[0]) & (fails | by_no[0]), (holds | by_yes[1]) & (
                fails | by_no[1]
            )
        case t.JunctionNode(word=word, parts=parts):
            told = [_told(part, scope) for part in parts]
            all_true, all_false = [t for t, _ in told], [f for _, f in told]
            if word == "and":
                return _union(all_true), frozenset.intersection(*all_false)
            return frozenset.intersection(*all_true), _union(all_false)
        case _:
            return NOTHING, NOTHING


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
