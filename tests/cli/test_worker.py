"""`policy worker`: takes up what waits in a store, says so, and ends when it is told to."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result as Ended

from policy_engine import Action, Agent, Engine, Gate, Human, Status
from policy_engine.cli.main import main
from tests.fakes import write_policy
from tests.postgres import Server, postgresql as postgresql

POLICY = """
policy desk.payments "Payments" owner "risk@desk.example"
role clerk for agents
role manager for humans
role auditor for humans
fact account: Integer
task pay { input amount: Decimal }
task ping { input amount: Decimal }
about ping { may be retried }
rule paying permit clerk to pay when amount <= account
rule pinging permit clerk to ping
rule large escalate pay to manager when amount > 100
  within 30 minutes, otherwise escalate to auditor within 30 minutes, otherwise deny
"""
ROLES = "g, bot, clerk\ng, ann, manager\ng, eve, auditor\n"
TOOLS = '''
"""What a service has: tools that note what they do, and a look-up."""

def note(task, amount):
    with open("effects", "a") as effects:
        effects.write(f"{task} {amount}\\n")

def pay(amount):
    note("pay", amount)

def ping(amount, idempotency_key):
    note("ping", amount)

TOOLS = {"pay": pay, "ping": ping}

def make():
    return TOOLS

def facts(action):
    return {"account": 5_000}

WORDS = "pay"
STRANGE = {"fly": pay}
'''
DIES = """
import os, signal, sys
from policy_engine import Action, Agent, Engine

def die(amount):
    os.kill(os.getpid(), signal.SIGKILL)

engine = Engine.load("desk.policy", directory="roles.csv")
gate = engine.gate(store="sqlite:///desk.db", tools={"pay": die, "ping": die})
gate.submit(Action(Agent("bot"), sys.argv[1], {"amount": 1}), facts={"account": 5_000})
"""
LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ  (\w{12})  (\w+)  (\w+)")
SHOP = ("--tools", "shop_tools:TOOLS", "--facts", "shop_tools:facts")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("POLICY_STORE", "sqlite:///desk.db")
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "shop_tools", raising=False)
    write_policy(tmp_path, POLICY, ROLES)
    (tmp_path / "shop_tools.py").write_text(TOOLS, encoding="utf-8")
    return tmp_path


class Ago:
    """A clock that is behind the machine's."""

    def __init__(self, **behind: float) -> None:
        self._behind = timedelta(**behind)

    def now(self) -> datetime:
        return datetime.now(UTC) - self._behind


@contextmanager
def front(store: str = "sqlite:///desk.db", **behind: float) -> Iterator[Gate]:
    """A service that proposes and has no tools, as long ago as is said."""
    engine = Engine.load("desk.policy", directory="roles.csv")
    with closing(engine.gate(store=store, facts=_account, clock=Ago(**behind))) as gate:
        yield gate


def _account(_: Action) -> Mapping[str, object]:
    return {"account": 5_000}


def held(gate: Gate, amount: int = 500) -> tuple[str, str]:
    """The id and the ticket of a payment that waits."""
    result = gate.submit(Action(Agent("bot"), "pay", {"amount": amount}))
    assert result.status is Status.HELD
    return str(result.id), str(result.ticket)


def signed(store: str = "sqlite:///desk.db") -> str:
    """The id of a payment that ann has signed, in a service that has gone since."""
    with front(store) as gate:
        id_, ticket = held(gate)
        gate.approve(ticket, by=Human("ann"))
    return id_


def worker(*arguments: str) -> Ended:
    words = ("worker", "desk.policy", "--roles", "roles.csv", *arguments)
    return CliRunner().invoke(main, words, catch_exceptions=False)


def told(ended: Ended) -> list[tuple[str, ...]]:
    """Action, task and status of each line; there are no other lines."""
    assert ended.exit_code == 0, ended.output
    lines = [LINE.fullmatch(line) for line in ended.stdout.splitlines()]
    assert None not in lines, ended.stdout
    return [line.groups() for line in lines if line is not None]


def effects(folder: Path) -> list[str]:
    file = folder / "effects"
    return file.read_text().splitlines() if file.exists() else []


@pytest.mark.parametrize("name", ["TOOLS", "make"])
def test_what_was_signed_is_executed_once(folder: Path, name: str) -> None:
    id_ = signed()
    arguments = ("--once", "--tools", f"shop_tools:{name}", "--facts", "shop_tools:facts")
    assert told(worker(*arguments)) == [(id_, "pay", "executed")]
    assert told(worker(*arguments)) == []
    assert effects(folder) == ["pay 500"]


