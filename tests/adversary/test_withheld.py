"""Getting at an output that was withheld, and past the checks that withhold it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from policy_engine import Gate, GateError, Human, Result, Session, Status
from policy_engine.runtime import checks as checks_module
from policy_engine.runtime.executors import ToolFailed, ToolHangs
from tests.adversary.conftest import Lab, act

S = "hunter2-secret"
FETCH = """
task fetch { input q: Text  output body: TYPE trusted labelled inside }
task send { input to: Text }
rule r permit bot to fetch, send
validation clean CHECK
rule g require clean after fetch
rule k send only when to is trusted
rule s send only when to comes from fetch
"""
REGISTERED = 'checks body with "m:c"'
TOOLS = {"send": lambda to: "sent"}


def policy(check: str = REGISTERED, type_: str = "Text") -> str:
    return FETCH.replace("TYPE", type_).replace("CHECK", check)


def fetched(lab: Lab, gate: Gate) -> tuple[Result, Session]:
    session = gate.open("hi")
    return gate.submit(act("fetch", {"q": "x"}), session=session), session


def is_nowhere(lab: Lab, gate: Gate, result: Result, session: Session) -> bool:
    """Neither the caller, nor the record, nor the session, nor who resumes gets it."""
    again = gate.resume(str(result.id), session=session)
    kept = lab.rows("SELECT * FROM actions") + lab.rows("SELECT * FROM outputs")
    told = [result, again, session.outputs, gate.open("hi", id=session.id).outputs, kept]
    return S not in repr(told) and S not in lab.ledger()


@pytest.mark.parametrize(
    ("check", "type_"),
    [
        ('checks body that body not contains "hunter"', "Text"),
        ("checks body that body > 5", "Integer"),
        ("checks body that values of body subset of [1]", "map of Text to Integer"),
        (REGISTERED, "Text"),
        (REGISTERED, "Integer"),
        ('checks body against schema "s.json"', "map of Text to Text"),
        ('checks input against schema "s.json"', "Text"),
        ('checks body against schema "s.json"', "Json"),
    ],
)
@pytest.mark.parametrize("output", [S, {S: S}], ids=["text", "object"])
def test_what_is_withheld_is_nowhere(lab: Lab, check: str, type_: str, output: object) -> None:
    """The reason for which an output is withheld quotes it: a misfit, a path, a check's words."""
    text = '{"patternProperties": {"hunter": {"const": 1}}, "type": "object", "not": {}}'
    (lab.folder / "s.json").write_text(text)
    says = {"m:c": lambda body: f"this is bad: {body}"}
    gate = lab.gate(policy(check, type_), checks=says, tools={**TOOLS, "fetch": lambda q: output})
    result, session = fetched(lab, gate)
    assert (result.status, result.output) == (Status.WITHHELD, None)
    assert is_nowhere(lab, gate, result, session)
    assert lab.verified().holds


def test_what_is_withheld_vouches_for_nothing(lab: Lab) -> None:
    gate = lab.gate(
        policy(), checks={"m:c": lambda body: False}, tools={**TOOLS, "fetch": lambda q: "shop-1"}
    )
    _, session = fetched(lab, gate)
    assert gate.submit(act("send", {"to": "shop-1"}), session=session).status is Status.DENIED


class _Own:
    """An executor of the host's own."""

    name = "own"

    def __init__(self, error: Exception) -> None:
        self._error = error

    def can(self, task: str) -> bool:
        return True

    def call(self, task: str, input: object, key: str | None = None) -> object:
        raise self._error


@pytest.mark.parametrize("error", [ToolFailed(S), ToolHangs(S), ValueError(S)])
def test_an_error_is_no_way_around_the_check(lab: Lab, error: Exception) -> None:
    """A client that raises with the page that it got: nobody has validated that."""
    gate = lab.gate(policy(), checks={"m:c": lambda body: False}, executor=_Own(error))
    assert is_nowhere(lab, gate, *fetched(lab, gate))


def _raise(error: BaseException) -> Callable[..., object]:
    def check(**_: object) -> object:
        raise error

    return check


class _Words(str):
    def __str__(self) -> str:
        raise RuntimeError("no words")

    def __bool__(self) -> bool:
        raise RuntimeError("neither")


