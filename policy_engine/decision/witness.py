"""The parts of a condition that made it what it is, each with its values in plain words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from policy_engine.decision.closures import Compiler, in_order
from policy_engine.decision.frame import Frame, identity
from policy_engine.decision.intervals import counted
from policy_engine.decision.past import Occurrences
from policy_engine.decision.secrecy import is_secret
from policy_engine.decision.truth import Unknown, as_truth
from policy_engine.decision.wording import worded
from policy_engine.foundation.canonical import timestamp_text
from policy_engine.foundation.source import Span
from policy_engine.language import checked as c
from policy_engine.values.durations import plain_duration


class Witness(NamedTuple):
    """A place, what held there (`500 > 200`), and what would have made it otherwise."""

    span: Span
    text: str
    other: str | None


def witnesses(node: c.Checked, frame: Frame, compiler: Compiler) -> list[Witness]:
    """What decided a condition."""
    return list(_Walk(compiler).of(node, frame))


class _Walk:
    def __init__(self, compiler: Compiler) -> None:
        self._compiler = compiler
        self._known: dict[tuple[object, ...], tuple[tuple[Witness, ...], object]] = {}
        """Of definitions, by their arguments, which are kept beside."""

    def of(self, node: c.Checked, frame: Frame, *, hidden: bool = False) -> Iterator[Witness]:
        value = self._value(node, frame)
        match node:
            case c.Every() | c.Some():
                for part in node.parts:
                    if _same(self._value(part, frame), value):
                        yield from self.of(part, frame, hidden=hidden)
            case c.Not():
                yield from self.of(node.operand, frame, hidden=hidden)
            case c.Apply():
                yield from self._applied(node, frame, hidden)
            case c.Choice() if not isinstance(value, Unknown):
                yield from self._chosen(node, frame, hidden)
            case _:
                yield self._leaf(node, value, frame, hidden or is_secret(node, self._compiler))

    def _applied(self, node: c.Apply, frame: Frame, hidden: bool) -> Iterator[Witness]:
        """The body's reasons, each once, said at the place where the definition is used."""
        define = self._compiler.define(node.define)
        pairs = zip(define.parameters, node.arguments, strict=True)
        values = {name: self._value(argument, frame) for (name, _), argument in pairs}
        secret = hidden or any(is_secret(argument, self._compiler) for argument in node.arguments)
        key = (node.define, secret, *map(identity, values.values()))
        if key not in self._known:
            inner = frame.with_locals(values, only=True)
            found = self.of(define.body, inner, hidden=secret)
            self._known[key] = tuple(dict.fromkeys(found)), values
        moved = (witness._replace(span=node.span) for witness in self._known[key][0])
        yield from dict.fromkeys(moved)

    def _chosen(self, node: c.Choice, frame: Frame, hidden: bool) -> Iterator[Witness]:
        """What decided the choice, and what decided the branch."""
        condition = self._value(node.condition, frame)
        yield from self.of(node.condition, frame, hidden=hidden)
        yield from self.of(node.no if condition is False else node.yes, frame, hidden=hidden)

    def _leaf(self, node: c.Checked, value: object, frame: Frame, secret: bool) -> Witness:
        if isinstance(value, Unknown):
            return Witness(value.span, f"unknown: {value.why}", None)
        say = _WORDS.get(type(node))
        if say is not None:
            text, other = say(self, node, value is True, frame, secret)
            return Witness(node.span, text, other)
        if secret:
            return Witness(node.span, _HIDDEN, None)
        return Witness(node.span, f"is {worded(value)}", f"`{node.span.text}` otherwise")

    def comparison(self, node: c.Compare, holds: bool, frame: Frame, secret: bool) -> _Said:
        left = f"`{node.left.span.text}`"
        if secret:
            return f"{_holds(holds)} (a secret value is not shown)", None
        if node.operator == "in":
            other: str | None = f"another {left}" if holds else f"a {left} that is listed"
            other = None if isinstance(node.left, c.Constant) else other
            return f"{self.shown(node.left, frame)} is {'' if holds else 'not '}listed", other
        if node.operator == "subset of":
            right = f"`{node.right.span.text}`"
            return f"{left} {'has only' if holds else 'has more than'} what {right} has", None
        operator = node.operator if holds else _NEGATED[node.operator]
        bound = self.shown(node.right, frame)
        text = f"{self.shown(node.left, frame)} {operator} {bound}"
        return text, f"{left} {_INSTEAD[operator]} {bound}"

    def given(self, node: c.Given, holds: bool, frame: Frame, secret: bool) -> _Said:
        is_, other = ("is given", "absent") if holds else ("is absent", "given")
        return is_, f"`{node.operand.span.text}` {other}"

    def quantified(self, node: c.Quantified, holds: bool, frame: Frame, secret: bool) -> _Said:
        items = self._value(node.over, frame)
        if node.bound is None or secret or isinstance(items, Unknown):
            return _holds(holds), None
        truths = (
            as_truth(self._value(node.body, frame.with_locals({node.variable: item})))
            for item in in_order(items)
        )
        return f"holds of {worded(counted(truths))}", None

    def paired(self, node: c.Paired, holds: bool, frame: Frame, secret: bool) -> _Said:
        return ("holds of every pair" if holds else "does not hold of every pair"), None

    def provenance(self, node: c.Provenance, holds: bool, frame: Frame, secret: bool) -> _Said:
        name = f"`{node.operand.span.text}`"
        shown = name if secret else self.shown(node.operand, frame)
        stands, source = _SOURCES[node.word == "dictated"]
        found = holds if node.word != "untrusted" else not holds
        if found:
            return f"{shown} stands in {stands}", None
        return f"{shown} does not stand in {stands}", f"a value of {name} that {source}"

    def origin(self, node: c.Origin, holds: bool, frame: Frame, secret: bool) -> _Said:
        name = f"`{node.operand.span.text}`"
        shown = name if secret else self.shown(node.operand, frame)
        yes, no, source = _ORIGINS[node.word]
        text = f"{shown} {yes if holds else no}".replace("TASK", f"`{node.task}`")
        other = f"a value of {name} that {source}".replace("TASK", f"`{node.task}`")
        return text, None if holds else other

    def asked_for(self, node: c.AskedFor, holds: bool, frame: Frame, secret: bool) -> _Said:
        words = " or ".join(f'"{word}"' for word in node.words)
        if holds:
            return f"the request has {words}", None
        return f"the request has no {words}", f"a request with {words}"

    def seen(self, node: c.Seen, holds: bool, frame: Frame, secret: bool) -> _Said:
        has = "has seen" if holds else "has seen nothing that is"
        return f"the session {has} `{node.label}`", None

    def pattern(self, node: c.Match | c.Like, holds: bool, frame: Frame, secret: bool) -> _Said:
        shown = "a secret" if secret else self.shown(node.operand, frame)
        if isinstance(node, c.Match):
            return f"{shown} {'matches' if holds else 'does not match'}", None
        return f"{shown} is {'' if holds else 'not '}like the pattern", None

    def affix(self, node: c.Affix, holds: bool, frame: Frame, secret: bool) -> _Said:
        if secret:
            return f"{_holds(holds)} (a secret value is not shown)", None
        does = _AFFIXES[node.word][0 if holds else 1]
        return f"{self.shown(node.left, frame)} {does} {self.shown(node.right, frame)}", None

    def recent(self, node: c.Recent, holds: bool, frame: Frame, secret: bool) -> _Said:
        span = f"the last {plain_duration(node.duration)}"
        other = f"`{node.operand.span.text}` {'not in' if holds else 'in'} {span}"
        if secret:
            return f"{_holds(holds)} (a secret value is not shown)", None
        return f"{self.shown(node.operand, frame)} is {'' if holds else 'not '}in {span}", other

    def between(self, node: c.Between, holds: bool, frame: Frame, secret: bool) -> _Said:
        if secret:
            return f"{_holds(holds)} (a secret value is not shown)", None
        times = f"{worded(node.start)} and {worded(node.end)}"
        return (
            f"{self.shown(node.operand, frame)} is {'' if holds else 'not '}between {times}",
            None,
        )

    def happened(self, node: c.Happened, holds: bool, frame: Frame, secret: bool) -> _Said:
        if not holds:
            return "none found", _done(node.occurrence)
        occurrences = Occurrences(node.occurrence, node.window, node.span, self._compiler)
        return f"found: {_last(occurrences, frame)}", None

    def none_since(self, node: c.NoneSince, holds: bool, frame: Frame, secret: bool) -> _Said:
        starts = Occurrences(node.since, node.window, node.span, self._compiler)
        start = _last(starts, frame)
        if holds:
            return f"none since {start}", None
        if start is None:
            return "none found to begin with", _done(node.since)
        occurrences = Occurrences(node.occurrence, node.window, node.span, self._compiler)
        return f"found: {_last(occurrences, frame)}, after {start}", None

    def shown(self, node: c.Checked, frame: Frame) -> str:
        value = self._value(node, frame)
        if isinstance(value, (tuple, list, dict, frozenset)):
            return f"`{node.span.text}`"
        return worded(value)

    def _value(self, node: c.Checked, frame: Frame) -> object:
        return self._compiler.compile(node)(frame)


