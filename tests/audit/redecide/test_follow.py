"""What a gate decided follows again from its record, whatever it rested on."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path

from policy_engine import Action, Agent, Human
from policy_engine.audit.redecide import again as reasons, answers, sessions
from policy_engine.audit.redecide.redecide import ERASED, NO_SALT, UNREADABLE
from policy_engine.audit.redecide.tally import PERHAPS_GONE, Redecision
from policy_engine.foundation.database import Database
from policy_engine.ledger.ledger import Ledger, LedgerReader
from policy_engine.runtime.ports import SystemClock
from tests.audit.redecide.desk import (
    DECISIONS,
    POLICY,
    again,
    conversation,
    execute,
    open_desk,
    place,
    redecided,
    told,
    wire,
)
from tests.fakes import Desk


def all_follow(number: int) -> Redecision:
    return Redecision(number, (), (), ())


def lacking(found: Redecision) -> dict[str, int]:
    """By reason, what could not be decided again."""
    assert found.findings == ()
    return {one.why: one.number for one in found.undecided}


def test_a_day_on_which_every_rule_had_its_say(day: Desk) -> None:
    decided = told(place(day), "decided")
    assert len(decided) == DECISIONS
    assert redecided(place(day), day.engine.policy) == all_follow(DECISIONS)
    deciding = {
        reason["rule"] or reason["code"]
        for body in decided
        for reason in body["reasons"]  # type: ignore[attr-defined]
        if reason["outcome"] == body["outcome"]
    }
    rules = day.engine.policy.rules.keys() - {"trial"}
    assert deciding == {*rules, "D504", "D509", "D517"}
    assert any(body["observed"] for body in decided)


def test_what_was_decided_under_another_policy_is_counted(desk: Desk) -> None:
    first = desk.engine.policy
    session = conversation(desk)
    desk.pay(50, session=session)
    held = desk.pay(500, session=session)
    desk.reload(POLICY.replace("amount > 100", "amount > 400"))
    desk.gate.approve(next(one.ticket for one in desk.gate.pending()), by=Human("ann"))
    assert desk.gate.resume(str(held.id), session=session).status.value == "executed"
    second = desk.engine.policy
    store = place(desk)
    assert redecided(store, first, second) == all_follow(3)
    assert redecided(store, first) == Redecision(2, (), (), ((second.digest, 1),))
    assert redecided(store, second) == Redecision(1, (), (), ((first.digest, 2),))


def test_a_lent_right_counts_until_it_is_taken_back(desk: Desk) -> None:
    session = conversation(desk)
    until = desk.clock.now() + timedelta(days=2)
    desk.gate.lend("manager", by=Human("ann"), to=Human("kim"), until=until, reason="Away.")
    for amount in (200, 300):
        held = desk.pay(amount, session=session)
        desk.gate.approve(str(held.ticket), by=Human("kim"))
        if amount == 300:
            desk.gate.take_back("manager", by=Human("ann"), to=Human("kim"))
        desk.gate.resume(str(held.id), session=session)
    outcomes = [body["outcome"] for body in told(place(desk), "decided")]
    assert outcomes == ["escalate", "allow", "escalate", "escalate"]
    assert again(desk) == all_follow(4)


LADDER = """
rule unsure escalate shut to manager within 4 hours, otherwise escalate to 2 of auditor within 1 day
exception season to calm for clerk until 2026-06-01 approved by "o" escalate to manager
"""


def test_turns_of_a_ladder_and_exceptions(desk: Desk) -> None:
    desk.reload(POLICY + LADDER)
    session = conversation(desk)
    shut = Action(Agent("bot"), "shut", {"case": "c-1"})
    held = desk.gate.submit(shut, session=session)
    desk.clock.advance(hours=5)
    for who in ("cat", "dan"):
        desk.gate.approve(next(one.ticket for one in desk.gate.pending()), by=Human(who))
        desk.gate.resume(str(held.id), session=session)
    wire(desk, session)
    mail = desk.gate.submit(Action(Agent("bot"), "mail"), session=session)
    desk.gate.approve(str(mail.ticket), by=Human("ann"))
    assert desk.gate.resume(str(mail.id), session=session).status.value == "executed"
    assert again(desk) == all_follow(len(told(place(desk), "decided")))


AFTER = """
validation short checks seen that seen.balance < 9
rule brief require short after look
"""


def test_an_output_that_was_withheld_was_not_seen(desk: Desk) -> None:
    desk.reload(POLICY.replace("output account", "output seen") + AFTER)
    session = conversation(desk)
    look = Action(Agent("bot"), "look")
    assert desk.gate.submit(look, session=session).status.value == "withheld"
    desk.pay(50, session=session)
    wire(desk, session)
    assert again(desk) == all_follow(3)


def test_calls_that_fail_or_are_lost(desk: Desk) -> None:
    session = desk.session
    for report in (desk.gate.report_failure, desk.gate.report_unknown):
        granted = desk.gate.propose(desk.action(60), session=session)
        report(str(granted.id), "the bank is closed", session=session)
        desk.clock.advance(minutes=1)
    desk.pay(50)
    desk.pay(50, to="thief-9")
    wire(desk, session)
    assert again(desk) == all_follow(5)


def test_what_relatives_have_seen(desk: Desk) -> None:
    session = conversation(desk)
    below = desk.gate.branch(session)
    desk.gate.submit(Action(Agent("bot"), "look"), session=session)
    desk.gate.submit(Action(Agent("bot"), "mail"), session=below)
    wire(desk, session)
    desk.pay(50, session=below)
    assert again(desk) == all_follow(4)
    mail = Action(Agent("bot"), "mail", chain=(Agent("bot"),))
    desk.gate.submit(mail, session=below)
    assert again(desk) == all_follow(5)


BOTH = "rule both escalate shut to manager and auditor\n"


def test_by_which_role_somebody_signed(desk: Desk) -> None:
    desk.reload(POLICY + BOTH)
    held = desk.gate.submit(Action(Agent("bot"), "shut", {"case": "c-1"}), session=desk.session)
    for who in ("ann", "cat"):
        desk.gate.approve(next(one.ticket for one in desk.gate.pending()), by=Human(who))
    assert desk.gate.resume(str(held.id), session=desk.session).status.value == "executed"
    assert lacking(again(desk)) == {answers.WHICH_ROLE: 1}


def test_a_role_that_whoever_signed_has_lost(tmp_path: Path) -> None:
    desk = open_desk(tmp_path)
    held = desk.pay(500)
    desk.gate.approve(str(held.ticket), by=Human("ann"))
    desk.gate.close()
    with closing(open_without_ann(tmp_path)) as gate:
        assert gate.resume(str(held.id)).status.value == "held"
    assert lacking(again(desk)) == {answers.ROLE_HELD: 1}


def open_without_ann(folder: Path):  # type: ignore[no-untyped-def]
    """A gate at the same store, since Ann has left."""
    desk = open_desk(folder)
    desk.gate.close()
    roles = (folder / "roles.csv").read_text().replace("g, ann, manager\n", "")
    (folder / "roles.csv").write_text(roles)
    engine = type(desk.engine)(desk.engine.policy, folder / "roles.csv")
    facts = {"account": {"id": "a-1", "balance": 5_000}}
    return engine.gate(store=desk.store, facts=lambda _: facts, clock=desk.clock, tools=desk.tools)


# What the record and the store no longer have


def unreadable(store: Path, part: str) -> None:
    """Spoils the actions of the store that have this somewhere in their body."""
    execute(store, "UPDATE actions SET body = 'x' WHERE body LIKE ?", f"%{part}%")


def test_a_sealed_input_without_its_action(store: Path, day: Desk) -> None:
    unreadable(store, '"pin":"0000"')
    found = redecided(store, day.engine.policy)
    assert lacking(found)[reasons.NO_ACTION] == 1
    assert found.follow > 10


def test_an_action_that_the_record_tells_in_full(store: Path, day: Desk) -> None:
    """All but those done for a person, whose attributes the record does not have."""
    unreadable(store, '"task":"mail"')
    assert redecided(store, day.engine.policy) == all_follow(DECISIONS)
    unreadable(store, '"task":"wire"')
    assert lacking(redecided(store, day.engine.policy))[reasons.NO_ACTION] > 1


def test_the_words_of_a_session(store: Path, day: Desk) -> None:
    execute(store, "UPDATE sessions SET request = NULL")
    assert lacking(redecided(store, day.engine.policy)) == {sessions.NO_REQUEST: DECISIONS}


def test_what_is_said_of_a_session(desk: Desk) -> None:
    session = desk.gate.open(None, attributes={"purpose": "refunds", "card": "4000-1111"})
    desk.gate.submit(Action(Agent("bot"), "mail"), session=session)
    assert again(desk) == all_follow(1)
    execute(place(desk), "UPDATE sessions SET attributes = 'x' WHERE request IS NULL")
    assert lacking(again(desk)) == {sessions.SEALED: 1}


def test_a_sealed_fact_as_it_was_and_as_it_became(desk: Desk) -> None:
    facts = {"account": {"id": "a-1", "balance": 500, "pin": "9876"}}
    session = conversation(desk)
    action = desk.action(400)
    held = desk.gate.submit(action, session=session, facts=facts)
    assert again(desk) == all_follow(1)
    more = {"account": {"id": "a-1", "balance": 600, "pin": "5432"}}
    desk.gate.resume(str(held.id), session=session, facts=more)
    assert again(desk).follow == 1
    assert lacking(again(desk)) == {reasons.NO_FACTS: 1}


def test_what_a_session_has_seen(store: Path, day: Desk) -> None:
    execute(store, "DELETE FROM outputs WHERE position > 1")
    found = redecided(store, day.engine.policy)
    assert set(lacking(found)) == {sessions.NO_OUTPUTS}


def test_the_salt(store: Path, day: Desk) -> None:
    execute(store, "DELETE FROM ledger_salt")
    assert lacking(redecided(store, day.engine.policy)) == {NO_SALT: DECISIONS}


def test_a_store_that_has_the_record_and_nothing_else(store: Path, day: Desk) -> None:
    below = ("outputs", "proposals", "asks", "approvals", "confirmations", "results")
    with closing(Database(store, must_exist=True)) as database:
        for table in (*below, "actions", "sessions"):
            database.execute(f"DROP TABLE {table}")
    found = lacking(redecided(store, day.engine.policy))
    assert found.keys() == {sessions.NO_REQUEST, reasons.NO_ACTION}


def test_an_entry_that_was_erased(store: Path, day: Desk) -> None:
    with closing(Database(store)) as database:
        number = next(LedgerReader(database).records("decided")).number
        Ledger(database, SystemClock()).erase(number, by="ann", reason="Asked by the person.")
    found = redecided(store, day.engine.policy)
    assert lacking(found) == {ERASED: 1, PERHAPS_GONE: 1}
    assert found.follow == DECISIONS - 2


def test_an_erased_entry_explains_no_other_action(store: Path, day: Desk) -> None:
    with closing(Database(store)) as database:
        Ledger(database, SystemClock()).erase(2, by="ann", reason="Asked by the person.")
    execute(store, "UPDATE actions SET body = replace(body, 'shop-1', 'shop-2')")
    findings = redecided(store, day.engine.policy).findings
    assert {finding.text.partition(": ")[2] for finding in findings} == {
        "the store's action of this id is not the one that was decided"
    }


def test_an_entry_that_cannot_be_read(store: Path, day: Desk) -> None:
    execute(
        store,
        """UPDATE ledger SET body = '{'
           WHERE number = (SELECT max(number) FROM ledger WHERE kind = 'decided')""",
    )
    assert lacking(redecided(store, day.engine.policy))[UNREADABLE] == 1
