"""The second attack: on the fixes of the first, and on what it did not try."""

from __future__ import annotations

import contextlib
import threading
from typing import Any

import pytest

from policy_engine import Action, Agent, Gate, GateError, Human, Session, Status
from policy_engine.foundation.errors import StoreError
from policy_engine.runtime.calls import Calls
from policy_engine.runtime.executors import ToolFailed, ToolHangs
from tests.adversary.conftest import Lab, act
from tests.pace import takes_less

POLICY = """
task store { input a: Text  output untrusted }
task fetch { output trusted }
task events { input limit: Integer  output trusted }
task pay { input to: Text }
task give { input amount: Integer }
task meet { input at: Timestamp }
rule r permit any agent to store, fetch, events, pay, give, meet
rule k1 pay only when to is trusted
rule k2 give only when amount is trusted
rule k3 meet only when at is trusted
"""
EVIL = "FR7630006000011234567890189"


def _tools(back: Any) -> dict[str, Any]:
    return {
        "store": lambda a: None,
        "fetch": lambda: back,
        "events": lambda limit: back,
        "pay": lambda to: to,
        "give": lambda amount: amount,
        "meet": lambda at: "met",
    }


def _status(gate: Gate, session: Session, task: str, **input_: object) -> Status:
    return gate.submit(act(task, input_), session=session).status


def test_a_call_under_way_has_carried_out_its_input(lab: Lab) -> None:
    """Parallel calls: `fetch` returns what `store`, not yet back, has put there."""
    inside, go_on = threading.Event(), threading.Event()

    def store(a: str) -> None:
        inside.set()
        go_on.wait(20)

    gate = lab.gate(POLICY, tools={**_tools(EVIL), "store": store})
    session = gate.open("hi")
    slow = threading.Thread(target=lambda: _status(gate, session, "store", a=EVIL))
    slow.start()
    try:
        assert inside.wait(20)
        assert _status(gate, session, "fetch") is Status.EXECUTED
        during = _status(gate, session, "pay", to=EVIL)
    finally:
        go_on.set()
        slow.join()
    after = _status(gate, session, "pay", to=EVIL)
    assert (during, after) == (Status.DENIED, Status.DENIED)


