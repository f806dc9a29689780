"""The page: complete, harmless whatever the record says, and readable without its style sheet."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias
from zoneinfo import ZoneInfo

import pytest

from policy_engine.audit.page import page
from policy_engine.audit.report import Report, report
from policy_engine.audit.samples import MOST_CARDS
from policy_engine.foundation.database import Database
from policy_engine.ledger.ledger import LedgerReader
from policy_engine.ledger.record import Record
from tests.audit.busy import BusyDesk
from tests.fakes.records import AT, chained
from tests.fakes.stores import alter

SEAL = "5ea1" * 16
WRITTEN = datetime(2026, 5, 5, 14, 0, tzinfo=UTC)
Entries: TypeAlias = list[tuple[str, dict[str, object]]]
EVIL = [
    "<script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    "\"'><svg onload=alert(1)>",
    "`<b>` & &amp; &#60;",
    "a\u202egnp.exe \u2066 \u200f",
    "\x1b[31m\x00\ud800\n",
    "x" * 100_000,
    "שלום",
]

CONTROLS = re.compile(
    "[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069]"
)


class Reader(HTMLParser):
    """What a browser would see: elements, attributes, text; complains where tags do not match."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(document)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        assert len(dict(attrs)) == len(attrs)
        if tag not in ("meta", "br"):
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag
        if tag in ("p", "li", "h4", "td", "th", "dt", "dd"):
            self.texts.append(" ")

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.texts).split())

    def names(self) -> set[str]:
        return {name for name, _ in self.elements}

    def attribute_names(self) -> set[str]:
        return {key for _, attributes in self.elements for key in attributes}


def from_store(store: str | Path, *, zone: ZoneInfo | None = None) -> Report:
    with closing(Database(store, must_exist=True)) as database:
        records = LedgerReader(database).records()
        return report(records, written=WRITTEN, zone=zone or UTC)


@pytest.fixture(scope="module")
def document(desk: BusyDesk) -> str:
    return page(from_store(desk.store))


@pytest.fixture(scope="module")
def reader(document: str) -> Reader:
    return Reader(document)


def whole(entries: Entries) -> list[Record]:
    return chained((AT, kind, body) for kind, body in entries)


def everywhere(text: str) -> Entries:
    """A record in which this text stands wherever text can stand."""
    reason = {
        "code": text,
        "outcome": text,
        "rule": text,
        "title": text,
        "place": f"{text}:1:2",
        "values": [{"text": text, "value": text, "place": text}],
        "unknown": text,
        "would_change": text,
    }
    ask = {"rule": text, "rule_digest": text, "role": text, "quorum": 2, "deadline": text}
    base: dict[str, object] = {
        "task": text,
        "principal": {"id": text, "kind": text},
        "on_behalf_of": text,
        "input": {text: [text, {text: text}], "secret": {"secret": SEAL}},
        "policy": text,
        "observed": [reason],
    }
    signed: dict[str, object] = {"by": text, "rule": text, "reason": text}
    ends: Entries = [
        ("rejected", {"by": text, "reason": text}),
        ("failed", {"code": text, "problem": text}),
        ("confirmed", {"by": text}),
        ("withheld", {"problem": text}),
        ("executed", {"ms": 1}),
        ("unknown", {"code": text, "problem": text}),
        ("decided", {**base, "outcome": text, "reasons": [reason]}),
        ("approved", signed),
        ("abandoned", {"task": text, "problem": text}),
        ("undelivered", {"kind": text, "channel": text, "attempts": 3, "problem": text}),
        ("notified", {"kind": "ended", "channel": text, "attempts": 1, "roles": [text]}),
    ]
    lent = {"role": text, "by": text, "to": text, "domain": text, "reason": text}
    entries: Entries = [
        ("suspended", {"name": text, "by": text, "reason": text}),
        ("lifted", {"name": text, "by": text, "reason": text}),
        ("suspended", {"name": text, "by": text, "reason": text}),
        ("lent", {**lent, "until": WRITTEN}),
        ("lent", {**lent, "until": text}),
        ("taken_back", lent),
        ("erased", {"entry": 3, "by": text, "reason": text}),
    ]
    for number, (kind, body) in enumerate(ends):
        action = {"action": f"{text}{number}"}
        entries += [
            ("validated", {**action, "validation": text, "passed": False, "problem": text}),
            ("decided", {**action, **base, "outcome": "escalate", "reasons": [reason]}),
            ("held", {**action, "asks": [ask]}),
            ("notified", {**action, "kind": "asked", "channel": text, "roles": [text]}),
            ("retried", {**action, "problem": text}),
            ("approved", {**action, **signed}),
            (kind, {**action, **body}),
        ]
    return entries


