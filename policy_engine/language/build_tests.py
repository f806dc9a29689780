"""Builds tests: what is given, what is done, what is expected."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from policy_engine.language import literals, tree as t
from policy_engine.language.build_expressions import datum, value_node
from policy_engine.language.building import Building, Clause, Part


class ScenarioBuilder(Building):
    """One method for each `given`, and the test itself."""

    def test(self, parts: Sequence[Part]) -> t.TestNode:
        _, title, _, _, cases, *givens = parts[:-9]
        _, task, input_, _, outcome, _, roles, _, because = parts[-9:]
        is_word = isinstance(outcome, str)
        return t.TestNode(
            title=literals.text(title, self.place(title)),
            title_span=self.place(title),
            cases=None if cases is None else literals.text(cases, self.place(cases)),
            cases_span=None if cases is None else self.place(cases),
            givens=tuple(givens),
            task=task,
            input=input_,
            outcome=str(outcome) if is_word else outcome,
            outcome_span=self.place(outcome) if is_word else outcome.span,
            roles=roles or (),
            because=because or (),
            span=self.span(parts),
        )

    def given_principal(self, parts: Sequence[Part]) -> t.GivenPrincipal:
        _, word, id_, _, roles, _, attributes = parts
        kind: Any = str(word)
        return t.GivenPrincipal(kind, _said(id_), roles or (), attributes, self.span(parts))

    def given_behalf(self, parts: Sequence[Part]) -> t.GivenBehalf:
        return t.GivenBehalf(_said(parts[2]), self.span(parts))

    def given_context(self, parts: Sequence[Part]) -> t.GivenAttributes:
        return t.GivenAttributes("context", parts[2], self.span(parts))

    def given_session(self, parts: Sequence[Part]) -> t.GivenAttributes:
        return t.GivenAttributes("session", parts[2], self.span(parts))

    def given_request(self, parts: Sequence[Part]) -> t.GivenRequest:
        return t.GivenRequest(_said(parts[2]), self.span(parts))

    def given_now(self, parts: Sequence[Part]) -> t.GivenNow:
        at = parts[2]
        now: datetime | t.FromCase = (
            at if isinstance(at, t.FromCase) else literals.instant(at, self.place(at))
        )
        return t.GivenNow(now, self.span(parts))

    def given_fact(self, parts: Sequence[Part]) -> t.GivenFact:
        _, name, value = parts
        return t.GivenFact(name, value_node(value), self.span(parts))

    def given_output(self, parts: Sequence[Part]) -> t.GivenOutput:
        _, task, input_, _, value, ago = parts
        return t.GivenOutput(task, input_, value_node(value), _ago(ago), self.span(parts))

    def given_past(self, parts: Sequence[Part]) -> t.GivenPast | t.GivenValidation:
        _, number, _, task, input_, word, ago, by = parts
        if word == "failed" and number is input_ is ago is by is None:
            return t.GivenValidation(task, False, self.span(parts))
        many = 1 if number is None else literals.whole(number, self.place(number), "a number", 1)
        stage: Any = str(word)
        said = t.ValueNode({}, task.span) if input_ is None else input_
        return t.GivenPast(many, task, said, stage, _ago(ago), by and by.value, self.span(parts))

    def by(self, parts: Sequence[Part]) -> Clause:
        _, kind, id_ = parts
        return Clause("by", (str(kind), literals.text(id_, self.place(id_))), self.span(parts))

    def ago(self, parts: Sequence[Part]) -> Clause:
        return Clause("ago", literals.duration(parts[0], self.place(parts[0])), self.span(parts))

    def given_validation(self, parts: Sequence[Part]) -> t.GivenValidation:
        return t.GivenValidation(parts[1], True, self.span(parts))

    def given_approval(self, parts: Sequence[Part]) -> t.GivenApproval:
        _, _, by, _, roles, ago = parts
        return t.GivenApproval(self._text(by), roles, _ago(ago), self.span(parts))

    def given_rejection(self, parts: Sequence[Part]) -> t.GivenAnswer:
        _, _, by, ago = parts
        return t.GivenAnswer("rejection", self._text(by), _ago(ago), self.span(parts))

    def given_confirmation(self, parts: Sequence[Part]) -> t.GivenAnswer:
        _, _, by, ago = parts
        return t.GivenAnswer("confirmation", self._text(by), _ago(ago), self.span(parts))

    def given_asked(self, parts: Sequence[Part]) -> t.GivenAsked:
        return t.GivenAsked(parts[2].value, self.span(parts))

    def _text(self, token: Part) -> str:
        return literals.text(token, self.place(token))


def _said(part: t.LiteralNode | t.FromCase) -> Any:
    return datum(part)


def _ago(clause: Clause | None) -> Any:
    return clause and clause.value
