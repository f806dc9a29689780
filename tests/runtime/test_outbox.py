"""No crash loses a notice, a channel that fails holds up no other, and workers tell once."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from typing import Any

import pytest

from policy_engine import GateError, Notice, StoreError
from policy_engine.ledger.ledger import LedgerReader
from policy_engine.ledger.verify import verify
from policy_engine.runtime import sending
from policy_engine.runtime.notices import NotDelivered, Occasion
from policy_engine.runtime.outbox import LEASE, Delivery
from tests.postgres import postgresql as postgresql
from tests.runtime.shop import NINE, Box, Shop, any_shop as any_shop, eventually, send, shop as shop

# No crash loses a notice


def test_what_a_process_that_died_has_asked_is_told_by_the_next(shop: Shop) -> None:
    box = Box()
    shop.propose()
    shop.front.close()
    shop.front = shop.gate()
    send(shop.gate(box), box)
    assert box.kinds == ["asked"]


def test_what_was_never_asked_is_never_told(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The notice is noted in the transaction that asks, and goes with it."""
    box = Box()

    def full(*_: object) -> None:
        raise StoreError("no space")

    with monkeypatch.context() as patched:
        patched.setattr(shop.front._store, "hold", full)
        with pytest.raises(StoreError):
            shop.propose()
    send(shop.gate(box), box)
    assert shop.front._database.rows("SELECT * FROM notices") == []
    assert box.got == []


def test_a_worker_that_dies_while_it_sends_loses_nothing(any_shop: Shop) -> None:
    shop, box = any_shop, Box()
    shop.propose()
    dying, other = shop.gate(box), shop.gate(box)
    sender = dying._sending
    sender.write()
    with dying._database.transaction():
        assert sender._claimed("box") is not None
    send(other, box)
    assert box.got == []
    shop.clock.advance(seconds=LEASE.total_seconds())
    send(other, box)
    assert box.kinds == ["asked"]
    assert shop.told()[0]["attempts"] == 2


def test_where_the_store_cannot_take_that_it_was_sent_it_is_sent_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = Box()
    shop.propose()
    worker = shop.gate(box)

    def full(*_: object) -> None:
        raise StoreError("no space")

    with monkeypatch.context() as patched:
        patched.setattr(worker._sending, "_delivered", full)
        with pytest.raises(StoreError):
            send(worker, box)
    shop.clock.advance(seconds=LEASE.total_seconds())
    send(worker, box)
    assert [notice.id for notice in box.got] == [box.got[0].id] * 2
    assert len(shop.told()) == 1


def test_a_channel_that_comes_later_tells_what_still_waits_and_no_old_news(shop: Shop) -> None:
    box = Box()
    ended = shop.propose(51)
    shop.clock.advance(hours=2)
    shop.front.resume(ended)
    shop.clock.advance(hours=25)
    shop.left = 50
    waits = shop.propose(5)
    shop.clock.advance(hours=2)
    send(shop.gate(box), box)
    assert [(notice.action, notice.kind.value) for notice in box.got] == [(waits, "asked")]


# Channels that fail


def test_a_channel_that_fails_holds_up_no_other(any_shop: Shop) -> None:
    shop, good, bad = any_shop, Box("good"), Box("bad")
    bad.problem = NotDelivered("the mailbox is full")
    shop.propose()
    worker = shop.gate(bad, good)
    send(worker, bad, good)
    assert (good.kinds, bad.tried) == (["asked"], 1)
    bad.problem = None
    shop.clock.advance(seconds=1)
    send(worker, bad, good)
    assert (good.kinds, bad.kinds) == (["asked"], ["asked"])
    assert good.got == bad.got
    assert [(e["channel"], e["attempts"]) for e in shop.told()] == [("good", 1), ("bad", 2)]


def test_the_next_attempt_waits_twice_as_long_up_to_five_minutes(shop: Shop) -> None:
    box = Box()
    box.problem = NotDelivered("no")
    shop.propose()
    worker = shop.gate(box)
    waits: list[int] = []
    send(worker, box)
    for _ in range(11):
        tried = box.tried
        for second in range(1, 1_000):
            shop.clock.advance(seconds=1)
            send(worker, box)
            if box.tried > tried:
                waits.append(second)
                break
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


def test_after_a_day_it_is_given_up_and_recorded(any_shop: Shop) -> None:
    shop, box = any_shop, Box()
    box.problem = NotDelivered("the mailbox is full")
    shop.left = 50
    shop.propose(5)
    worker = shop.gate(box)
    while not shop.told("undelivered"):
        send(worker, box)
        shop.clock.advance(minutes=5)
    (entry,) = shop.told("undelivered")
    assert entry["problem"] == "the mailbox is full"
    assert (entry["channel"], entry["kind"]) == ("box", "asked")
    assert entry["attempts"] == box.tried > 250
    assert shop.clock.now() - NINE <= timedelta(hours=24, minutes=5)
    assert shop.front._database.rows("SELECT * FROM deliveries") == []


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (NotDelivered("it answered with the status 500"), "it answered with the status 500"),
        (NotDelivered("two\nlines"), "two⏎lines"),
        (NotDelivered("x" * 1_000), "x" * 200),
        (ValueError("https://hooks.example/key-to-the-room"), "ValueError"),
        (SystemExit("key"), "SystemExit"),
    ],
)
def test_the_record_has_the_words_of_a_channel_but_not_of_any_other_error(
    shop: Shop, problem: BaseException, words: str
) -> None:
    box = Box()
    box.problem = problem
    id_ = shop.propose()
    worker = shop.gate(box)
    send(worker, box)
    shop.sign("ana")
    worker.resume(id_)
    shop.clock.advance(seconds=1)
    send(worker, box)
    (entry,) = shop.told("undelivered")
    expected = f"it was out of date before it was delivered; before that: {words}"
    assert (entry["problem"], box.tried) == (expected, 1)


