"""A ledger replayed: what its entries tell, what they do not, and the past that rules see."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from policy_engine import Action, Agent, Human
from policy_engine.audit.replay.answer import Answer
from policy_engine.audit.replay.candidate import Candidate
from policy_engine.audit.replay.flips import words_of
from policy_engine.audit.replay.replay import replay
from policy_engine.engine import Engine
from policy_engine.foundation.database import Database
from policy_engine.ledger.ledger import LedgerReader
from tests.audit.busy import ticket_of
from tests.fakes import Desk
from tests.fakes.stores import alter

POLICY = """
policy desk.payments "Payments" owner "risk@desk.example"

role clerk
role manager for humans

task look "Look" { output untrusted }
task mail "Mail" { output untrusted }
task pay "Pay" {
  input to: Text
  input amount: Decimal
  input pin?: Text secret
}

rule looking permit clerk to look
rule paying permit clerk to pay
rule large "A manager signs above 100" escalate pay to manager when amount > 100
"""
LIMIT = """
rule daily "Not more than 100 a day"
  limit sum of amount over pay to at most 100 per agent within 1 day
"""
DENIED = "rule once forbid any agent to look when exists denied pay within 1 day\n"
STRANGERS = 'rule strangers forbid any agent to pay when to == "thief"\n'


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path, POLICY)
    yield made
    made.gate.close()


def replayed(desk: Desk, text: str = POLICY, *was: str) -> Answer:
    """The record of a desk under another policy."""
    return replay(Candidate(loaded(desk, text)), desk.store, was=[loaded(desk, one) for one in was])


def loaded(desk: Desk, text: str):  # type: ignore[no-untyped-def]
    path = desk.folder / "other.policy"
    path.write_text(text, encoding="utf-8")
    return Engine.load(path).policy


def flips(answer: Answer) -> dict[str, int]:
    return {words_of(cell): number for cell, number in answer.flips}


def sent(desk: Desk, amount: object = 50, **more: object) -> object:
    """A payment outside of any session: everything that it rests on is on the record."""
    input_ = {"to": "shop-1", "amount": amount, **more}
    return desk.gate.submit(Action(Agent("bot"), "pay", input_)).id


def test_what_flips_is_told_with_its_reason(desk: Desk) -> None:
    sent(desk, 50)
    sent(desk, 500)
    answer = replayed(desk, POLICY.replace("amount > 100", "amount > 1000"))
    assert flips(answer) == {"escalate → allow": 1}
    (example,) = answer.examples
    assert (example.place, example.rules) == ("entry 6", ("paying",))
    assert example.input == (("amount", "500"), ("to", '"shop-1"'))
    assert "allow[paying]" in example.explanation


def test_only_the_first_decision_of_an_action_is_replayed(desk: Desk) -> None:
    id_ = str(sent(desk, 500))
    desk.gate.approve(ticket_of(desk, id_), by=Human("ann"))
    assert desk.gate.resume(id_).status.value == "executed"
    with closing(Database(desk.store)) as database:
        kinds = [record.kind for record in LedgerReader(database).records()]
    assert kinds.count("decided") == 2
    answer = replayed(desk)
    assert (answer.total, answer.flips) == (1, ())


def test_a_task_that_the_candidate_does_not_know(desk: Desk) -> None:
    sent(desk)
    gone = POLICY.replace("task pay", "task remit").replace("to pay", "to remit")
    answer = replayed(desk, gone.replace("escalate pay", "escalate remit"))
    assert flips(answer) == {"allow → unknown task": 1}
    assert "no task `pay`" in answer.examples[0].explanation


SECRET = 'rule pinned forbid any agent to pay when pin is given and pin == "0000"\n'
UNSURE = {"allow → unknown": 1}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", {}),
        (SECRET, UNSURE),
        ("rule without forbid any agent to pay when pin is not given\n", UNSURE),
        (SECRET + "rule none forbid any agent to pay\n", {"allow → deny": 1}),
        ('rule checked escalate pay to manager when pin is given and pin == "1"\n', UNSURE),
    ],
)
def test_a_secret_is_not_known(desk: Desk, more: str, expected: dict[str, int]) -> None:
    sent(desk, pin="1234")
    answer = replayed(desk, POLICY + more)
    assert flips(answer) == expected
    assert "1234" not in str(answer)


def test_a_secret_never_makes_a_permit(desk: Desk) -> None:
    sent(desk, pin="1234")
    narrow = POLICY.replace(
        "permit clerk to pay", 'permit clerk to pay when pin is given and pin == "1234"'
    )
    assert flips(replayed(desk, narrow)) == UNSURE


def test_a_seal_is_no_reason(desk: Desk) -> None:
    """Decided with a seal in the place of a secret, the answer rests on other things."""
    sent(desk, 500, pin="1234")
    answer = replayed(desk, POLICY.replace("to pay\n", "to pay when amount <= 400\n") + SECRET)
    assert flips(answer) == {"escalate → deny": 1}
    explanation = answer.examples[0].explanation
    assert re.findall(r"^(?:deny|escalate)\[(\w+)\]", explanation, re.MULTILINE) == ["D503"]


def test_a_condition_on_a_seal_says_so_in_plain_words(desk: Desk) -> None:
    sent(desk, pin="1234")
    (example,) = replayed(desk, POLICY + SECRET).examples
    assert example.rules == ("pinned",)
    assert "unknown: the input `pin` is sealed in the record" in example.explanation
    assert "cannot be written down" not in example.explanation


def test_a_seal_hides_no_other_misfit(desk: Desk) -> None:
    """Here the candidate has another type for an input that is not sealed."""
    sent(desk, pin="1234")
    answer = replayed(desk, POLICY.replace("to: Text", "to: Url"))
    assert flips(answer) == {"allow → deny": 1}
    explanation = answer.examples[0].explanation
    assert "the input `to` must be an absolute URL" in explanation
    assert "`pin`" not in explanation


def test_what_was_handed_in_undeclared_is_not_known(desk: Desk) -> None:
    """A candidate that declares more may have wanted just that."""
    sent(desk, note="please")
    wider = POLICY.replace("input pin?", "input note?: Text\n  input pin?")
    assert flips(replayed(desk)) == {}
    assert flips(replayed(desk, wider)) == {"deny → unknown": 1}


def test_where_data_come_from_is_not_on_the_record(desk: Desk) -> None:
    desk.pay(50)
    dictated = POLICY + "rule known pay only when to is dictated\n"
    assert flips(replayed(desk, dictated)) == UNSURE


def test_but_the_record_says_whether_an_unchanged_rule_applied(desk: Desk) -> None:
    dictated = POLICY + "rule known pay only when to is dictated\n"
    desk.reload(dictated)
    desk.pay(50)
    desk.pay(50, to="thief")
    stricter = dictated.replace("amount > 100", "amount > 10")
    assert flips(replayed(desk, stricter)) == {"allow → unknown": 1, "deny → unknown": 1}
    assert flips(replayed(desk, stricter, dictated)) == {"allow → escalate": 1}
    other = stricter.replace("to is dictated", "to is trusted")
    assert flips(replayed(desk, other, dictated)) == {"allow → unknown": 1, "deny → unknown": 1}


def test_a_permit_that_the_record_settles(desk: Desk) -> None:
    dictated = POLICY.replace("clerk to pay", "clerk to pay when to is dictated")
    desk.reload(dictated)
    desk.pay(500)
    looser = dictated.replace("amount > 100", "amount > 1000")
    answer = replayed(desk, looser, dictated)
    assert flips(answer) == {"escalate → allow": 1}
    assert answer.examples[0].explanation.startswith("ALLOW")
    assert "so it is recorded" in answer.examples[0].explanation


def test_a_declaration_that_changed_settles_nothing(desk: Desk) -> None:
    dictated = POLICY + "rule known pay only when to is dictated\n"
    desk.reload(dictated)
    desk.pay(50)
    for old, new in (
        ('owner "risk@desk.example"', 'owner "risk@desk.example" times in "Asia/Tokyo"'),
        ("role clerk", "role clerk for agents"),
        ("input to: Text", "input to: Text secret"),
        ('"Look" { output untrusted', '"Look" { output trusted'),
    ):
        changed = dictated.replace(old, new, 1)
        assert changed != dictated
        assert flips(replayed(desk, changed, dictated)) == UNSURE, new


def test_no_edit_lifts_what_people_said(desk: Desk) -> None:
    id_ = str(sent(desk, 500))
    desk.gate.reject(ticket_of(desk, id_), by=Human("ann"), reason="no")
    sent(desk, 500)
    desk.gate.suspend("agent bot", by=Human("ann"), reason="odd")
    sent(desk, 20)
    looser = POLICY.replace("amount > 100", "amount > 1000")
    answer = replayed(desk, looser)
    assert flips(answer) == {"escalate → allow": 1}
    assert answer.total == 3


def test_a_limit_sees_the_replayed_past(desk: Desk) -> None:
    """What the candidate denies has used up nothing of it."""
    for to in ("thief", "shop-1", "shop-2", "shop-3"):
        sent(desk, 50, to=to)
    assert flips(replayed(desk, POLICY + LIMIT)) == {"allow → deny": 2}
    answer = replayed(desk, POLICY + LIMIT + STRANGERS)
    assert flips(answer) == {"allow → deny": 2}
    assert [one.place for one in answer.examples] == ["entry 3", "entry 12"]
    assert answer.with_past == 4


def test_what_would_have_run_may_have_used_up_a_limit(desk: Desk) -> None:
    """What is newly allowed may have been carried out: then the limit would be passed."""
    desk.reload(POLICY + STRANGERS)
    sent(desk, 100, to="thief")
    sent(desk, 50)
    answer = replayed(desk, POLICY + LIMIT)
    assert flips(answer) == {"deny → allow": 1, "allow → unknown": 1}


def test_a_live_policy_with_a_past_flips_nothing(desk: Desk) -> None:
    live = POLICY + LIMIT + DENIED
    desk.reload(live)
    for amount in (60, 30, 30, 200, 10):
        sent(desk, amount)
        desk.clock.advance(minutes=7)
        desk.gate.submit(Action(Agent("bot"), "look"))
        desk.clock.advance(hours=5)
    answer = replayed(desk, live)
    assert answer.flips == ()
    assert answer.total == 10
    assert len({cell for cell, number in enumerate(answer.cells) if number}) > 1


def test_an_entry_that_is_no_decision_is_named(desk: Desk) -> None:
    sent(desk)
    sent(desk)
    desk.gate.close()
    alter(
        desk.folder / "desk.db",
        """UPDATE ledger SET body = replace(body, '"allow"', '"yes"') WHERE number = 3""",
    )
    answer = replayed(desk)
    assert answer.total == 1
    assert [(one.place, one.why) for one in answer.first_unread] == [
        ("entry 3", "it has no outcome")
    ]


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE ledger SET body = '{' WHERE number = 3", "entry 3 cannot be read"),
        ("UPDATE ledger SET body = NULL, salt = NULL WHERE number = 3", "what it told was erased"),
    ],
    ids=["no JSON", "erased"],
)
def test_an_entry_that_tells_nothing_is_named(desk: Desk, statement: str, why: str) -> None:
    sent(desk)
    sent(desk)
    desk.gate.close()
    alter(desk.folder / "desk.db", statement)
    answer = replayed(desk)
    assert answer.total == 1
    ((place, told),) = [(one.place, one.why) for one in answer.first_unread]
    assert place == "entry 3"
    assert told.startswith(why)


def test_of_what_is_delegated_everybody_has_the_roles_of_then(desk: Desk) -> None:
    """The entry has them: a directory of today is not asked."""
    text = POLICY.replace("role clerk", "role boss\nrole clerk")
    text = text.replace("permit clerk to pay", "permit clerk, boss to pay")
    roles = desk.folder / "roles.csv"
    roles.write_text("g, bot, clerk\ng, chief, boss\n", encoding="utf-8")
    desk.gate.close()
    (desk.folder / "desk.policy").write_text(text, encoding="utf-8")
    desk.engine = Engine.load(desk.folder / "desk.policy", directory=roles)
    desk.gate = desk.open_gate()
    action = Action(Agent("bot"), "pay", {"to": "shop-1", "amount": 40}, chain=(Agent("chief"),))
    assert desk.gate.submit(action).status.value == "executed"
    for held in (frozenset[str](), frozenset({"boss"})):
        tried = Candidate(loaded(desk, text), lambda who, kind, domain, held=held: held)
        assert flips(replay(tried, desk.store)) == {}
    narrower = text.replace("permit clerk, boss to pay", "permit clerk to pay")
    assert flips(replayed(desk, narrower)) == {"allow → deny": 1}


def test_one_session_and_its_branches_have_one_past(desk: Desk) -> None:
    once = POLICY + "rule once limit pay to at most 1 during this session\n"
    desk.reload(once)
    below = desk.gate.branch(desk.session)
    for session in (desk.session, below):
        desk.pay(20, session=session)
    answer = replayed(desk, once)
    assert (answer.total, answer.flips) == (2, ())
    assert (answer.matrix[0][0], answer.matrix[3][3]) == (1, 1)


def test_what_is_under_way_keeps_others_out(desk: Desk) -> None:
    busy = POLICY + "about pay { exclusive per to }\n"
    desk.reload(busy)
    first = Action(Agent("bot"), "pay", {"to": "shop-1", "amount": 40})
    report = desk.gate.propose(first)
    desk.clock.advance(minutes=1)
    sent(desk, 50)
    sent(desk, 50, to="shop-2")
    assert report.id is not None
    answer = replayed(desk, busy)
    assert (answer.total, answer.flips) == (3, ())
    assert flips(replayed(desk)) == {"deny → allow": 1}


def test_validations_count_as_they_came_out(desk: Desk) -> None:
    checked = POLICY + (
        "validation cents checks amount that amount * 100 != 12345\n"
        "rule exact require cents before pay\n"
    )
    desk.reload(checked)
    sent(desk, 50)
    sent(desk, 123.45)
    assert replayed(desk, checked).flips == ()
    looser = checked.replace("rule exact require cents before pay\n", "")
    assert flips(replayed(desk, looser)) == {"deny → escalate": 1}
    desk.reload(POLICY)
    sent(desk, 60)
    assert flips(replayed(desk, checked)) == {"allow → validate": 1}


def test_facts_that_nobody_looked_up_then(desk: Desk) -> None:
    sent(desk, 50)
    more = POLICY + "fact weekend: Boolean\nrule closed forbid any agent to pay when weekend\n"
    assert flips(replayed(desk, more)) == UNSURE


def test_a_context_that_nobody_declared_then(desk: Desk) -> None:
    """It may have been given: its absence is not known."""
    gone = POLICY + "context has { channel?: Text }\n"
    gone += "rule blind forbid any agent to pay when context.channel is not given\n"
    sent(desk, 50)
    action = Action(Agent("bot"), "pay", {"to": "x", "amount": 5}, {"line": "3"})
    desk.gate.submit(action)
    assert flips(replayed(desk, gone)) == {"allow → deny": 1, "allow → unknown": 1}
