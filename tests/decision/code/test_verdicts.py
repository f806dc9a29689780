"""How functions are kept, found and narrowed; and that each answer is one object."""

from __future__ import annotations

from typing import Literal

import pytest

from policy_engine import Action, Agent, Outcome
from policy_engine.decision.code import verdicts as module
from policy_engine.decision.code.cached import dumps
from policy_engine.decision.code.verdicts import Choice, Verdicts
from policy_engine.decision.verdict import verdict_of
from tests.decision.code.asking import NOBODY, Desk, act, desk
from tests.decision.code.test_rules import POLICY, ROWS
from tests.decision.loading import loaded

SMALL = """
task t { input n: Integer }
rule r permit any agent to t
rule f forbid any agent to t when n == 1
rule g forbid any agent to t when n < 2
"""


class Allows:
    """Somebody else who must allow an action; keeps what was asked."""

    def __init__(self, answer: bool | None) -> None:
        self.asked: list[Action] = []
        self._answer = answer

    def __call__(self, action: Action) -> bool | None:
        self.asked.append(action)
        return self._answer


def narrowed(one: Desk, answer: bool | None) -> tuple[Verdicts, Allows]:
    allows = Allows(answer)
    found = Verdicts("d", one.functions.get, one.interpreter, allows=allows)
    return found, allows


@pytest.mark.parametrize("answer", [True, False, None])
@pytest.mark.parametrize("n", [5, 5.0, True, 1])
def test_another_is_asked_once_about_what_is_not_denied(answer: bool | None, n: object) -> None:
    """Also where the function leaves the action to the interpreter."""
    one = desk(SMALL)
    delegated = Action(Agent("a"), "t", {"n": n}, chain=(Agent("b"),))
    for action in (act("t", n=n), delegated):
        verdicts, allows = narrowed(one, answer)
        found = verdicts.whole["t"](action, NOBODY, None)
        denied = n is True or n == 1
        assert allows.asked == ([] if denied else [action])
        assert found.outcome is (Outcome.ALLOW if answer and not denied else Outcome.DENY)


def test_an_answer_is_one_object() -> None:
    verdicts = Desk(desk(SMALL).program.policy).verdicts
    first = verdicts.whole["t"](act("t", n=1), NOBODY, None)
    assert first.rules == ("f", "g")
    assert verdicts.whole["t"](act("t", n=1), NOBODY, None) is first
    assert verdicts.quick["t"](act("t", n=1), NOBODY, None).rules == ("f",)


def test_tasks_that_nobody_knows_are_not_kept() -> None:
    verdicts = Desk(desk(SMALL).program.policy).verdicts
    for number in range(50):
        action = act(f"unknown_{number}", n=1)
        assert verdicts.first("complete", action, NOBODY, None).outcome is Outcome.DENY
    verdicts.first("complete", act("t", n=1), NOBODY, None)
    assert list(verdicts.whole.ready) == ["t"]


def test_a_table_of_answers_does_not_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_KEPT", 4)
    names = tuple(f"r{bit}" for bit in range(5))
    choice = Choice(names, lambda rules: verdict_of(Outcome.DENY, rules, "d"))
    for bits in range(32):
        expected = tuple(name for bit, name in enumerate(names) if bits >> bit & 1)
        assert choice[bits].rules == expected
        assert len(choice) <= 4


def test_a_verdict_is_neither_true_nor_false() -> None:
    with pytest.raises(TypeError):
        bool(desk(SMALL).verdicts.quick["t"](act("t", n=1), NOBODY, None))


def test_the_same_policy_gives_the_same_bytes() -> None:
    assert dumps(loaded(POLICY).policy) == dumps(loaded(POLICY).policy)


@pytest.mark.parametrize("part", ["verdict", "complete"])
def test_a_function_that_cannot_be_written_is_the_interpreters(
    part: Literal["verdict", "complete"],
) -> None:
    """Whatever is wrong with the code, nothing gets out and nothing is granted by it."""
    one = desk(POLICY)

    def broken(task: str) -> None:
        raise RecursionError(task)

    verdicts = Verdicts(one.program.policy.digest, broken, one.interpreter)
    for action, roles, given, answer in ROWS.values():
        found = verdicts.first(part, action, roles or NOBODY, given)
        assert (found.outcome.word, found.rules) == answer