def test_without_tools_what_was_signed_goes_on_waiting(folder: Path) -> None:
    id_ = signed()
    assert told(worker("--once")) == []
    with front() as gate:
        assert [waiting.id for waiting in gate.pending()] == [id_]
    assert told(worker("--once", *SHOP)) == [(id_, "pay", "executed")]
    assert effects(folder) == ["pay 500"]


@pytest.mark.parametrize("tools", [(), SHOP], ids=["no tools", "tools"])
def test_a_turn_passes_on_and_a_ladder_ends(folder: Path, tools: tuple[str, ...]) -> None:
    with front() as gate:
        held(gate, 300)
    with front(minutes=40) as gate:
        moved, _ = held(gate, 400)
    with front(minutes=70) as gate:
        ended, _ = held(gate, 500)
    assert sorted(told(worker("--once", *tools))) == sorted(
        [(moved, "pay", "held"), (ended, "pay", "denied")]
    )
    with front() as gate:
        asked = {w.id: [p.role for ask in w.asks for p in ask.parties] for w in gate.pending()}
    assert asked[moved] == ["auditor"]
    assert ended not in asked
    assert effects(folder) == []


@pytest.mark.parametrize(
    ("task", "tools", "status", "done"),
    [
        ("pay", SHOP, "unknown", []),
        ("ping", SHOP, "executed", ["ping 1"]),
        ("ping", (), None, []),
    ],
    ids=["once and for all", "may be retried", "may be retried, but nobody here can"],
)
def test_what_a_dead_process_was_about_is_settled(
    folder: Path, task: str, tools: tuple[str, ...], status: str | None, done: list[str]
) -> None:
    """None: it is left to a worker that has the tool."""
    dead = subprocess.run([sys.executable, "-c", DIES, task], cwd=folder, check=False)
    assert dead.returncode == -signal.SIGKILL
    ended = [] if status is None else [(task, status)]
    assert [line[1:] for line in told(worker("--once", *tools))] == ended
    assert effects(folder) == done


def test_without_the_look_up_of_facts_it_warns_and_nothing_is_allowed(folder: Path) -> None:
    id_ = signed()
    ended = worker("--once", "--tools", "shop_tools:TOOLS")
    assert "no --facts: `account` will be unknown" in ended.stderr
    assert told(ended) == [(id_, "pay", "denied")]
    assert effects(folder) == []


@pytest.mark.parametrize(
    ("arguments", "code", "problem"),
    [
        (("--tools", "shop_tools"), 2, "is no place such as"),
        (("--tools", ":TOOLS"), 2, "is no place such as"),
        (("--tools", "no_such_shop:TOOLS"), 2, "cannot be imported"),
        (("--tools", "shop_tools:NONE"), 2, "cannot be imported"),
        (("--tools", "shop_tools:WORDS"), 2, "is no mapping"),
        (("--tools", "shop_tools:STRANGE"), 1, "fly"),
        (("--facts", "shop_tools:WORDS"), 2, "is no function"),
        (("--store", "sqlite:///none.db"), 1, "there is no store at none.db"),
    ],
)
def test_what_cannot_be_worked_with_ends_it_at_once(
    arguments: tuple[str, ...], code: int, problem: str
) -> None:
    signed()
    ended = worker("--once", *arguments)
    assert (ended.exit_code, problem in ended.stderr) == (code, True), ended.output


@contextmanager
def running(folder: Path, store: str) -> Iterator[subprocess.Popen[str]]:
    """A worker in a process of its own, which works already."""
    command = (sys.executable, "-m", "policy_engine", "worker", "desk.policy", *SHOP)
    options = ("--roles", "roles.csv", "--store", store)
    with subprocess.Popen(
        (*command, *options), cwd=folder, env=dict(os.environ), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            assert "tools for pay, ping" in process.stdout.readline()
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_works_until_it_is_told_to_end(folder: Path, number: signal.Signals) -> None:
    with front() as gate:
        id_, ticket = held(gate)
        with running(folder, "sqlite:///desk.db") as process:
            assert process.stdout is not None
            gate.approve(ticket, by=Human("ann"))
            line = LINE.match(process.stdout.readline())
            assert line is not None
            assert line.groups() == (id_, "pay", "executed")
            process.send_signal(number)
            assert process.stdout.read() == "ending, once what is under way is done\n"
            assert process.wait(60) == 0
    assert effects(folder) == ["pay 500"]


def test_it_works_on_a_server_by_either_name_of_its_scheme(
    folder: Path, postgresql: Server
) -> None:
    store = postgresql.new_store().replace("postgresql://", "postgres://")
    id_ = signed(store)
    with running(folder, store) as process:
        assert process.stdout is not None
        line = LINE.match(process.stdout.readline())
        assert line is not None
        assert line.groups() == (id_, "pay", "executed")
        process.terminate()
        assert process.wait(60) == 0
    assert effects(folder) == ["pay 500"]
