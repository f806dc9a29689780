"""A shadow is asked the same, sees its own past, and can neither change nor break anything."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from policy_engine import Action, Agent, Approval, Engine, Rejection, Session
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.clearance import Clearance
from policy_engine.decision.evidence import Evidence, ValidationResult
from policy_engine.decision.outcome import Decision
from policy_engine.foundation.database import Database
from policy_engine.foundation.errors import StoreError
from policy_engine.ledger.ledger import Ledger, LedgerReader
from policy_engine.ledger.verify import verify
from policy_engine.runtime.asked import Asked
from policy_engine.runtime.ports import Decider, Recorder
from policy_engine.runtime.shadows import Shadow
from tests.fakes import FakeClock

HEAD = """
policy desk.shadows owner "risk@desk.example" times in "UTC"
role clerk
role manager for humans
"""
DATA = """
task look { output page: Text labelled personal }
task pay  { input to: Text  input amount: Decimal  input pin?: Text secret }
validation whole "Whole amounts" checks amount that amount * 100 != 12345
"""
WORKING = "rule working permit clerk to look, pay\n"
LARGE = "rule large escalate pay to manager when amount > 100\n"
HUGE = "rule huge forbid any principal to pay when amount > 1_000\n"
LIVE = DATA + WORKING + LARGE + HUGE


class Pair:
    """A live policy and a candidate on one store, without a gate around them."""

    def __init__(self, folder: Path, live: str, candidate: str) -> None:
        (folder / "roles.csv").write_text("g, bot, clerk\n", encoding="utf-8")
        self.clock = FakeClock()
        self.live = _engine(folder, "live", live)
        self.candidate = _engine(folder, "candidate", candidate)
        self.store = folder / "store.db"
        self.gate = self.live.gate(
            store=self.store,
            tools={"look": lambda: "Kim", "pay": lambda **_: "paid"},
            clock=self.clock,
        )
        self.database = Database(self.store)
        self.ledger = Ledger(self.database, self.clock)
        self.shadow = self.shadowed_by(self.candidate)

    def shadowed_by(self, candidate: Decider, recorder: Recorder | None = None) -> Shadow:
        return Shadow(candidate, self.candidate.policy, self.database, recorder or self.ledger)

    def ask(
        self,
        task: str = "pay",
        *,
        session: Session | None = None,
        evidence: Callable[[Decision], Iterable[Evidence]] = lambda decision: (),
        **input_: object,
    ) -> Decision | Clearance:
        """The live answer to an action, recorded as a gate does, with the shadow beside it."""
        input_ = {"to": "shop", "amount": 50, **input_} if task == "pay" else input_
        action = Action(Agent("bot"), task, input_)
        given = self.live.circumstances(action, session=session, now=self.clock.now())
        bare = self.live.decide_in(action, given)
        given = replace(given, evidence=tuple(evidence(bare)))
        asked = Asked.of(action, given)
        with self.database.transaction():
            answer = asked.answered_by(self.live)
            self.ledger.record("decided", {"action": "a-1"})
            self.shadow.beside("a-1", asked, answer)
        return answer

    def entries(self, kind: str = "shadowed") -> list[Mapping[str, Any]]:
        with closing(Database(self.store)) as database:
            return [r.body for r in LedgerReader(database).records() if r.kind == kind]

    def differences(self) -> list[tuple[str, str]]:
        return [(body["live"], body["shadow"]) for body in self.entries()]


def _engine(folder: Path, name: str, text: str) -> Engine:
    path = folder / f"{name}.policy"
    path.write_text(HEAD + text, encoding="utf-8")
    return Engine.load(path, directory=folder / "roles.csv")


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Callable[..., Pair]]:
    made: list[Pair] = []

    def make(candidate: str, live: str = LIVE) -> Pair:
        made.append(Pair(tmp_path, live, candidate))
        return made[-1]

    yield make
    for one in made:
        one.gate.close()
        one.database.close()


Make = Callable[..., Pair]


@pytest.mark.parametrize(
    ("amount", "candidate", "live", "shadow", "by"),
    [
        (50, DATA + WORKING + LARGE, None, None, None),
        (500, DATA + WORKING + LARGE, None, None, None),
        (5_000, DATA + WORKING + LARGE, "deny", "escalate", "large"),
        (5_000, DATA + WORKING, "deny", "allow", "working"),
        (500, DATA + WORKING + HUGE, "escalate", "allow", "working"),
        (50, LIVE + "rule none forbid any principal to pay\n", "allow", "deny", "none"),
        (50, LIVE + "rule first require whole before pay\n", "allow", "validate", "first"),
    ],
)
def test_where_the_outcomes_differ_that_is_recorded(
    pair: Make, amount: int, candidate: str, live: str | None, shadow: str | None, by: str | None
) -> None:
    tried = pair(candidate)
    tried.ask(amount=amount)
    found = [(b["live"], b["shadow"], b["shadow_reasons"][0]["rule"]) for b in tried.entries()]
    assert found == ([] if live is None else [(live, shadow, by)])


def test_what_a_difference_says(pair: Make) -> None:
    tried = pair(DATA + WORKING + LARGE)
    tried.ask(amount=5_000)
    large = {"code": "D506", "outcome": "escalate", "rule": "large"}
    working = {"code": "D511", "outcome": "allow", "rule": "working"}
    assert tried.entries() == [
        {
            "action": "a-1",
            "task": "pay",
            "live": "deny",
            "live_policy": tried.live.policy.digest,
            "live_reasons": [{"code": "D501", "outcome": "deny", "rule": "huge"}, large, working],
            "shadow": "escalate",
            "shadow_policy": tried.candidate.policy.digest,
            "shadow_reasons": [large, working],
            "error": None,
        }
    ]


@pytest.mark.parametrize(
    ("candidate", "code"),
    [
        ("task look {}\nrule working permit clerk to look\n", "D505"),
        (
            LIVE + "fact cap: Decimal\nrule capped forbid any principal to pay when amount > cap\n",
            "D501",
        ),
        (
            LIVE + "session has { purpose: Text }\n"
            'rule apart pay only when session.purpose == "pay"\n',
            "D502",
        ),
        ("task pay { input to: Text }\nrule working permit clerk to pay\n", "D504"),
    ],
    ids=["a task", "a fact that nobody looked up", "an attribute", "an input"],
)
def test_what_the_candidate_does_not_know_is_told_by_its_own_reasons(
    pair: Make, candidate: str, code: str
) -> None:
    tried = pair(candidate)
    tried.ask()
    (body,) = tried.entries()
    assert (body["live"], body["shadow"], body["error"]) == ("allow", "deny", None)
    assert body["shadow_reasons"][0]["code"] == code


def test_the_candidate_has_a_past_of_its_own(pair: Make) -> None:
    """The live policy asks nothing about the past, so nothing of it is read for that."""
    tried = pair(LIVE + "rule once limit pay to at most 1 per agent within 1 hour\n")
    tried.ask()
    assert tried.entries() == []
    tried.gate.submit(Action(Agent("bot"), "pay", {"to": "shop", "amount": 1}))
    tried.ask()
    tried.clock.advance(hours=2)
    tried.ask()
    assert tried.differences() == [("allow", "deny")]


def test_the_action_itself_is_not_in_its_past(pair: Make) -> None:
    tried = pair(LIVE + "rule once limit pay to at most 1 per agent within 1 hour\n")
    done = tried.gate.submit(Action(Agent("bot"), "pay", {"to": "shop", "amount": 1}))
    action = Action(Agent("bot"), "pay", {"to": "shop", "amount": 1})
    asked = Asked.of(action, tried.live.circumstances(action, now=tried.clock.now()))
    tried.shadow.beside(str(done.id), asked, asked.answered_by(tried.live))
    assert tried.entries() == []


def test_the_family_of_a_session_counts_as_one(pair: Make) -> None:
    """What one of them did and saw, all did and saw, by the candidate's labels and windows."""
    once = "rule once limit look to at most 1 per agent during this session\n"
    rule = "rule quiet forbid any principal to pay when session has seen personal\n"
    tried = pair(LIVE + once + rule)
    first = tried.gate.open("Look and pay")
    below = tried.gate.branch(first)
    tried.ask("look", session=below)
    tried.ask("pay", session=below)
    assert tried.entries() == []
    tried.gate.submit(Action(Agent("bot"), "look", {}), session=first)
    tried.ask("look", session=below)
    tried.ask("pay", session=below)
    decided = [body["shadow_reasons"][0]["rule"] for body in tried.entries()]
    assert decided == ["once", "quiet"]


