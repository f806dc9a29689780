"""A constraint over the past: violated, kept to, or not to be told; never guessed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from policy_engine import Action, Agent, Gate, Human
from policy_engine.audit import constraints
from policy_engine.audit.constraints import Kept, constraint_of, kept_to
from policy_engine.audit.period import Period
from policy_engine.audit.replay.candidate import Candidate
from policy_engine.engine import Engine
from policy_engine.foundation.database import Database
from policy_engine.foundation.errors import InputError
from policy_engine.language.policy import PolicySet
from policy_engine.ledger.ledger import LedgerReader
from policy_engine.ledger.record import Record
from policy_engine.runtime.executors import ToolFailed, ToolHangs
from tests.audit.busy import ticket_of
from tests.fakes import Desk
from tests.fakes.records import told

POLICY = """
policy desk.payments "Payments" owner "risk@desk.example"

role clerk
role manager for humans

task look "Look" { output untrusted }
task pay "Pay" {
  input to: Text
  input amount: Decimal
  input pin?: Text secret
}

rule looking permit clerk to look
rule paying permit clerk to pay
rule large "A manager signs above 100" escalate pay to manager when amount > 100
"""
SMALL = 'constraint kept "Nothing above 100" never pay when amount > 100\n'
ONCE = "constraint kept never pay when exists pay where past.to == to within 1 day\n"
PINNED = 'constraint kept never pay when pin is given and pin == "0000"\n'
DENIED = "constraint kept never pay when exists denied pay within 1 day\n"
SIGNED = "constraint kept never pay when exists approved pay within 1 hour\n"
ASKED = "constraint kept never pay when count of attempted pay within 1 day >= 1\n"


class Moody:
    """An executor that fails or hangs on request, and never waits."""

    name = "tool"

    def can(self, task: str) -> bool:
        return True

    def call(self, task: str, input: Mapping[str, object], key: str | None = None) -> object:
        if input.get("to") == "broken":
            raise ToolFailed("OSError: closed")
        if input.get("to") == "slow":
            raise ToolHangs("no answer within 5 seconds")
        return "done"


class MoodyDesk(Desk):
    """A desk whose gate has the moody executor."""

    def open_gate(self) -> Gate:
        return self.engine.gate(store=self.store, executor=Moody(), clock=self.clock)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = MoodyDesk(tmp_path, POLICY)
    yield made
    made.gate.close()


def loaded(desk: Desk, text: str) -> PolicySet:
    path = desk.folder / "other.policy"
    path.write_text(text, encoding="utf-8")
    return Engine.load(path).policy


def entries(desk: Desk) -> list[Record]:
    with closing(Database(desk.store)) as database:
        return list(LedgerReader(database).records())


def found(
    desk: Desk,
    constraint: str,
    *,
    text: str = POLICY,
    was: Iterable[PolicySet] = (),
    period: Period | None = None,
    records: Iterable[Record] | None = None,
) -> Kept:
    """What `kept` says to the record of a desk, as a part of this policy."""
    candidate = Candidate(loaded(desk, text + constraint))
    past = entries(desk) if records is None else records
    return kept_to(candidate, "kept", past, was=was, period=period or Period())


def sent(desk: Desk, amount: object = 50, **more: object) -> str:
    input_ = {"to": "shop-1", "amount": amount, **more}
    return str(desk.gate.submit(Action(Agent("bot"), "pay", input_)).id)


def signed(desk: Desk, amount: object) -> str:
    id_ = sent(desk, amount)
    desk.clock.advance(minutes=5)
    desk.gate.approve(ticket_of(desk, id_), by=Human("ann"))
    assert desk.gate.resume(id_).status.value == "executed"
    return id_


def test_what_was_done_before_the_constraint_was_written_is_found_with_its_values(
    desk: Desk,
) -> None:
    sent(desk, 50)
    id_ = signed(desk, 500)
    kept = found(desk, SMALL)
    (one,) = kept.violations
    assert (one.action, one.task, one.principal, one.end) == (id_, "pay", "agent bot", "executed")
    assert one.at == datetime(2026, 5, 4, 9, 5, tzinfo=UTC), "when it was allowed in the end"
    assert [value.value for value in one.values] == ["500 > 100"]
    decided = next(record for record in entries(desk) if record.number == one.entry)
    assert (decided.kind, decided.body["action"], decided.body["outcome"]) == (
        "decided",
        id_,
        "allow",
    )
    assert (kept.carried_out, kept.fine, kept.untold, kept.has_findings) == (2, 1, (), True)


def test_behind_the_first_the_values_of_a_violation_are_left_out(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constraints, "MOST_EXPLAINED", 2)
    for _ in range(3):
        sent(desk, 50)
    kept = found(desk, "constraint kept never pay when amount >= 50\n")
    assert [len(one.values) for one in kept.violations] == [1, 1, 0]


def test_what_was_not_carried_out_violates_nothing(desk: Desk) -> None:
    sent(desk, 500)
    rejected = sent(desk, 600)
    desk.gate.reject(ticket_of(desk, rejected), by=Human("ann"), reason="no")
    desk.gate.submit(Action(Agent("stranger"), "pay", {"to": "shop-1", "amount": 700}))
    sent(desk, 50, to="broken")
    kept = found(desk, "constraint kept never pay when amount >= 50\n")
    assert (kept.carried_out, kept.violations, kept.has_findings) == (0, (), False)


def test_what_may_have_been_carried_out_counts(desk: Desk) -> None:
    sent(desk, 50, to="slow")
    (one,) = found(desk, "constraint kept never pay when amount >= 50\n").violations
    assert one.end == "unknown"


def test_so_does_what_was_begun_and_never_ended_in_the_record(desk: Desk) -> None:
    sent(desk, 50)
    begun = [record for record in entries(desk) if record.kind != "executed"]
    kept = found(desk, "constraint kept never pay when amount >= 50\n", records=begun)
    assert [one.end for one in kept.violations] == ["unknown"]


def test_what_was_withheld_was_carried_out(desk: Desk) -> None:
    id_ = sent(desk, 50)
    last = entries(desk)[-1]
    withheld = told(last.number + 1, last.at, "withheld", {"action": id_, "problem": "too long"})
    kept = found(
        desk, "constraint kept never pay when amount >= 50\n", records=[*entries(desk), withheld]
    )
    assert [(one.action, one.end) for one in kept.violations] == [(id_, "withheld")]


def test_conditions_about_the_past_see_what_had_happened_by_then(desk: Desk) -> None:
    sent(desk)
    desk.clock.advance(hours=23)
    again = sent(desk)
    sent(desk, to="shop-2")
    desk.clock.advance(hours=25)
    sent(desk)
    kept = found(desk, ONCE)
    assert [one.action for one in kept.violations] == [again]
    assert (kept.carried_out, kept.fine) == (4, 3)


def test_what_may_have_happened_before_leaves_it_open(desk: Desk) -> None:
    sent(desk, to="slow")
    desk.clock.advance(minutes=1)
    sent(desk, to="slow")
    kept = found(desk, ONCE)
    assert (kept.fine, [one.actions for one in kept.untold]) == (1, [1])


def test_an_action_is_never_in_its_own_past(desk: Desk) -> None:
    signed(desk, 500)
    assert found(desk, ASKED).violations == ()
    desk.clock.advance(minutes=1)
    second = signed(desk, 600)
    assert [one.action for one in found(desk, ASKED).violations] == [second]


@pytest.mark.parametrize("constraint", [SMALL, ONCE, PINNED, ASKED, DENIED, SIGNED])
def test_what_a_gate_let_pass_under_a_constraint_never_violates_it(
    desk: Desk, constraint: str
) -> None:
    """The gate has seen more than the record tells, and the same past."""
    desk.reload(POLICY + constraint)
    statuses = set()
    for amount, to, hours in [
        (50, "shop-1", 1),
        (60, "shop-1", 20),
        (500, "shop-2", 2),
        (70, "slow", 0),
        (70, "slow", 1),
        (80, "broken", 30),
        (90, "shop-1", 1),
        (600, "shop-1", 1),
    ]:
        sent_ = desk.gate.submit(
            Action(Agent("bot"), "pay", {"to": to, "amount": amount, "pin": "1111"})
        )
        for waiting in desk.gate.pending():
            desk.gate.approve(waiting.ticket, by=Human("ann"))
            desk.clock.advance(minutes=1)
            sent_ = desk.gate.resume(waiting.id)
        statuses.add(sent_.status.value)
        desk.clock.advance(hours=hours)
    assert "executed" in statuses
    kept = found(desk, constraint)
    assert (kept.violations, kept.untold) == ((), ())
    assert kept.carried_out == kept.fine > 0


def test_of_what_is_sealed_it_cannot_be_told(desk: Desk) -> None:
    sent(desk, pin="0000")
    sent(desk, pin="1111")
    sent(desk)
    kept = found(desk, PINNED)
    (untold,) = kept.untold
    assert untold.why == "the input `pin` is sealed in the record"
    first = next(record.number for record in entries(desk) if record.kind == "decided")
    assert (untold.actions, untold.entry) == (2, first)
    assert (kept.fine, kept.violations, kept.has_findings) == (1, (), False)


def test_where_the_policy_of_then_had_the_constraint_its_decision_settles_that(desk: Desk) -> None:
    desk.reload(POLICY + PINNED)
    sent(desk, pin="1111")
    kept = found(desk, PINNED)
    assert (kept.fine, kept.settled, kept.untold) == (1, 1, ())
    more = PINNED + "rule more forbid any agent to pay when amount > 9_000\n"
    assert found(desk, more).settled == 0
    assert found(desk, more, was=[loaded(desk, POLICY + PINNED)]).settled == 1


def test_so_it_is_with_what_an_agent_is_said_to_be(desk: Desk) -> None:
    text = POLICY + "agents have { badge?: Text secret }\n"
    desk.reload(text)
    bearer = Agent("bot", badge="b-1")
    desk.gate.submit(Action(bearer, "pay", {"to": "shop-1", "amount": 50}))
    rule = 'constraint kept never pay when agent.badge is given and agent.badge == "b-1"\n'
    (untold,) = found(desk, rule, text=text).untold
    assert untold.why.endswith("is sealed in the record")


def test_facts_that_nobody_looked_up_then_are_not_known(desk: Desk) -> None:
    sent(desk)
    kept = found(desk, "fact weekend: Boolean\nconstraint kept never pay when weekend\n")
    assert [one.actions for one in kept.untold] == [1]


def test_where_it_applies_to_one_of_those_who_delegated_it_is_violated(desk: Desk) -> None:
    text = POLICY.replace("permit clerk to pay", "permit any agent to pay")
    desk.reload(text)
    action = Action(Agent("bot"), "pay", {"to": "shop-1", "amount": 40}, chain=(Agent("chief"),))
    assert desk.gate.submit(action).status.value == "executed"
    kept = found(desk, 'constraint kept never pay when principal.id == "chief"\n', text=text)
    assert len(kept.violations) == 1


def test_tasks_are_told_apart_by_whether_the_policy_knows_them(desk: Desk) -> None:
    sent(desk)
    desk.gate.submit(Action(Agent("bot"), "look"))
    text = POLICY.replace("task pay", "task remit").replace("to pay", "to remit")
    text = text.replace("escalate pay", "escalate remit")
    kept = found(desk, "constraint kept never remit when amount > 10\n", text=text)
    assert (kept.carried_out, kept.others, kept.unknown_tasks) == (0, 1, (("pay", 1),))
    assert not kept.has_findings


def test_an_entry_that_cannot_be_read_is_named_and_the_rest_is_processed(desk: Desk) -> None:
    first = sent(desk, 50)
    signed(desk, 500)

    def spoilt(record: Record) -> Record:
        if record.kind == "decided" and record.body["action"] == first:
            body = {name: value for name, value in record.body.items() if name != "principal"}
            return told(record.number, record.at, record.kind, body)
        return record

    kept = found(desk, SMALL, records=map(spoilt, entries(desk)))
    assert (kept.unread, len(kept.violations)) == (1, 1)
    assert [one.why for one in kept.first_unread] == ["its `principal` is no object"]
    assert [(one.why, one.actions) for one in kept.untold] == [
        ("the decision about it cannot be read", 1)
    ]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"at": "yesterday"}, "its time cannot be read"),
        ({"text": "{}"}, "it names no action"),
        ({"text": "[]"}, "entry 3 cannot be read: it is no object"),
        ({"text": None}, "what it told was erased"),
    ],
)
@pytest.mark.parametrize("kind", ["decided", "executed"])
def test_what_an_entry_may_lack(desk: Desk, kind: str, change: dict[str, Any], why: str) -> None:
    sent(desk, 50)
    erased = {"salt": None} if change.get("text", "") is None else {}
    records = [
        replace(one, **change, **erased, number=3) if one.kind == kind else one
        for one in entries(desk)
    ]
    kept = found(desk, SMALL, records=records)
    assert ([one.why for one in kept.first_unread], kept.has_findings) == ([why], True)


def test_without_a_decision_it_cannot_be_told(desk: Desk) -> None:
    sent(desk, 50)
    records = [record for record in entries(desk) if record.kind != "decided"]
    kept = found(desk, SMALL, records=records)
    assert (kept.carried_out, kept.fine) == (1, 0)
    assert [one.why for one in kept.untold] == ["no decision about it is recorded"]


def test_a_period_chooses_by_the_proposal_and_the_past_stays_whole(desk: Desk) -> None:
    sent(desk)
    desk.clock.advance(hours=20)
    second = sent(desk)
    late = Period(start=datetime(2026, 5, 5, tzinfo=UTC))
    early = Period(end=datetime(2026, 5, 5, tzinfo=UTC))
    assert [one.action for one in found(desk, ONCE, period=late).violations] == [second]
    assert found(desk, ONCE, period=early).violations == ()


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("kepd", "the policy has no constraint `kepd`; `kept`, perhaps?"),
        ("large", "`large` is a rule and no constraint"),
    ],
)
def test_a_name_of_no_constraint_is_refused(desk: Desk, name: str, why: str) -> None:
    with pytest.raises(InputError) as caught:
        constraint_of(loaded(desk, POLICY + SMALL), name)
    assert str(caught.value) == why
