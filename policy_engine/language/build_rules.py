"""Builds rules, constraints, exceptions and guarantees; refuses clauses that do not belong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from policy_engine.foundation.diagnostics import Label
from policy_engine.language import codes, literals, tree as t
from policy_engine.language.building import Building, Clause, Part, Refused, once, value_of

_ASKING = (t.EscalateNode, t.LimitNode)
_ONLY_FOR: dict[str, tuple[tuple[type, ...], str]] = {
    "within": (_ASKING, "only `escalate` asks people, who have a time"),
    "otherwise": (_ASKING, "only `escalate` and `limit` have an `otherwise`"),
    "on_failure": ((t.RequireNode,), "only what is required can fail"),
    "fresh": ((t.RequireNode,), "only a validation can be fresh"),
}
_WORDS = {"on_failure": "on failure", "fresh": "fresh for", "observe": "observe until"}


class RuleBuilder(Building):
    """One method for each effect and each clause of `policy.lark`."""

    def rule(self, parts: Sequence[Part]) -> t.RuleNode:
        _, name, title, *found = parts
        effect: Any = next(
            part for part in found if not isinstance(part, (Clause, t.ConditionNode))
        )
        asked: tuple[t.PartyNode, ...] | None = None
        if isinstance(effect, Asking):
            effect, asked = effect.effect, effect.parties
        return self._rule(name, title, effect, asked, found, parts)

    def constraint(self, parts: Sequence[Part]) -> t.RuleNode:
        _, name, title, *found = parts
        targets = next(
            part for part in found if isinstance(part, t.Targets | tuple) and _is_target(part)
        )
        effect = t.NeverNode(as_targets(targets), as_targets(targets).span)
        return self._rule(name, title, effect, None, found, parts)

    def _rule(
        self,
        name: Part,
        title: Part | None,
        effect: t.EffectNode,
        asked: tuple[t.PartyNode, ...] | None,
        found: Sequence[Part],
        parts: Sequence[Part],
    ) -> t.RuleNode:
        clauses = [part for part in found if isinstance(part, Clause)]
        for clause in clauses:
            _refuse_misplaced(clause, effect)
        return t.RuleNode(
            name=self.named(name),
            title=None if title is None else literals.text(title, self.place(title)),
            effect=effect,
            conditions=tuple(part for part in found if isinstance(part, t.ConditionNode)),
            ladder=_ladder(asked, clauses, effect.span),
            on_failure=value_of(once(clauses, "on_failure", "on failure")),
            fresh_for=value_of(once(clauses, "fresh", "fresh for")),
            observe_until=value_of(once(clauses, "observe", "observe until")),
            satisfies=_satisfied(clauses),
            hint=value_of(once(clauses, "hint")),
            instead=value_of(once(clauses, "instead")),
            span=self.span(parts),
        )

    # Effects

    def permit(self, parts: Sequence[Part]) -> t.GrantNode:
        _, subjects, _, targets = parts
        return t.GrantNode("permit", as_subjects(subjects), as_targets(targets), self.span(parts))

    def forbid(self, parts: Sequence[Part]) -> t.GrantNode:
        _, subjects, _, targets = parts
        return t.GrantNode("forbid", as_subjects(subjects), as_targets(targets), self.span(parts))

    def only_when(self, parts: Sequence[Part]) -> t.OnlyWhenNode:
        targets, _, _, condition = parts
        return t.OnlyWhenNode(as_targets(targets), condition, self.span(parts))

    def only_after(self, parts: Sequence[Part]) -> t.OnlyAfterNode:
        targets, only, after, occurrence, where, window = parts
        span = self.span((only, after, occurrence, where, window))
        past = t.PastNode("exists", None, occurrence, where, window, span)
        self.deepen((where,), past)
        return t.OnlyAfterNode(as_targets(targets), past, self.span(parts))

    def require(self, parts: Sequence[Part]) -> t.RequireNode:
        _, validations, when, targets = parts
        after = when == "after"
        return t.RequireNode(validations, as_targets(targets), after, self.span(parts))

    def confirm(self, parts: Sequence[Part]) -> t.ConfirmNode:
        return t.ConfirmNode(as_targets(parts[3]), self.span(parts))

    def escalate(self, parts: Sequence[Part]) -> Asking:
        _, targets, _, parties = parts
        return Asking(t.EscalateNode(as_targets(targets), self.span(parts)), parties)

    def limit(self, parts: Sequence[Part]) -> t.LimitNode:
        _, _, _, sum_of, _, targets, _, _, bound, _, per, window = parts
        return t.LimitNode(as_targets(targets), sum_of, bound, per or (), window, self.span(parts))

    def any_subject(self, parts: Sequence[Part]) -> t.Subjects:
        every: Any = str(parts[1])
        return t.Subjects((), every, self.span(parts))

    def any_task(self, parts: Sequence[Part]) -> t.Targets:
        return t.Targets((), None, self.span(parts))

    def tagged(self, parts: Sequence[Part]) -> t.Targets:
        return t.Targets((), self.named(parts[2]), self.span(parts))

    def people(self, parts: Sequence[Part]) -> tuple[t.PartyNode, ...]:
        return tuple(parts[0::2])

    def party(self, parts: Sequence[Part]) -> t.PartyNode:
        number, _, role = parts
        place = role.span if number is None else self.place(number)
        quorum = 1 if number is None else literals.whole(number, place, "a quorum", 1)
        return t.PartyNode(quorum, place, role, self.span(parts))

    # Clauses

    def when(self, parts: Sequence[Part]) -> t.ConditionNode:
        return t.ConditionNode("when", parts[1], self.span(parts))

    def unless(self, parts: Sequence[Part]) -> t.ConditionNode:
        return t.ConditionNode("unless", parts[1], self.span(parts))

    def within(self, parts: Sequence[Part]) -> Clause:
        place = self.place(parts[1])
        return Clause("within", literals.duration(parts[1], place), self.span(parts))

    def otherwise(self, parts: Sequence[Part]) -> Clause:
        parties = parts[-1] if isinstance(parts[-1], tuple) else ()
        return Clause("otherwise", parties, self.span(parts[1:]))

    def satisfies(self, parts: Sequence[Part]) -> Clause:
        return Clause("satisfies", parts[1], self.span(parts))

    def observe(self, parts: Sequence[Part]) -> Clause:
        return Clause("observe", self._day(parts[1]), self.span(parts))

    def hint(self, parts: Sequence[Part]) -> Clause:
        return Clause("hint", literals.text(parts[1], self.place(parts[1])), self.span(parts))

    def instead(self, parts: Sequence[Part]) -> Clause:
        return Clause("instead", parts[1], self.span(parts))

    def on_failure(self, parts: Sequence[Part]) -> Clause:
        span, last = self.span(parts), parts[-1]
        retries, parties = 0, ()
        if isinstance(last, tuple):
            parties = last
        elif last.type == "NUMBER":
            retries = literals.whole(last, self.place(last), "a number of retries", 1)
        return Clause("on_failure", t.FailureNode(retries, parties, span), span)

    def fresh(self, parts: Sequence[Part]) -> Clause:
        place = self.place(parts[1])
        return Clause("fresh", literals.duration(parts[1], place), self.span(parts))

    # Exceptions and guarantees

    def exception(self, parts: Sequence[Part]) -> t.ExceptionNode:
        _, name, title, _, rule, subjects, *found = parts
        clauses = [part for part in found if isinstance(part, Clause)]
        until, approved, signed = (
            self._needed(clauses, kind, word, name)
            for kind, word in (
                ("until", "until"),
                ("approved_by", "approved by"),
                ("signed_by", "escalate to"),
            )
        )
        return t.ExceptionNode(
            name=self.named(name),
            title=None if title is None else literals.text(title, self.place(title)),
            rule=rule,
            subjects=subjects,
            conditions=tuple(part for part in found if isinstance(part, t.ConditionNode)),
            until=until.value,
            approved_by=approved.value,
            approved_span=approved.span,
            ladder=_ladder(signed.value, clauses, signed.span),
            span=self.span(parts),
        )

    def for_whom(self, parts: Sequence[Part]) -> t.Subjects:
        return as_subjects(parts[1])

    def _needed(self, clauses: Sequence[Clause], kind: str, word: str, name: Part) -> Clause:
        found = once(clauses, kind, word)
        if found is None:
            label = Label(self.place(name), f"no `{word}`")
            title = f"an exception says `{word}`"
            help_ = 'say all three: `until DATE approved by "…" escalate to ROLE`'
            raise Refused(codes.UNEXPECTED, title, label, help_)
        return found

    def until(self, parts: Sequence[Part]) -> Clause:
        return Clause("until", self._day(parts[1]), self.span(parts))

    def approved_by(self, parts: Sequence[Part]) -> Clause:
        place = self.place(parts[1])
        return Clause("approved_by", literals.text(parts[1], place), place)

    def signed_by(self, parts: Sequence[Part]) -> Clause:
        return Clause("signed_by", parts[2], self.span(parts))

    def guarantee(self, parts: Sequence[Part]) -> t.GuaranteeNode:
        _, name, title, *found = parts
        claim = next(part for part in found if isinstance(part, Clause) and part.kind in _CLAIMS)
        clauses = [part for part in found if isinstance(part, Clause)]
        word: Any = claim.kind
        return t.GuaranteeNode(
            name=self.named(name),
            title=None if title is None else literals.text(title, self.place(title)),
            claim=word,
            conditions=tuple(part for part in found if isinstance(part, t.ConditionNode)),
            satisfies=_satisfied(clauses),
            span=self.span(parts),
            **claim.value,
        )

    def can(self, parts: Sequence[Part]) -> Clause:
        return self._claimed("can", parts, targets=parts[2], subjects=parts[0])

    def can_never(self, parts: Sequence[Part]) -> Clause:
        return self._claimed("can never", parts, targets=parts[3], subjects=parts[0])

    def need_approval(self, parts: Sequence[Part]) -> Clause:
        parties = parts[-1] if isinstance(parts[-1], tuple) else ()
        return self._claimed("always need approval", parts, targets=parts[0], parties=parties)

    def need_validation(self, parts: Sequence[Part]) -> Clause:
        return self._claimed("always need", parts, targets=parts[0], validations=parts[2])

    def _claimed(
        self,
        kind: str,
        parts: Sequence[Part],
        *,
        targets: Part,
        subjects: Part = None,
        parties: tuple[t.PartyNode, ...] = (),
        validations: tuple[t.Name, ...] = (),
    ) -> Clause:
        value = {
            "targets": as_targets(targets),
            "subjects": None if subjects is None else as_subjects(subjects),
            "parties": parties,
            "validations": validations,
        }
        return Clause(kind, value, self.span(parts))

    def _day(self, token: Part) -> t.Day:
        place = self.place(token)
        return t.Day(literals.day(token, place), place)


class Asking:
    """`escalate T to PEOPLE` on its way into a rule: the effect, and its first rung."""

    def __init__(self, effect: t.EscalateNode, parties: tuple[t.PartyNode, ...]) -> None:
        self.effect = effect
        self.parties = parties
        self.span = effect.span


_CLAIMS = ("can", "can never", "always need approval", "always need")


def as_subjects(part: t.Subjects | tuple[t.Name, ...]) -> t.Subjects:
    if isinstance(part, t.Subjects):
        return part
    return t.Subjects(part, None, part[0].span.to(part[-1].span))


def as_targets(part: t.Targets | tuple[t.Name, ...]) -> t.Targets:
    if isinstance(part, t.Targets):
        return part
    return t.Targets(part, None, part[0].span.to(part[-1].span))


def _is_target(part: Part) -> bool:
    return isinstance(part, t.Targets) or (isinstance(part, tuple) and not isinstance(part, Clause))


def _satisfied(clauses: Sequence[Clause]) -> tuple[t.Name, ...]:
    return tuple(name for clause in clauses if clause.kind == "satisfies" for name in clause.value)


def _refuse_misplaced(clause: Clause, effect: t.EffectNode) -> None:
    """A clause that would mean nothing where it stands."""
    word = _WORDS.get(clause.kind, clause.kind)
    effects, why = _ONLY_FOR.get(clause.kind, ((object,), ""))
    if isinstance(effect, t.GrantNode) and effect.effect == "permit":
        if clause.kind == "observe":
            effects, why = (), "a permit is not observed; try a whole policy beside the live one"
        elif clause.kind in ("hint", "instead"):
            effects, why = (), "a permit stops nothing, so there is nothing to advise"
    if isinstance(effect, t.ConfirmNode) and clause.kind in ("on_failure", "fresh"):
        effects, why = (), "a confirmation is there or it is not"
    if not isinstance(effect, effects):
        title = f"`{word}` does not belong to this rule"
        raise Refused(codes.MISPLACED, title, Label(clause.span, why))


def _ladder(
    asked: tuple[t.PartyNode, ...] | None, clauses: Sequence[Clause], place: Any
) -> t.Ladder:
    """Rungs in order: who is asked, for how long, and who then; empty where nobody is asked."""
    rungs: list[t.RungNode] = [] if asked is None else [t.RungNode(asked, None, place)]
    for clause in clauses:
        if clause.kind == "within":
            if not rungs or rungs[-1].within is not None or not rungs[-1].parties:
                label = Label(clause.span, "nobody is asked here who could have this time")
                raise Refused(codes.MISPLACED, "a time for nobody", label)
            rungs[-1] = t.RungNode(rungs[-1].parties, clause.value, rungs[-1].span)
        elif clause.kind == "otherwise":
            if rungs and not rungs[-1].parties:
                label = Label(clause.span, "`deny` is the end")
                raise Refused(codes.MISPLACED, "nothing comes after deny", label)
            rungs.append(t.RungNode(clause.value, None, clause.span))
    return tuple(rungs)