def test_it_says_the_whole_in_one_sentence(reader: Reader) -> None:
    assert (
        "11 actions were proposed; 2 ran, 1 of them after people had signed. 4 were refused;"
        " 1 was rejected by a person; 1 waits for a person; 2 failed; the outcome of 1 is unknown."
    ) in reader.text
    assert "The record holds." in reader.text


def test_it_can_be_read_from_the_top_and_signed_at_the_end(document: str) -> None:
    titles = re.findall("<h2>(.*?)</h2>", document)
    assert titles == [
        "In short",
        "In figures",
        "By task",
        "By agent",
        "Over time",
        "What stopped actions, and why",
        "What was handed to people",
        "Under which policies",
        "What was suspended, lent and erased",
        "What this report does not show",
        "Samples, with their evidence",
        "What the proofs rest on",
        "How to check it",
        "Read and accepted",
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "4 actions were handed to people, in 5 asks: manager (4) and auditor (1).",
        "Whether the policy is right The report shows what the policy decided",
        "Evidence: entries 11 to 18; decided in entry 16, digest",
        "manager 4 1 1 1 0 1 5 May 2026, 12:01 1 h 30 min 1 d",
        "bot · pay",
        "ann signed 5 May 2026, 10:30 pay by bot large 20 min saw the invoice",
        "ben rejected 5 May 2026, 12:01 pay by bot large 1 h 30 min paid last week",
        "A manager signs above 100 amount > 100 → 500 > 100",
        "signed by ann after 20 min (saw the invoice)",
        "ben rejected it after 1 h 30 min: paid last week <script>alert(1)</script>",
        "one of manager",
        "2 of auditor; signed by cat after 30 min; 1 still missing",
        "Refused if nobody answers by 6 May 2026, 12:01.",
        "People were asked, and did not answer in 1 d.",
        "It was allowed, and the tool failed: OSError: the bank is closed <today>",
        "the tool failed: no tool for this task",
        "It was started and may have happened: no answer within 5 seconds",
        "rule exact in desk.policy:",
        "What would change it: ",
    ],
)
def test_it_tells_every_story_in_plain_words(reader: Reader, sentence: str) -> None:
    assert sentence in reader.text


def test_nothing_is_fetched_and_nothing_runs(document: str, reader: Reader) -> None:
    assert reader.names().isdisjoint({"script", "link", "img", "iframe", "object", "base", "form"})
    for name, attributes in reader.elements:
        assert not any(key.startswith("on") for key in attributes), name
        assert str(attributes.get("href", "#")).startswith("#")
        assert "src" not in attributes
    assert "url(" not in document
    assert "@import" not in document


def test_it_can_be_used_without_eyes(reader: Reader) -> None:
    headings = [int(name[1]) for name, _ in reader.elements if re.fullmatch(r"h[1-6]", name)]
    assert headings[0] == 1
    assert headings.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(headings))
    plots = [a for name, a in reader.elements if name == "svg" and a.get("class") == "plot"]
    assert len(plots) == 4, "the whole, by task, by agent, over time"
    assert all(a["role"] == "img" and a["aria-label"] for a in plots)
    assert all(a.get("scope") in ("col", "row") for name, a in reader.elements if name == "th")
    assert [n for n, _ in reader.elements].count("table") == [n for n, _ in reader.elements].count(
        "caption"
    )
    ids = [a["id"] for _, a in reader.elements if "id" in a]
    assert len(ids) == len(set(ids))
    links = {str(a["href"])[1:] for name, a in reader.elements if name == "a"}
    assert links <= set(ids)


