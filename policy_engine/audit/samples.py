"""Which actions a report tells one by one: of each ending a few, of as many rules as possible.

The choice is the same for the same record. What waits or is ready is chosen oldest first, all else
newest first; the rules that stopped most come first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from policy_engine.audit.story import Standing, Story

MOST_CARDS = 12
_MOST_RAN = 3
"""Of what simply ran, a few are enough to see what that looks like."""
_OLDEST_FIRST = (Standing.READY, Standing.WAITS)


@dataclass(frozen=True, slots=True)
class Samples:
    """The chosen actions by ending, and where each rule has an example among them."""

    of: Mapping[Standing, tuple[Story, ...]]
    by_rule: Mapping[str, int]
    """By its key, the first entry of an action that a rule (or code) refused or held."""

    @property
    def entries(self) -> frozenset[int]:
        """The first entries of all chosen actions."""
        return frozenset(story.entry for chosen in self.of.values() for story in chosen)


def samples(stories: Iterable[Story]) -> Samples:
    """Chooses among these actions."""
    told = tuple(stories)
    ended: dict[Standing, list[Story]] = {standing: [] for standing in Standing}
    for story in told:
        ended[story.standing].append(story)
    of = {standing: _chosen(own, standing) for standing, own in ended.items()}
    by_rule: dict[str, int] = {}
    for story in (*(story for chosen in of.values() for story in chosen), *told):
        for key in story.stopping:
            by_rule.setdefault(key, story.entry)
    return Samples(of, by_rule)


def _chosen(own: Sequence[Story], standing: Standing) -> tuple[Story, ...]:
    """One of each kind in turn, the largest kind first, until there are enough."""
    kinds: dict[tuple[str, ...], list[Story]] = {}
    for story in own if standing in _OLDEST_FIRST else own[::-1]:
        kinds.setdefault(_kind(story), []).append(story)
    ordered = sorted(kinds.values(), key=lambda of_kind: -len(of_kind))
    most = _MOST_RAN if standing in (Standing.RAN, Standing.CONFIRMED) else MOST_CARDS
    turns = max((len(of_kind) for of_kind in ordered), default=0)
    found: list[Story] = []
    for turn in range(turns):
        found += [of_kind[turn] for of_kind in ordered if turn < len(of_kind)]
        if len(found) >= most:
            break
    return tuple(found[:most])


def _kind(story: Story) -> tuple[str, ...]:
    """What it has in common with others: the first rule that stopped it, else its task."""
    return story.stopping[:1] or (story.task,)
