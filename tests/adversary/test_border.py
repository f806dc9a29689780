"""Values that mean one thing where they are decided and another where they are kept or used."""

from __future__ import annotations

import functools
from decimal import Decimal
from typing import Any

import pytest

from policy_engine import Human, Status
from policy_engine.values.money import Money
from tests.adversary.conftest import Lab, act

S = "hunter2-secret"
TAKE = """
task take { input x: TYPE }
rule r permit bot to take when COND
"""
ANY = TAKE.replace(" when COND", "")


def status(lab: Lab, type_: str, condition: str, value: object) -> tuple[Status, list[object]]:
    seen: list[object] = []
    text = TAKE.replace("TYPE", type_).replace("COND", condition)
    gate = lab.gate(text, tools={"take": lambda x: seen.append(x)})
    return gate.submit(act("take", {"x": value})).status, seen


@pytest.mark.parametrize(
    "value",
    [
        {"amount": 5, "currency": "EUR", "note": "x"},
        {"amount": 5, "currency": "eur"},
        {"amount": "5", "currency": "EUR"},
        {"amount": True, "currency": "EUR"},
        {"amount": float("nan"), "currency": "EUR"},
        {"amount": 5},
        {"amount": 10**39, "currency": "EUR"},
        "5,00 EUR",
        "5 EUR ",
        "５ EUR",
        "5 EUR\n",
        "EUR 5",
        5,
        5.0,
        ["5 EUR"],
    ],
    ids=repr,
)
def test_what_is_no_money(lab: Lab, value: object) -> None:
    assert status(lab, "Money", "x <= 10 EUR", value) == (Status.DENIED, [])


@pytest.mark.parametrize("value", ["5.00 EUR", {"amount": 5.0, "currency": "EUR"}])
def test_what_is_money_is_the_same_for_the_tool(lab: Lab, value: object) -> None:
    assert status(lab, "Money", "x <= 10 EUR", value) == (
        Status.EXECUTED,
        [Money(Decimal(5), "EUR")],
    )


@pytest.mark.parametrize(
    ("type_", "condition", "value"),
    [
        ("Path", 'x under "/srv"', "/srv/../etc/passwd"),
        ("Path", 'x under "/srv"', "/srv/..\\..\\etc"),
        ("Path", 'x under "/srv"', "srv/a"),
        ("Path", 'x under "/srv"', "~/srv"),
        ("Path", 'x under "/srv"', "/srvx/a"),
        ("Url", 'x.host == "acme.example"', "https://acme.example@evil.example/"),
        ("Url", 'x.host == "acme.example"', "https://acme.example\\.evil.example"),
        ("Url", 'x.host == "acme.example"', "//acme.example/"),
        ("Email", 'x.domain == "acme.example"', "a@evil.example, b@acme.example"),
        ("Email", 'x.domain == "acme.example"', '"a@evil.example"@acme.example'),
        ("Email", 'x.domain == "acme.example"', "a@acme.example\n"),
        ("Email", 'x.domain == "acme.example"', "a@acme.example.evil.example"),
        ("Command", 'x.programs subset of ["ls"]', "ls; rm -rf /"),
        ("Command", 'x.programs subset of ["ls"]', "ls $(rm x)"),
        ("Command", 'x.programs subset of ["ls"]', "ls \n rm x"),
        ("Command", 'x.programs subset of ["ls"]', "env rm x"),
        ("set of Text", "size of x < 2", ["a", "a", "b"]),
        ("set of Text", "size of x < 2", {"a": 1}),
        ("map of Text to Integer", "size of x < 2", {"a": 1, "b": 2}),
        ("map of Text to Integer", "size of x < 2", {1: 1}),
        ("list of Text", "size of x < 99", ["x"] * 10_001),
    ],
)
def test_what_does_not_pass(lab: Lab, type_: str, condition: str, value: object) -> None:
    assert status(lab, type_, condition, value) == (Status.DENIED, [])


@pytest.mark.parametrize(
    ("type_", "value", "spelled"),
    [
        ("Path", "/srv//a/../b", "/srv/b"),
        ("Url", "HTTPS://Acme.example:443/%61", "https://acme.example/a"),
        ("Email", "a@ACME.example", "a@acme.example"),
        ("set of Text", ["b", "a", "b"], '["a", "b"]'),
        ("Decimal", 5.10, "5.1"),
    ],
)
def test_an_approver_sees_what_the_tool_would_get(
    lab: Lab, type_: str, value: object, spelled: str
) -> None:
    """`/srv/reports/../../etc/passwd` is long enough for nobody to see where it ends."""
    gate = lab.gate(ANY.replace("TYPE", type_) + "rule e escalate take to boss\n")
    gate.submit(act("take", {"x": value}))
    assert gate.pending()[0].input["x"].strip('"') == spelled


def nested(depth: int) -> object:
    return functools.reduce(lambda inner, _: [inner], range(depth), 1)  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize("depth", [90, 94, 95, 96, 97, 98, 99, 100, 101, 102, 150, 5_000])
