"""Which actions are told one by one: as many different rules as there is room for."""

from __future__ import annotations

from policy_engine.audit.chronicle import stories
from policy_engine.audit.samples import MOST_CARDS, samples
from policy_engine.audit.story import Standing, Story
from policy_engine.audit.summary import summarise
from policy_engine.ledger.record import Record
from tests.fakes.records import AT, told as entry


def refused(number: int, rule: str, file: str = "a.policy", **more: object) -> Record:
    reason = {"outcome": "deny", "rule": rule, "title": rule, "place": f"{file}:{number}:1"}
    body = {"action": f"a{number}", "outcome": "deny", "task": "t", "reasons": [reason], **more}
    return entry(number, AT, "decided", body)


def told(records: list[Record]) -> tuple[Story, ...]:
    return samples(stories(records)).of[Standing.REFUSED]


def test_every_rule_has_its_turn_before_one_has_a_second() -> None:
    records = [refused(n, "often") for n in range(1, 41)]
    records += [refused(n, "seldom") for n in range(41, 44)] + [refused(44, "once")]
    chosen = [(story.entry, story.reasons[0].rule) for story in told(records)]
    assert chosen[:5] == [
        (40, "often"),
        (43, "seldom"),
        (44, "once"),
        (39, "often"),
        (42, "seldom"),
    ]
    assert len(chosen) == MOST_CARDS
    assert len(set(chosen)) == MOST_CARDS


def test_fewer_are_told_all() -> None:
    assert len(told([refused(n, f"r{n}") for n in range(1, 6)])) == 5


def test_every_rule_that_stopped_something_has_an_example() -> None:
    records = [refused(n, f"r{n}") for n in range(1, 31)]
    found = samples(stories(records))
    assert len(found.by_rule) == 30
    assert {f"rule r{n} in a.policy": n for n in range(1, 31)} == found.by_rule
    assert len(found.entries) == MOST_CARDS


def test_rules_of_one_name_in_two_policies_are_two_rules() -> None:
    records = [refused(1, "serving"), refused(2, "serving", "b.policy"), refused(3, "serving")]
    uses = summarise(records).rules
    assert [(use.rule, use.refused) for use in uses] == [("serving", 2), ("serving", 1)]
    assert samples(stories(records)).by_rule == {
        "rule serving in a.policy": 3,
        "rule serving in b.policy": 2,
    }


def test_what_a_rule_under_observation_says_is_counted_apart() -> None:
    watching = {"outcome": "deny", "rule": "new", "title": "New", "place": "a.policy:9:1"}
    body = {"action": "a", "outcome": "allow", "task": "t", "observed": [watching]}
    found = summarise([entry(1, AT, "decided", body)])
    assert [(use.rule, use.refused) for use in found.observed] == [("new", 1)]
    assert found.rules == ()


def test_evidence_names_the_entries_and_the_deciding_digest() -> None:
    again = refused(3, "r", action="a1")
    (story,) = stories([refused(1, "r"), again])
    found = story.evidence
    assert (found.first, found.last, found.decision, found.digest) == (1, 3, 3, again.leaf)


def test_a_policy_version_has_the_files_of_its_rules() -> None:
    records = [refused(1, "r", policy="p"), refused(2, "s", "/srv/b.policy", policy="p")]
    (version,) = summarise(records).policies
    assert (version.name, version.files) == ("p", ("a.policy", "b.policy"))
