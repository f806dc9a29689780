"""Sends notices: a thread for each channel of a worker, so that no channel waits for another.

Each notice reaches each channel at least once, or the record says that it did not: an entry
`notified` for what was delivered, `undelivered` for what was given up after a day of attempts, or
because it was out of date before one of them went well. What is out of date before the first
attempt is not sent. Normally only one worker sends; two do where the first has died, or cannot tell
the store that it was done.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from functools import partial

from policy_engine.foundation.database import Database
from policy_engine.foundation.errors import GateError, StoreError
from policy_engine.foundation.render import visible
from policy_engine.runtime.calling import Hangs, Raised, call
from policy_engine.runtime.executors import writable
from policy_engine.runtime.notices import Channel, Letters, NotDelivered, NoticeKind, Occasion
from policy_engine.runtime.outbox import TRIED_FOR, Delivery, Outbox
from policy_engine.runtime.ports import Clock, Recorder

LOOK_SECONDS = 0.25
"""How often a worker asks the store for what is to be sent."""

TROUBLE_SECONDS = 5.0
"""How long it waits where that failed."""

ANSWER_SECONDS = 30.0
"""How long a channel may take; less than a lease."""

_STRAYS_EVERY = 240
"""So many looks apart, what no worker has a channel for any more is given up."""

_LONGEST_PROBLEM = 200
_OUTDATED = "it was out of date before it was delivered"
_NO_CHANNEL = "no worker has this channel any more"

_log = logging.getLogger(__name__)


class Sending:
    """The sender of one gate. Raises `GateError` for channels that have no name of their own."""

    def __init__(
        self,
        database: Database,
        outbox: Outbox,
        letters: Letters,
        recorder: Recorder,
        clock: Clock,
        channels: Iterable[Channel],
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._letters = letters
        self._recorder = recorder
        self._clock = clock
        self._channels = {channel.name: channel for channel in _named(tuple(channels))}
        self._ended = threading.Event()
        self._threads = [
            threading.Thread(target=self._work, args=(each,), name=f"notices {name}", daemon=True)
            for name, each in self._channels.items()
        ]

    def start(self) -> None:
        """Begins to send, in threads of its own."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Ends the sending, once what is under way is done with. What is left waits."""
        self._ended.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    def _work(self, channel: Channel) -> None:
        look = 0
        while not self._ended.is_set():
            sent = went_well = False
            try:
                went_well = self.write()
                sent = self.send_one(channel)
                if look % _STRAYS_EVERY == 0:
                    self.give_up_strays()
            except Exception:  # noqa: BLE001 — a store or a directory fails as it likes; nothing is lost
                went_well = False
                _log.exception("what is to be sent could not be read or kept; it is tried again")
            look += 1
            if not sent:
                self._ended.wait(LOOK_SECONDS if went_well else TROUBLE_SECONDS)

    def write(self) -> bool:
        """Writes the notices of what has come about since; False where one could not be."""
        went_well = True
        for occasion in self._outbox.unopened():
            try:
                with self._database.transaction():
                    notice = None if self._is_stale(occasion) else self._letters.of(occasion)
                    self._outbox.open(occasion, notice, self._channels)
            except StoreError:
                raise
            except Exception:  # noqa: BLE001 — it takes a decision, with foreign code; others go on
                went_well = False
                _log.exception("the notice %s could not be written; it is tried again", occasion.id)
        return went_well

    def send_one(self, channel: Channel) -> bool:
        """Sends what is due next on a channel; False where nothing is."""
        if self._outbox.due(channel.name) is None:
            return False
        with self._database.transaction():
            delivery = self._claimed(channel.name)
        if delivery is None:
            return False
        problem = _attempt(channel, delivery)
        with self._database.transaction():
            if problem is None:
                self._delivered(delivery)
            elif not self._outbox.failed(delivery, problem):
                self._give_up(delivery, problem)
        return True

    def give_up_strays(self) -> None:
        """Gives up what no worker has a channel for any more."""
        if not self._outbox.strays(self._channels):
            return
        with self._database.transaction():
            for delivery in self._outbox.strays(self._channels):
                self._give_up(delivery, _NO_CHANNEL)

    def _is_stale(self, occasion: Occasion) -> bool:
        """That something has ended is no news for longer than a notice is tried."""
        old = self._clock.now() - occasion.at > TRIED_FOR
        return old and occasion.kind is NoticeKind.ENDED

    def _claimed(self, channel: str) -> Delivery | None:
        """The next delivery, this worker's for now; what is out of date is given up."""
        while (delivery := self._outbox.due(channel)) is not None:
            if not delivery.outdated:
                return self._outbox.claim(delivery)
            self._drop(delivery)
        return None

    def _drop(self, delivery: Delivery) -> None:
        """Gives up what is out of date. Where it was never tried, nothing has gone wrong."""
        if delivery.attempts:
            last = f"; before that: {delivery.problem}" if delivery.problem else ""
            self._give_up(delivery, _OUTDATED + last)
        else:
            self._outbox.remove(delivery)

    def _delivered(self, delivery: Delivery) -> None:
        if self._outbox.remove(delivery):
            roles = list(delivery.notice.roles)
            self._recorder.record("notified", {**_account(delivery), "roles": roles})

    def _give_up(self, delivery: Delivery, problem: str) -> None:
        if self._outbox.remove(delivery):
            self._recorder.record("undelivered", {**_account(delivery), "problem": problem})


def _account(delivery: Delivery) -> dict[str, object]:
    return {
        "action": delivery.action,
        "notice": delivery.notice.id,
        "kind": delivery.notice.kind.value,
        "channel": delivery.channel,
        "attempts": delivery.attempts,
    }


def _attempt(channel: Channel, delivery: Delivery) -> str | None:
    """Why a notice was not delivered, in words that the record may have; None where it was."""
    try:
        call(partial(channel.send, delivery.notice), {}, ANSWER_SECONDS, "notice")
    except Hangs as error:
        return str(error)
    except Raised as raised:
        error_ = raised.error
        _log.debug("a notice was not delivered on the channel `%s`", channel.name, exc_info=error_)
        if isinstance(error_, NotDelivered):
            return visible(writable(str(error_)[:_LONGEST_PROBLEM]))
        # Its words could hold an address that gives the right to send.
        return type(error_).__name__
    return None


def _named(channels: tuple[Channel, ...]) -> tuple[Channel, ...]:
    names = [channel.name for channel in channels]
    for name in names:
        if not isinstance(name, str) or not name.strip() or visible(writable(name)) != name:
            raise GateError("a channel of notices needs a name that can be written down")
        if names.count(name) > 1:
            raise GateError(f"two channels of notices are named {name}: name one of them otherwise")
    return channels