@pytest.mark.parametrize("where", ["input", "attribute", "fact", "context", "session", "output"])
def test_depth_is_decided_and_never_breaks_the_gate(lab: Lab, depth: int, where: str) -> None:
    """Deep enough to be decided, too deep to be kept one level further down."""
    text = "agents have { j?: Json }\ncontext has { j?: Json }\nsession has { j?: Json }\n"
    text += "fact j: Json\n" + ANY.replace("TYPE", "Json")
    deep: Any = {place: {} for place in ("attribute", "context", "session", "fact")}
    deep |= {where: {"j": nested(depth)}}
    back = nested(depth) if where == "output" else 1
    gate = lab.gate(text, tools={"take": lambda x: back}, facts=lambda action: deep["fact"])
    session = gate.open("hi", attributes=deep["session"])
    behalf = Human("h", **deep["attribute"])
    value = nested(depth) if where == "input" else 1
    action = act("take", {"x": value}, context=deep["context"], on_behalf_of=behalf)
    found = gate.submit(action, session=session).status
    assert found in (Status.EXECUTED, Status.DENIED)
    assert not lab.verified().findings


@pytest.mark.parametrize("type_", ["Json", "Money", "Date", "set of Text", "map of Text to Money"])
@pytest.mark.parametrize("value", [float("nan"), object(), {"a": object()}, {1: 1}, "\ud83d", b"x"])
def test_what_cannot_be_written_is_refused_with_a_reason(
    lab: Lab, type_: str, value: object
) -> None:
    gate = lab.gate(ANY.replace("TYPE", type_))
    result = gate.submit(act("take", {"x": value}))
    assert result.decision is not None
    assert "D512" in {reason.code.id for reason in result.decision.reasons}
    titles = [reason.title for reason in result.decision.reasons]
    assert not any("Unwritable" in title for title in titles), "a word of ours, and no plain one"
    assert lab.last("decided")["outcome"] == "deny"


HIDDEN = """
record Card { number: Text secret }
agents have { keys?: map of Text to Text secret }
session has { token?: Text secret }
fact vault: map of Text to Card
task take { input x?: TYPE }
rule r permit any agent to take
rule e escalate take to boss
"""


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("Money secret", "5 EUR"),
        ("Date secret", "2031-12-24"),
        ("set of Text secret", [S]),
        ("map of Text to Text secret", {S: S}),
        ("Json secret", {S: [S]}),
        ("list of Card", [{"number": S}]),
        ("map of Text to Card", {"mine": {"number": S}}),
        ("map of Text to list of Card", {"mine": [{"number": S}]}),
        ("Url secret", f"https://acme.example/{S}"),
        ("Command secret", f"login {S}"),
    ],
)
def test_a_secret_inside_a_new_type_stays_one(lab: Lab, type_: str, value: object) -> None:
    gate = lab.gate(HIDDEN.replace("TYPE", type_), facts=lambda action: {"vault": {"a": CARD}})
    session = gate.open("hi", attributes={"token": S})
    held = gate.submit(act("take", {"x": value}), session=session)
    assert held.status is Status.HELD
    assert held.decision is not None
    told = repr((gate.pending(), held.decision.reasons)) + lab.ledger()
    for word in (S, "5 EUR", "2031-12-24"):
        assert word not in told


CARD = {"number": S}


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("Money", {"amount": 5, "currency": "EUR", "card": S}),
        ("Money", {"amount": [S], "currency": "EUR"}),
        ("Date", {"card": S}),
        ("set of Text", {"card": S}),
        ("map of Text to Card", {"mine": S, "other": [CARD]}),
        ("Path", [S]),
    ],
)
def test_what_does_not_fit_opens_no_secret(lab: Lab, type_: str, value: object) -> None:
    gate = lab.gate(HIDDEN.replace("TYPE", type_))
    denied = gate.submit(act("take", {"x": value}))
    assert denied.status is Status.DENIED
    assert denied.decision is not None
    assert S not in lab.ledger() + repr(denied.decision.reasons)


def test_a_check_tells_no_secret(lab: Lab) -> None:
    text = HIDDEN.replace("TYPE", "map of Text to Card") + (
        'validation v checks x with "m:c"\nvalidation w checks x against schema "s.json"\n'
        "rule q require v, w before take\n"
    )
    (lab.folder / "s.json").write_text('{"additionalProperties": {"required": ["nothing"]}}')
    gate = lab.gate(text, checks={"m:c": lambda x: f"bad {x}"})
    denied = gate.submit(act("take", {"x": {S: CARD}}))
    assert denied.status is Status.DENIED
    assert denied.decision is not None
    body = lab.ledger() + repr(denied.decision.reasons)
    assert "hunter2-secret" not in body.replace(f'"{S}":', "")


@pytest.mark.parametrize(
    ("one", "other", "value", "again"),
    [
        ("Text", "Money", "5.00 EUR", "5 EUR"),
        ("Json", "Money", {"amount": 5, "currency": "EUR"}, "5 EUR"),
        ("Text", "Date", "2026-05-04", "2026-05-04"),
        ("Text", "Duration", "PT24H", "P1D"),
        ("Money", "Text", "5 EUR", "5.00 EUR"),
    ],
)
def test_a_new_type_lifts_no_rejection(
    lab: Lab, one: str, other: str, value: object, again: object
) -> None:
    """Law 8: a policy edit never lifts a rejection."""
    text = ANY + "rule e escalate take to boss\n"
    gate = lab.gate(text.replace("TYPE", one))
    held = gate.submit(act("take", {"x": value}))
    gate.reject(str(held.ticket), by=Human("ana"), reason="no")
    gate = lab.gate(text.replace("TYPE", other))
    assert gate.submit(act("take", {"x": again})).status is Status.DENIED
