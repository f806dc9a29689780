"""Metrics of a running gate: it watches the record, so it counts nothing that was not kept.

    metrics = Metrics()
    gate = engine.gate(store=…, watch=[metrics])

Every kind of entry is counted in `entries`; what else an entry says is sorted by who acted, by rule
and by validation. Entries after a decision name their action only, so who acts is remembered while
an action is under way. Where that began elsewhere, or was too long ago, the labels say `(unknown)`.

Durations are taken where the entries arrive, by a clock of this process. What is seen to have begun
elsewhere is not measured: a duration is missing rather than wrong.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from policy_engine.decision import codes
from policy_engine.foundation.errors import InputError
from policy_engine.runtime.instruments import (
    OTHER,
    Amounts,
    Counter,
    Histogram,
    Instrument,
    Labels,
    Snapshot,
)

Cost = Callable[[str, int], Decimal | None]
"""The host's own price of a call: `cost(task, milliseconds)`, or None where it has none."""

UNKNOWN = "(unknown)"
"""The task and the agent of an action whose decision was not seen."""

UNDECLARED = "(undeclared)"
"""A task that the policy does not know: agents could invent any number of names."""

HUMAN = "(human)"
"""A principal who is a person: nobody's name becomes a label."""

_WHO = ("task", "agent", "team", "model")
_NOBODY: Labels = (UNKNOWN, UNKNOWN, "", "")
_NO_ID = "-"
"""The gate's word for an action that it refused before it could be kept."""

_LONGEST_LABEL = 100
_MOST_ENDED = 1_000
"""Actions that are remembered for what their next entries could still say."""

_UNCONFIRMED = {codes.NEEDS_CONFIRMATION.id}
_UNKNOWN_TASK = codes.UNKNOWN_TASK.id

ENTRIES = Instrument("entries", "entry", "Entries of the ledger, of every kind.", ("kind",))
DECISIONS = Instrument("decisions", "decision", "Decisions.", _WHO, ("outcome",))
RULES = Instrument(
    "rules", "decision", "Decisions that a rule brought about.", ("rule", "code", "outcome")
)
OBSERVED = Instrument(
    "observed",
    "decision",
    "Decisions to which a rule that is only observed would have contributed.",
    ("rule", "code", "outcome"),
)
VALIDATIONS = Instrument(
    "validations", "validation", "Validations that ran.", ("validation",), ("result",)
)
PEOPLE = Instrument(
    "people", "entry", "What people were asked, and what they said.", _WHO, ("step",)
)
OUTCOMES = Instrument(
    "outcomes", "outcome", "What became of actions that were allowed.", _WHO, ("outcome",)
)
SUSPENSIONS = Instrument("suspensions", "entry", "Suspensions begun and ended.", ("of",), ("step",))
SHADOWED = Instrument(
    "shadowed",
    "decision",
    "Decisions that another policy was asked for beside the live one.",
    ("live", "shadow"),
)
COST = Instrument("cost", "", "What calls have cost, by the prices of the host.", _WHO)
CALL = Instrument("call", "second", "How long tools took that returned.", _WHO)
WAITING = Instrument(
    "waiting",
    "second",
    "From when people were asked to the decision that ended it.",
    _WHO,
    ("ended",),
)
TURNAROUND = Instrument(
    "turnaround", "second", "From the first decision about an action to its output.", _WHO
)

_MINUTE, _HOUR, _DAY = 60.0, 3_600.0, 86_400.0
_CALL_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, _MINUTE)
_WAITING_BOUNDS = (
    *(10.0, _MINUTE, 5 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE),
    *(_HOUR, 2 * _HOUR, 4 * _HOUR, 8 * _HOUR, _DAY, 2 * _DAY, 3 * _DAY, 7 * _DAY),
)
_TURNAROUND_BOUNDS = (
    *(0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, _MINUTE, 10 * _MINUTE),
    *(_HOUR, 4 * _HOUR, _DAY, 3 * _DAY, 7 * _DAY),
)


@dataclass(slots=True)
class _UnderWay:
    """An action that has not ended."""

    who: Labels
    decided: float | None
    """When it was first decided; None where that was not here."""
    waits: float | None = None
    """Since when it waits for people."""
    asked: bool = False
    reported: bool = False


