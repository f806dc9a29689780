"""A directory that follows its source, and what it answers when it cannot."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Event, Lock, Semaphore, Thread

import pytest
from casbin import persist

from policy_engine.access.directory import RoleSource
from policy_engine.access.live_directory import LiveDirectory, View
from policy_engine.decision.action import Action, Agent
from policy_engine.decision.outcome import Outcome
from policy_engine.engine import Engine
from policy_engine.foundation.errors import DirectoryError
from tests.access.casbin_models import ROLES, enforcer_of, text_adapter


class Source(persist.Adapter):  # type: ignore[misc]
    """An adapter whose rows a test changes, and which it can break."""

    def __init__(self, *lines: str) -> None:
        self.lines = list(lines)
        self.reads = 0
        self.broken: Exception | None = None
        self.before: Callable[[], object] = lambda: None

    def load_policy(self, model: object) -> None:
        self.reads += 1
        self.before()
        if self.broken is not None:
            raise self.broken
        for line in self.lines:
            persist.load_policy_line(line, model)

    def add_policy(self, section: str, kind: str, rule: list[str]) -> None:
        self.lines.append(", ".join((kind, *rule)))


class Messenger:
    """A watcher of Casbin's protocol: who changes the source calls `update`."""

    def __init__(self) -> None:
        self.tell: Callable[..., None] = lambda: None

    def set_update_callback(self, func: Callable[..., None]) -> None:
        self.tell = func

    def update(self) -> bool:
        self.tell("a message, as the watcher for Redis has it")
        return True


class Hand:
    """A monotonic clock, in seconds, that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


SECOND = timedelta(seconds=1)
GONE = ConnectionError("the database is gone")


def test_it_is_read_anew_when_asked_to() -> None:
    source = Source("g, ann, clerk")
    live = LiveDirectory(source)
    source.lines = ["g, ann, chief", "g2, ben, clerk, emea"]
    assert (live.roles_of("ann"), live.is_role("chief")) == ({"clerk"}, False)
    assert live.reload() is True
    assert (live.roles_of("ann"), live.is_role("chief")) == ({"chief"}, True)
    assert live.roles_of("ben", "emea") == {"clerk"}
    assert live.roles_of("ben", "emea", {"clerk"}) == frozenset()


def test_one_table_gives_one_object() -> None:
    live = LiveDirectory(Source("g, ann, clerk"))
    assert live.roles_of("ann") is live.roles_of("ann")


def test_it_is_read_anew_when_a_watcher_says_so() -> None:
    """Somebody's enforcer changes the rows and tells the watcher, as Casbin does by itself."""
    source, messenger = Source("g, ann, clerk"), Messenger()
    live = LiveDirectory(source, watcher=messenger)
    elsewhere = enforcer_of(ROLES, "g, ann, clerk")
    elsewhere.set_adapter(source)
    elsewhere.set_watcher(messenger)
    elsewhere.add_grouping_policy("ben", "chief")
    assert live.roles_of("ben") == {"chief"}


def test_what_changes_while_it_is_made_is_not_missed() -> None:
    """The watcher knows where to call before the source is read for the first time."""
    source, messenger = Source("g, ann, clerk"), Messenger()
    source.before = lambda: told.append(messenger.tell.__name__)
    told: list[str] = []
    LiveDirectory(source, watcher=messenger)
    assert told == ["_told"]


def test_a_directory_that_was_never_read_is_none() -> None:
    source = Source("g, ann, clerk")
    source.broken = GONE
    with pytest.raises(DirectoryError, match="ConnectionError: the database is gone"):
        LiveDirectory(source)


# Failures


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("g, clerk, clerk", "includes itself"),
        ("p, ann, order, read", "no kind of assignment"),
        ("g, ben", "takes 2 names"),
    ],
)
def test_rows_that_cannot_be_used_make_roles_unknown(line: str, why: str) -> None:
    source = Source("g, ann, clerk")
    live = LiveDirectory(source)
    source.lines.append(line)
    assert live.reload() is False
    assert (live.roles_of("ann"), live.roles_of("nobody")) == (None, None)
    assert why in str(live.trouble)


