from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from policy_engine import Action, Agent, Human
from policy_engine.audit.exports.material import Material, gather
from policy_engine.foundation.database import Database
from policy_engine.ledger.ledger import LedgerReader
from tests.audit.busy import BusyDesk, held, ticket_of
from tests.fakes.desk import POLICY

CONTROLLED = (
    POLICY.replace('rule large "A manager signs above 100"', "{large}", 1)
    .replace('rule known "Only to whom the user named"', "{known}", 1)
    .replace("{large}", 'rule large "A manager signs above 100" satisfies eu.art_14, iso.a_9', 1)
    .replace("{known}", 'rule known "Only to whom the user named" satisfies eu.art_14', 1)
    + """
framework eu "A regulation" { art_14 "Human oversight"  art_12 "Records" }
framework iso "A standard" { a_9 "Use" }
"""
)
FORMULA = '=HYPERLINK("https://evil.example/","paid")'
LATER = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="package")
def controlled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BusyDesk]:
    """A desk whose rules carry controls: 2 ran, 1 was rejected in a formula, 3 were refused."""
    desk = BusyDesk(tmp_path_factory.mktemp("controlled"), CONTROLLED)
    desk.pay(50)
    signed = held(desk.pay(500))
    desk.clock.advance(minutes=20)
    desk.gate.approve(ticket_of(desk, signed), by=Human("ann"), reason="=1+1")
    desk.gate.resume(signed, session=desk.session)
    rejected = held(desk.pay(600))
    desk.gate.reject(ticket_of(desk, rejected), by=Human("ben"), reason=FORMULA)
    desk.pay(50, to="[see](https://evil.example) {0}")
    desk.pay(123.45)
    desk.gate.submit(Action(Agent("@agent"), "mail"), session=desk.session)
    yield desk
    desk.gate.close()


def material_of(store: str, *, pinned: str | None = None, written: datetime = LATER) -> Material:
    with closing(Database(store, must_exist=True)) as database:
        return gather(LedgerReader(database).records(), written=written, pinned=pinned)


@pytest.fixture(scope="package")
def material(controlled: BusyDesk) -> Material:
    return material_of(controlled.store)


@pytest.fixture(scope="package")
def broken(controlled: BusyDesk) -> Material:
    """The same, compared with a head that is not in it."""
    return material_of(controlled.store, pinned="f" * 64)


@pytest.fixture
def empty(tmp_path: Path) -> Material:
    """No entry at all: not even an opening."""
    return gather([], written=LATER)
