"""Roles and rules from a database, by the adapter that is made for pycasbin."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import casbin
import pytest
import sqlalchemy
from sqlalchemy_adapter import Adapter

from policy_engine.access.casbin_gate import CasbinGate
from policy_engine.access.casbin_roles import directory_from
from policy_engine.access.live_directory import LiveDirectory
from policy_engine.decision.action import Action, Agent
from policy_engine.foundation.errors import DirectoryError, GateError
from tests.access.casbin_models import EFFECTS, ROLES
from tests.access.conftest import Server


class Messenger:
    """A watcher within one process."""

    def __init__(self) -> None:
        self.update: Callable[[], object] = lambda: None

    def set_update_callback(self, func: Callable[..., None]) -> None:
        self.update = func


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Any]:
    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path / 'roles.db'}")
    yield engine
    engine.dispose()


def adapter_of(database: Any, *rows: str, table: str = "casbin_rule") -> Any:
    """An adapter whose table holds these rows, as `g, ann, clerk`."""
    adapter = Adapter(database, table_name=table)
    for row in rows:
        kind, *fields = row.split(", ")
        adapter.add_policy(kind[:1], kind, fields)
    return adapter


def changed_elsewhere(adapter: Any, watcher: Messenger) -> Any:
    """The enforcer of an administrator who changes the same table."""
    enforcer = casbin.Enforcer(casbin.Enforcer.new_model(text=ROLES), adapter)
    enforcer.set_watcher(watcher)
    return enforcer


def roles_follow_a_table(database: Any) -> None:
    """Roles are given and taken by somebody's enforcer; the directory hears of it."""
    adapter, messenger = adapter_of(database, "g, ann, clerk", "g2, ben, clerk, emea"), Messenger()
    live = LiveDirectory(adapter, watcher=messenger)
    elsewhere = changed_elsewhere(adapter, messenger)
    assert (live.roles_of("ann"), live.roles_of("ben", "emea")) == ({"clerk"}, {"clerk"})
    elsewhere.add_grouping_policy("clerk", "guest")
    assert (live.roles_of("ann"), live.roles_of("ben", "emea")) == (
        {"clerk", "guest"},
        {"clerk", "guest"},
    )
    elsewhere.remove_grouping_policy("ann", "clerk")
    assert (live.roles_of("ann"), live.trouble) == (frozenset(), None)
    elsewhere.add_grouping_policy("guest", "clerk")
    assert (live.roles_of("ben", "emea"), live.trouble is None) == (None, False)
    elsewhere.remove_grouping_policy("guest", "clerk")
    assert live.roles_of("ben", "emea") == {"clerk", "guest"}


def a_policy_in_a_table_is_a_gate(database: Any) -> None:
    rows = ["g, bot-7, agent", "p, agent, pay, perform, allow", "p, bot-8, pay, perform, deny"]
    adapter = adapter_of(database, *rows, table="rules")
    enforcer = casbin.Enforcer(casbin.Enforcer.new_model(text=EFFECTS), adapter)
    gate = CasbinGate(enforcer)
    asked = [gate.allows(Action(Agent(who), "pay")) for who in ("bot-7", "bot-8", "bot-9")]
    assert asked == [True, False, False]
    enforcer.add_policy("bot-7", "pay", "perform", "deny")
    assert gate.allows(Action(Agent("bot-7"), "pay")) is False


def test_on_sqlite(database: Any) -> None:
    roles_follow_a_table(database)
    a_policy_in_a_table_is_a_gate(database)


def test_on_postgresql_until_it_is_gone(postgresql: Server) -> None:
    """The same, and then the server is stopped for good."""
    database = sqlalchemy.create_engine(postgresql.url)
    try:
        roles_follow_a_table(database)
        a_policy_in_a_table_is_a_gate(database)
        live = LiveDirectory(Adapter(database))
        assert live.roles_of("ben", "emea") == {"clerk", "guest"}
        postgresql.stop()
        assert live.reload() is False
        assert (live.roles_of("ben", "emea"), live.roles_of("ann")) == (None, None)
        assert "Casbin cannot read it" in str(live.trouble)
    finally:
        database.dispose()


def test_a_table_that_is_gone(database: Any) -> None:
    live = LiveDirectory(adapter_of(database, "g, ann, clerk"))
    with database.begin() as connection:
        connection.execute(sqlalchemy.text("ALTER TABLE casbin_rule RENAME TO elsewhere"))
    assert live.reload() is False
    assert (live.roles_of("ann"), "OperationalError" in str(live.trouble)) == (None, True)
    with database.begin() as connection:
        connection.execute(sqlalchemy.text("ALTER TABLE elsewhere RENAME TO casbin_rule"))
    assert (live.reload(), live.roles_of("ann")) == (True, {"clerk"})


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("g, ann, admin, emea", "takes 2 names"),
        ("g, ann", "takes 2 names"),
        ("G, ann, admin", "no kind of assignment"),
        ("p, ann, order, read", "said in policies"),
        ("g2, a(, b), admin, x", "without commas, quotes"),
        ('g, "ann", admin', "without commas, quotes"),
    ],
)
def test_rows_that_casbin_would_bend_are_refused(database: Any, row: str, why: str) -> None:
    with pytest.raises(DirectoryError, match=why):
        directory_from(adapter_of(database, row))


def test_a_deny_in_a_column_of_another_kind_is_not_lost(database: Any) -> None:
    """Casbin reads the table and passes over the row."""
    rows = ["p, ann, pay, perform, allow", "P, ann, pay, perform, deny"]
    adapter = adapter_of(database, *rows)
    enforcer = casbin.Enforcer(casbin.Enforcer.new_model(text=EFFECTS), adapter)
    assert enforcer.enforce("ann", "pay", "perform") is True
    with pytest.raises(GateError, match="`P, ann, pay, perform, deny` is of a kind"):
        CasbinGate(enforcer)


def test_what_the_adapter_itself_bends_is_beyond_us(database: Any) -> None:
    """It writes a row as a line and splits it anew, and the line is a sound one. The guide tells
    how to keep such rows out of a table; should this test fail, the adapter has learned better."""
    adapter = adapter_of(database)
    adapter.add_policy("g", "g", ["ann, clerk"])
    assert directory_from(adapter).roles_of("ann") == {"clerk"}