def test_labels_of_the_live_policy_are_none_of_the_candidate(pair: Make) -> None:
    """Each says for itself what an output leaves behind."""
    rule = "rule quiet forbid any principal to pay when session has seen personal\n"
    unlabelled = DATA.replace("task look { output page: Text labelled personal }", "task look {}")
    other = "task read { output page: Text labelled personal }\n"
    tried = pair(unlabelled + other + WORKING + rule)
    first = tried.gate.open("Look and pay")
    below = tried.gate.branch(first)
    tried.gate.submit(Action(Agent("bot"), "look", {}), session=first)
    memory = Session("Look and pay", id=below.id, labels=["personal"])
    tried.ask("pay", session=memory)
    assert tried.entries() == []


def _approved(decision: Decision) -> list[Evidence]:
    (ask,) = decision.asks
    roles, digest = frozenset({"manager"}), ask.rule_digest
    action = str(decision.action)
    return [Approval("ann", roles, action, decision.facts, ask.rule, digest, decision.at)]


def _rejected(decision: Decision) -> list[Evidence]:
    return [Rejection("ann", str(decision.proposal), decision.at)]


def _validated(decision: Decision) -> list[Evidence]:
    action, policy = str(decision.action), decision.policy
    return [ValidationResult("whole", action, decision.facts, policy, True, at=decision.at)]


