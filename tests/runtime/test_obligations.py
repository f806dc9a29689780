"""`require … after`: the task is carried out, and its output is released or kept back."""

from __future__ import annotations

from collections.abc import Callable

from policy_engine import Status
from tests.fakes import Desk
from tests.runtime.test_gate import holds, kinds

OpenDesk = Callable[..., Desk]

FETCH = """
task fetch { input page: Text  output body: Text trusted }
task send { input text: Text }
rule all permit any agent to any task
validation clean "No word of it" checks body that body not contains "secret"
rule cleanly require clean after fetch when page != "home"
"""


def desk_with(open_desk: OpenDesk, body: str, more: str = "", **options: object) -> Desk:
    tools = {"fetch": lambda page: body, "send": lambda text: "sent"}
    return open_desk(FETCH + more, tools=tools, **options)


def test_what_passes_is_released(open_desk: OpenDesk) -> None:
    desk = desk_with(open_desk, "hello")
    result = desk.do("fetch", page="news")
    assert (result.status, result.output) == (Status.EXECUTED, "hello")
    assert kinds(desk)[-4:] == ["decided", "intent", "validated", "executed"]


def test_what_does_not_pass_is_withheld(open_desk: OpenDesk) -> None:
    desk = desk_with(open_desk, "a secret")
    result = desk.do("fetch", page="news")
    assert (result.status, result.output) == (Status.WITHHELD, None)
    assert result.code is not None
    assert (result.code.id, result.detail) == ("R608", "`clean`: the condition does not hold")
    again = desk.gate.resume(str(result.id))
    assert (again.status, again.output) == (Status.WITHHELD, None)
    assert kinds(desk)[-3:] == ["validated", "executed", "withheld"]
    assert holds(desk)


def test_a_duty_has_its_conditions(open_desk: OpenDesk) -> None:
    desk = desk_with(open_desk, "a secret")
    assert desk.do("fetch", page="home").output == "a secret"


def test_what_was_withheld_counts_and_opens_nothing(open_desk: OpenDesk) -> None:
    more = (
        "rule pace limit fetch to at most 2 within 1 hour\n"
        "rule order send only after fetch within 1 hour\n"
    )
    desk = desk_with(open_desk, "a secret", more)
    assert [desk.do("fetch", page=p).status for p in "ab"] == [Status.WITHHELD] * 2
    assert desk.do("send", text="x").status is Status.DENIED
    assert desk.do("fetch", page="c").status is Status.DENIED


def test_what_was_withheld_vouches_for_nothing(open_desk: OpenDesk) -> None:
    more = "rule known send only when text is trusted\n"
    desk = desk_with(open_desk, "secret", more)
    desk.do("fetch", page="news")
    assert desk.do("send", text="secret").status is Status.DENIED
    desk.do("fetch", page="home")
    assert desk.do("send", text="secret").status is Status.EXECUTED


def test_a_check_is_tried_again_as_often_as_the_rule_says(open_desk: OpenDesk) -> None:
    answers: list[object] = ["not yet", "not yet", True, "no", "no", "no"]
    text = FETCH.replace('that body not contains "secret"', 'with "desk:check"')
    text = text.replace('fetch when page != "home"', "fetch on failure retry 2")
    tools = {"fetch": lambda page: "hello"}
    desk = open_desk(text, tools=tools, checks={"desk:check": lambda body: answers.pop(0)})
    assert desk.do("fetch", page="a").status is Status.EXECUTED
    assert desk.do("fetch", page="a").status is Status.WITHHELD
    assert answers == []