@pytest.mark.parametrize("error", [KeyboardInterrupt, StoreError], ids=["interrupt", "no commit"])
def test_a_call_that_was_cut_off_has_carried_out_its_input(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    """The process is interrupted, or the disk full, after the tool ran: the session forgets it."""
    gate = lab.gate(POLICY, tools=_tools(EVIL))
    session = gate.open("hi")

    def cut_off(*_: object) -> None:
        raise error("cut off")

    with monkeypatch.context() as patch:
        patch.setattr(Calls, "_remember", cut_off)
        with pytest.raises(error):
            _status(gate, session, "store", a=EVIL)
    gate = lab.gate(POLICY, tools=_tools(EVIL))
    session = gate.open("hi", id=session.id)
    _status(gate, session, "fetch")
    assert _status(gate, session, "pay", to=EVIL) is Status.DENIED


@pytest.mark.parametrize(
    "carried",
    ["ref 1 5000", "5000 7", "５０００", "٥٠٠٠", "0" * 100 + "5000", "5e3", "5000.0.1"],
    ids=["neighbour", "neighbour after", "wide", "arabic", "zeros", "exponent", "version"],
)
def test_a_number_is_found_beside_others_and_in_other_digits(lab: Lab, carried: str) -> None:
    gate = lab.gate(POLICY, tools=_tools(5000))
    session = gate.open("hi")
    _status(gate, session, "store", a=carried)
    _status(gate, session, "fetch")
    assert _status(gate, session, "give", amount=5000) is Status.DENIED


@pytest.mark.parametrize("value", ["*", "../..", "/"])
def test_a_datum_of_marks_alone_is_found_in_what_was_carried(lab: Lab, value: str) -> None:
    gate = lab.gate(POLICY, tools=_tools(value))
    session = gate.open("hi")
    _status(gate, session, "store", a=f"keep {value} please")
    _status(gate, session, "fetch")
    assert _status(gate, session, "pay", to=value) is Status.DENIED


def test_pieces_in_two_calls(lab: Lab) -> None:
    gate = lab.gate(POLICY, tools=_tools(EVIL))
    session = gate.open("hi")
    _status(gate, session, "store", a=EVIL[:9])
    _status(gate, session, "store", a=EVIL[9:])
    _status(gate, session, "fetch")
    assert _status(gate, session, "pay", to=EVIL) is Status.DENIED


@pytest.mark.parametrize("limit", [10, 1, 2026])
def test_a_small_number_does_not_carry_out_an_instant(lab: Lab, limit: int) -> None:
    """Honest: the ten next events, one of which starts on a tenth; then a meeting there."""
    start = "2026-05-10T09:01:00Z"
    gate = lab.gate(POLICY, tools=_tools([{"start": start}]))
    session = gate.open("hi")
    _status(gate, session, "events", limit=limit)
    assert _status(gate, session, "meet", at=start) is Status.EXECUTED


def test_a_mail_to_all_contacts_is_decided_and_soon(lab: Lab) -> None:
    """Honest: 1,000 contacts of 8 fields from a trusted book; a mail to each of them."""
    text = (
        "task book { output trusted }\ntask mail { input to: list of Text }\n"
        "rule r permit any agent to mail, book\nrule k mail only when to is trusted"
    )
    engine = lab.engine(text)
    session = Session("mail everybody")
    book = [{f"f{f}": f"c{n}-{f}@x.example" for f in range(8)} for n in range(1_000)]
    session.record("book", book, {})
    to = [str(contact["f7"]) for contact in book]
    mail = act("mail", {"to": to})
    takes_less(5, lambda: engine.decide(mail, session=session))
    assert engine.decide(mail, session=session).outcome.word == "allow"


def test_a_commit_that_fails_leaves_nothing_open(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a failed COMMIT the transaction is still open: every later one is refused, what was
    not kept is read as if it were, and other processes wait for ever."""
    gate = lab.gate(POLICY, tools=_tools("x"))
    database = gate._database

    def failing() -> None:
        raise StoreError("database is locked")

    with monkeypatch.context() as patch:
        patch.setattr(database._connection, "commit", failing)
        with pytest.raises(StoreError):
            gate.open("hi", id="s")
    assert not database._connection.in_transaction
    assert gate.open("other", id="s").request == "other"


SECRETS = """
agents have { pin: Text secret }
fact risk: Integer
task pay { input amount: Integer }
rule r permit bot to pay
rule e "Risk" escalate pay to boss when risk > 5
"""


def test_an_approver_sees_no_secret_attribute(lab: Lab) -> None:
    gate = lab.gate(SECRETS, tools={"pay": lambda amount: "ok"})
    action = Action(Agent("a", pin="4711-s3cret"), "pay", {"amount": 5})
    held = gate.submit(action, facts={"risk": 9})
    assert held.status is Status.HELD
    assert "s3cret" not in repr(gate.pending())
    assert "s3cret" not in lab.ledger()


def test_whoever_may_sign_may_stop_what_is_signed(lab: Lab) -> None:
    """Ana has signed, the action waits to be taken up; ben, who could have rejected it, sees it."""
    gate = lab.gate(SECRETS, tools={"pay": lambda amount: "ok"})
    held = gate.submit(Action(Agent("a", pin="1"), "pay", {"amount": 5}), facts={"risk": 9})
    gate.approve(str(held.ticket), by=Human("ana"))
    waiting = gate.pending()
    assert len(waiting) == 1
    gate.reject(waiting[0].ticket, by=Human("ben"), reason="no")
    assert gate.resume(str(held.id)).status is Status.DENIED


def test_a_key_outlives_an_edit_of_the_policy(lab: Lab) -> None:
    """A retry of what is done, after an input was retyped, is no other action."""
    policy = "task pay { input amount: TYPE }\nrule r permit bot to pay\n"
    action = act("pay", {"amount": 5})
    gate = lab.gate(policy.replace("TYPE", "Integer"), tools={"pay": lambda amount: "ok"})
    first = gate.submit(action, key="k")
    gate = lab.gate(policy.replace("TYPE", "Decimal"), tools={"pay": lambda amount: "ok"})
    assert gate.submit(action, key="k").id == first.id


@pytest.mark.parametrize(
    "back", [{"$decimal": "5"}, {"$decimal": "x"}, {"$timestamp": "x"}, {"$": 1}, {"": {"": 1}}]
)
def test_an_output_that_looks_like_the_stores_own_writing(lab: Lab, back: object) -> None:
    gate = lab.gate(POLICY, tools=_tools(back))
    session = gate.open("hi")
    _status(gate, session, "fetch")
    again = lab.gate(POLICY, tools=_tools(back)).open("hi", id=session.id)
    assert again.outputs[-1].value == back
    assert lab.verified().holds


class _Broken:
    """An executor of the host's own, whose errors come from a file that is not UTF-8."""

    name = "own"

    def __init__(self, error: Exception) -> None:
        self._error = error

    def can(self, task: str) -> bool:
        return True

    def call(self, task: str, input: object, key: str | None = None) -> object:
        raise self._error


@pytest.mark.parametrize("kind", [ToolFailed, ToolHangs])
def test_words_of_an_executor_that_cannot_be_written(lab: Lab, kind: type[Exception]) -> None:
    gate = lab.gate(POLICY, executor=_Broken(kind("half \ud83d")))
    session = gate.open("hi")
    status = _status(gate, session, "store", a="x")
    assert status in (Status.FAILED, Status.UNKNOWN)
    assert not lab.verified().findings


def test_an_action_goes_on_only_in_its_own_session(lab: Lab) -> None:
    """`submit` checks the session, `resume` takes any: what one user reads lands in another's."""
    gate = lab.gate(SECRETS, tools={"pay": lambda amount: "for alice only"})
    alice, bob = gate.open("a"), gate.open("b")
    action = Action(Agent("a", pin="1"), "pay", {"amount": 5})
    held = gate.submit(action, session=alice, facts={"risk": 9})
    gate.approve(str(held.ticket), by=Human("ana"))
    try:
        gate.resume(str(held.id), session=bob)
    except GateError:
        return
    assert bob.outputs == ()


def test_what_is_no_session_is_refused_before_the_tool_runs(lab: Lab) -> None:
    """`resume(id, session=session.id)` runs it; the outcome is rolled back: executing for ever."""
    gate = lab.gate(SECRETS, tools={"pay": lambda amount: "ok"})
    session = gate.open("a")
    action = Action(Agent("a", pin="1"), "pay", {"amount": 5})
    held = gate.submit(action, session=session, facts={"risk": 9})
    gate.approve(str(held.ticket), by=Human("ana"))
    with contextlib.suppress(AttributeError, TypeError, GateError):
        gate.resume(str(held.id), session=session.id)  # type: ignore[arg-type]
    assert lab.rows("SELECT status FROM actions") != [("executing",)]


@pytest.mark.parametrize("gap", [" ", "\t"], ids=["space", "tab"])
def test_a_value_of_two_words_is_found_in_time(lab: Lab, gap: str) -> None:
    """100 values against 300 KB of near misses; with a tab the budget does not even count it."""
    engine = lab.engine(
        "task mail { input to: list of Text }\nrule r permit any agent to mail\n"
        "rule k mail only when to is dictated"
    )
    session = Session("-foo bar " * 33_000 + "foo bar")
    mail = act("mail", {"to": [f"foo{gap}bar"] * 100})
    takes_less(1, lambda: engine.decide(mail, session=session))


def test_listing_what_waits_ends_nothing_that_has_gone_on(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`pending` reads the list, another process executes, `pending` writes `denied` over it."""
    tools = {"pay": lambda amount: "ok"}
    gate = lab.gate(SECRETS, tools=tools)
    held = gate.submit(
        Action(Agent("a", pin="1"), "pay", {"amount": 5}), facts={"risk": 9}, key="k"
    )
    gate.approve(str(held.ticket), by=Human("ana"))
    other = lab.gate(SECRETS + "rule f forbid bot to pay when risk > 8\n", tools=tools)
    listed = other._store.held

    def then_it_goes_on() -> object:
        found = listed()
        assert gate.resume(str(held.id)).status is Status.EXECUTED
        return found

    monkeypatch.setattr(other._store, "held", then_it_goes_on)
    assert other.pending() == []
    assert lab.rows("SELECT status FROM actions") == [("executed",)]


def test_listing_what_waits_lists_nothing_that_has_gone_on(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = lab.gate(SECRETS, tools={"pay": lambda amount: "ok"})
    held = gate.submit(Action(Agent("a", pin="1"), "pay", {"amount": 5}), facts={"risk": 9})
    gate.approve(str(held.ticket), by=Human("ana"))
    listed = gate._store.held

    def then_it_goes_on() -> object:
        found = listed()
        gate.resume(str(held.id))
        return found

    monkeypatch.setattr(gate._store, "held", then_it_goes_on)
    assert gate.pending() == []