class Metrics:
    """A watcher of the record that counts and measures. Thread-safe.

    An instrument keeps `most_label_sets` label sets; later ones are counted under `(other)`. At
    most `most_under_way` actions are remembered; of the oldest one, more than that, only what its
    entries say by themselves is counted. `clock` gives seconds that only grow.
    """

    def __init__(
        self,
        *,
        cost: Cost | None = None,
        clock: Callable[[], float] = time.monotonic,
        most_label_sets: int = 200,
        most_under_way: int = 10_000,
    ) -> None:
        if most_label_sets < 1 or most_under_way < 1:
            raise InputError("metrics need room for one label set and one action at least")
        self._cost = cost
        self._clock = clock
        self._most_under_way = most_under_way
        self._lock = threading.Lock()
        self._under_way: OrderedDict[str, _UnderWay] = OrderedDict()
        self._ended: OrderedDict[str, Labels] = OrderedDict()
        self._entries = Counter(ENTRIES, most_label_sets)
        self._decisions = Counter(DECISIONS, most_label_sets)
        self._rules = Counter(RULES, most_label_sets)
        self._observed = Counter(OBSERVED, most_label_sets)
        self._validations = Counter(VALIDATIONS, most_label_sets)
        self._people = Counter(PEOPLE, most_label_sets)
        self._outcomes = Counter(OUTCOMES, most_label_sets)
        self._suspensions = Counter(SUSPENSIONS, most_label_sets)
        self._shadowed = Counter(SHADOWED, most_label_sets)
        self._costs = Amounts(COST, most_label_sets)
        self._calls = Histogram(CALL, _CALL_BOUNDS, most_label_sets)
        self._waiting = Histogram(WAITING, _WAITING_BOUNDS, most_label_sets)
        self._turnaround = Histogram(TURNAROUND, _TURNAROUND_BOUNDS, most_label_sets)
        self._tell: Mapping[str, Callable[[Mapping[str, Any]], None]] = {
            "decided": self._on_decided,
            "validated": self._on_validated,
            "held": self._on_held,
            "approved": self._on_approved,
            "confirmed": self._on_confirmed,
            "rejected": self._on_rejected,
            "intent": self._on_intent,
            "executed": self._on_executed,
            "withheld": self._on_withheld,
            "failed": self._on_failed,
            "unknown": self._on_unknown,
            "suspended": self._on_suspended,
            "lifted": self._on_lifted,
            "shadowed": self._on_shadowed,
        }

    def __call__(self, kind: str, body: Mapping[str, object]) -> None:
        """Takes in an entry. Raises `InputError` where the host's price is none."""
        with self._lock:
            self._entries.add((kind,))
            tell = self._tell.get(kind)
            if tell is not None:
                tell(body)
        if self._cost is not None and kind == "executed":
            self._charge(self._cost, body)

    def snapshot(self) -> Snapshot:
        """Everything as it stands now."""
        with self._lock:
            counters = [
                self._entries.read(),
                self._decisions.read(),
                self._rules.read(),
                self._observed.read(),
                self._validations.read(),
                self._people.read(),
                self._outcomes.read(),
                self._suspensions.read(),
                self._shadowed.read(),
                self._costs.read(),
            ]
            histograms = [self._calls.read(), self._waiting.read(), self._turnaround.read()]
        return Snapshot(
            {counts.instrument.name: counts for counts in counters},
            {all_.instrument.name: all_ for all_ in histograms},
        )

    def as_json(self) -> dict[str, object]:
        """The snapshot as plain JSON."""
        return self.snapshot().as_json()

    def _on_decided(self, body: Mapping[str, Any]) -> None:
        id_, outcome = body["action"], body["outcome"]
        deciding = {
            (reason["rule"] or "", reason["code"], outcome)
            for reason in body["reasons"]
            if reason["outcome"] == outcome
        }
        for labels in deciding:
            self._rules.add(labels)
        if body["observed"]:
            for labels in {(r["rule"] or "", r["code"], r["outcome"]) for r in body["observed"]}:
                self._observed.add(labels)
        because = {code for _, code, _ in deciding}
        who = _who(body, known_task=_UNKNOWN_TASK not in because)
        self._decisions.add((*who, outcome))
        if id_ != _NO_ID:
            unconfirmed = outcome == "validate" and because == _UNCONFIRMED
            self._follow(id_, who, "unconfirmed" if unconfirmed else outcome)

    def _follow(self, id_: str, who: Labels, outcome: str) -> None:
        """What a decision comes to for its action: it goes on, waits, or has ended.

        What people must sign is asked in the entry after this one, if it was not asked before.
        """
        now = self._clock()
        action = self._under_way.get(id_)
        if action is None:
            action = self._remember(id_, _UnderWay(who, decided=now))
        action.who = who
        match outcome:
            case "allow":
                self._waited(action, "allowed", now)
            case "unconfirmed":
                _asked(action, now)
            case "escalate":
                pass
            case _:
                self._waited(action, "denied", now)
                del self._under_way[id_]

    def _on_validated(self, body: Mapping[str, Any]) -> None:
        result = "passed" if body["passed"] is True else "failed"
        self._validations.add((body["validation"], result))

    def _on_held(self, body: Mapping[str, Any]) -> None:
        action = self._said(body, "held")
        if action.decided is not None:
            _asked(action, self._clock())

    def _on_approved(self, body: Mapping[str, Any]) -> None:
        self._said(body, "approved")

    def _on_confirmed(self, body: Mapping[str, Any]) -> None:
        self._said(body, "confirmed")

    def _on_rejected(self, body: Mapping[str, Any]) -> None:
        action = self._under_way.pop(body["action"], None)
        self._people.add((*(_NOBODY if action is None else action.who), "rejected"))
        if action is not None:
            self._waited(action, "rejected", self._clock())

    def _on_intent(self, body: Mapping[str, Any]) -> None:
        action = self._under_way.get(body["action"])
        if action is None:
            return
        action.reported = body["by"] == "report"
        if body["approvals"] and not action.asked:
            action.decided = None  # people were asked elsewhere, so it began there

    def _on_executed(self, body: Mapping[str, Any]) -> None:
        id_, milliseconds = body["action"], body["ms"]
        action = self._under_way.get(id_)
        who = self._came_to(body, "executed")
        if who is not _NOBODY:
            self._ended[id_] = who
            if len(self._ended) > _MOST_ENDED:
                self._ended.popitem(last=False)
        if action is not None and action.decided is not None:
            self._turnaround.add(who, self._clock() - action.decided)
        # Who reports an output may leave its time out, and then the entry says 0.
        if milliseconds or (action is not None and not action.reported):
            self._calls.add(who, milliseconds / 1000)

    def _on_withheld(self, body: Mapping[str, Any]) -> None:
        """Follows the entry `executed` of the same action, by which that has ended."""
        self._outcomes.add((*self._ended.get(body["action"], _NOBODY), "withheld"))

    def _on_failed(self, body: Mapping[str, Any]) -> None:
        self._came_to(body, "failed")

    def _on_unknown(self, body: Mapping[str, Any]) -> None:
        self._came_to(body, "unknown")

    def _on_suspended(self, body: Mapping[str, Any]) -> None:
        self._suspensions.add((body["name"].partition(" ")[0], "suspended"))

    def _on_lifted(self, body: Mapping[str, Any]) -> None:
        self._suspensions.add((body["name"].partition(" ")[0], "lifted"))

    def _on_shadowed(self, body: Mapping[str, Any]) -> None:
        self._shadowed.add((body["live"], body["shadow"]))

    def _said(self, body: Mapping[str, Any], step: str) -> _UnderWay:
        """Counts what people were asked or said; an action that is unknown began elsewhere."""
        action = self._under_way.get(body["action"])
        if action is None:
            action = self._remember(body["action"], _UnderWay(_NOBODY, decided=None))
        self._people.add((*action.who, step))
        return action

    def _came_to(self, body: Mapping[str, Any], outcome: str) -> Labels:
        """Counts an outcome, with which an action ends; gives whose it is."""
        action = self._under_way.pop(body["action"], None)
        who = _NOBODY if action is None else action.who
        self._outcomes.add((*who, outcome))
        return who

    def _waited(self, action: _UnderWay, ended: str, now: float) -> None:
        if action.waits is not None:
            self._waiting.add((*action.who, ended), now - action.waits)
            action.waits = None

    def _remember(self, id_: str, action: _UnderWay) -> _UnderWay:
        if len(self._under_way) >= self._most_under_way:
            self._under_way.popitem(last=False)
        self._under_way[id_] = action
        return action

    def _charge(self, cost: Cost, body: Mapping[str, Any]) -> None:
        """Adds the price of a call. The host is asked last: its errors spoil nothing."""
        with self._lock:
            who = self._ended.get(body["action"])
        if who is None:
            return
        price = cost(who[0], body["ms"])
        if price is None:
            return
        if not isinstance(price, Decimal) or not price.is_finite() or price < 0:
            raise InputError("the cost of a call is a Decimal of 0 or more, or None")
        with self._lock:
            self._costs.add(who, price)


def _asked(action: _UnderWay, now: float) -> None:
    action.asked = True
    if action.waits is None:
        action.waits = now


def _who(body: Mapping[str, Any], *, known_task: bool) -> Labels:
    """Task, agent, team and model of a decision; empty what is not declared, or secret."""
    principal = body["principal"]
    said = principal["attributes"]
    return (
        _label(body["task"]) if known_task else UNDECLARED,
        _label(principal["id"]) if principal["kind"] == "agent" else HUMAN,
        _label(said.get("team")),
        _label(said.get("model")),
    )


def _label(value: object) -> str:
    """A text as a label. A secret is told as an object, and is none."""
    if not isinstance(value, str):
        return ""
    return value if len(value) <= _LONGEST_LABEL else OTHER
