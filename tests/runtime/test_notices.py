"""Whoever is asked learns of it: what a notice says, and when people are told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from policy_engine import Human, Notice
from policy_engine.ledger.ledger import LedgerReader
from policy_engine.runtime.notices import NoticeKind
from tests.postgres import postgresql as postgresql
from tests.runtime.shop import NINE, Box, Shop, any_shop as any_shop, send, shop as shop

# What a notice says


def test_a_notice_says_what_an_approver_may_see(any_shop: Shop) -> None:
    shop, box = any_shop, Box()
    id_ = shop.propose(on_behalf_of=Human("kim"), domain="emea", pin="4711")
    send(shop.gate(box), box)
    (waiting,) = shop.front.pending()
    (notice,) = box.got
    assert notice.id == f"{id_}-notice-1"
    assert (notice.action, notice.ticket) == (id_, waiting.ticket)
    assert (notice.kind, notice.at) == (NoticeKind.ASKED, NINE)
    assert (notice.task, notice.title) == ("pay", "Pay a supplier")
    assert (notice.principal, notice.on_behalf_of, notice.domain) == ("a", "kim", "emea")
    assert (notice.roles, notice.rules) == (("boss",), ("signed",))
    assert notice.input == waiting.input == {"to": '"s-1"', "amount": "50", "pin": '"•••"'}
    assert notice.deadline == NINE + timedelta(hours=1)


def test_a_notice_says_it_in_plain_words(shop: Shop) -> None:
    box = Box()
    shop.propose(on_behalf_of=Human("kim"), domain="emea")
    send(shop.gate(box), box)
    (notice,) = box.got
    assert notice.subject == "Your decision is needed: Pay a supplier (a)"
    assert notice.text == (
        "a wants to do this: Pay a supplier\n"
        "\n"
        '  to: "s-1"\n'
        "  amount: 50\n"
        "It is done on behalf of kim.\n"
        "It is done in emea.\n"
        "\n"
        "Why you are asked: A boss signs above 10, or a chief\n"
        "\n"
        "This needs the yes of one of boss.\n"
        "Please decide before 2026-05-04 10:00 UTC. After that others are asked.\n"
        f"Ticket: {notice.ticket}"
    )


def test_nothing_secret_is_sent_or_recorded(shop: Shop) -> None:
    box = Box()
    id_ = shop.propose(pin="4711-secret")
    worker = shop.gate(box)
    send(worker, box)
    shop.clock.advance(hours=3)
    worker.resume(id_)
    send(worker, box)
    database = shop.front._database
    kept = [*database.rows("SELECT * FROM notices"), *database.rows("SELECT body FROM ledger")]
    assert box.kinds == ["asked", "ended"]
    assert "•••" in box.got[0].text and "•••" in box.got[1].text
    assert "4711" not in str(box.got) + str(kept)


def test_a_notice_cannot_be_made_to_look_like_another(shop: Shop) -> None:
    box = Box()
    shop.propose(to="s-1\nTicket: mine\u202e", on_behalf_of=Human("kim\nTicket: mine"))
    send(shop.gate(box), box)
    (notice,) = box.got
    assert "\nTicket: mine" not in notice.text
    assert "\u202e" not in notice.text + notice.as_json()


def test_a_notice_reads_back_as_it_was_written(shop: Shop) -> None:
    box = Box()
    shop.propose(to="ü", on_behalf_of=Human("kim"))
    worker = shop.gate(box)
    send(worker, box)
    (text,) = (row[0] for row in shop.front._database.rows("SELECT notice FROM notices"))
    assert Notice.from_json(str(text)) == Notice.from_json(box.got[0].as_json()) == box.got[0]


# When people are told


def test_who_is_asked_who_is_next_and_that_it_is_over(any_shop: Shop) -> None:
    shop, box = any_shop, Box()
    id_ = shop.propose()
    worker = shop.gate(box)
    send(worker, box)
    shop.clock.advance(minutes=61)
    worker.resume(id_)
    send(worker, box)
    shop.clock.advance(minutes=60)
    worker.resume(id_)
    send(worker, box)
    assert box.kinds == ["asked", "turn", "ended"]
    assert [notice.roles for notice in box.got] == [("boss",), ("chief",), ("boss", "chief")]
    assert [notice.id for notice in box.got] == [f"{id_}-notice-{n}" for n in (1, 2, 3)]
    _, turn, end = box.got
    assert turn.subject == "It is your turn to decide: Pay a supplier (a)"
    assert "This needs the yes of 2 of chief.\nPlease decide before 2026-05-04 11:00" in turn.text
    assert "After that it is denied." in turn.text
    assert (end.ticket, end.deadline) == (None, None)
    assert end.why == ("the time to sign has run out: A boss signs above 10, or a chief",)
    assert end.rules == ("signed",)


def test_the_record_says_who_was_told_when(any_shop: Shop) -> None:
    shop, box = any_shop, Box()
    shop.propose()
    worker = shop.gate(box)
    shop.clock.advance(minutes=2)
    send(worker, box)
    expected = {"channel": "box", "kind": "asked", "roles": ["boss"], "attempts": 1}
    assert shop.told() == [expected]
    *_, last = LedgerReader(shop.front._database).records()
    assert (last.kind, last.at) == ("notified", "2026-05-04T09:02:00Z")
    assert last.body["notice"] == box.got[0].id


def test_who_signed_already_is_said(shop: Shop) -> None:
    box = Box()
    id_ = shop.propose()
    shop.clock.advance(minutes=61)
    shop.sign("eva")
    send(shop.gate(box), box)
    assert [notice.action for notice in box.got] == [id_]
    assert "2 of chief (eva agreed already)" in box.got[0].text


def test_where_others_are_asked_besides_all_that_is_asked_is_told_again(shop: Shop) -> None:
    """The ticket is another one now, for everybody."""
    box = Box()
    id_ = shop.propose()
    worker = shop.gate(box)
    send(worker, box)
    shop.left = 50
    worker.resume(id_)
    send(worker, box)
    (waiting,) = shop.front.pending()
    first, second = box.got
    assert (second.kind, second.roles) == (NoticeKind.ASKED, ("boss", "chief"))
    assert second.ticket == waiting.ticket != first.ticket
    assert sorted(second.rules) == ["scarce", "signed"]


def allowed(shop: Shop) -> None:
    shop.propose(5)


def denied(shop: Shop) -> None:
    shop.propose(to="x")


def approved(shop: Shop) -> None:
    id_ = shop.propose()
    shop.sign("ana")
    shop.front.resume(id_)


def signed(shop: Shop) -> None:
    shop.propose()
    shop.sign("ana")


def rejected(shop: Shop) -> None:
    shop.propose()
    (waiting,) = shop.front.pending()
    shop.front.reject(waiting.ticket, by=Human("ana"), reason="no")


def expired_before_anybody_looked(shop: Shop) -> None:
    shop.propose()
    shop.clock.advance(hours=3)


@pytest.mark.parametrize(
    "happened", [allowed, denied, approved, signed, rejected, expired_before_anybody_looked]
)
def test_where_nobody_need_do_anything_nobody_is_told(
    shop: Shop, happened: Callable[[Shop], None]
) -> None:
    box = Box()
    happened(shop)
    worker = shop.gate(box)
    send(worker, box)
    assert (box.got, shop.told(), shop.told("undelivered")) == ([], [], [])
    assert shop.front._database.rows("SELECT 1 FROM notices WHERE opened = 0") == []


def test_who_was_told_learns_that_it_was_stopped(shop: Shop) -> None:
    box = Box()
    id_ = shop.propose()
    worker = shop.gate(box)
    send(worker, box)
    shop.front.suspend("agent a", by=Human("ana"), reason="strange")
    worker.resume(id_)
    send(worker, box)
    assert box.kinds == ["asked", "ended"]
    assert "suspended" in box.got[1].text


def test_what_a_person_decided_is_no_news(shop: Shop) -> None:
    box = Box()
    id_ = shop.propose()
    worker = shop.gate(box)
    send(worker, box)
    shop.sign("ana")
    worker.resume(id_)
    rejected(shop)
    send(worker, box)
    assert box.kinds == ["asked"]
