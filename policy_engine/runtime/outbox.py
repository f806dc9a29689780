"""What people are still to be told, kept in the store, so that a crash loses none of it.

    entry `held` ────────────┐ in its transaction                   ┌─▶ delivered
    entry `decided`: denied ─┴─▶ occasion ─▶ notice, deliveries ─▶ claimed ─▶ failed: due again
                                                                    └─▶ given up

That people are asked is noted in the transaction in which they are; so is it when a ladder moves
on, since then others are asked, and when what was asked is denied. A worker writes the notice when
it takes the occasion up, with a delivery for each of its channels. A delivery that is claimed is
due again when the lease of the claim ends: who dies meanwhile loses nothing. Deliveries that are
done are removed; the ledger has what became of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from policy_engine.decision.outcome import Outcome
from policy_engine.foundation.canonical import timestamp_text
from policy_engine.foundation.database import Database
from policy_engine.runtime.notices import Notice, NoticeKind, Occasion, parties_in_words
from policy_engine.runtime.ports import Clock
from policy_engine.runtime.store import time_of

TRIED_FOR = timedelta(hours=24)
"""How long a notice is tried on a channel, from when it was written."""

LEASE = timedelta(minutes=1)
"""How long whoever claims a delivery has it alone."""

LONGEST_WAIT = timedelta(minutes=5)
"""Between two attempts."""

_MOST_AT_ONCE = 100

_TABLES = (
    """CREATE TABLE IF NOT EXISTS notices (
        action TEXT NOT NULL, number INTEGER NOT NULL, kind TEXT NOT NULL, at TEXT NOT NULL,
        said TEXT NOT NULL, notice TEXT, opened INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (action, number))""",
    "CREATE INDEX IF NOT EXISTS notices_unopened ON notices (at) WHERE opened = 0",
    """CREATE TABLE IF NOT EXISTS deliveries (
        action TEXT NOT NULL, number INTEGER NOT NULL, channel TEXT NOT NULL,
        attempts INTEGER NOT NULL, due INTEGER NOT NULL, ends INTEGER NOT NULL, problem TEXT,
        PRIMARY KEY (action, number, channel))""",
    "CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (channel, due)",
)
# `due` and `ends` are milliseconds since 1970 in UTC: texts differ in fractions.


@dataclass(frozen=True, slots=True)
class Delivery:
    """A notice that is to go over a channel."""

    action: str
    number: int
    channel: str
    attempts: int
    """With the one for which it is claimed."""
    ends: datetime
    """No attempt is planned for later."""
    problem: str | None
    """Why the last attempt failed."""
    notice: Notice
    outdated: bool
    """Whether people have been told, or are about to be told, something newer."""


class Outbox:
    """The notices of one store. Watches the record; callers open the transactions otherwise."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        with database.transaction():
            for statement in _TABLES:
                database.execute(statement)

    def __call__(self, kind: str, body: Mapping[str, object]) -> None:
        """Notes what people must be told of an entry, in its transaction."""
        entry = cast("Mapping[str, Any]", body)
        if kind == "held":
            self._asked(entry)
        elif kind == "decided" and entry["outcome"] in _ENDS:
            self._ended(entry)

    def unopened(self) -> list[Occasion]:
        """Occasions of which nobody has made a notice yet, oldest first, at most a hundred."""
        rows = self._database.rows(
            """SELECT action, number, kind, at, said FROM notices WHERE opened = 0
               ORDER BY at, action, number LIMIT ?""",
            (_MOST_AT_ONCE,),
        )
        return [_occasion(*cast("tuple[Any, ...]", row)) for row in rows]

    def open(self, occasion: Occasion, notice: Notice | None, channels: Iterable[str]) -> None:
        """Keeps the notice of an occasion, to be delivered on these channels; None: on none."""
        text = None if notice is None else notice.as_json()
        opened = self._database.execute(
            """UPDATE notices SET opened = 1, notice = ?
               WHERE action = ? AND number = ? AND opened = 0""",
            (text, occasion.action, occasion.number),
        )
        now = self._clock.now()
        for channel in channels if opened and notice is not None else ():
            values = (occasion.action, occasion.number, channel, _ms(now), _ms(now + TRIED_FOR))
            self._database.execute(
                """INSERT INTO deliveries (action, number, channel, attempts, due, ends)
                   VALUES (?, ?, ?, 0, ?, ?)""",
                values,
            )

    def due(self, channel: str) -> Delivery | None:
        """What should go over a channel now, soonest due first."""
        now = self._clock.now()
        # What is due later than anything is ever put off was so by a clock that has been set back.
        rows = self._database.rows(
            f"{_DELIVERY} WHERE d.channel = ? AND (d.due <= ? OR d.due > ?) {_IN_ORDER} LIMIT 1",
            (channel, _ms(now), _ms(now + LONGEST_WAIT)),
        )
        return _delivery(*cast("tuple[Any, ...]", rows[0])) if rows else None

    def strays(self, channels: Iterable[str]) -> list[Delivery]:
        """What has ended on channels other than these, and nobody has given up."""
        mine = tuple(channels)
        marks = ", ".join("?" * len(mine))
        end = _ms(self._clock.now() - LONGEST_WAIT - LEASE)
        rows = self._database.rows(
            f"{_DELIVERY} WHERE d.ends < ? AND d.channel NOT IN ({marks}) {_IN_ORDER} LIMIT ?",
            (end, *mine, _MOST_AT_ONCE),
        )
        return [_delivery(*cast("tuple[Any, ...]", row)) for row in rows]

    def claim(self, delivery: Delivery) -> Delivery:
        """It is this worker's until the lease ends."""
        attempts = delivery.attempts + 1
        self._put_off(delivery, attempts, LEASE, delivery.problem)
        return replace(delivery, attempts=attempts)

    def failed(self, delivery: Delivery, problem: str) -> bool:
        """Puts the next attempt off; False where there will be none."""
        wait = min(timedelta(seconds=2 ** min(delivery.attempts - 1, 10)), LONGEST_WAIT)
        if self._clock.now() + wait > delivery.ends:
            return False
        self._put_off(delivery, delivery.attempts, wait, problem)
        return True

    def remove(self, delivery: Delivery) -> bool:
        """It is done with; False where it was already."""
        return bool(
            self._database.execute(
                "DELETE FROM deliveries WHERE action = ? AND number = ? AND channel = ?",
                (delivery.action, delivery.number, delivery.channel),
            )
        )

    def _put_off(
        self, delivery: Delivery, attempts: int, wait: timedelta, problem: str | None
    ) -> None:
        """Unless somebody else has claimed it since."""
        self._database.execute(
            """UPDATE deliveries SET attempts = ?, due = ?, problem = ?
               WHERE action = ? AND number = ? AND channel = ? AND attempts = ?""",
            (
                attempts,
                _ms(self._clock.now() + wait),
                problem,
                delivery.action,
                delivery.number,
                delivery.channel,
                delivery.attempts,
            ),
        )

    def _asked(self, entry: Mapping[str, Any]) -> None:
        """It is a turn where all of these were asked before, of others."""
        asks = {
            (ask["rule"], ask["rule_digest"]): [[p["role"], p["quorum"]] for p in ask["parties"]]
            for ask in entry["asks"]
        }
        before = {
            (rule, digest): parties
            for said in self._said(entry["action"])
            for rule, digest, parties in said["asks"]
        }
        moved = all(ask in before and before[ask] != parties for ask, parties in asks.items())
        said = {"asks": [[rule, digest, parties] for (rule, digest), parties in asks.items()]}
        self._add(entry["action"], NoticeKind.TURN if moved else NoticeKind.ASKED, said)

    def _ended(self, entry: Mapping[str, Any]) -> None:
        """Whoever was asked is told why it was denied; where nobody was, nobody is."""
        before = self._said(entry["action"])
        if not before:
            return
        because = [r for r in entry["reasons"] if r["outcome"] == entry["outcome"]]
        said = {
            "asks": [],
            "roles": sorted({r for s in before for _, _, asked in s["asks"] for r, _ in asked}),
            "rules": list(dict.fromkeys(r["rule"] for r in because if r["rule"])),
            "why": list(dict.fromkeys(r["title"] for r in because)),
        }
        self._add(entry["action"], NoticeKind.ENDED, said)

    def _said(self, action: str) -> list[dict[str, Any]]:
        """What was noted about an action so far, oldest first."""
        query = "SELECT said FROM notices WHERE action = ? ORDER BY number"
        return [json.loads(str(said)) for (said,) in self._database.rows(query, (action,))]

    def _add(self, action: str, kind: NoticeKind, said: Mapping[str, object]) -> None:
        self._database.execute(
            """INSERT INTO notices (action, number, kind, at, said)
               SELECT ?, coalesce(max(number), 0) + 1, ?, ?, ? FROM notices WHERE action = ?""",
            (action, kind.value, timestamp_text(self._clock.now()), json.dumps(said), action),
        )