def test_by_default_a_failure_counts_at_once_and_ends_with_the_next_success() -> None:
    source = Source("g, ann, clerk")
    live = LiveDirectory(source, monotonic=Hand())
    source.broken = GONE
    live.reload()
    assert (live.roles_of("ann"), str(live.trouble)) == (
        None,
        "Casbin cannot read it: ConnectionError: the database is gone",
    )
    source.broken = None
    assert live.reload() is True
    assert (live.roles_of("ann"), live.trouble) == ({"clerk"}, None)


def test_the_old_table_counts_for_as_long_as_was_said() -> None:
    source, clock = Source("g, ann, clerk"), Hand()
    live = LiveDirectory(source, stale_for=60 * SECOND, monotonic=clock)
    source.broken = GONE
    live.reload()
    clock.at += 59.9
    assert (live.roles_of("ann"), live.trouble is None) == ({"clerk"}, False)
    live.reload()  # failing again lengthens nothing
    clock.at += 0.1
    assert live.roles_of("ann") is None
    source.broken = None
    live.reload()
    clock.at += 1e6
    assert (live.roles_of("ann"), live.trouble) == ({"clerk"}, None)


def test_a_reading_that_hangs_does_not_keep_the_old_table() -> None:
    source, clock = Source("g, ann, clerk"), Hand()
    live = LiveDirectory(source, time_limit=30 * SECOND, monotonic=clock)
    seen: list[object] = []

    def hangs() -> None:
        for _ in range(2):
            seen.append((live.roles_of("ann"), str(live.trouble)))
            clock.at += 30

    source.before = hangs
    assert live.reload() is True
    late = "the directory is still being read, for longer than it may take"
    assert seen == [({"clerk"}, "None"), (None, late)]
    assert (live.roles_of("ann"), live.trouble) == ({"clerk"}, None)


def test_who_asks_does_not_wait_for_a_reading() -> None:
    """Another thread reads and is held up; questions are answered meanwhile, by the old table."""
    source = Source("g, ann, clerk")
    live = LiveDirectory(source)
    begun, go_on = Event(), Event()
    source.lines = ["g, ann, chief"]
    source.before = lambda: (begun.set(), go_on.wait(10))
    reader = Thread(target=live.reload)
    reader.start()
    assert begun.wait(10)
    assert live.roles_of("ann") == {"clerk"}
    go_on.set()
    reader.join(10)
    assert live.roles_of("ann") == {"chief"}


class Queue:
    """A lock that says when somebody begins to wait for it."""

    def __init__(self) -> None:
        self.lock, self.waiting = Lock(), Semaphore(0)

    def __enter__(self) -> None:
        self.waiting.release()
        self.lock.acquire()

    def __exit__(self, *_: object) -> None:
        self.lock.release()


def test_a_storm_of_messages_is_answered_by_one_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """It begins after the last of them came, so nothing that they tell of is missed."""
    source, queue, begun, go_on = Source("g, ann, clerk"), Queue(), Event(), Event()
    live = LiveDirectory(source)
    monkeypatch.setattr(live, "_turn", queue)
    source.before = lambda: (begun.set(), go_on.wait(10))
    threads = [Thread(target=live.reload) for _ in range(20)]
    for thread in threads:
        thread.start()
        assert queue.waiting.acquire(timeout=10) and begun.wait(10)
    source.before = lambda: None
    source.lines = ["g, ann, chief"]
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert (source.reads, live.roles_of("ann")) == (3, {"chief"})


# With the hierarchy of a policy


def test_each_policy_adds_its_own_hierarchy() -> None:
    source = Source("g, ann, chief")
    live = LiveDirectory(source)
    one, other = live.including([("chief", "clerk")]), live.including([("chief", "cook")])
    assert (one.roles_of("ann"), other.roles_of("ann")) == ({"chief", "clerk"}, {"chief", "cook"})
    source.lines = ["g, ben, chief"]
    live.reload()
    assert (one.roles_of("ann"), one.roles_of("ben")) == (frozenset(), {"chief", "clerk"})
    assert one.including([("clerk", "guest")]).roles_of("ben") == {"chief", "clerk", "guest"}
    assert live.roles_of("ben") == {"chief"}


