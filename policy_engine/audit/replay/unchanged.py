"""What a candidate has in common with the policy by which an action was decided.

A decision that is recorded has the reasons of all rules that applied, also of those that others
outweigh. Where a rule, and everything declared that it rests on, is word for word as it was, it
applies to the same action now if it applied then: so the record settles what cannot be told from it
otherwise, where a datum comes from for instance. Not so of rules that ask about the past, which
may have become another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from policy_engine.audit.replay.candidate import Candidate
from policy_engine.language.digests import described
from policy_engine.language.policy import PolicySet


class Since(NamedTuple):
    """What has not changed since a decision."""

    declarations: bool
    """Whether all that was declared then is declared alike now."""
    rules: frozenset[str]


_NOTHING = Since(False, frozenset())


class Unchanged:
    """By the digest of a policy, what the candidate has in common with it."""

    def __init__(self, candidate: Candidate, was: Iterable[PolicySet]) -> None:
        """`was` are policy sets of the past; of others nothing is known."""
        policy, timeless = candidate.policy, candidate.timeless
        known = {one.digest: _since(one, policy, timeless) for one in was}
        self._known = {**known, policy.digest: Since(True, timeless)}

    def since(self, policy: str | None) -> Since:
        """What is in common with the policy of this digest."""
        return self._known.get(policy or "", _NOTHING)


def _since(was: PolicySet, policy: PolicySet, timeless: frozenset[str]) -> Since:
    if not _declares(was, policy):
        return _NOTHING
    same = (
        name
        for name, rule in was.rules.items()
        if name in timeless and policy.rules[name].digest == rule.digest
    )
    return Since(True, frozenset(same))


def _declares(was: PolicySet, policy: PolicySet) -> bool:
    """Whether a policy set declares all that another does, and of what both have nothing else."""
    alike = all(
        described(getattr(was, name)) == described(getattr(policy, name))
        for name in ("roles", "agents", "humans", "context", "session")
    )
    return (
        alike
        and _zones(was) <= _zones(policy)
        and all(_has(getattr(policy, name), getattr(was, name)) for name in ("tasks", "facts"))
    )


def _zones(policy: PolicySet) -> set[tuple[str, str | None]]:
    """By file of policy, the zone in which its times are."""
    return {(header.name, header.zone) for header in policy.headers}


def _has(members: Mapping[str, object], some: Mapping[str, object]) -> bool:
    return all(
        name in members and described(members[name]) == described(one) for name, one in some.items()
    )