_ENDS = (Outcome.DENY.word, Outcome.VALIDATE.word)
"""What is held no longer after; a validation that cannot run any more denies too."""

_DELIVERY = """SELECT d.action, d.number, d.channel, d.attempts, d.ends, d.problem, n.notice,
    n.kind <> 'ended' AND (a.status <> 'held' OR EXISTS (
        SELECT 1 FROM notices AS newer WHERE newer.action = n.action AND newer.number > n.number))
    FROM deliveries AS d
    JOIN notices AS n ON n.action = d.action AND n.number = d.number
    JOIN actions AS a ON a.id = d.action"""
_IN_ORDER = "ORDER BY d.due, d.action, d.number"


def _occasion(action: str, number: int, kind: str, at: str, text: str) -> Occasion:
    said = json.loads(text)
    asks = frozenset((r, d, parties_in_words([(*p,) for p in ps])) for r, d, ps in said["asks"])
    roles, rules, why = (tuple(said.get(name, ())) for name in ("roles", "rules", "why"))
    return Occasion(action, number, NoticeKind(kind), time_of(at), asks, roles, rules, why)


def _delivery(
    action: str,
    number: int,
    channel: str,
    attempts: int,
    ends: int,
    problem: str | None,
    notice: str,
    outdated: object,
) -> Delivery:
    end = _EPOCH + timedelta(milliseconds=ends)
    told = Notice.from_json(notice)
    return Delivery(action, number, channel, attempts, end, problem, told, bool(outdated))


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _ms(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(milliseconds=1)
