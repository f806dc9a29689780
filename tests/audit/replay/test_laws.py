"""Laws: the live policy flips nothing of its own past; batches are replayed like single actions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given

from policy_engine.audit.replay import kernel, table
from policy_engine.audit.replay.bands import band_of
from policy_engine.audit.replay.candidate import Candidate
from policy_engine.audit.replay.cases import Answered, Case, remembered
from policy_engine.audit.replay.flips import CELLS, NO_TASK, NUMBERS, WORDS, cell_of, kind_of
from policy_engine.audit.replay.replay import replay
from policy_engine.audit.replay.source import Rows
from policy_engine.audit.replay.table import Replayed
from policy_engine.audit.replay.tally import Tally
from policy_engine.decision.action import Action, named
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.decide import decide
from policy_engine.decision.history import History, PastAction
from policy_engine.language.policy import PolicySet
from policy_engine.loading import check
from tests.audit.busy import BusyDesk
from tests.audit.replay.shop import LIMIT, POLICY, candidate, hourly, parquet, row
from tests.properties.desks import desk, desk_built, desk_scenarios
from tests.properties.drafts import built
from tests.properties.draws import Draw, drawn
from tests.properties.profile import examples
from tests.properties.scenarios import Scenario, scenario
from tests.properties.strategies import draft
from tests.properties.tabled import tabled

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Trial:
    """A policy, and what was answered to actions in the order of time."""

    shown: object
    policy: PolicySet = field(repr=False)
    scenarios: tuple[Scenario, ...] = field(repr=False)
    seed: int


def plain(draw: Draw) -> Trial:
    text = desk(draw, 12)
    found = sorted(desk_scenarios(draw, 60), key=lambda one: one.now)
    return Trial(text, desk_built(text), tuple(found), draw.number(0, 2**32))


def intricate(draw: Draw) -> Trial:
    """Anything that a policy can say, limits and questions about the past too."""
    drawn_ = draft(draw, 6)
    policy = built(drawn_)
    found = sorted((scenario(draw, policy) for _ in range(25)), key=lambda one: one.now)
    return Trial(drawn_, policy, tuple(found), draw.number(0, 2**32))


@examples(30)
@given(drawn(plain))
def test_batches_are_replayed_like_single_actions(one: Trial) -> None:
    replayed_alike(one)


@examples(12)
@given(drawn(intricate))
def test_whatever_a_policy_says(one: Trial) -> None:
    replayed_alike(one)


def replayed_alike(one: Trial) -> None:
    draw = Draw(one.seed)
    tried = Candidate(one.policy)
    asked = tabled(draw, one.scenarios)
    words = [draw.pick(WORDS[:4]) for _ in one.scenarios]
    past = asked.table.append_column("outcome", pa.array(words))
    found = Replayed(tried, NOON, 2)
    found.table(Cut(past, 17), lambda _: None)  # type: ignore[arg-type]
    assert found.unreads.number == 0
    expected = naive(tried, list(zip(asked.actions, words, strict=True)))
    assert counts(found.tally) == counts(expected)


@dataclass
class Cut:
    """A table in batches of so many rows."""

    table: pa.Table
    size: int

    def batches(self) -> Iterator[Rows]:
        first = 1
        for batch in self.table.combine_chunks().to_batches(max_chunksize=self.size):
            yield Rows(first, batch)
            first += len(batch)


def naive(tried: Candidate, past: list[tuple[tuple[Action, Circumstances], str]]) -> Tally:
    """Each action by `decide`, in a history that is put together anew each time."""
    tally, before = Tally(), list[PastAction]()
    for (action, given_), word in past:
        case = Case("", action, NUMBERS[word], given_.now)
        decision = decide(
            tried.program,
            action,
            Circumstances(
                given_.now,
                given_.roles,
                facts=given_.facts,
                history=History(before),
                attributes=given_.attributes,
            ),
        )
        rules = tuple(sorted(decision.rules))
        found = Answered(NUMBERS[decision.outcome.word], rules)
        if action.task not in tried.policy.tasks:
            found = Answered(NO_TASK, ())
        cell = cell_of(case.recorded, found.answer)
        tally.cells[cell] += 1
        tally.tasks.add(str(action.task), cell)
        tally.agents.add(named(action.principal), cell)
        for rule in found.rules or ("",):
            tally.rules.add(rule, cell)
        for name in tried.amounts:
            band = band_of(name, action.input.get(name))
            if band is not None:
                tally.amounts.add(band, cell)
        before.append(remembered(case, found))
    return tally


def counts(tally: Tally) -> dict[str, object]:
    """A tally as plain data."""
    groups = {
        name: {key: Counter(cells) for key, cells in getattr(tally, name).counts.items()}
        for name in ("tasks", "agents", "rules", "amounts")
    }
    return {"cells": tally.cells, **groups}


def test_the_live_policy_flips_nothing_of_its_own_record(desk: BusyDesk) -> None:
    answer = replay(Candidate(desk.engine.policy), desk.store)
    assert answer.total == 11
    assert [cell for cell, number in enumerate(answer.cells) if number and kind_of(cell)] == []


@pytest.mark.parametrize("suite", ["banking", "slack", "travel", "workspace"])
def test_a_policy_that_ships_flips_nothing_of_what_it_answered(suite: str, tmp_path: Path) -> None:
    """To an action of each of its tasks, as a table; then the table is replayed."""
    policy, _ = check(ROOT / "policies" / "agentdojo" / f"{suite}.policy")
    assert policy is not None
    tried = Candidate(policy)
    role = next(name for name, one in policy.roles.items() if one.kind != "human")
    rows = [
        {
            "task": name,
            "principal": "bot-7",
            "kind": "agent",
            "roles": ["nobody" if at % 3 == 0 else role],
            "now": NOON,
            "outcome": "deny",
        }
        for at, name in enumerate(sorted(policy.tasks))
    ]
    place = parquet(tmp_path, rows)
    told = tried.prepared
    assert told is tried.prepared, "made once"
    first = replay(tried, place, examples=len(rows))
    flipped = {int(one.place.removeprefix("row ")): one.cell for one in first.examples}
    for at, one in enumerate(rows, 1):
        one["outcome"] = WORDS[flipped.get(at, cell_of(3, 3)) % len(WORDS)]
    again = replay(tried, parquet(tmp_path, rows))
    assert first.total == len(rows)
    assert again.flips == ()


def test_threads_make_no_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = hourly(row(at % 700, WORDS[at % 4], principal=f"bot-{at % 5}") for at in range(400))
    place = parquet(tmp_path, rows)
    tried = candidate(tmp_path, POLICY + LIMIT)
    found = []
    for threads in (1, 2, 5):
        monkeypatch.setattr(table, "THREADS", threads)
        monkeypatch.setattr("policy_engine.audit.replay.source._ROWS", 37)
        found.append(replay(tried, place))
    assert found[0] == found[1] == found[2]
    assert found[0].total == 400


def test_however_names_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = parquet(tmp_path, [row(at, principal=f"bot-{at % 9}") for at in range(100)])
    tried = candidate(tmp_path)
    usual = replay(tried, place)
    monkeypatch.setattr(kernel, "_MOST_CELLS", 0)
    assert replay(tried, place) == usual


def test_a_cell_is_a_flip_of_one_kind_or_none() -> None:
    same = {cell_of(word, word) for word in range(4)}
    assert {cell for cell in range(CELLS) if kind_of(cell) is None} == same