def test_rows_that_contradict_the_hierarchy_of_one_policy() -> None:
    source = Source("g, ann, chief")
    live = LiveDirectory(source)
    one, other = live.including([("chief", "clerk")]), live.including([])
    source.lines.append("g, clerk, chief")
    assert live.reload() is False
    assert (one.roles_of("ann"), other.roles_of("ann")) == (None, {"chief"})
    assert "includes itself" in str(live.trouble)
    with pytest.raises(DirectoryError, match="includes itself"):
        live.including([("chief", "clerk")])


def test_a_policy_that_is_gone_troubles_nobody() -> None:
    source = Source("g, ann, chief")
    live = LiveDirectory(source)
    old = live.including([("chief", "clerk")])
    source.lines.append("g, clerk, chief")
    live.reload()
    assert old.trouble is not None
    del old
    assert (live.trouble, live.reload()) == (None, True)


def test_a_view_of_a_directory_in_trouble_is_in_trouble() -> None:
    source = Source("g, ann, chief")
    live = LiveDirectory(source)
    source.broken = GONE
    live.reload()
    view = live.including([("chief", "clerk")])
    assert (view.roles_of("ann"), view.is_role("chief"), view.trouble is None) == (
        None,
        True,
        False,
    )
    source.broken = None
    live.reload()
    assert view.roles_of("ann") == {"chief", "clerk"}


# In an engine

POLICY = """\
policy acme.desk "A desk" owner "desk@acme.example"
role chief includes clerk
role clerk
role contractor
task look "Look" {}
task tidy "Tidy up" {}
rule looking permit clerk to look
rule tidying permit any agent to tidy
rule no_contractors "Not by contractors" forbid contractor to tidy
"""


def engine_with(tmp_path: Path, live: RoleSource) -> Engine:
    (tmp_path / "desk.policy").write_text(POLICY, encoding="utf-8")
    return Engine.load(tmp_path / "desk.policy", directory=live)


def test_an_engine_follows_it(tmp_path: Path) -> None:
    source, messenger = Source("g, ann, chief"), Messenger()
    engine = engine_with(tmp_path, LiveDirectory(source, watcher=messenger))
    looks = Action(Agent("ann"), "look")
    assert engine.decide(looks).outcome is Outcome.ALLOW
    source.lines = ["g, ben, chief"]
    messenger.update()
    assert engine.decide(looks).outcome is engine.verdict(looks).outcome is Outcome.DENY
    assert engine.decide(Action(Agent("ben"), "look")).outcome is Outcome.ALLOW


def test_trouble_permits_nothing_and_forbids_all_the_same(tmp_path: Path) -> None:
    """With no roles at all a contractor would escape the rule against contractors."""
    source = Source("g, ann, chief", "g, con, contractor")
    live = LiveDirectory(source)
    engine = engine_with(tmp_path, live)
    look, tidy = (Action(Agent("ann"), "look"), Action(Agent("con"), "tidy"))
    assert engine.decide(Action(Agent("con"), "tidy"), roles=[]).outcome is Outcome.ALLOW
    source.broken = GONE
    live.reload()
    for action in (look, tidy):
        assert engine.decide(action).outcome is engine.verdict(action).outcome is Outcome.DENY
    assert engine.human_roles("ann") == frozenset()
    assert engine.decide(tidy).rules == {"no_contractors"}


def test_a_view_keeps_what_it_follows_alive() -> None:
    view = LiveDirectory(Source("g, ann, clerk")).including([])
    assert isinstance(view, View)
    assert view.source.reload() is True
    assert view.roles_of("ann") == {"clerk"}


def test_an_adapter_of_any_kind_will_do() -> None:
    assert LiveDirectory(text_adapter("g, ann, clerk")).roles_of("ann") == {"clerk"}
