"""A candidate over the past, whatever the past stands in.

    answer = replay(Candidate(policy), "actions.parquet")

The first decision that is recorded of an action is what is replayed; what was decided after people
or validations had their say is not. Nothing is written anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from policy_engine.audit.doubts import Verified
from policy_engine.audit.replay.answer import Answer, answer_of
from policy_engine.audit.replay.candidate import Candidate
from policy_engine.audit.replay.flips import EXAMPLES
from policy_engine.audit.replay.recorded import Recorded
from policy_engine.audit.replay.source import Form, ParquetTable, form_of, size_of
from policy_engine.audit.replay.table import Advance, Replayed
from policy_engine.foundation.database import Database
from policy_engine.language.policy import PolicySet
from policy_engine.ledger.ledger import LedgerReader
from policy_engine.ledger.sealed import SealedReader
from policy_engine.ledger.sealed_folder import is_sealed


def replay(
    candidate: Candidate,
    place: str,
    *,
    was: Iterable[PolicySet] = (),
    examples: int = EXAMPLES,
    now: datetime | None = None,
    advance: Advance = lambda _: None,
) -> Answer:
    """What a candidate says to the actions of a file, a store or a sealed record.

    `place` is a Parquet file, a file of JSON lines, a store (`sqlite:///governance.db`, or its
    file), or the folder of a sealed record. `was` are policy sets by which a ledger's actions were
    decided, which tell more of what its entries mean. So many `examples` are told of each flip.
    `now` is the time of actions that say none (default: that of the machine's clock). `advance` is
    told how many rows, bytes or entries more have been read. Raises `SourceError` for a place that
    cannot be read, `StoreError` and `LedgerError` for a store or a sealed record.
    """
    now = datetime.now(UTC) if now is None else now
    if now.utcoffset() is None:
        raise ValueError("`now` needs its offset from UTC")
    form = form_of(place)
    replayed = Replayed(candidate, now, examples)
    if form == "ledger":
        return _of_ledger(candidate, place, Recorded(candidate, was, examples), advance)
    if form == "parquet":
        replayed.table(ParquetTable(place), advance)
    else:
        replayed.lines(place, advance)
    return answer_of(
        candidate.policy.digest,
        form,
        replayed.tally,
        replayed.examples.told(),
        replayed.unreads,
        replayed.with_past,
    )


def length_of(place: str) -> tuple[Form, int]:
    """What a place is, and how many rows, bytes or entries it has. Raises as `replay` does."""
    form = form_of(place)
    if form == "parquet":
        return form, ParquetTable(place).rows
    if form == "jsonl":
        return form, size_of(place)
    with _ledger_in(place) as reader:
        return form, reader.count()


def store_of(place: str) -> str:
    """A store's name; that of its file where only this was given."""
    return place if "://" in place else f"sqlite:///{place}"


@contextmanager
def _ledger_in(place: str) -> Iterator[LedgerReader | SealedReader]:
    """The record in a store or in a sealed folder."""
    if "://" not in place and is_sealed(Path(place)):
        yield SealedReader(Path(place))
        return
    with closing(Database(store_of(place), must_exist=True)) as database:
        yield LedgerReader(database)


def _of_ledger(candidate: Candidate, place: str, recorded: Recorded, advance: Advance) -> Answer:
    """The entries are verified as they are read: what was altered tells nothing for sure."""
    with _ledger_in(place) as reader:
        verified = Verified(reader)
        for record in verified.records():
            recorded.take(record)
            advance(1)
        doubts, entries = verified.doubts(), verified.entries
    return answer_of(
        candidate.policy.digest,
        "ledger",
        recorded.tally,
        recorded.examples.told(),
        recorded.unreads,
        recorded.with_past,
        doubts,
        entries,
    )
