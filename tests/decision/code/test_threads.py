"""Cold engines asked from many threads at once, and the same source whatever the order."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from threading import Barrier, Thread
from typing import TypeVar

import pytest

from policy_engine import Engine
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.code import function
from policy_engine.decision.code.program import function_of_task
from policy_engine.decision.history import History
from policy_engine.decision.program import compile_policy
from policy_engine.decision.verdict import Verdict
from policy_engine.foundation.source import Source
from policy_engine.language.build import build
from policy_engine.language.policy import PolicySet
from tests.decision.code.asking import act
from tests.decision.code.test_rules import POLICY, ROWS
from tests.decision.code.test_vectors import policy
from tests.decision.loading import HEAD, NOW, loaded
from tests.properties.drafts import Draft, built
from tests.properties.draws import Draw
from tests.properties.strategies import draft

ROOT = Path(__file__).resolve().parents[3]
THREADS = 8
T = TypeVar("T")


def at_once(ask: Callable[[], T]) -> list[T]:
    """What eight threads get that ask at the same moment; an exception ends the test."""
    together = Barrier(THREADS)
    found: list[T] = []

    def run() -> None:
        together.wait()
        found.append(ask())

    threads = [Thread(target=run) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def all_answers(engine: Engine) -> list[Verdict]:
    found: list[Verdict] = []
    for action, roles, given, _ in ROWS.values():
        found.append(engine.verdict(action, roles or frozenset(), given))
        found.append(engine.deciding(action, roles or frozenset(), given))
    return found


@pytest.mark.parametrize("trial", range(5))
def test_a_cold_engine_answers_many_threads_as_it_answers_one(trial: int) -> None:
    expected = all_answers(loaded(POLICY))
    engine = loaded(POLICY)
    assert at_once(lambda: all_answers(engine)) == [expected] * THREADS


def test_one_function_is_written_by_many_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """With vectors, whose subsets of rules are named when they are first met."""
    monkeypatch.setattr(function, "MANY", 1)
    given = Circumstances(NOW, history=History())
    actions = [act("t", n=n, s="a", flag=True, name="x4") for n in range(40)]

    def ask(engine: Engine) -> list[Verdict]:
        return [engine.deciding(action, frozenset(), given) for action in actions]

    expected = ask(loaded(policy(60)))
    engine = loaded(policy(60))
    assert at_once(lambda: ask(engine)) == [expected] * THREADS


def written(policy_set: PolicySet) -> str:
    """All source of a policy set."""
    program = compile_policy(policy_set)
    functions = [function_of_task(program, name) for name in sorted(program.tasks)]
    return "".join(found.text for found in functions if found is not None)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("many", [function.MANY, 1])
def test_the_order_of_files_and_statements_plays_no_part(
    seed: int, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(function, "MANY", many)
    drawn: Draft = draft(Draw(seed))
    statements = tuple(reversed(drawn.statements))
    other = Draft(statements, tuple(reversed(drawn.rules)))
    assert written(built(drawn)) == written(built(other, number=3))


CODE = """
import hashlib, sys
from tests.decision.code.test_threads import texts
print(hashlib.sha256("".join(texts()).encode()).hexdigest())
"""


def texts() -> list[str]:
    """The source of policies with rules of all forms, and with many."""
    found = [written(loaded(POLICY).policy)]
    sources = [Source("t.policy", HEAD + policy(200))]
    many = build(sources, lambda *_: None).policy
    assert many is not None
    return [*found, written(many)]


def test_the_seed_of_hashes_plays_no_part() -> None:
    """Three processes whose sets and dicts come in three orders."""
    expected = hashlib.sha256("".join(texts()).encode()).hexdigest()
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(CODE)],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in ("0", "1", "4242")
    ]
    found = [process.communicate()[0].strip() for process in processes]
    assert found == [expected] * 3