@pytest.mark.parametrize("text", EVIL)
def test_whatever_the_record_says_stays_text(text: str) -> None:
    """The elements and attributes are those of the same record with a harmless text in it."""
    document = page(report(whole(everywhere(text)), written=WRITTEN))
    harmless = Reader(page(report(whole(everywhere("`a`")), written=WRITTEN)))
    read = Reader(document)
    assert read.names() <= harmless.names()
    assert read.attribute_names() <= harmless.attribute_names()
    assert not CONTROLS.search(document)
    assert len(document.encode("utf-8")) < 200_000


def test_secrets_stay_hidden() -> None:
    document = page(report(whole(everywhere("a")), written=WRITTEN))
    assert "secret •••" in Reader(document).text
    assert SEAL not in document


def test_long_lists_are_cut_and_say_so() -> None:
    body = {"outcome": "deny", "principal": {"id": "bot"}, "input": {}}
    entries: Entries = [
        ("decided", {**body, "action": f"a{n}", "task": f"t{n}", "policy": f"p{n}"})
        for n in range(300)
    ]
    read = Reader(page(report(whole(entries), written=WRITTEN)))
    assert [name for name, _ in read.elements].count("article") == MOST_CARDS
    assert f"and {300 - MOST_CARDS} more" in read.text
    assert "280 other tasks" in read.text
    assert "and 200 more" in read.text


def test_an_empty_record_has_a_page() -> None:
    read = Reader(page(report([], written=WRITTEN)))
    assert "No action was proposed." in read.text
    assert "0 entries checked" in read.text


def spoil(store: Path, statement: str) -> Reader:
    alter(store, statement)
    return Reader(page(from_store(store)))


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        (
            "UPDATE ledger SET at = '2020-01-01T00:00:00Z' WHERE number = 4",
            "entry 4 does not follow from those before it, or was altered",
        ),
        ("UPDATE ledger SET at = 'then' WHERE number = 4", "1 entry could not be read"),
        ("DELETE FROM ledger WHERE number = 4", "entry 4 is missing"),
        ("UPDATE ledger SET body = '{' WHERE number = 4", "entry 4 was altered"),
    ],
)
def test_a_record_that_does_not_hold_says_so(store: Path, statement: str, finding: str) -> None:
    read = spoil(store, statement)
    assert "The record does not hold." in read.text
    assert finding in read.text
    assert "The record holds." not in read.text


def test_times_are_those_of_the_zone(desk: BusyDesk) -> None:
    read = Reader(page(from_store(desk.store, zone=ZoneInfo("Asia/Kathmandu"))))
    assert "4 May 2026, 14:45" in read.text
    assert "(Asia/Kathmandu)" in read.text


def test_what_was_played_back_is_said_to_be(summary_of: Callable[[str], str]) -> None:
    assert "1 action gave back a recorded output: no tool was called" in summary_of("recorded")
    assert "recorded output" not in summary_of("tool")


def test_giving_back_recorded_outputs_is_no_success(summary_of: Callable[[str], str]) -> None:
    assert "Success – no tool was called" in summary_of("recorded")
    assert "Success 100% 1 of 1 begun with a tool" in summary_of("tool")


@pytest.fixture
def summary_of() -> Callable[[str], str]:
    def told(performer: str) -> str:
        who = {"id": "bot"}
        entries: Entries = [
            ("decided", {"action": "a", "outcome": "allow", "task": "t", "principal": who}),
            ("intent", {"action": "a", "by": performer, "approvals": []}),
            ("executed", {"action": "a", "ms": 1}),
        ]
        return Reader(page(report(whole(entries), written=WRITTEN))).text

    return told
