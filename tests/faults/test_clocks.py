"""A clock that is set: forwards past an end, and back again. What has ended does not begin anew."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise

import pytest

from policy_engine import ApprovalError, Gate, Human
from tests.faults.audit import books_of, records_of
from tests.faults.conftest import Stage
from tests.faults.processes import apart, children
from tests.faults.scene import ANA, Scene, eventually, pay

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
CEILING = 3
POLICY = """
policy desk.t "T" owner "o@desk.example"
role bot for agents
role boss for humans
task pay { input amount: Decimal }
rule pays permit bot to pay
rule signed escalate pay to boss within 1 hour when amount > 100
rule most limit pay to at most 3 within 1 day
"""
ROLES = "g, a, bot\ng, ana, boss\ng, ben, boss\ng, kim, clerk\n"


@pytest.fixture
def scene(stage: Stage) -> Scene:
    made = stage(POLICY, ROLES, ceilings=(("pay", CEILING),))
    made.clock.set(NOON)
    return made


def holding(scene: Scene, signed: bool) -> Callable[[], tuple[str, str]]:
    """A payment that waits, signed or not: its id and its ticket."""

    def act() -> tuple[str, str]:
        gate = scene.gate()
        held = scene.held(gate, 500)
        if signed:
            gate.approve(str(held.ticket), by=ANA)
        gate.close()
        return str(held.id), str(held.ticket)

    return act


def taking_up(scene: Scene, id_: str, ticket: str = "") -> Callable[[], tuple[str, str]]:
    """Signs where there is a ticket, and takes the action up: the refusal, and how it stands."""

    def act() -> tuple[str, str]:
        gate = scene.gate()
        refused = signs(gate, ticket, "ana") if ticket else ""
        status = gate.resume(id_).status.value
        gate.close()
        return refused, status

    return act


def signs(gate: Gate, ticket: str, by: str) -> str:
    """Why a signature was refused, by its code; empty where it was not."""
    try:
        gate.approve(ticket, by=Human(by))
    except ApprovalError as error:
        return str(error)[:4]
    return ""


def paying(scene: Scene, times: int) -> Callable[[], list[str]]:
    """So many small payments, one after the other."""

    def act() -> list[str]:
        gate = scene.gate()
        found = [scene.tell(gate.submit(pay(n + 1))).status.value for n in range(times)]
        gate.close()
        return found

    return act


def working(scene: Scene) -> Callable[[], None]:
    gate = scene.gate()

    def act() -> None:
        gate.work()
        eventually((scene.folder / "over").exists)
        gate.close()

    return act


@pytest.mark.parametrize("signed", [False, True], ids=["unsigned", "signed"])
@pytest.mark.parametrize("back", [timedelta(minutes=1), timedelta(days=2), timedelta(days=400)])
def test_what_has_ended_stays_ended(scene: Scene, signed: bool, back: timedelta) -> None:
    """Its hour ends, or the day for which a signature counts; then the clock is set back."""
    id_, ticket = apart(partial(holding, scene, signed))
    scene.clock.move(hours=25)
    assert apart(partial(taking_up, scene, id_)) == ("", "denied")
    scene.clock.set(scene.clock.now() - back)
    assert apart(partial(taking_up, scene, id_, ticket)) == ("R606", "denied")
    assert scene.effects() == []


def test_a_worker_ends_what_a_jump_has_ended_and_nothing_that_comes_after(scene: Scene) -> None:
    id_, ticket = apart(partial(holding, scene, False))
    with children(partial(working, scene)) as (worker,):
        scene.clock.move(hours=2)
        assert eventually(lambda: books_of(scene).statuses[id_] == "denied")
        scene.clock.move(hours=-3)
        assert apart(partial(taking_up, scene, id_, ticket)) == ("R606", "denied")
        later, fresh = apart(partial(holding, scene, False))
        assert apart(partial(taking_up, scene, later, fresh)) == ("", "executed")
        (scene.folder / "over").touch()
        worker.answer()
    assert [effect.key for effect in scene.effects()] == [later]


@pytest.mark.parametrize("back", [timedelta(hours=1), timedelta(days=2), timedelta(days=40)])
def test_a_signature_that_is_yet_to_come_does_not_count(scene: Scene, back: timedelta) -> None:
    """The clock is set back to before Ana signed: it waits, and ends as it would have."""
    id_, _ = apart(partial(holding, scene, True))
    scene.clock.set(NOON - back)
    assert apart(partial(taking_up, scene, id_)) == ("", "held")
    scene.clock.set(NOON + timedelta(hours=25))
    assert apart(partial(taking_up, scene, id_)) == ("", "denied")
    assert scene.effects() == []


@pytest.mark.parametrize(
    "jumps",
    [
        (timedelta(hours=-1),),
        (timedelta(days=-2),),
        (timedelta(days=-400),),
        (timedelta(hours=23), timedelta(hours=-40)),
    ],
    ids=["an hour back", "two days back", "a year back", "on and back"],
)
def test_a_ceiling_is_reached_once_however_the_clock_goes(
    scene: Scene, jumps: tuple[timedelta, ...]
) -> None:
    assert apart(partial(paying, scene, CEILING)) == ["executed"] * CEILING
    for jump in jumps:
        scene.clock.set(scene.clock.now() + jump)
        assert apart(partial(paying, scene, 2)) == ["denied"] * 2
    assert len(scene.effects()) == CEILING


def test_the_window_opens_again_in_time_and_not_twice(stage: Stage) -> None:
    scene = stage(POLICY, ROLES, ceilings=(("pay", 2 * CEILING),))
    scene.clock.set(NOON)
    assert apart(partial(paying, scene, CEILING)) == ["executed"] * CEILING
    scene.clock.set(NOON + timedelta(days=1, seconds=1))
    assert apart(partial(paying, scene, CEILING)) == ["executed"] * CEILING
    for at in (NOON, NOON - timedelta(days=1), NOON + timedelta(hours=12)):
        scene.clock.set(at)
        assert apart(partial(paying, scene, 1)) == ["denied"]
    assert len(scene.effects()) == 2 * CEILING


def lending(scene: Scene) -> Callable[[], None]:
    """For an hour, Kim signs for Ana."""

    def act() -> None:
        gate = scene.gate()
        until = NOON + timedelta(hours=1)
        gate.lend("boss", by=ANA, to=Human("kim"), until=until, reason="away")
        gate.close()

    return act


def standing_in(scene: Scene) -> Callable[[], str]:
    """Kim signs a new payment: the refusal."""

    def act() -> str:
        gate = scene.gate()
        refused = signs(gate, str(scene.held(gate, 500).ticket), "kim")
        gate.close()
        return refused

    return act


def test_what_was_lent_ends_though_the_clock_goes_back(scene: Scene) -> None:
    apart(partial(lending, scene))
    assert apart(partial(standing_in, scene)) == ""
    scene.clock.move(hours=2)
    assert apart(partial(standing_in, scene)) == "R605"
    scene.clock.move(hours=-2)
    assert apart(partial(standing_in, scene)) == "R605"


def test_a_record_whose_clock_went_back_holds_and_shows_it(stage: Stage) -> None:
    scene = stage(POLICY, ROLES)
    scene.clock.set(NOON)
    for hours in (0, 5, -30, 400, -400):
        scene.clock.move(hours=hours)
        apart(partial(paying, scene, 1))
    records = records_of(scene)
    assert books_of(scene).verification.findings == ()
    assert [record.number for record in records] == list(range(1, len(records) + 1))
    assert sum(later.at < earlier.at for earlier, later in pairwise(records)) == 2
