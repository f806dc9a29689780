"""Eight threads at once: every answer is the one that one thread alone would get."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from policy_engine.access import directory as module
from policy_engine.access.casbin_gate import CasbinGate
from policy_engine.access.casbin_roles import directory_from
from policy_engine.access.directory import Directory, Link
from policy_engine.access.live_directory import LiveDirectory
from policy_engine.decision.action import Action, Agent
from policy_engine.engine import Engine
from tests.access.casbin_models import EFFECTS, enforcer_of, text_adapter

THREADS = 8
POLICY = """\
policy acme.desk "A desk" owner "desk@acme.example"
role chief includes clerk
role clerk
task pay "Pay" {}
task look "Look" {}
rule paying permit chief to pay
rule looking permit clerk to look
"""


@pytest.fixture(autouse=True)
def restless() -> Iterator[None]:
    """Threads take turns as often as they can, so what could go wrong has many chances to."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def rows() -> list[str]:
    """A third of the agents are chiefs, a third clerks in one domain, a third nothing."""
    return [f"g, bot-{i}, chief" for i in range(0, 30, 3)] + [
        f"g2, bot-{i}, clerk, emea" for i in range(1, 30, 3)
    ]


def actions() -> list[Action]:
    return [
        Action(Agent(f"bot-{i}"), task, domain=domain)
        for i in range(30)
        for task in ("pay", "look")
        for domain in (None, "emea", "apac")
    ]


@pytest.mark.parametrize("live", [False, True])
def test_the_answers_of_an_engine(tmp_path: Path, live: bool) -> None:
    """Also while its directory is being read anew, again and again."""
    (tmp_path / "desk.policy").write_text(POLICY, encoding="utf-8")
    adapter = text_adapter(*rows())
    alone = Engine.load(tmp_path / "desk.policy", directory=directory_from(adapter))
    expected = [alone.decide(action).outcome for action in actions()]
    assert len(set(expected)) == 2
    source = LiveDirectory(adapter)
    engine = Engine(alone.policy, source if live else directory_from(adapter))

    def answers(number: int) -> bool:
        if live and number % 2:
            source.reload()
        found = [engine.verdict(action).outcome for action in actions()]
        return found == expected

    with ThreadPoolExecutor(THREADS) as pool:
        assert list(pool.map(answers, range(2 * THREADS))) == [True] * 2 * THREADS


def test_the_answers_of_a_table_that_starts_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its memory is cleared all the time, while others read and write it."""
    monkeypatch.setattr(module, "MOST_ANSWERS", 2)
    chain = frozenset(Link(f"r{i}", f"r{i + 1}", None) for i in range(20))
    table = Directory(chain, len(chain))
    expected = [{f"r{i}" for i in range(first + 1, 21)} for first in range(20)]

    def answers(_: int) -> bool:
        return [table.roles_of(f"r{first}") for first in range(20)] == expected

    with ThreadPoolExecutor(THREADS) as pool:
        assert list(pool.map(answers, range(10 * THREADS))) == [True] * 10 * THREADS


def test_threads_that_ask_the_same_first_get_one_object() -> None:
    chain = frozenset(Link(f"r{i}", f"r{i + 1}", None) for i in range(200))
    for _ in range(5):
        table = Directory(chain, len(chain))
        with ThreadPoolExecutor(THREADS) as pool:
            found = list(pool.map(table.roles_of, ["r0"] * THREADS))
        assert {id(one) for one in found} == {id(table.roles_of("r0"))}


def test_the_answers_of_a_gate() -> None:
    """One enforcer, one thread at a time: nobody is answered with the question of another."""
    rules = [f"p, bot-{i}, pay, perform, {'allow' if i % 3 else 'deny'}" for i in range(20)]
    enforcer = enforcer_of(EFFECTS, *rules)
    gate = CasbinGate(enforcer)
    expected = [bool(i % 3) for i in range(20)]
    enforce, inside, together = enforcer.enforce, list[None](), set[int]()

    def watched(*asked: object) -> bool:
        inside.append(None)
        answer: bool = enforce(*asked)
        together.add(len(inside))
        inside.pop()
        return answer

    enforcer.enforce = watched

    def answers(_: int) -> bool:
        return [gate.allows(Action(Agent(f"bot-{i}"), "pay")) for i in range(20)] == expected

    with ThreadPoolExecutor(THREADS) as pool:
        assert list(pool.map(answers, range(THREADS))) == [True] * THREADS
    assert together == {1}
