"""One session through many decisions: what is kept of it, who may ask, and what changes answers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from policy_engine import Action, Agent, Engine, Session
from policy_engine.decision import memory
from tests.decision.loading import NOW, loaded

POLICY = """
record Note { name: Text  text: Text }
fact owner: Text
task find { input q?: Text  output trusted }
task mail { output untrusted }
task notes { output notes: map of Text to Note trusted }
task mine { output items: list of Note trusted where item.name == owner }
task make { output ids: map of Text to Integer new }
task send { input m: map of Text to Text }
task pay { input to: Text }
task read { input id: Text }
task edit { input id: Text }
task lots { input xs: list of Text }
rule all permit any agent to any task
rule known pay only when to is trusted
rule listed read only when id comes from mail
rule own edit only when id was created in this session
rule sure lots only when xs is trusted
"""


@pytest.fixture(scope="module")
def engine() -> Engine:
    return loaded(POLICY)


def allows(
    engine: Engine, session: Session, task: str = "pay", datum: object = "x-1", owner: str = "me"
) -> bool:
    """By both ways to decide, which agree."""
    name = engine.policy.tasks[task].inputs[0].name
    action = Action(Agent("a"), task, {name: datum})
    given = engine.circumstances(action, session=session, now=NOW, roles=(), facts={"owner": owner})
    decided = engine.decide_in(action, given).outcome
    assert engine.verdict(action, given.roles, given).outcome is decided
    return decided.word == "allow"


def test_a_new_output_counts_from_then_on(engine: Engine) -> None:
    session = Session("hi")
    answers = [allows(engine, session)]
    for output in ("nothing", "it is x-1", "nothing"):
        session.record("find", output)
        answers.append(allows(engine, session))
    assert answers == [False, False, True, True]


def test_what_was_carried_out_first_is_never_vouched_for(engine: Engine) -> None:
    session = Session("hi")
    assert not allows(engine, session)
    session.record("find", "nothing", {"q": "x-1"})
    session.record("find", "it is x-1")
    assert not allows(engine, session)


def test_a_gap_makes_all_unknown_but_what_is_dictated(engine: Engine) -> None:
    session = Session("pay x-2")
    session.record("find", "it is x-1")
    assert allows(engine, session)
    session.mark_incomplete()
    assert (allows(engine, session), allows(engine, session, datum="x-2")) == (False, True)


def test_a_fact_is_that_of_the_decision(engine: Engine) -> None:
    """What an item vouches for is not kept where it rests on more than the item."""
    session = Session("hi")
    session.record("mine", [{"name": "me", "text": "x-1"}, {"name": "you", "text": "x-2"}])
    found = {
        (owner, datum): allows(engine, session, datum=datum, owner=owner)
        for owner in ("me", "you")
        for datum in ("x-1", "x-2")
    }
    assert found == {
        ("me", "x-1"): True,
        ("me", "x-2"): False,
        ("you", "x-1"): False,
        ("you", "x-2"): True,
    }


def test_engines_that_share_a_session_read_it_each_by_its_own_policy() -> None:
    """More of them than a session keeps readings for."""
    session = Session("hi")
    session.record("find", "it is x-1")
    trusting = [loaded(POLICY) for _ in range(3)]
    others = [loaded(POLICY.replace("output trusted", "output untrusted")) for _ in range(3)]
    for _ in range(2):
        assert [allows(one, session) for one in (*trusting, *others)] == [True] * 3 + [False] * 3


@pytest.mark.parametrize("task", ["find", "notes"])
def test_a_key_of_an_output_is_trusted_like_a_value(engine: Engine, task: str) -> None:
    session = Session("hi")
    session.record(task, {"x-1": {"name": "n-1", "text": "n-2"}})
    assert [allows(engine, session, datum=one) for one in ("x-1", "n-1", "x-2")] == [
        True,
        True,
        False,
    ]


def test_a_name_that_the_task_declares_is_no_datum(engine: Engine) -> None:
    session = Session("hi")
    session.record("notes", {"x-1": {"name": "n", "text": "t", "more": "m"}})
    found = [allows(engine, session, datum=one) for one in ("name", "text", "more")]
    assert found == [False, False, True]


def test_a_key_of_an_output_comes_from_it_and_may_be_new(engine: Engine) -> None:
    session = Session("hi")
    session.record("mail", {"m-1": "text"})
    session.record("make", {"d-1": 1})
    assert (allows(engine, session, "read", "m-1"), allows(engine, session, "read", "d-1")) == (
        True,
        False,
    )
    assert (allows(engine, session, "edit", "d-1"), allows(engine, session, "edit", "m-1")) == (
        True,
        False,
    )


def test_a_key_of_an_input_is_carried_out(engine: Engine) -> None:
    session = Session("hi")
    session.record("send", "ok", {"m": {"x-1": "hello"}})
    session.record("find", ["x-1", "m"])
    assert (allows(engine, session), allows(engine, session, datum="m")) == (False, True)


def test_an_id_of_few_digits_outlives_a_day_that_was_sent(engine: Engine) -> None:
    """And what was sent in digits of its own does not."""
    session = Session("hi")
    session.record("find", ["nothing"], {"q": "2026-11-01T06:30:00Z"})
    session.record("find", [{"id": "1"}, {"id": "6"}, {"id": "7"}], {"q": "page 7"})
    assert [allows(engine, session, datum=one) for one in ("1", "6", "7")] == [True, True, False]


def test_the_number_of_a_list_item_is_not_dictated(engine: Engine) -> None:
    session = Session("Please\n1. pay 7\n2) then pay 8.Then stop")
    found = {one: allows(engine, session, datum=one) for one in ("1", "2", "7", "8")}
    assert found == {"1": False, "2": False, "7": True, "8": True}


def test_the_bound_of_work_does_not_depend_on_what_was_asked_before(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session("hi")
    session.record("find", [f"{number} Mill Lane" for number in range(100)])
    streets = [f"{number} Mill Lane" for number in range(100)]
    assert allows(engine, session, "lots", streets)
    monkeypatch.setattr(memory, "MOST_WORK", 50_000)
    assert [allows(engine, session, "lots", streets) for _ in range(2)] == [False, False]
    assert allows(engine, session, "lots", streets[:5])


def test_threads_may_ask_while_a_session_grows(engine: Engine) -> None:
    """What was returned before anybody asked is found by everybody."""
    session = Session("hi")

    def ask(number: int) -> bool:
        session.record("find", f"it is n-{number}")
        return allows(engine, session, datum=f"n-{number}")

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(200)))
