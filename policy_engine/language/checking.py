"""What all checks of expressions share: how to check a part, and how to refuse one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from policy_engine.foundation.diagnostics import Code, Label
from policy_engine.foundation.source import Span
from policy_engine.language import checked as c, codes, tree as t
from policy_engine.language.abouts import Abouts
from policy_engine.language.declare import Declarations
from policy_engine.language.report import Report
from policy_engine.language.scope import Feature, Scope
from policy_engine.language.type_rules import article
from policy_engine.values.types import Type


class Checking:
    """The part of `Expressions` that its themes rest on."""

    def __init__(
        self, found: Declarations, abouts: Abouts, report: Report, kept: timedelta | None = None
    ) -> None:
        self._found = found
        self._report = report
        self.abouts = abouts
        self.told: set[str] = set()
        """The tags that something is said about."""
        self.kept = kept
        """How long the store keeps the past; None: for ever."""

    def targets(self, targets: t.Targets) -> list[str] | None:
        """The tasks that a rule or a question is about, or None with the reason reported."""
        if targets.tag is not None:
            return self._tagged(targets.tag)
        if not targets.names:
            if not self._found.tasks:
                title = "there is no task that this rule could be about"
                self._report.add(codes.NO_TARGETS, title, targets.span, "no task is declared")
            return list(self._found.tasks) or None
        known = [self._found.task(name, self._report) for name in targets.names]
        present = [node.name.text for node in known if node is not None]
        return present if len(present) == len(known) else None

    def _tagged(self, tag: t.Name) -> list[str] | None:
        self.told.add(tag.text)
        tagged = self.abouts.tagged(tag.text)
        if not tagged:
            label = "no task carries it, so the rule would never apply"
            known = self.abouts.tags().items()
            self._report.unknown(codes.UNKNOWN_TAG, "tag", tag, known, label)
        return tagged or None

    def value(self, node: t.Expression, scope: Scope) -> c.Checked | None:
        """An expression of any type, or None with all that is wrong with it reported."""
        raise TypeError("made whole by `Expressions`")

    def condition(self, node: t.Expression, scope: Scope) -> c.Checked | None:
        """An expression that is true, false or unknown."""
        raise TypeError("made whole by `Expressions`")

    def _refuse(
        self,
        code: Code,
        title: str,
        span: Span,
        label: str,
        *,
        also: tuple[Label, ...] = (),
        help_: str | None = None,
    ) -> None:
        self._report.add(code, title, span, label, also=also, help_=help_)

    def _each(
        self,
        operands: Sequence[c.Checked],
        holds: Callable[[Type], bool],
        code: Code,
        title: str,
    ) -> bool:
        for operand in operands:
            if not holds(operand.type):
                self._refuse(code, title, operand.span, f"this is {article(operand.type)}")
                return False
        return True

    def _allowed(self, feature: Feature, scope: Scope, span: Span) -> bool:
        """Whether a condition may rest on this here."""
        why = scope.closed.get(feature)
        if why is not None:
            self._refuse(codes.NOT_HERE, f"{_FEATURES[feature]} cannot stand here", span, why)
        return why is None

    def _variable(self, name: t.Name, scope: Scope) -> bool:
        """Whether a name is free to stand for an item."""
        taken = bool(scope.meanings(name.text)) or scope.is_root(name.text)
        if taken:
            self._refuse(
                codes.RESERVED,
                f"`{name.text}` already means something here",
                name.span,
                "choose another name for the item",
            )
        return not taken

    def _zone(self, span: Span, scope: Scope) -> str | None:
        """The zone in which calendar words are meant."""
        zone = scope.world.names.zone(span)
        if zone is None:
            self._refuse(
                codes.NO_ZONE,
                "in which time zone?",
                span,
                "a calendar word, which needs one",
                help_='say it once at the top of the file: `times in "Europe/Warsaw"`',
            )
        return zone


_FEATURES: dict[Feature, str] = {
    "facts": "a fact",
    "provenance": "where a datum comes from",
    "session": "what the session has seen",
    "past": "a question about the past",
    "the request asks for": "`the request asks for`",
}


def every(parts: Sequence[c.Checked | None]) -> list[c.Checked] | None:
    """All of the parts, or None where one of them failed."""
    present = [part for part in parts if part is not None]
    return present if len(present) == len(parts) else None


def counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
