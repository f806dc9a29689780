"""What all exports are made of: the report, the ledger's origin, and the controls of its rules.

One reading of the record gives all three, so what is exported has been verified. Of an entry only
number, time, kind and body are used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from types import MappingProxyType
from uuid import NAMESPACE_URL, uuid5

from policy_engine.audit.period import Period
from policy_engine.audit.reading import objects, text
from policy_engine.audit.report import Report, report
from policy_engine.audit.story import NOT_RECORDED, Reason, Story
from policy_engine.audit.summary import EVER
from policy_engine.foundation.canonical import canonical_text
from policy_engine.foundation.errors import LedgerError
from policy_engine.ledger.record import Record
from policy_engine.ledger.verify import Beside

PRODUCT = "agent-policy-engine"

ControlsOf = Mapping[tuple[str | None, str], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Material:
    """A report, and what an export says beyond it."""

    report: Report
    origin: str
    """The id of the ledger, from its opening."""
    controls: ControlsOf
    """The controls that a rule carries, by the digest of the policy and the key of the reason."""

    @property
    def at(self) -> datetime:
        """As of when all this is said: the latest entry; of an empty record, when it was read."""
        return self.report.summary.last or self.report.written

    def uuid(self, *names: str | int) -> str:
        """A UUID (version 5) of the ledger's origin and these names: the same each time."""
        return str(uuid5(NAMESPACE_URL, canonical_text([PRODUCT, self.origin, *names])))

    def controls_of(self, story: Story, key: str) -> tuple[str, ...]:
        """The controls of one of the story's reasons."""
        return self.controls.get((story.policy, key), ())


def gather(
    records: Iterable[Record],
    *,
    written: datetime,
    period: Period = EVER,
    zone: tzinfo = UTC,
    pinned: str | None = None,
    beside: Beside | None = None,
    progress: Callable[[int], None] = lambda number: None,
) -> Material:
    """Reads entries once, as `report` does, and keeps what exports need besides."""
    notes = _Notes()
    found = report(
        notes.taken(records),
        written=written,
        period=period,
        zone=zone,
        pinned=pinned,
        beside=beside,
        progress=progress,
    )
    return Material(found, notes.origin, MappingProxyType(notes.controls))


class _Notes:
    """What is kept of the entries that pass."""

    def __init__(self) -> None:
        self.origin = NOT_RECORDED
        self.controls: dict[tuple[str | None, str], tuple[str, ...]] = {}

    def taken(self, records: Iterable[Record]) -> Iterator[Record]:
        for record in records:
            if record.kind in ("opened", "decided"):
                self._take(record)
            yield record

    def _take(self, record: Record) -> None:
        """What cannot be read says nothing here; the verification tells of it."""
        try:
            body = record.body
        except LedgerError:
            return
        if record.kind == "opened":
            self.origin = text(body, "ledger") or self.origin
            return
        policy = text(body, "policy")
        for item in objects(body, "reasons"):
            named = _names(item.get("controls"))
            if named:
                self.controls[policy, _key(item)] = named


def _names(value: object) -> tuple[str, ...]:
    """The texts of a list, each once."""
    listed = value if isinstance(value, list) else []
    return tuple(dict.fromkeys(name for name in listed if isinstance(name, str) and name))


def _key(item: Mapping[str, object]) -> str:
    code, rule, place = text(item, "code") or "", text(item, "rule"), text(item, "place")
    return Reason(code, "", rule, "", place, (), None, None).key
