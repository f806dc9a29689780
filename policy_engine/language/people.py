"""Who is asked: roles, quorums, ladders; whom a rule is about."""

from __future__ import annotations

import itertools
from datetime import timedelta

from policy_engine.foundation.diagnostics import Label
from policy_engine.language import codes, tree as t
from policy_engine.language.declare import Declarations
from policy_engine.language.definitions import KINDS
from policy_engine.language.policy import Kind, Ladder, Party, Rung, Subject
from policy_engine.language.report import Report

CLOCK = timedelta(hours=24)
"""How long people have where the policy does not say."""


class People:
    """Looks up subjects and ladders of one policy set."""

    def __init__(self, found: Declarations, report: Report) -> None:
        self._found = found
        self._report = report

    def subject(self, subjects: t.Subjects) -> Subject | None:
        """Who a rule is about, or None with the reason reported."""
        if subjects.every:
            kind = None if subjects.every == "principal" else subjects.every
            return Subject(frozenset(), kind, subjects.span)
        nodes = [self._found.role(name, self._report) for name in subjects.roles]
        names = frozenset(node.name.text for node in nodes if node is not None)
        return Subject(names, None, subjects.span) if all(nodes) else None

    def kind_of(self, subject: Subject) -> Kind | None:
        """The only kind of principal that a subject can be."""
        if subject.kind is not None or not subject.roles:
            return subject.kind
        kinds = {self._found.roles[role].kind for role in subject.roles}
        only = kinds.pop() if len(kinds) == 1 else None
        return KINDS[only] if only else None

    def ladder(self, rungs: t.Ladder) -> Ladder | None:
        """Rungs with roles that people hold; None where a role is wrong."""
        asked = [rung for rung in rungs if rung.parties]
        result: list[Rung] = []
        for rung in asked:
            parties = self.parties(rung.parties)
            if parties is None:
                return None
            result.append(Rung(parties, rung.within or CLOCK))
        for number, (earlier, later) in enumerate(itertools.pairwise(result), 1):
            if later.quorum < earlier.quorum:
                title = "a later rung of this ladder asks fewer people"
                label = f"{later.quorum} after {earlier.quorum}: waiting makes it easier"
                self._report.add(codes.WEAKER_RUNG, title, asked[number].span, label)
        return tuple(result)

    def parties(self, nodes: tuple[t.PartyNode, ...]) -> tuple[Party, ...] | None:
        """People of roles that are for humans, each role named once."""
        result: dict[str, Party] = {}
        for node in nodes:
            role = self._found.role(node.role, self._report)
            if role is None or not self._for_humans(role, node.role):
                return None
            name = role.name.text
            if name in result:
                title = f"`{name}` is asked twice"
                label = f"write `{result[name].quorum + node.quorum} of {name}`"
                self._report.add(codes.TWICE_IN_STATEMENT, title, node.role.span, label)
                return None
            result[name] = Party(name, node.quorum)
        return tuple(result[name] for name in sorted(result))

    def _for_humans(self, role: t.RoleNode, name: t.Name) -> bool:
        if role.kind == "humans":
            return True
        self._report.add(
            codes.WRONG_KIND,
            f"only people approve, and `{role.name.text}` is not a role for humans",
            name.span,
            "asked to approve here",
            also=(Label(role.name.span, "declared here", primary=False),),
            help_=f"declare `role {role.name.text} for humans`"
            if role.kind is None
            else "name a role that people hold",
        )
        return False
