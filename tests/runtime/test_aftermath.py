"""What is left behind by interrupts, by a disk that was full, by a process that ended."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest

from policy_engine import Result, Status
from policy_engine.foundation.errors import StoreError
from policy_engine.runtime.aftermath import NOT_DECIDED
from tests.fakes import Desk
from tests.runtime.test_gate import holds, kinds

OpenDesk = Callable[..., Desk]

PAY = """
role manager for humans
task pay { input amount: Decimal }
validation whole checks amount that amount != 13
rule all permit any agent to pay
rule sure require whole before pay when amount > 10
"""
TOOLS: dict[str, Callable[..., object]] = {"pay": lambda amount: "paid"}


class Interrupted(BaseException):
    """Somebody presses a key."""


def only(desk: Desk) -> Result:
    """What became of the one action of the desk."""
    ((id_,),) = desk.gate._database.rows("SELECT id FROM actions")
    return desk.gate.resume(str(id_))


def interrupting(*_: object, **__: object) -> object:
    raise Interrupted


def test_whoever_interrupts_a_call_leaves_an_unknown_outcome(open_desk: OpenDesk) -> None:
    desk = open_desk(PAY, tools=TOOLS)
    desk.gate._executor.call = interrupting  # type: ignore[method-assign]
    with pytest.raises(Interrupted):
        desk.do("pay", amount=1)
    assert only(desk).status is Status.UNKNOWN
    assert holds(desk)


def test_an_outcome_for_which_there_was_no_room_is_told_later(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = open_desk(PAY, tools=TOOLS)
    settle = desk.gate._store.settle

    def full(*_: object, **__: object) -> bool:
        raise StoreError("no room")

    monkeypatch.setattr(desk.gate._store, "settle", full)
    with pytest.raises(StoreError, match="no room"):
        desk.do("pay", amount=1)
    with pytest.raises(StoreError, match="no room"):
        desk.gate.settle()
    monkeypatch.setattr(desk.gate._store, "settle", settle)
    (told,) = desk.gate.settle()
    assert (told.status, told.output) == (Status.EXECUTED, "paid")
    assert desk.gate.settle() == ()
    assert kinds(desk).count("executed") == 1
    assert holds(desk)


def test_who_asks_for_an_action_again_is_told_the_outcome_that_found_no_room(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = open_desk(PAY, tools=TOOLS)
    with monkeypatch.context() as patched:

        def full(*_: object, **__: object) -> bool:
            raise StoreError("no room")

        patched.setattr(desk.gate._store, "settle", full)
        with suppress(StoreError):
            desk.do("pay", amount=1)
    assert (only(desk).status, only(desk).output) == (Status.EXECUTED, "paid")


def test_what_was_proposed_and_never_decided_is_denied_after_an_hour(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = open_desk(PAY, tools=TOOLS)
    with monkeypatch.context() as patched:
        patched.setattr(desk.gate._proposals._checking, "before", interrupting)
        with pytest.raises(Interrupted):
            desk.do("pay", amount=11)
    assert desk.gate.settle() == ()
    desk.clock.advance(minutes=61)
    (denied,) = desk.gate.settle()
    assert (denied.status, denied.detail) == (Status.DENIED, NOT_DECIDED)
    assert (only(desk).status, only(desk).detail) == (Status.DENIED, NOT_DECIDED)
    assert "abandoned" in kinds(desk)
    assert desk.gate.settle() == ()
    assert holds(desk)
