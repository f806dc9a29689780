"""Laws: whatever happens at a gate, each decision follows; whatever is changed afterwards, not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from shutil import copy
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import assume, given, strategies as st

from policy_engine import Action, Agent, ApprovalError, GateError, Human, Result, Session
from policy_engine.audit.redecide.again import NO_ACTION
from policy_engine.foundation.canonical import canonical_text
from policy_engine.foundation.database import Database
from policy_engine.foundation.errors import StoreError
from policy_engine.ledger.ledger import LedgerReader
from policy_engine.ledger.record import Record
from tests.audit.redecide.desk import (
    DECISIONS,
    Change,
    again,
    conversation,
    open_desk,
    place,
    redecided,
    rewritten,
    told,
    wire,
)
from tests.fakes import Desk
from tests.properties.profile import examples

DAY = datetime(2026, 5, 4, tzinfo=UTC)
SPOILT = (
    "",
    "x",
    "{}",
    "[]",
    "[[",
    "null",
    '{"$timestamp":"2026-05-04"}',
    '{"chain":[],"context":{},"domain":null,"input":{},"on_behalf_of":null,'
    '"principal":{"attributes":{},"id":"bot","kind":"agent"},"task":[]}',
    "2026-05-04T09:00:00",
)
TABLES = ("actions", "sessions", "outputs")
PEOPLE = ("ann", "ben", "cat", "dan", "eve", "ida", "bot")
AMOUNTS = (0, 50, 101, 123.45, 250, 1_500, 4_900)


class Play:
    """A desk at which anything may happen next."""

    def __init__(self, folder: Path) -> None:
        self.desk = open_desk(folder)
        self.sessions = [conversation(self.desk), conversation(self.desk, "gifts")]
        self.results: list[Result] = []

    def session(self, number: int) -> Session:
        return self.sessions[number % len(self.sessions)]

    def pay(self, number: int) -> None:
        to = "thief-9" if number % 7 == 0 else "shop-1"
        more = {"pin": "0000" if number % 2 else "1234"} if number % 3 == 0 else {}
        amount = AMOUNTS[number % len(AMOUNTS)]
        session = self.session(number)
        self.results.append(self.desk.pay(amount, session=session, to=to, **more))

    def wire(self, number: int) -> None:
        channel = {"channel": "fax"} if number % 5 == 0 else {}
        self.results.append(wire(self.desk, self.session(number), number, **channel))

    def look(self, number: int) -> None:
        self._do("look", number)

    def mail(self, number: int) -> None:
        self._do("mail", number)

    def shut(self, number: int) -> None:
        self._do("shut", number, case=f"c-{number % 2}")

    def branch(self, number: int) -> None:
        self.sessions.append(self.desk.gate.branch(self.session(number)))

    def wait(self, number: int) -> None:
        self.desk.clock.advance(minutes=number**2)

    def approve(self, number: int) -> None:
        for waiting in self.desk.gate.pending():
            self._try(self.desk.gate.approve, waiting.ticket, by=self._who(number))

    def confirm(self, number: int) -> None:
        for waiting in self.desk.gate.pending():
            self._try(self.desk.gate.confirm, waiting.ticket, by=Human("ida"))

    def reject(self, number: int) -> None:
        for waiting in self.desk.gate.pending()[:1]:
            who = self._who(number)
            self._try(self.desk.gate.reject, waiting.ticket, by=who, reason="No.")

    def resume(self, number: int) -> None:
        for result in self.results[-3:]:
            if result.id is not None:
                self._try(self.desk.gate.resume, result.id)

    def suspend(self, number: int) -> None:
        name = ("agent bot", "task pay", "human ida")[number % 3]
        self._try(self.desk.gate.suspend, name, by=Human("ann"), reason="Stop.")

    def lift(self, number: int) -> None:
        for one in self.desk.gate.suspended():
            self.desk.gate.lift(one.name, by=Human("ann"), reason="Go on.")

    def facts(self, number: int) -> None:
        """From now on another balance is looked up."""
        self.desk.balance = 1_000 * (number % 6)

    def _do(self, task: str, number: int, **input_: str) -> None:
        action = Action(Agent("bot"), task, input_)
        self.results.append(self.desk.gate.submit(action, session=self.session(number)))

    def _who(self, number: int) -> Human:
        return Human(PEOPLE[number % len(PEOPLE)])

    def _try(self, act: Callable[..., object], *what: str, **more: object) -> None:
        """People may ask for what is not theirs, or too late."""
        try:
            act(*what, **more)
        except (ApprovalError, GateError):
            return


STEPS: Mapping[str, Callable[[Play, int], None]] = {
    name: getattr(Play, name)
    for name in (
        "pay",
        "wire",
        "look",
        "mail",
        "shut",
        "branch",
        "wait",
        "approve",
        "confirm",
        "reject",
        "resume",
        "suspend",
        "lift",
        "facts",
    )
}

_COMMON = ("pay", "pay", "wire", "approve", "resume", "look", "confirm")
steps = st.lists(
    st.tuples(st.sampled_from((*STEPS, *_COMMON)), st.integers(0, 30)), min_size=5, max_size=25
)


@given(steps)
@examples(30)
def test_whatever_happened_each_decision_follows(chosen: list[tuple[str, int]]) -> None:
    with TemporaryDirectory() as folder:
        play = Play(Path(folder))
        for name, number in chosen:
            STEPS[name](play, number)
        desk: Desk = play.desk
        desk.gate.close()
        found = again(desk)
        assert (found.findings, found.undecided, found.others) == ((), (), ())
        assert found.follow == len(told(place(desk), "decided"))


BINDING = (
    "action",
    "action_digest",
    "chain",
    "context",
    "domain",
    "facts_digest",
    "input",
    "on_behalf_of",
    "outcome",
    "principal",
    "seen_outputs",
    "session",
    "task",
)
"""What of a decision nobody can change: all but its policy, and what only words it."""

odd = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.text(max_size=3)
    | st.sampled_from((DAY, "allow", "deny", "-")),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=4,
)


def records(store: Path) -> list[Record]:
    with closing(Database(store, must_exist=True)) as database:
        return list(LedgerReader(database).records())


def changed_at(number: int, name: str, value: object) -> Change:
    """A member of one entry becomes this."""
    seen: list[str] = []

    def change(kind: str, body: dict[str, Any]) -> dict[str, Any]:
        seen.append(kind)
        return {**body, name: value} if len(seen) == number else body

    return change


@given(st.data())
@examples(25)
def test_whatever_of_a_decision_is_changed_it_does_not_follow(
    day: Desk, data: st.DataObject
) -> None:
    with TemporaryDirectory() as folder:
        store = Path(copy(place(day), Path(folder) / "day.db"))
        numbers = [record.number for record in records(store) if record.kind == "decided"]
        number, name = data.draw(st.sampled_from(numbers)), data.draw(st.sampled_from(BINDING))
        value, was = data.draw(odd), records(store)[number - 1].body[name]
        assume(canonical_text(value) != canonical_text(was))
        rewritten(store, changed_at(number, name, value))
        found = redecided(store, day.engine.policy)
        assert found.follow < DECISIONS
        # Under another name the store has no such action, and what is sealed of it is not known.
        is_counted = name == "action" and NO_ACTION in {one.why for one in found.undecided}
        assert is_counted or any(finding.number >= number for finding in found.findings)


@given(st.data())
@examples(25)
def test_whatever_an_entry_tells_nothing_is_raised(day: Desk, data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        store = Path(copy(place(day), Path(folder) / "day.db"))
        record = data.draw(st.sampled_from(records(store)[1:]))
        name = data.draw(st.sampled_from(sorted(record.body)))
        rewritten(store, changed_at(record.number, name, data.draw(odd)))
        found = redecided(store, day.engine.policy)
        counted = sum(one.number for one in found.undecided) + sum(n for _, n in found.others)
        assert found.follow + counted <= DECISIONS
        assert found.follow + counted + len(found.findings) >= DECISIONS


@given(st.sampled_from(TABLES), st.data())
@examples(25)
def test_whatever_the_store_holds_nothing_is_raised(
    day: Desk, table: str, data: st.DataObject
) -> None:
    with TemporaryDirectory() as folder:
        store = Path(copy(place(day), Path(folder) / "day.db"))
        with closing(Database(store)) as database:
            column = data.draw(st.sampled_from(database.columns(table)))
            text = data.draw(st.sampled_from(SPOILT))
            assume((table, column) != ("sessions", "id"))
            try:
                database.execute(f"UPDATE {table} SET {column} = ?", (text,))  # noqa: S608 — names of the schema
            except StoreError:
                assume(False)
        found = redecided(store, day.engine.policy)
        counted = sum(one.number for one in found.undecided)
        assert found.follow + counted + len(found.findings) >= DECISIONS
