"""Policies change under load, and each answer is that of one policy as a whole."""

from __future__ import annotations

from pathlib import Path
from threading import Event, Semaphore, Thread
from typing import NamedTuple

import pytest

from policy_engine import Action, Agent, BundleError, Engine, LiveEngine, Outcome, PolicyError
from policy_engine.bundle.contents import Contents
from policy_engine.bundle.pack import pack, packed
from tests.bundle.desk import SMALL, key, write_files

STRICT = (
    SMALL
    + "role boss for humans\nrule narrow pay only when amount < 5\n"
    + "rule large escalate pay to boss when amount > 2\n"
)
ACTION = Action(Agent("bot"), "pay", {"amount": 50})
TRUSTED = [key().verifying]


class Answer(NamedTuple):
    """What can be told of an answer, whether by `decide` or by `verdict`."""

    policy: str
    outcome: Outcome
    rules: frozenset[str]


@pytest.fixture
def engines(tmp_path: Path) -> tuple[Engine, Engine]:
    return Engine.load(written(tmp_path / "a", SMALL)), Engine.load(written(tmp_path / "b", STRICT))


def written(folder: Path, text: str) -> Path:
    return write_files(folder, {"a.policy": text})


def bundle(folder: Path, text: str) -> Path:
    path = folder / "a.bundle"
    path.write_bytes(pack([written(folder, text)], key=key()))
    return path


def live(engine: Engine, directory: Path | None = None) -> LiveEngine:
    return LiveEngine(engine, directory=directory, checks=None, also=None)


def decided(engine: Engine | LiveEngine) -> Answer:
    decision = engine.decide(ACTION, roles={"r"})
    return Answer(decision.policy, decision.outcome, frozenset(decision.rules))


def verdict(engine: Engine | LiveEngine) -> Answer:
    verdict = engine.verdict(ACTION, frozenset({"r"}))
    return Answer(verdict.policy, verdict.outcome, frozenset(verdict.rules))


def test_each_answer_under_load_is_that_of_one_policy(engines: tuple[Engine, Engine]) -> None:
    current = live(engines[0])
    known = {ask(engine) for engine in engines for ask in (decided, verdict)}
    assert {answer.outcome for answer in known} == {Outcome.ALLOW, Outcome.DENY}
    answers: list[Answer] = []
    raised: list[Exception] = []
    over, asked = Event(), Semaphore(0)

    def ask_on() -> None:
        while not over.is_set():
            try:
                answers.extend((decided(current), verdict(current)))
            except Exception as error:  # noqa: BLE001 — whatever it is, it must not be
                raised.append(error)
            asked.release()

    threads = [Thread(target=ask_on) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for number in range(50):
            assert all(asked.acquire(timeout=10) for _ in range(8))
            current.swap(engines[(number + 1) % 2])
        assert all(asked.acquire(timeout=10) for _ in range(8))
    finally:
        over.set()
    for thread in threads:
        thread.join()
    assert raised == []
    assert set(answers) == known


def test_a_decision_under_way_ends_with_the_policy_it_began_with(
    engines: tuple[Engine, Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    current = live(engines[0])
    decide = Engine.decide

    def swap_and_decide(self: Engine, *args: object, **kwargs: object) -> object:
        current.swap(engines[1])
        return decide(self, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(Engine, "decide", swap_and_decide)
    assert decided(current).policy == engines[0].policy.digest
    assert current.engine is engines[1]


def test_a_bundle_takes_over(engines: tuple[Engine, Engine], tmp_path: Path) -> None:
    current = live(engines[0])
    loaded = current.load(bundle(tmp_path, STRICT), trusted=TRUSTED)
    assert (current.engine is loaded, decided(current)) == (True, decided(engines[1]))
    assert verdict(current) == verdict(engines[1])


def test_a_bundle_that_is_refused_changes_nothing(
    engines: tuple[Engine, Engine], tmp_path: Path
) -> None:
    current = live(engines[0])
    good = bundle(tmp_path, STRICT)
    damaged = tmp_path / "damaged.bundle"
    damaged.write_bytes(good.read_bytes()[:-1])
    for path, trusted in (
        (tmp_path / "none.bundle", TRUSTED),
        (damaged, TRUSTED),
        (good, [key("other").verifying]),
        (good, None),
    ):
        with pytest.raises(BundleError):
            current.load(path, trusted=trusted)
        assert current.engine is engines[0]
    current.load(good, trusted=TRUSTED)
    assert current.engine.policy.digest == engines[1].policy.digest


def test_a_signed_bundle_whose_policies_cannot_be_read_changes_nothing(
    engines: tuple[Engine, Engine], tmp_path: Path
) -> None:
    """It is known before the old engine goes, not at the first decision after."""
    current = live(engines[0])
    path = tmp_path / "a.bundle"
    broken = Contents(engines[1].policy, ("policies/a.policy",), {"policies/a.policy": "?"}, ())
    path.write_bytes(packed(broken, [key()], {}))
    with pytest.raises(PolicyError):
        current.load(path, trusted=TRUSTED)
    other = packed(
        Contents(engines[1].policy, ("policies/a.policy",), {"policies/a.policy": SMALL}, ()),
        [key()],
        {},
    )
    path.write_bytes(other)
    with pytest.raises(BundleError, match="its policies are"):
        current.load(path, trusted=TRUSTED)
    assert current.engine is engines[0]


def test_roles_are_read_anew_with_each_bundle(tmp_path: Path) -> None:
    roles = tmp_path / "roles.csv"
    roles.write_text("g, bot, r\n")
    path = bundle(tmp_path, SMALL)
    current = LiveEngine.from_bundle(path, trusted=TRUSTED, directory=roles)
    assert current.verdict(ACTION).outcome is Outcome.ALLOW
    roles.write_text("g, somebody, r\n")
    assert current.verdict(ACTION).outcome is Outcome.ALLOW
    current.load(path, trusted=TRUSTED)
    assert current.verdict(ACTION).outcome is Outcome.DENY


def test_checks_go_to_each_bundle(tmp_path: Path) -> None:
    text = SMALL + 'validation v checks amount with "acme:fine"\nrule w require v before pay\n'
    path = bundle(tmp_path, text)
    current = LiveEngine.from_bundle(path, trusted=TRUSTED, checks={"acme:fine": fine})
    for _ in range(2):
        assert [result.passed for result in current.engine.validate(("v",), ACTION)] == [True]
        current.load(path, trusted=TRUSTED)


def fine(amount: object) -> bool:
    return amount == 50