_Said = tuple[str, str | None]

_HIDDEN = "a secret value is not shown"

_WORDS: Mapping[type, Callable[[_Walk, Any, bool, Frame, bool], _Said]] = {
    c.Compare: _Walk.comparison,
    c.Given: _Walk.given,
    c.Quantified: _Walk.quantified,
    c.Paired: _Walk.paired,
    c.Provenance: _Walk.provenance,
    c.Origin: _Walk.origin,
    c.AskedFor: _Walk.asked_for,
    c.Seen: _Walk.seen,
    c.Match: _Walk.pattern,
    c.Like: _Walk.pattern,
    c.Affix: _Walk.affix,
    c.Recent: _Walk.recent,
    c.Between: _Walk.between,
    c.Happened: _Walk.happened,
    c.NoneSince: _Walk.none_since,
}

_NEGATED = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}

_INSTEAD = {
    "==": "other than",
    "!=": "equal to",
    "<": "at least",
    "<=": "above",
    ">": "at most",
    ">=": "below",
}

_SOURCES = {
    True: ("the user's request", "the user dictated"),
    False: ("the request or a trusted source", "the user dictated or a trusted source showed"),
}

_ORIGINS = {
    "comes from": ("comes from TASK", "does not come from TASK", "TASK returned"),
    "created": (
        "was created in this session",
        "was not created in this session",
        "was created in this session",
    ),
    "named": ("stands in the user's request", "is not in the user's request", "the request names"),
}

_AFFIXES = {
    "starts with": ("starts with", "does not start with"),
    "ends with": ("ends with", "does not end with"),
    "contains": ("contains", "does not contain"),
    "under": ("is under", "is not under"),
}


def _holds(holds: bool) -> str:
    return "holds" if holds else "does not hold"


def _same(one: object, other: object) -> bool:
    if isinstance(one, Unknown) or isinstance(other, Unknown):
        return isinstance(one, Unknown) and isinstance(other, Unknown)
    return one is other


def _done(occurrence: c.Occurrence) -> str:
    return f"{' or '.join(f'`{task}`' for task in sorted(occurrence.tasks))} first"


def _last(occurrences: Occurrences, frame: Frame) -> str | None:
    """The last past action that surely is one of those, by task and time."""
    found = occurrences.found(frame)
    known = [] if isinstance(found, Unknown) else [f.action for f in found if f.truth is True]
    if not known:
        return None
    action = max(known, key=lambda action: action.at)
    return f"`{action.task}` at {timestamp_text(action.at)}"