@pytest.mark.parametrize(
    "check",
    [
        *(_raise(e) for e in (ValueError(S), SystemExit(0), KeyboardInterrupt(), GeneratorExit())),
        *(lambda v=v, **_: v for v in (1, "", "ok", [], [1], 0, False, object(), _Words("x"))),
        lambda **_: "half \ud83d",
        lambda: None,
    ],
)
@pytest.mark.parametrize("when", ["before", "after"])
def test_only_true_or_nothing_passes(lab: Lab, check: Any, when: str) -> None:
    """A check that ends the process after the call leaves an action under way for ever."""
    text = policy('checks q with "m:c"').replace("after", when)
    gate = lab.gate(text, checks={"m:c": check}, tools={**TOOLS, "fetch": lambda q: "out"})
    result, _ = fetched(lab, gate)
    assert result.status is (Status.WITHHELD if when == "after" else Status.DENIED)
    assert S not in lab.ledger()
    assert not lab.verified().findings


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_check_that_hangs_has_not_passed(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    monkeypatch.setattr(checks_module, "TIME_LIMIT", 0.05)
    stop = threading.Event()
    text = policy('checks q with "m:c"').replace("after", when)
    hangs = {"m:c": lambda q: stop.wait(20)}
    gate = lab.gate(text, checks=hangs, tools={**TOOLS, "fetch": lambda q: "out"})
    try:
        assert fetched(lab, gate)[0].status in (Status.WITHHELD, Status.DENIED)
    finally:
        stop.set()


def test_a_check_changes_nothing_of_what_it_sees(lab: Lab) -> None:
    seen: list[object] = []

    def check(**data: Any) -> None:
        data["q"].append("evil")
        data["m"]["evil"] = "x"

    text = (
        "task t { input q: Json  input m: map of Text to Text }\nrule r permit bot to t\n"
        'validation v checks input with "m:c"\nrule g require v before t\n'
    )
    gate = lab.gate(text, checks={"m:c": check}, tools={"t": lambda q, m: seen.extend([q, m])})
    assert gate.submit(act("t", {"q": ["x"], "m": {}})).status is Status.EXECUTED
    assert seen == [["x"], {}]


@pytest.mark.parametrize("check", [REGISTERED, 'checks input against schema "s.json"'])
def test_what_is_not_of_its_type_is_not_passed_over(lab: Lab, check: str) -> None:
    """The check gets no `body` at all, and finds nothing wrong with that."""
    (lab.folder / "s.json").write_text('{"properties": {"body": {"pattern": "^a"}}}')
    gate = lab.gate(
        policy(check), checks={"m:c": lambda **_: None}, tools={**TOOLS, "fetch": lambda q: 5}
    )
    assert fetched(lab, gate)[0].status is Status.WITHHELD


def test_what_was_validated_is_what_is_released(lab: Lab) -> None:
    """The tool goes on writing into the list that it has returned."""
    mine = ["good"]

    def check(body: object) -> None:
        mine.append(S)

    gate = lab.gate(
        policy(type_="list of Text"),
        checks={"m:c": check},
        tools={**TOOLS, "fetch": lambda q: mine},
    )
    result, session = fetched(lab, gate)
    assert result.output == ["good"]
    assert is_nowhere(lab, gate, result, session)


def test_a_duty_is_judged_with_the_facts_of_the_decision(lab: Lab) -> None:
    """Signed at level 1; when it runs the level is 0, and the old fact still opens the output."""
    level = {"level": 1}
    text = policy("checks body that level > 0") + "fact level: Integer may drift\n"
    text += "rule e escalate fetch to boss\n"
    tools = {**TOOLS, "fetch": lambda q: "out"}
    gate = lab.gate(text, tools=tools, facts=lambda action: dict(level))
    held, session = fetched(lab, gate)
    gate.approve(str(held.ticket), by=Human("ana"))
    level["level"] = 0
    assert gate.resume(str(held.id), session=session).status is Status.WITHHELD


def test_a_gate_does_not_start_without_its_checks(lab: Lab) -> None:
    with pytest.raises(GateError, match="m:c"):
        lab.gate(policy())
