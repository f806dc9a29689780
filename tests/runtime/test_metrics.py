"""Metrics say what the record says: by who acted, by rule, and how long it took."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from decimal import Decimal

import pytest

from policy_engine import InputError, Metrics
from policy_engine.runtime.instruments import OTHER, Distribution

WHO = {"task": "pay", "agent": "bot-7", "team": "emea", "model": "large-3"}
NOBODY = {"task": "(unknown)", "agent": "(unknown)", "team": "", "model": ""}


class Seconds:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def reason(rule: str | None, code: str, outcome: str) -> dict[str, object]:
    return {"rule": rule, "code": code, "outcome": outcome}


def decided(
    id_: str,
    outcome: str = "allow",
    *reasons: Mapping[str, object],
    task: str = "pay",
    kind: str = "agent",
    agent: str = "bot-7",
    attributes: Mapping[str, object] | None = None,
    observed: tuple[Mapping[str, object], ...] = (),
) -> dict[str, object]:
    said = {"team": "emea", "model": "large-3"} if attributes is None else attributes
    return {
        "action": id_,
        "task": task,
        "principal": {"kind": kind, "id": agent, "attributes": said},
        "outcome": outcome,
        "reasons": list(reasons),
        "observed": list(observed),
    }


def intent(id_: str, *, by: str = "tool", signed: int = 0) -> dict[str, object]:
    return {"action": id_, "by": by, "approvals": [{"by": "ana"}] * signed}


def executed(id_: str, milliseconds: int = 20) -> dict[str, object]:
    return {"action": id_, "output_digest": "0" * 64, "ms": milliseconds}


def perform(metrics: Metrics, id_: str, milliseconds: int = 20) -> None:
    """An action that is allowed at once and carried out."""
    metrics("decided", decided(id_))
    metrics("intent", intent(id_))
    metrics("executed", executed(id_, milliseconds))


def distribution(metrics: Metrics, name: str, **closed: str) -> Distribution:
    """The only one of the actions of `WHO`."""
    key = (*WHO.values(), *closed.values())
    return metrics.snapshot().histograms[name].values[key]


def bucket(metrics: Metrics, name: str, **closed: str) -> float:
    """The bound up to which the only duration was counted."""
    (place,) = [i for i, n in enumerate(distribution(metrics, name, **closed).counts) if n]
    return (*metrics.snapshot().histograms[name].bounds, float("inf"))[place]


# --- what is counted ---------------------------------------------------------------------------


def test_a_decision_is_counted_by_who_acts_and_by_its_outcome() -> None:
    metrics = Metrics()
    metrics("decided", decided("a"))
    metrics("decided", decided("b", "deny"))
    metrics("decided", decided("c", "deny", task="look"))
    seen = metrics.snapshot()
    assert seen.total("decisions", **WHO, outcome="allow") == 1
    assert seen.total("decisions", **WHO, outcome="deny") == 1
    assert seen.total("decisions", outcome="deny") == 2
    assert seen.total("decisions") == seen.total("entries", kind="decided") == 3


def test_a_rule_is_counted_where_it_decided_and_once_a_decision() -> None:
    metrics = Metrics()
    reasons = (
        reason("routine", "D511", "allow"),
        reason("signed", "D506", "escalate"),
        reason("signed", "D506", "escalate"),
    )
    metrics("decided", decided("a", "escalate", *reasons))
    assert metrics.snapshot().counters["rules"].values == {("signed", "D506", "escalate"): 1}


def test_a_refusal_without_a_rule_is_counted_by_its_code() -> None:
    metrics = Metrics()
    metrics("decided", decided("a", "deny", reason(None, "D503", "deny")))
    assert metrics.snapshot().counters["rules"].values == {("", "D503", "deny"): 1}


def test_a_rule_that_is_only_observed_is_counted_apart() -> None:
    metrics = Metrics()
    metrics("decided", decided("a", observed=(reason("strict", "D501", "deny"),)))
    seen = metrics.snapshot()
    assert seen.counters["observed"].values == {("strict", "D501", "deny"): 1}
    assert seen.total("rules") == 0


@pytest.mark.parametrize(
    ("kind", "body", "name", "labels"),
    [
        ("held", {"action": "x", "asks": []}, "people", {**NOBODY, "step": "held"}),
        ("approved", {"action": "x"}, "people", {**NOBODY, "step": "approved"}),
        ("confirmed", {"action": "x"}, "people", {**NOBODY, "step": "confirmed"}),
        ("rejected", {"action": "x"}, "people", {**NOBODY, "step": "rejected"}),
        ("executed", executed("x"), "outcomes", {**NOBODY, "outcome": "executed"}),
        ("withheld", {"action": "x"}, "outcomes", {**NOBODY, "outcome": "withheld"}),
        ("failed", {"action": "x"}, "outcomes", {**NOBODY, "outcome": "failed"}),
        ("unknown", {"action": "x"}, "outcomes", {**NOBODY, "outcome": "unknown"}),
        (
            "validated",
            {"action": "x", "validation": "cents", "passed": True},
            "validations",
            {"validation": "cents", "result": "passed"},
        ),
        (
            "validated",
            {"action": "x", "validation": "cents", "passed": False},
            "validations",
            {"validation": "cents", "result": "failed"},
        ),
        ("suspended", {"name": "agent bot-7"}, "suspensions", {"of": "agent", "step": "suspended"}),
        ("lifted", {"name": "task pay"}, "suspensions", {"of": "task", "step": "lifted"}),
        (
            "shadowed",
            {"live": "allow", "shadow": "deny"},
            "shadowed",
            {"live": "allow", "shadow": "deny"},
        ),
        ("retried", {"action": "x"}, "entries", {"kind": "retried"}),
        ("session", {"session": "s"}, "entries", {"kind": "session"}),
        ("lent", {"role": "manager"}, "entries", {"kind": "lent"}),
        ("taken_back", {"role": "manager"}, "entries", {"kind": "taken_back"}),
        ("a kind to come", {}, "entries", {"kind": "a kind to come"}),
    ],
)
def test_each_kind_of_entry_has_its_instrument(
    kind: str, body: Mapping[str, object], name: str, labels: Mapping[str, str]
) -> None:
    """Of an action whose decision was not seen, nobody knows who acted."""
    metrics = Metrics()
    metrics(kind, body)
    seen = metrics.snapshot()
    assert seen.counters[name].values == {tuple(labels.values()): 1}
    assert seen.counters[name].instrument.labels == tuple(labels)
    assert seen.total("entries", kind=kind) == 1


def test_outcomes_are_those_of_whom_the_decision_named() -> None:
    metrics = Metrics()
    for id_, outcome in (("a", "failed"), ("b", "unknown")):
        metrics("decided", decided(id_))
        metrics("intent", intent(id_))
        metrics(outcome, {"action": id_})
    perform(metrics, "c")
    metrics("withheld", {"action": "c"})
    seen = metrics.snapshot()
    for outcome in ("failed", "unknown", "executed", "withheld"):
        assert seen.total("outcomes", **WHO, outcome=outcome) == 1


# --- labels ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attributes", "labels"),
    [
        ({"team": "emea", "model": "large-3"}, ("emea", "large-3")),
        ({"team": "emea"}, ("emea", "")),
        ({"team": {"secret": "9f" * 32}, "model": "large-3"}, ("", "large-3")),
        ({"(undeclared)": {"secret": "9f" * 32}}, ("", "")),
        ({"team": 7, "model": None}, ("", "")),
        ({"team": "x" * 101, "model": "x" * 100}, (OTHER, "x" * 100)),
    ],
    ids=["both", "one", "secret", "undeclared", "no text", "too long"],
)
def test_only_declared_texts_that_are_not_secret_become_labels(
    attributes: Mapping[str, object], labels: tuple[str, str]
) -> None:
    metrics = Metrics()
    metrics("decided", decided("a", attributes=attributes))
    ((own, _),) = metrics.snapshot().counters["decisions"].values.items()
    assert own[2:4] == labels


def test_no_person_becomes_a_label() -> None:
    metrics = Metrics()
    metrics("decided", decided("a", kind="human", agent="ida@desk.example", attributes={}))
    ((own, _),) = metrics.snapshot().counters["decisions"].values.items()
    assert own == ("pay", "(human)", "", "", "allow")


def test_a_task_that_was_made_up_becomes_no_label() -> None:
    metrics = Metrics()
    for number in range(500):
        no_task = reason(None, "D505", "deny")
        metrics("decided", decided(f"a-{number}", "deny", no_task, task=f"task-{number}"))
    seen = metrics.snapshot()
    assert seen.total("decisions", task="(undeclared)") == 500
    assert len(seen.counters["decisions"].values) == 1


def test_labels_beyond_the_bound_are_counted_together() -> None:
    metrics = Metrics(most_label_sets=3)
    for number in range(10):
        id_ = f"a-{number}"
        metrics("decided", decided(id_, agent=f"bot-{number}"))
        metrics("intent", intent(id_))
        metrics("executed", executed(id_))
    metrics("decided", decided("b", agent="bot-0"))
    metrics("decided", decided("c", "deny", agent="bot-9"))
    seen = metrics.snapshot()
    agents = {labels[1] for labels in seen.counters["decisions"].values}
    assert agents == {"bot-0", "bot-1", "bot-2", OTHER}
    assert seen.total("decisions", agent="bot-0") == 2
    assert seen.total("decisions", agent=OTHER, outcome="allow") == 7
    assert seen.total("decisions", agent=OTHER, outcome="deny") == 1
    assert len(seen.histograms["call"].values) == 4
    assert seen.total("call", agent=OTHER) == 7


# --- how long it took --------------------------------------------------------------------------


def test_the_time_of_a_tool_is_that_of_the_record() -> None:
    metrics = Metrics()
    perform(metrics, "a", 250)
    assert distribution(metrics, "call").sum == 0.25
    assert bucket(metrics, "call") == 0.25


@pytest.mark.parametrize(
    ("milliseconds", "by", "measured"),
    [(0, "tool", 1), (0, "report", 0), (40, "report", 1)],
)
def test_a_report_that_says_nothing_of_time_is_not_measured(
    milliseconds: int, by: str, measured: int
) -> None:
    metrics = Metrics()
    metrics("decided", decided("a"))
    metrics("intent", intent("a", by=by))
    metrics("executed", executed("a", milliseconds))
    seen = metrics.snapshot()
    assert (seen.total("call"), seen.total("outcomes")) == (measured, 1)


@pytest.mark.parametrize(
    ("after", "ended"),
    [
        ([("decided", decided("a"))], "allowed"),
        ([("approved", {"action": "a"}), ("decided", decided("a"))], "allowed"),
        ([("decided", decided("a", "escalate")), ("decided", decided("a"))], "allowed"),
        ([("held", {"action": "a"}), ("decided", decided("a", "deny"))], "denied"),
        ([("decided", decided("a", "validate"))], "denied"),
        ([("rejected", {"action": "a"})], "rejected"),
    ],
    ids=["taken up", "signed", "looked at", "asked again", "not validated", "rejected"],
)
def test_waiting_is_from_the_first_ask_to_what_ended_it(
    after: list[tuple[str, Mapping[str, object]]], ended: str
) -> None:
    clock = Seconds()
    metrics = Metrics(clock=clock)
    metrics("decided", decided("a", "escalate"))
    metrics("held", {"action": "a", "asks": []})
    clock.now += 600
    for kind, body in after:
        metrics(kind, body)
    assert metrics.snapshot().total("waiting") == 1
    assert distribution(metrics, "waiting", ended=ended).sum == 600
    assert bucket(metrics, "waiting", ended=ended) == 900


def test_what_only_the_user_must_confirm_waits_too() -> None:
    clock = Seconds()
    metrics = Metrics(clock=clock)
    metrics("decided", decided("a", "validate", reason("sure", "D515", "validate")))
    clock.now += 30
    metrics("confirmed", {"action": "a"})
    metrics("decided", decided("a"))
    assert distribution(metrics, "waiting", ended="allowed").sum == 30


def test_turnaround_is_from_the_first_decision_to_the_output() -> None:
    clock = Seconds()
    metrics = Metrics(clock=clock)
    metrics("decided", decided("a", "escalate"))
    metrics("held", {"action": "a", "asks": []})
    clock.now += 7_000
    metrics("approved", {"action": "a"})
    metrics("decided", decided("a"))
    metrics("intent", intent("a", signed=1))
    clock.now += 2
    metrics("executed", executed("a", 2_000))
    assert distribution(metrics, "turnaround").sum == 7_002


def test_what_failed_or_is_unknown_has_no_turnaround() -> None:
    metrics = Metrics()
    for id_, outcome in (("a", "failed"), ("b", "unknown")):
        metrics("decided", decided(id_))
        metrics("intent", intent(id_))
        metrics(outcome, {"action": id_})
    assert metrics.snapshot().total("turnaround") == 0


@pytest.mark.parametrize(
    "before",
    [
        [("decided", decided("a"))],
        [("decided", decided("a", "escalate")), ("decided", decided("a"))],
        [("approved", {"action": "a"}), ("decided", decided("a"))],
        [("held", {"action": "a", "asks": []}), ("decided", decided("a"))],
    ],
    ids=["taken up", "looked at", "signed here", "asked again here"],
)
def test_what_was_asked_before_a_restart_is_counted_and_not_measured(
    before: list[tuple[str, Mapping[str, object]]],
) -> None:
    metrics = Metrics()
    for kind, body in before:
        metrics(kind, body)
    metrics("intent", intent("a", signed=1))
    metrics("executed", executed("a"))
    seen = metrics.snapshot()
    assert (seen.total("waiting"), seen.total("turnaround")) == (0, 0)
    assert seen.total("outcomes", **WHO, outcome="executed") == 1


def test_what_never_ends_is_forgotten_in_the_end() -> None:
    clock = Seconds()
    metrics = Metrics(clock=clock, most_under_way=5)
    for number in range(8):
        metrics("decided", decided(f"a-{number}", "escalate"))
        metrics("held", {"action": f"a-{number}", "asks": []})
    for number in range(8):
        metrics("rejected", {"action": f"a-{number}"})
    seen = metrics.snapshot()
    assert seen.total("people", step="rejected") == 8
    assert seen.total("people", step="rejected", agent="(unknown)") == 3
    assert seen.total("waiting") == 5


def test_what_has_ended_makes_no_room_scarce() -> None:
    clock = Seconds()
    metrics = Metrics(clock=clock, most_under_way=2)
    metrics("decided", decided("held", "escalate"))
    metrics("held", {"action": "held", "asks": []})
    for number in range(2_000):
        perform(metrics, f"a-{number}")
        metrics("decided", decided(f"b-{number}", "deny"))
    clock.now += 60
    metrics("decided", decided("held"))
    assert distribution(metrics, "waiting", ended="allowed").sum == 60


@pytest.mark.parametrize("bounds", [{"most_label_sets": 0}, {"most_under_way": 0}])
def test_bounds_are_positive(bounds: Mapping[str, int]) -> None:
    with pytest.raises(InputError):
        Metrics(**bounds)  # type: ignore[arg-type]


# --- cost --------------------------------------------------------------------------------------


def test_the_host_says_what_a_call_has_cost() -> None:
    prices = {"pay": Decimal("0.10"), "look": None}
    asked: list[tuple[str, int]] = []

    def cost(task: str, milliseconds: int) -> Decimal | None:
        asked.append((task, milliseconds))
        return prices[task]

    metrics = Metrics(cost=cost)
    for id_ in ("a", "b", "c"):
        perform(metrics, id_, 40)
    metrics("decided", decided("d", task="look"))
    metrics("executed", executed("d", 7))
    metrics("decided", decided("e", "deny"))
    assert asked == [("pay", 40)] * 3 + [("look", 7)]
    assert metrics.snapshot().counters["cost"].values == {tuple(WHO.values()): Decimal("0.30")}


def test_a_call_of_which_nobody_knows_the_task_has_no_price() -> None:
    metrics = Metrics(cost=lambda task, milliseconds: Decimal(1))
    metrics("executed", executed("a"))
    metrics("approved", {"action": "b"})
    metrics("retried", {"action": "b"})
    metrics("executed", executed("b"))
    assert metrics.snapshot().total("cost") == 0
    assert metrics.snapshot().total("outcomes", task="(unknown)") == 2


@pytest.mark.parametrize("price", [Decimal(-1), Decimal("NaN"), Decimal("Infinity"), 0.5, "1"])
def test_a_price_that_is_none_is_refused_and_spoils_no_count(price: object) -> None:
    metrics = Metrics(cost=lambda task, milliseconds: price)  # type: ignore[arg-type, return-value]
    with pytest.raises(InputError, match="cost of a call"):
        perform(metrics, "a")
    seen = metrics.snapshot()
    assert (seen.total("cost"), seen.total("outcomes"), seen.total("call")) == (0, 1, 1)


# --- reading -----------------------------------------------------------------------------------


def test_a_snapshot_stays_as_it_was_taken() -> None:
    metrics = Metrics()
    perform(metrics, "a")
    before = metrics.snapshot()
    perform(metrics, "b")
    assert (before.total("outcomes"), before.total("call")) == (1, 1)
    with pytest.raises(TypeError):
        before.counters["outcomes"].values["x",] = 1  # type: ignore[index]


def test_an_instrument_or_a_label_that_does_not_exist_is_no_zero() -> None:
    seen = Metrics().snapshot()
    with pytest.raises(KeyError):
        seen.total("decision")
    with pytest.raises(KeyError):
        seen.total("decisions", rule="routine")


def test_plain_json_has_names_units_and_labels() -> None:
    metrics = Metrics(cost=lambda task, milliseconds: Decimal("0.10"))
    perform(metrics, "a", 250)
    told = metrics.as_json()
    assert told["outcomes"] == {
        "unit": "outcome",
        "values": [{"labels": {**WHO, "outcome": "executed"}, "value": 1}],
    }
    assert told["cost"] == {"unit": "", "values": [{"labels": WHO, "value": "0.10"}]}
    call = told["call"]
    assert isinstance(call, dict)
    assert call["unit"] == "second"
    assert call["bounds"][:6] == [0.005, 0.01, 0.025, 0.05, 0.1, 0.25]
    assert [(v["labels"], v["counts"][:6], v["count"], v["sum"]) for v in call["values"]] == [
        (WHO, [0, 0, 0, 0, 0, 1], 1, 0.25)
    ]


def test_nothing_is_lost_between_threads() -> None:
    metrics = Metrics(cost=lambda task, milliseconds: Decimal("0.01"))

    def work(own: int) -> None:
        for number in range(300):
            perform(metrics, f"{own}-{number}")

    threads = [threading.Thread(target=work, args=(own,)) for own in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seen = metrics.snapshot()
    assert seen.total("decisions") == seen.total("outcomes") == seen.total("call") == 2_400
    assert seen.total("cost") == Decimal("24.00")
