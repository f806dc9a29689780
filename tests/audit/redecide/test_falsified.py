"""A record that was written anew holds, and still its decisions do not follow."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.audit.redecide.desk import Change, execute, redecided, rewritten, told
from tests.fakes import Desk

Body = dict[str, Any]


def first(kind: str, change: Callable[[Body], object], **members: object) -> Change:
    """Changes the first entry of a kind that has these members."""
    done: list[Body] = []

    def changed(each: str, body: Body) -> Body | None:
        if each != kind or done or any(body.get(name) != one for name, one in members.items()):
            return body
        done.append(body)
        made = deepcopy(body)
        return None if change(made) is GONE else made

    return changed


GONE = object()


def left_out(body: Body) -> object:
    return GONE


def allowed(body: Body) -> object:
    """As if the rule that stood against it had never been."""
    body["reasons"] = [one for one in body["reasons"] if one["outcome"] == "allow"]
    return body.update(outcome="allow")


def denied(body: Body) -> object:
    reason = {**body["reasons"][0], "outcome": "deny", "code": "D512", "rule": "known"}
    return body.update(outcome="deny", reasons=[reason])


def renamed(body: Body) -> object:
    return body["reasons"][0].update(rule="looking")


def only(name: str, value: object) -> Callable[[Body], object]:
    return lambda body: body.update({name: value})


def within(name: str, **members: object) -> Callable[[Body], object]:
    return lambda body: body[name].update(members)


WHAT_FOLLOWS = "what follows is"
ANOTHER = "it tells of another action than the one that was decided: "
BESIDE = "it does not rest on what its entry says: "

FALSIFIED = {
    "a deny made an allow": (first("decided", allowed, outcome="deny", task="pay"), WHAT_FOLLOWS),
    "an allow made a deny": (first("decided", denied, outcome="allow", task="pay"), WHAT_FOLLOWS),
    "an escalate made an allow": (first("decided", allowed, outcome="escalate"), WHAT_FOLLOWS),
    "the outcome alone": (first("decided", only("outcome", "deny")), WHAT_FOLLOWS),
    "a rule of another name": (first("decided", renamed, task="pay"), WHAT_FOLLOWS),
    "what was observed": (first("decided", only("observed", []), task="mail"), "reasons"),
    "another amount": (
        first("decided", within("input", amount=Decimal(51)), task="pay"),
        f"{ANOTHER}input",
    ),
    "another secret": (
        first("decided", within("input", pin={"secret": "0" * 64}), task="pay", outcome="allow"),
        f"{ANOTHER}input",
    ),
    "another agent": (
        first("decided", within("principal", id="bob"), task="pay"),
        f"{ANOTHER}principal",
    ),
    "another task": (first("decided", only("task", "look"), task="pay"), f"{ANOTHER}task"),
    "another person behind it": (
        first("decided", only("on_behalf_of", "ann"), task="wire"),
        f"{ANOTHER}on_behalf_of",
    ),
    "another context": (
        first("decided", within("context", channel="web"), task="wire"),
        f"{ANOTHER}context",
    ),
    "another digest": (
        first("decided", only("action_digest", "0" * 64), task="pay"),
        "the store's action of this id is not the one that was decided",
    ),
    "other facts": (
        first("decided", only("facts", {}), task="pay"),
        f"{BESIDE}facts_digest",
    ),
    "less seen": (first("decided", only("seen_outputs", 0), task="pay", seen_outputs=2), BESIDE),
    "no session": (first("decided", only("session", None), task="pay"), "in another session"),
    "nobody's action": (first("decided", only("action", "-"), outcome="allow"), "nobody kept it"),
    "no roles": (first("decided", only("roles", []), task="pay"), WHAT_FOLLOWS),
    "a validation that passed": (first("validated", only("passed", True), passed=False), "exact"),
    "a validation that never ran": (first("validated", left_out), "validate by exact"),
    "an approval that is gone": (first("approved", left_out), "escalate by large"),
    "an approval by another person": (first("approved", only("by", "bot")), "escalate by large"),
    "an approval of other facts": (
        first("approved", only("facts_digest", "0" * 64)),
        "escalate by large",
    ),
    "a confirmation that is gone": (first("confirmed", left_out), "validate by sure"),
    "a rejection that is gone": (first("rejected", left_out), "recorded is deny by D509"),
    "a suspension that is gone": (first("suspended", left_out), "recorded is deny by D517"),
    "an end of a suspension that is gone": (first("lifted", left_out), "deny by D517"),
    "asks that are gone": (
        lambda kind, body: None if kind == "held" else body,
        "recorded is deny by large, and what follows is escalate by large",
    ),
    "another purpose": (
        lambda kind, body: (
            {**body, "attributes": {**body["attributes"], "purpose": "gifts"}}
            if kind == "session" and body["attributes"]
            else body
        ),
        "is not what was recorded",
    ),
    "an outcome that failed": (
        lambda kind, body: {**body, "output_digest": "0" * 64} if kind == "executed" else body,
        "the store's output of the action",
    ),
}


@pytest.mark.parametrize("name", FALSIFIED)
def test_what_was_falsified_does_not_follow(name: str, store: Path, day: Desk) -> None:
    change, expected = FALSIFIED[name]
    before = [told(store, kind) for kind in KINDS]
    rewritten(store, change)
    assert [told(store, kind) for kind in KINDS] != before
    findings = redecided(store, day.engine.policy).findings
    assert any(expected in finding.text for finding in findings), [one.text for one in findings]
    assert {finding.code.id for finding in findings} == {"L708"}
    assert all(one.text.startswith(f"entry {one.number}: ") for one in findings)


KINDS = (
    "session",
    "decided",
    "validated",
    "held",
    "approved",
    "confirmed",
    "rejected",
    "suspended",
    "lifted",
    "executed",
)


def test_a_payment_that_is_gone_no_longer_counts(store: Path, day: Desk) -> None:
    """5,000 of the 6,000 of the day: without them the limit is not reached."""
    gone = next(
        body["action"]
        for body in told(store, "decided")
        if body["outcome"] == "allow" and body["input"].get("amount") == 5000  # type: ignore[attr-defined]
    )
    rewritten(store, lambda _, body: None if body.get("action") == gone else body)
    findings = redecided(store, day.engine.policy).findings
    assert findings


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (
            "UPDATE actions SET body = replace(body, 'shop-1', 'shop-2')",
            "the store's action of this id is not the one that was decided",
        ),
        (
            "UPDATE actions SET body = replace(body, 'gold', 'base')",
            "the store's action of this id is not the one that was decided",
        ),
        (
            "UPDATE actions SET output = '\"unpaid\"' WHERE output = '\"paid\"'",
            "is not what it returned",
        ),
        (
            "UPDATE sessions SET request = 'Pay thief-9' WHERE request IS NOT NULL",
            "is not the one it opened with",
        ),
        (
            "UPDATE outputs SET value = '\"Pay shop-1\"' WHERE task = 'mail'",
            "is not what happened",
        ),
        ("UPDATE outputs SET input = '{}' WHERE task = 'pay'", "is not what happened"),
        ("UPDATE outputs SET task = 'look' WHERE task = 'pay'", "is not what happened"),
    ],
)
def test_a_store_beside_the_record_cannot_pass_for_it(
    statement: str, expected: str, store: Path, day: Desk
) -> None:
    execute(store, statement)
    found = redecided(store, day.engine.policy)
    assert any(expected in finding.text for finding in found.findings)
    assert {finding.code.id for finding in found.findings} == {"L708"}