def test_what_is_out_of_date_is_not_sent_any_more(shop: Shop) -> None:
    box = Box()
    box.problem = NotDelivered("down")
    id_ = shop.propose()
    worker = shop.gate(box)
    send(worker, box)
    box.problem = None
    shop.clock.advance(minutes=61)
    worker.resume(id_)
    send(worker, box)
    assert box.kinds == ["turn"]
    assert [(e["kind"], e["attempts"]) for e in shop.told("undelivered")] == [("asked", 1)]


def test_a_channel_that_does_not_answer_has_not_delivered(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "ANSWER_SECONDS", 0.01)
    released = threading.Event()

    class Hanging(Box):
        def send(self, notice: Notice) -> None:
            self.tried += 1
            released.wait(10)

    box = Hanging()
    shop.propose()
    worker = shop.gate(box)
    send(worker, box)
    ((problem,),) = shop.front._database.rows("SELECT problem FROM deliveries")
    released.set()
    assert problem == "no answer within 0.01 seconds"
    assert shop.told() == []


def test_what_was_meant_for_a_channel_that_is_gone_is_given_up(any_shop: Shop) -> None:
    shop, old, new = any_shop, Box("old"), Box("new")
    old.problem = NotDelivered("down")
    shop.propose()
    send(shop.gate(old), old)
    later = shop.gate(new)
    shop.clock.advance(hours=23)
    later._sending.give_up_strays()
    assert shop.told("undelivered") == []
    shop.clock.advance(hours=2)
    later._sending.give_up_strays()
    (entry,) = shop.told("undelivered")
    assert (entry["channel"], entry["problem"]) == ("old", "no worker has this channel any more")


def test_a_clock_that_is_set_back_puts_nothing_off(shop: Shop) -> None:
    box = Box()
    box.problem = NotDelivered("down")
    shop.left = 50
    shop.propose(5)
    worker = shop.gate(box)
    send(worker, box)
    box.problem = None
    shop.clock.advance(days=-1)
    send(worker, box)
    assert box.kinds == ["asked"]


def test_a_notice_that_cannot_be_written_holds_up_no_other(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    box = Box()
    bad, good = shop.propose(51), shop.propose(52)
    worker = shop.gate(box)
    letters = worker._sending._letters
    written = letters.of

    def failing(occasion: Occasion) -> Notice | None:
        if occasion.action == bad:
            raise ZeroDivisionError
        return written(occasion)

    with monkeypatch.context() as patched:
        patched.setattr(letters, "of", failing)
        send(worker, box)
    assert [notice.action for notice in box.got] == [good]
    assert f"the notice {bad}-notice-1 could not be written" in caplog.text
    send(worker, box)
    assert [notice.action for notice in box.got] == [good, bad]


@pytest.mark.parametrize("names", [("", "b"), ("a", "a"), ("a\nb", "b"), (None, "b")])
def test_each_channel_has_a_name_of_its_own(shop: Shop, names: tuple[Any, Any]) -> None:
    with pytest.raises(GateError, match="channel"):
        shop.gate(*map(Box, names))


# Workers


def test_a_worker_tells_people_by_itself(any_shop: Shop) -> None:
    shop, box = any_shop, Box()
    worker = shop.gate(box)
    worker.work()
    shop.propose()
    assert eventually(lambda: box.kinds == ["asked"])
    shop.clock.advance(minutes=61)
    assert eventually(lambda: box.kinds == ["asked", "turn"])
    shop.clock.advance(minutes=60)
    assert eventually(lambda: box.kinds == ["asked", "turn", "ended"])


def test_two_workers_tell_once(any_shop: Shop) -> None:
    shop, box = any_shop, Box()
    for worker in [shop.gate(box), shop.gate(box), shop.gate(box)]:
        worker.work()
    ids = [shop.propose(50 + n) for n in range(20)]
    assert eventually(lambda: len(shop.told()) == 20)
    assert sorted(notice.action for notice in box.got) == sorted(ids)


def test_a_worker_goes_on_after_trouble(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "TROUBLE_SECONDS", 0.01)
    box, failed = Box(), threading.Event()
    worker = shop.gate(box)
    due = worker._sending._outbox.due

    def failing_once(channel: str) -> Delivery | None:
        if not failed.is_set():
            failed.set()
            raise ZeroDivisionError
        return due(channel)

    monkeypatch.setattr(worker._sending._outbox, "due", failing_once)
    worker.work()
    shop.propose()
    assert eventually(lambda: box.kinds == ["asked"])
    assert failed.is_set()


def test_a_gate_that_is_no_worker_tells_nobody_and_closes_at_once(shop: Shop) -> None:
    box = Box()
    gate = shop.gate(box)
    shop.propose()
    gate.close()
    assert box.tried == 0


def test_the_record_holds_with_what_was_told_in_it(shop: Shop) -> None:
    box = Box()
    box.problem = NotDelivered("down")
    id_ = shop.propose()
    worker = shop.gate(box)
    send(worker, box)
    box.problem = None
    shop.clock.advance(minutes=61)
    worker.resume(id_)
    send(worker, box)
    shop.sign("eva", "ida")
    assert worker.resume(id_).output == "paid"
    records = LedgerReader(shop.front._database)
    kinds = [record.kind for record in records.records()]
    assert {"notified", "undelivered"} < set(kinds)
    assert list(verify(records.records()).findings) == []
    assert json.loads(box.got[0].as_json())["kind"] == "turn"