@pytest.mark.parametrize("said", [_approved, _rejected, _validated])
def test_only_first_answers_are_compared(
    pair: Make, said: Callable[[Decision], list[Evidence]]
) -> None:
    """A signature is none under another policy, so that policy could only ask again."""
    tried = pair(LIVE.replace("amount > 100", "amount >= 101") + "rule no forbid clerk to pay\n")
    tried.ask(amount=500, evidence=said)
    assert tried.entries() == []
    tried.ask(amount=500)
    assert tried.differences() == [("escalate", "deny")]


# Nothing that goes wrong in a shadow goes further


class Broken:
    """A candidate that fails, in one of its methods."""

    def __init__(self, engine: Engine, at: str) -> None:
        self._engine = engine
        self._at = at

    def __getattr__(self, name: str) -> Any:
        if name == self._at:
            raise ZeroDivisionError("the pin is 4711")
        return getattr(self._engine, name)


@pytest.mark.parametrize("at", ["circumstances", "clear"])
def test_a_candidate_that_fails_differs_by_an_error(pair: Make, at: str) -> None:
    tried = pair(LIVE)
    tried.shadow = tried.shadowed_by(Broken(tried.candidate, at))
    tried.ask(pin="4711")
    (body,) = tried.entries()
    assert (body["shadow"], body["error"]) == ("error", "ZeroDivisionError")
    assert body["shadow_reasons"] == []
    assert "4711" not in json.dumps(body)


class Tampering:
    """A candidate that writes where it can."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def circumstances(self, action: Action, **given: Any) -> Circumstances:
        given["session"].record("look", "a lie")
        given["session"].mark_incomplete()
        return self._engine.circumstances(action, **given)


def test_the_session_of_the_candidate_is_its_own(pair: Make) -> None:
    tried = pair(LIVE)
    tried.shadow = tried.shadowed_by(Tampering(tried.candidate))
    session = tried.gate.open("Pay 50 to shop")
    tried.ask(session=session)
    assert (session.count, session.complete) == (0, True)


def test_a_past_that_cannot_be_read_is_an_error_of_the_shadow(
    pair: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(*_: object) -> object:
        raise ValueError("a line of the store is no JSON")

    tried = pair(LIVE)
    monkeypatch.setattr("policy_engine.runtime.past.Past.of", unreadable)
    answer = tried.ask()
    assert _outcome(answer) == "allow"
    assert [body["error"] for body in tried.entries()] == ["ValueError"]


def test_a_difference_that_cannot_be_recorded_is_logged_and_no_more(
    pair: Make, caplog: pytest.LogCaptureFixture
) -> None:
    class Full:
        def record(self, kind: str, body: Mapping[str, object]) -> None:
            raise StoreError("the disk is full")

    tried = pair(DATA + WORKING)
    tried.shadow = tried.shadowed_by(tried.candidate, Full())
    with caplog.at_level(logging.ERROR):
        tried.ask(amount=5_000)
    assert (len(tried.entries("decided")), tried.entries()) == (1, [])
    assert "the action a-1 could not be recorded" in caplog.text


def test_nothing_is_recorded_of_a_decision_that_is_undone(pair: Make) -> None:
    tried = pair(DATA + WORKING)
    action = Action(Agent("bot"), "pay", {"to": "shop", "amount": 5_000})
    asked = Asked.of(action, tried.live.circumstances(action, now=tried.clock.now()))
    with pytest.raises(ZeroDivisionError), tried.database.transaction():
        tried.shadow.beside("a-1", asked, asked.answered_by(tried.live))
        raise ZeroDivisionError
    assert tried.entries() == []


def test_no_transaction_waits_for_the_candidate(pair: Make) -> None:
    inside: list[bool] = []

    class Watching(Tampering):
        def circumstances(self, action: Action, **given: Any) -> Circumstances:
            inside.append(tried.database.in_transaction)
            return self._engine.circumstances(action, **given)

    tried = pair(LIVE)
    tried.shadow = tried.shadowed_by(Watching(tried.candidate))
    tried.ask()
    assert inside == [False]


def test_what_only_the_live_policy_keeps_secret_stays_so(pair: Make) -> None:
    open_pin = DATA.replace("pin?: Text secret", "pin?: Text")
    odd = 'rule odd forbid any principal to pay when pin is given and pin == "4711"\n'
    tried = pair(open_pin + WORKING + odd)
    tried.ask(pin="4711")
    (body,) = tried.entries()
    assert body["shadow_reasons"][0]["rule"] == "odd"
    assert "4711" not in json.dumps(body)


def test_the_record_holds_with_differences_in_it(pair: Make) -> None:
    tried = pair(DATA + WORKING)
    tried.ask(amount=5_000)
    tried.gate.submit(Action(Agent("bot"), "look", {}))
    with closing(Database(tried.store)) as database:
        assert verify(LedgerReader(database).records()).holds


def _outcome(answer: Decision | Clearance) -> str:
    return "allow" if isinstance(answer, Clearance) else answer.outcome.word
