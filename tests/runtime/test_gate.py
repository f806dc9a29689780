"""The gate owns the call: what runs, what does not, and what is remembered."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from policy_engine import Action, Agent, GateError, Human, InputError, Outcome, Session, Status
from policy_engine.foundation.database import Database
from policy_engine.ledger.ledger import LedgerReader
from policy_engine.ledger.verify import verify
from tests.fakes import Desk


def kinds(desk: Desk) -> list[str]:
    database = Database(desk.store, must_exist=True)
    try:
        return [record.kind for record in LedgerReader(database).records()]
    finally:
        database.close()


def holds(desk: Desk) -> bool:
    database = Database(desk.store, must_exist=True)
    try:
        return verify(LedgerReader(database).records()).holds
    finally:
        database.close()


def test_an_allowed_action_runs_once_with_exactly_the_decided_input(desk: Desk) -> None:
    result = desk.pay(50.0)
    assert result.status is Status.EXECUTED
    assert [(c["to"], str(c["amount"])) for c in desk.calls] == [("shop-1", "50")]
    assert kinds(desk) == ["opened", "session", "validated", "decided", "intent", "executed"]
    assert holds(desk)


def test_a_denied_action_never_reaches_the_tool(desk: Desk) -> None:
    result = desk.pay(6_000)
    assert (result.status, desk.calls) == (Status.DENIED, [])
    assert "intent" not in kinds(desk)


def test_a_failed_validation_denies(desk: Desk) -> None:
    result = desk.pay(123.45)
    assert result.decision is not None
    assert {r.code.id for r in result.decision.reasons if r.outcome is Outcome.DENY} == {"D508"}
    assert desk.calls == []


def test_an_input_that_changes_after_the_decision_is_not_what_runs(desk: Desk) -> None:
    """Between proposal and signature nobody can swap the arguments: the store has its own copy."""
    input_: dict[str, object] = {"to": "shop-1", "amount": 500}
    held = desk.gate.submit(Action(Agent("bot"), "pay", input_), session=desk.session)
    assert held.id is not None
    input_["amount"] = 5_000
    desk.gate.approve(str(held.ticket), by=Human("ann"))
    assert desk.gate.resume(held.id).status is Status.EXECUTED
    assert [int(str(c["amount"])) for c in desk.calls] == [500]


def test_a_tool_that_raises_is_recorded_as_failed(desk: Desk) -> None:
    def refuse(**_: object) -> None:
        raise RuntimeError("account closed")

    desk.tools["pay"] = refuse
    desk.gate.close()
    desk.gate = desk.open_gate()
    result = desk.pay()
    assert (result.status, result.code and result.code.id) == (Status.FAILED, "R601")
    assert result.detail == "RuntimeError: account closed"
    assert kinds(desk)[-2:] == ["intent", "failed"]
    assert holds(desk)


def test_a_tool_that_hangs_leaves_the_outcome_unknown_and_never_runs_again(tmp_path: Path) -> None:
    desk = Desk(tmp_path, time_limit=0.1)
    release = threading.Event()
    desk.tools["pay"] = lambda **_: release.wait(5)
    desk.gate.close()
    desk.gate = desk.open_gate()
    result = desk.gate.submit(desk.action(), session=desk.session, key="k-1")
    again = desk.gate.submit(desk.action(), session=desk.session, key="k-1")
    release.set()
    assert (result.status, result.code and result.code.id) == (Status.UNKNOWN, "R602")
    assert again.status is Status.UNKNOWN
    assert kinds(desk).count("intent") == 1
    desk.gate.close()


def test_what_a_hanging_tool_would_have_returned_is_missing_from_the_session(
    tmp_path: Path,
) -> None:
    """After an unknown outcome, provenance that is not found is unknown, and so restricts."""
    desk = Desk(tmp_path, time_limit=0.1)
    release = threading.Event()
    desk.tools["look"] = lambda **_: release.wait(5)
    desk.gate.close()
    desk.gate = desk.open_gate()
    desk.gate.submit(Action(Agent("bot"), "look", {}), session=desk.session)
    release.set()
    stranger = Action(Agent("bot"), "pay", {"to": "shop-7", "amount": 5})
    decision = desk.gate.submit(stranger, session=desk.session).decision
    assert decision is not None
    assert "gaps" in str([r.unknown for r in decision.reasons])
    desk.gate.close()


def test_an_executor_that_breaks_its_contract_leaves_the_outcome_unknown(desk: Desk) -> None:
    class Broken:
        name = "tool"

        def can(self, task: str) -> bool:
            return True

        def call(self, task: str, input: object, key: str | None = None) -> object:
            raise ZeroDivisionError

    gate = desk.engine.gate(store=desk.store, executor=Broken(), clock=desk.clock)
    session = gate.open("Look")
    result = gate.submit(Action(Agent("bot"), "look", {}), session=session)
    gate.close()
    assert (result.status, result.detail) == (
        Status.UNKNOWN,
        "the executor broke: ZeroDivisionError",
    )
    assert holds(desk)


def test_a_task_without_a_tool_is_not_performed(desk: Desk) -> None:
    del desk.tools["pay"]
    desk.gate.close()
    desk.gate = desk.open_gate()
    result = desk.pay()
    assert (result.status, result.code and result.code.id) == (Status.FAILED, "R603")
    assert "intent" not in kinds(desk)
    assert holds(desk)


def test_an_output_without_plain_form_leaves_a_gap_and_is_still_recorded(desk: Desk) -> None:
    desk.tools["look"] = lambda: object()
    desk.gate.close()
    desk.gate = desk.open_gate()
    result = desk.gate.submit(Action(Agent("bot"), "look", {}), session=desk.session)
    assert (result.status, result.code and result.code.id) == (Status.EXECUTED, "R604")
    assert kinds(desk)[-1] == "executed"


def test_the_same_key_never_acts_twice(desk: Desk) -> None:
    first = desk.gate.submit(desk.action(), session=desk.session, key="order-7")
    second = desk.gate.submit(desk.action(), session=desk.session, key="order-7")
    assert (first.status, second.status, len(desk.calls)) == (Status.EXECUTED, Status.EXECUTED, 1)
    assert second.output == "paid"


def test_a_key_does_not_stand_for_another_action(desk: Desk) -> None:
    desk.gate.submit(desk.action(50), session=desk.session, key="order-7")
    with pytest.raises(GateError, match="stands for another action"):
        desk.gate.submit(desk.action(60), session=desk.session, key="order-7")


@pytest.mark.parametrize("text", ["half \ud83d", 5])
def test_what_cannot_be_written_down_opens_nothing(desk: Desk, text: object) -> None:
    with pytest.raises(InputError, match="the request of a session"):
        desk.gate.open(text)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="the id of a session"):
        desk.gate.open("Pay", id=text)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="a key"):
        desk.gate.submit(desk.action(), session=desk.session, key=text)  # type: ignore[arg-type]


def test_a_session_of_elsewhere_is_refused(desk: Desk) -> None:
    with pytest.raises(GateError, match=r"gate\.open"):
        desk.pay(session=Session("Pay 50 to shop-1", id="made-up"))


def test_the_caller_cannot_vouch_for_data_in_the_session(desk: Desk) -> None:
    """Only what the gate ran itself is in the session that decides."""
    desk.session.record("look", {"id": "thief-9"})
    stolen = Action(Agent("bot"), "pay", {"to": "thief-9", "amount": 5})
    assert desk.gate.submit(stolen, session=desk.session).status is Status.DENIED


def test_an_untrusted_output_vouches_for_nothing(desk: Desk) -> None:
    mail = desk.gate.submit(Action(Agent("bot"), "mail", {}), session=desk.session)
    assert mail.status is Status.EXECUTED
    stolen = Action(Agent("bot"), "pay", {"to": "thief-9", "amount": 50})
    result = desk.gate.submit(stolen, session=desk.session)
    assert result.decision is not None
    assert (result.status, result.decision.rules) == (Status.DENIED, {"known"})


def test_a_trusted_output_vouches(desk: Desk) -> None:
    desk.gate.submit(Action(Agent("bot"), "look", {}), session=desk.session)
    own = Action(Agent("bot"), "pay", {"to": "a-1", "amount": 5})
    assert desk.gate.submit(own, session=desk.session).status is Status.EXECUTED


def test_a_failing_fact_look_up_is_unknown_and_so_restricts(desk: Desk) -> None:
    def broken(action: Action) -> dict[str, object]:
        raise ConnectionError("no database")

    gate = desk.engine.gate(store=desk.store, tools=desk.tools, facts=broken, clock=desk.clock)
    session = gate.open("Pay 50 to shop-1")
    result = gate.submit(desk.action(), session=session)
    gate.close()
    assert (result.status, desk.calls) == (Status.DENIED, [])


def test_what_cannot_be_written_down_is_denied_and_recorded(desk: Desk) -> None:
    result = desk.pay(float("nan"))
    assert (result.status, result.id) == (Status.DENIED, None)
    assert kinds(desk)[-1] == "decided"


def test_many_threads_never_run_one_action_twice(desk: Desk) -> None:
    held = desk.pay(500)
    assert held.id is not None
    desk.gate.approve(str(held.ticket), by=Human("ann"))
    barrier = threading.Barrier(8)

    def resume() -> None:
        barrier.wait()
        desk.gate.resume(str(held.id))

    threads = [threading.Thread(target=resume) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(desk.calls) == 1
    assert kinds(desk).count("intent") == 1
    assert holds(desk)


def test_an_executor_that_cannot_be_called_is_refused_at_once(desk: Desk) -> None:
    class Old:
        name = "old"

        def can(self, task: str) -> bool:
            return True

        def call(self, task: str, input: object) -> object:
            return None

    with pytest.raises(GateError, match="called with task, input and key"):
        desk.engine.gate(store=desk.store, executor=Old())  # type: ignore[arg-type]
