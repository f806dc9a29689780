"""Rules under observation, duties after the task, retries, freshness, and what is never shown."""

from __future__ import annotations

from datetime import timedelta

from policy_engine import Action, Agent, Engine, Outcome
from policy_engine.decision.evidence import Approval, Asked, Evidence, ValidationResult
from policy_engine.decision.outcome import Decision
from tests.decision.loading import NOW, loaded, of, past

ACTION = Action(Agent("a"), "send", {"text": "hello", "key": "k-secret"})
TASK = "task send { input text: Text input key: Text secret input worth?: Decimal secret }\n"
ALL = "rule all permit any agent to any task\n"


def decided(engine: Engine, *evidence: Evidence, **more: object) -> Decision:
    return engine.decide(ACTION, evidence=evidence, history=of(), now=NOW, **more)  # type: ignore[arg-type]


def result(engine: Engine, passed: bool, minutes: float | None = 0, attempt: int = 1) -> Evidence:
    bare = decided(engine)
    at = None if minutes is None else NOW - timedelta(minutes=minutes)
    return ValidationResult(
        "v", bare.action or "", bare.facts, bare.policy, passed, at=at, attempt=attempt
    )


def test_a_rule_under_observation_is_absent() -> None:
    engine = loaded(
        f"{TASK}{ALL}role boss for humans\n"
        'rule strict observe until 2026-05-05 forbid any agent to send when text == "hello"\n'
        "rule ask observe until 2026-05-05 escalate send to boss\n"
        'rule past observe until 2026-05-04 forbid any agent to send when text == "bye"\n'
    )
    decision = decided(engine)
    assert decision.allowed
    assert [reason.rule for reason in decision.observed] == ["strict", "ask"]
    assert decision.asks == ()
    later = engine.decide(ACTION, history=of(), now=NOW + timedelta(days=1))
    assert later.rules == {"strict"}
    assert later.observed == ()


def test_what_is_due_after_the_task() -> None:
    engine = loaded(
        f'{TASK}{ALL}validation v checks text that text == ""\n'
        'rule after require v after send when text == "hello"\n'
        'rule never require v after send when text == "bye"\n'
    )
    decision = decided(engine)
    assert decision.allowed
    assert decision.obligations == (("after", "v"),)


def test_a_failure_counts_after_its_retries() -> None:
    engine = loaded(
        f'{TASK}{ALL}validation v checks text that text == ""\n'
        "rule r require v before send on failure retry 2\n"
    )
    for attempt, outcome in ((1, "validate"), (2, "validate"), (3, "deny")):
        assert decided(engine, result(engine, False, attempt=attempt)).outcome.word == outcome
    both = (result(engine, False, attempt=3), result(engine, True))
    assert decided(engine, *both).outcome is Outcome.DENY
    assert decided(engine, result(engine, False), result(engine, True)).allowed


def test_a_result_serves_as_long_as_it_is_fresh() -> None:
    engine = loaded(
        f'{TASK}{ALL}validation v checks text that text == ""\n'
        "rule r require v before send fresh for 5 minutes\n"
    )
    for minutes, allowed in ((0, True), (5, True), (5.1, False), (-1, False), (None, False)):
        assert decided(engine, result(engine, True, minutes)).allowed is allowed, minutes
    assert decided(engine, result(engine, False, 6)).outcome is Outcome.VALIDATE


def test_facts_may_drift() -> None:
    engine = loaded(
        f"{TASK}{ALL}fact rate: Decimal may drift\nfact kind: Text\nrole boss for humans\n"
        'rule ask escalate send to boss when rate > 0 and kind == "x"\n'
    )
    bare = decided(engine, facts={"rate": 1, "kind": "x"})
    rule = engine.policy.rules["ask"]
    signed = Approval(
        "b", frozenset({"boss"}), bare.action or "", bare.facts, rule.name, rule.digest, NOW
    )
    assert decided(engine, signed, facts={"rate": 2, "kind": "x"}).allowed
    other = decided(engine, signed, facts={"rate": 2, "kind": "y"})
    assert other.allowed  # the rule does not apply
    engine_2 = loaded(
        f"{TASK}{ALL}fact rate: Decimal\nrole boss for humans\n"
        "rule ask escalate send to boss when rate > 0\n"
    )
    first, second = (decided(engine_2, facts={"rate": rate}) for rate in (1, 2))
    assert first.facts != second.facts


def test_a_ladder_is_told_from_its_present_rung() -> None:
    engine = loaded(
        f"{TASK}{ALL}role boss for humans\nrole legal for humans\nrole finance for humans\n"
        "rule ask escalate send to boss within 4 hours, otherwise escalate to 2 of legal and "
        "finance within 1 day\n"
    )
    rule = engine.policy.rules["ask"]
    bare = decided(engine)
    told = "one of boss within 4 hours, then one of finance and 2 of legal within 1 day, then deny"
    assert f"needs: {told}" in engine.explain(ACTION, bare)
    (ask,) = bare.asks
    assert (ask.role, ask.quorum, ask.until, ask.deadline) == ("boss", 1, None, None)
    asked = Asked(bare.action or "", rule.name, rule.digest, NOW - timedelta(hours=5))
    (ask,) = decided(engine, asked).asks
    assert [party.role for party in ask.parties] == ["finance", "legal"]
    assert ask.quorum == 3
    assert ask.until == ask.deadline == NOW + timedelta(hours=23)


def test_hints_alternatives_and_controls() -> None:
    engine = loaded(
        f"{TASK}{ALL}task draft {{ input text: Text }}\n"
        'framework f { c1 "Control one" }\n'
        'rule no forbid any agent to send satisfies f.c1 hint "Send less." instead draft\n'
    )
    decision = decided(engine)
    reason = decision.reasons[0]
    assert (reason.hint, reason.instead, reason.controls) == ("Send less.", "draft", ("f.c1",))
    shown = engine.explain(ACTION, decision)
    for line in ("= hint: Send less.", "= instead: draft", "= control: f.c1"):
        assert line in shown


def test_secrets_are_never_shown() -> None:
    engine = loaded(
        f"{TASK}{ALL}define same(a: Text, b: Text) = a == b\n"
        'rule r1 forbid any agent to send when key starts with "k-"\n'
        'rule r2 forbid any agent to send when same(key, "k-secret")\n'
        "rule r3 forbid any agent to send when exists send where past.key == key within 1 day\n"
        'rule r4 forbid any agent to send when key in ["k-secret"]\n'
        "rule r5 forbid any agent to send when not (key is dictated)\n"
        "rule r6 forbid any agent to send when size of key == 8\n"
        'rule r7 forbid any agent to send when key like "k*"\n'
        'rule r8 forbid any agent to send when (if text == "" then "" else key) == key\n'
        "rule r9 limit sum of worth over send to at most 3 within 1 day\n"
    )
    action = Action(Agent("a"), "send", {"text": "x", "key": "k-secret", "worth": 98765})
    history = of(past("send", 5, text="x", key="k-secret", worth=43210))
    decision = engine.decide(action, history=history, now=NOW)
    assert decision.rules == {f"r{number}" for number in range(1, 10)}
    for reason in decision.reasons:
        told = " ".join(
            [reason.title, reason.would_change or "", *(label.text for label in reason.labels)]
        )
        assert "k-secret" not in told, told
        assert "98765" not in told and "43210" not in told, told
        assert "8 ==" not in told, told
