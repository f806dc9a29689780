"""Who lives holds a lock, and a lock ends with its process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from policy_engine.runtime.alive import Alive, FileLocks, alive_for
from tests.postgres import Server, postgresql as postgresql, server

Open = Callable[[], Alive]

HOLDER = """
import sys, time
from policy_engine.runtime.alive import alive_for
alive = alive_for(sys.argv[1])
print(alive.hold("one"), flush=True)
time.sleep(60)
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'governance.db'}"
    shared: Server = request.getfixturevalue("postgresql")
    return shared.new_store()


@pytest.fixture
def opened(store: str) -> Iterator[Open]:
    with ExitStack() as stack:

        def open_() -> Alive:
            made = alive_for(store)
            stack.callback(made.close)
            return made

        yield open_


def is_dead(alive: Alive, name: str) -> bool:
    with alive.dead(name) as dead:
        return dead


def test_who_holds_a_lock_lives_until_it_is_given_up(opened: Open) -> None:
    one, two = opened(), opened()
    assert [one.hold("first"), two.hold("second")] == [True, True]
    assert [is_dead(two, "first") for _ in range(2)] == [False, False]
    one.close()
    assert is_dead(two, "first")


def test_one_is_not_dead_to_oneself(opened: Open) -> None:
    one = opened()
    assert one.hold("own")
    assert not is_dead(one, "own")


def test_a_name_is_held_once(opened: Open) -> None:
    one, two = opened(), opened()
    assert [one.hold("twice"), one.hold("twice"), two.hold("twice")] == [True, True, False]


def test_threads_share_one_lock(opened: Open) -> None:
    shared = opened()
    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(lambda _: shared.hold("shared"), range(64)))


def test_only_one_takes_over_from_the_dead(opened: Open) -> None:
    one, two = opened(), opened()
    assert [one.hold("heir"), two.hold("other heir")] == [True, True]
    with one.dead("gone") as first, two.dead("gone") as second:
        assert (first, second) == (True, False)
    assert is_dead(two, "gone")


def test_who_is_killed_is_dead(opened: Open, store: str) -> None:
    alive = opened()
    assert alive.hold("survivor")
    command = [sys.executable, "-c", HOLDER, store]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        assert not is_dead(alive, "one")
        holder.kill()
    assert is_dead(alive, "one")


def test_the_files_of_the_dead_are_cleared_away_and_those_of_the_living_are_not(
    tmp_path: Path,
) -> None:
    living, newcomer = FileLocks(tmp_path), FileLocks(tmp_path)
    (tmp_path / "dead").touch()
    assert living.hold("living")
    (tmp_path / "dead later").touch()
    assert newcomer.hold("newcomer")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["living", "newcomer"]
    for locks in (living, newcomer):
        locks.close()


def test_a_server_that_was_away_is_asked_again_and_nobody_died_meanwhile() -> None:
    with ExitStack() as stack:
        try:
            running = stack.enter_context(server("-F"))
        except LookupError as error:
            pytest.skip(str(error))
        store = running.new_store()
        one, two = alive_for(store), alive_for(store)
        stack.callback(one.close)
        stack.callback(two.close)
        assert [one.hold("one"), two.hold("two")] == [True, True]
        running.stop()
        assert (one.hold("one"), is_dead(two, "one")) == (False, False)
        running.start()
        assert one.hold("one")
        assert not is_dead(two, "one")
