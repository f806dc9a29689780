"""Whoever owns the store and the folders wants a record to be accepted that is not true."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from policy_engine.audit.report import report
from policy_engine.cli.main import main
from policy_engine.foundation.canonical import canonical_text, read_canonical
from policy_engine.foundation.database import Database
from policy_engine.foundation.errors import LedgerError
from policy_engine.foundation.signing import SigningKey, VerifyingKey
from policy_engine.ledger import notes
from policy_engine.ledger.authorised import Authorised
from policy_engine.ledger.ledger import Ledger, LedgerReader
from policy_engine.ledger.record import Tail
from policy_engine.ledger.verify import Verification, verify
from policy_engine.ledger.verify_store import verify_store
from tests.fakes import FakeClock

OWNER = SigningKey.new("desk.example/ledger")
FORGER = SigningKey.new("desk.example/ledger")

Entry = tuple[str, Mapping[str, object]]

PAY = {"action": "pay", "action_digest": "d", "policy": "p"}
ALLOWED: Entry = ("decided", {**PAY, "outcome": "allow"})
DENIED: Entry = ("decided", {**PAY, "outcome": "deny"})
INTENT: Entry = ("intent", {**PAY, "approvals": [], "confirmations": []})
EXECUTED: Entry = ("executed", {"action": "pay"})
OTHER: Entry = ("session", {"request_digest": "r"})
SIGNATURE = {"by": "ann", "rule": "large", "rule_digest": "r", "facts_digest": "f"}


class Book:
    """A record of his own making: each entry follows from those before it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "book.db"
        self.database = Database(self.path)
        self.ledger = Ledger(self.database, FakeClock())

    def tell(self, *entries: Entry) -> Book:
        with self.database.transaction():
            for kind, body in entries:
                self.ledger.record(kind, body)
        return self

    def tell_text(self, kind: str, text: str) -> Book:
        """An entry that `Ledger` would not write."""
        *_, last = self.reader.records()
        tail = Tail(self.ledger._tiles.frontier(last.number), last.head)
        one, _ = tail.append(last.at, kind, text)
        self.execute(
            "INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?, ?)",
            *(one.number, one.at, one.kind, one.text, one.salt, one.digest, one.head),
        )
        return self

    def erase(self, *numbers: int) -> Book:
        for number in numbers:
            self.ledger.erase(number, "forger", "somebody asked")
        return self

    def wipe(self, number: int) -> Book:
        """Destroys what an entry tells, past the ledger."""
        return self.execute("UPDATE ledger SET body = NULL, salt = NULL WHERE number = ?", number)

    def execute(self, statement: str, *values: object) -> Book:
        self.database.execute(statement, values)
        return self

    def loosen(self) -> Book:
        """The same table by name and columns, which takes any row."""
        return self.execute("ALTER TABLE ledger RENAME TO kept").execute(
            "CREATE TABLE ledger (number, at, kind, body, salt, digest, head)"
        )

    @property
    def reader(self) -> LedgerReader:
        return LedgerReader(self.database)

    def verified(self, *keys: VerifyingKey) -> Verification:
        return verify(self.reader.records(), beside=self.reader, keys=keys)

    def stored(self) -> Verification:
        return verify_store(str(self.path), processes=1)

    def codes(self) -> list[str]:
        return [finding.code.id for finding in self.verified().findings]


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    made = Book(tmp_path)
    yield made
    made.database.close()


def policy(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


# --- erasing -------------------------------------------------------------------------------------


def test_erasing_something_else_excuses_nothing(book: Book) -> None:
    """A single erased entry made every unauthorised execution a warning."""
    book.tell(OTHER, INTENT, EXECUTED).erase(2)
    assert (book.codes(), book.verified().holds) == (["L704"], False)


def test_an_erased_decision_accounts_for_one_execution(book: Book) -> None:
    other = {**PAY, "action": "pay again"}
    book.tell(ALLOWED, INTENT, EXECUTED, ("intent", other), ("executed", other)).erase(2)
    assert book.codes() == ["L707", "L704"]


def test_what_was_erased_stood_before_the_place_where_it_is_missing(book: Book) -> None:
    book.tell(INTENT, EXECUTED, ALLOWED).erase(4)
    assert "L704" in book.codes()


@pytest.mark.parametrize(
    ("used", "erased", "code"),
    [
        ({"approvals": [SIGNATURE]}, ("approved", {**SIGNATURE, "action": "pay"}), "L707"),
        ({"approvals": [SIGNATURE]}, ("confirmed", {"action": "pay", "by": "mia"}), "L705"),
        ({"approvals": ["ann"]}, ("approved", {**SIGNATURE, "action": "pay"}), "L705"),
        ({"confirmations": ["mia"]}, ("confirmed", {"action": "pay", "by": "mia"}), "L707"),
        ({"confirmations": ["mia"]}, ("approved", {"action": "pay", "by": "mia"}), "L705"),
    ],
)
def test_a_signature_may_have_stood_in_an_entry_of_its_kind(
    book: Book, used: Mapping[str, object], erased: Entry, code: str
) -> None:
    book.tell(ALLOWED, erased, ("intent", {**PAY, **used}), EXECUTED).erase(3)
    assert book.codes() == [code]


def test_no_erasure_excuses_that_an_action_ran_twice(book: Book) -> None:
    book.tell(OTHER, ALLOWED, INTENT, EXECUTED, ALLOWED, INTENT, EXECUTED).erase(3)
    assert not book.verified().holds


def test_an_execution_that_is_erased_as_a_whole_is_named(book: Book) -> None:
    """Where decision, intent and outcome are gone, nothing is missing any more."""
    book.tell(INTENT, EXECUTED).erase(2, 3)
    found = book.verified()
    assert [(f.code.id, f.number) for f in found.findings] == [("L707", 2), ("L707", 3)]


@pytest.mark.parametrize("kind", ["opened", "signing_key", "erased"])
def test_what_the_record_rests_on_is_never_erased(book: Book, kind: str) -> None:
    book.ledger.sign(OWNER)
    book.tell(OTHER).erase(3)
    ((number,),) = book.database.rows("SELECT number FROM ledger WHERE kind = ?", (kind,))
    book.wipe(int(str(number)))
    book.tell(("erased", {"entry": number, "by": "forger", "reason": "-"}))
    book.tell(("erased", {"entry": 3, "by": "forger", "reason": "-"}))
    assert f"entry {number} ({kind}) was erased, which nobody may" in texts(book.verified())


@pytest.mark.parametrize(
    "erased",
    [
        {"entry": 3, "by": "forger"},
        {"entry": 3},
        {"entry": 3, "by": ""},
        {"entry": True, "by": "f"},
    ],
    ids=["before it stands there", "by nobody", "by a blank", "number true"],
)
def test_an_erasure_says_afterwards_who_erased_what(
    book: Book, erased: Mapping[str, object]
) -> None:
    """The first said in advance what would be erased; the last ended in a traceback."""
    early = "by" in erased and bool(erased["by"])
    book.tell(*([("erased", erased), OTHER] if early else [OTHER, OTHER, ("erased", erased)]))
    book.wipe(3)
    assert "entry 3: what it told is gone, and no entry says who erased it" in texts(
        book.verified()
    )


def test_an_erased_number_of_any_length_is_no_traceback(book: Book) -> None:
    book.tell_text("erased", f'{{"by":"f","entry":{"9" * 4000}}}')
    assert book.verified().entries == 2


def texts(found: Verification) -> str:
    return "\n".join(finding.text for finding in found.findings)


# --- executions ----------------------------------------------------------------------------------


@pytest.mark.parametrize("member", ["action", "action_digest", "policy"])
@pytest.mark.parametrize("value", [None, 1, {"a": "b"}])
def test_what_names_no_action_is_not_allowed(book: Book, member: str, value: object) -> None:
    """Nothing is equal to nothing: a decision and an intent that both leave it out."""
    vague = {**PAY, member: value}
    book.tell(("decided", {**vague, "outcome": "allow"}), ("intent", vague), ("executed", vague))
    assert not book.verified().holds


def test_the_name_none_is_not_no_name(book: Book) -> None:
    unnamed = dict.fromkeys(SIGNATURE)
    used = {**PAY, "approvals": [dict.fromkeys(SIGNATURE, "None")]}
    book.tell(ALLOWED, ("approved", {**unnamed, "action": "pay"}), ("intent", used), EXECUTED)
    assert book.codes() == ["L705"]


@pytest.mark.parametrize(
    "told",
    [
        DENIED,
        ALLOWED,
        ("held", {"action": "pay"}),
        ("rejected", {"action": "pay"}),
        ("abandoned", {"action": "pay"}),
        ("failed", {"action": "pay", "code": "R603"}),
        ("approved", {**SIGNATURE, "action": "pay"}),
        ("confirmed", {**PAY, "by": "mia"}),
    ],
    ids=[
        *("denied", "allowed", "held", "rejected", "abandoned"),
        *("no tool", "approved", "confirmed"),
    ],
)
def test_what_has_run_is_not_told_away(book: Book, told: Entry) -> None:
    """Reports tell of an action as its last entry says: it was refused, it never ran; and of
    people who signed, whenever that was."""
    book.tell(ALLOWED, INTENT, EXECUTED, told)
    assert not book.verified().holds


@pytest.mark.parametrize("before", [[], [ALLOWED], [ALLOWED, INTENT, EXECUTED]])
def test_only_a_call_under_way_is_repeated(book: Book, before: list[Entry]) -> None:
    book.tell(*before, ("retried", {"action": "pay"}))
    assert "L704" in book.codes()


def test_a_call_under_way_may_be_repeated(book: Book) -> None:
    book.tell(ALLOWED, INTENT, ("retried", {"action": "pay"}), EXECUTED)
    assert book.codes() == []


def test_what_never_ran_has_no_output_to_withhold(book: Book) -> None:
    """Reports tell of it as carried out."""
    book.tell(DENIED, ("withheld", {"action": "pay", "problem": "-"}))
    assert book.codes() == ["L704"]


@pytest.mark.parametrize(
    ("kind", "member"), [("approved", "action"), ("approved", "rule_digest"), ("approved", "by")]
)
def test_a_signature_for_another_question_does_not_count(
    book: Book, kind: str, member: str
) -> None:
    given = {**SIGNATURE, "action": "pay", member: "another"}
    book.tell(ALLOWED, (kind, given), ("intent", {**PAY, "approvals": [SIGNATURE]}), EXECUTED)
    assert book.codes() == ["L705"]


def test_what_reports_cannot_read_is_found(book: Book) -> None:
    """It is as its digest says, and no body that a gate writes: nothing is told of its action."""
    for kind, body in (ALLOWED, INTENT, EXECUTED):
        book.tell_text(kind, canonical_text(body).replace('"action":', '"action": '))
    found = report(book.reader.records(), written=datetime.now(UTC)).verification
    assert [finding.code.id for finding in found.findings if finding.is_error] == ["L701"] * 3


def test_an_entry_that_is_replayed_authorises_nothing(book: Book) -> None:
    book.tell(ALLOWED, INTENT, EXECUTED, INTENT, EXECUTED)
    assert not book.verified().holds


def test_a_record_is_opened_once(book: Book) -> None:
    book.tell(OTHER, ("opened", {"ledger": "another", "format": 3}))
    assert book.codes() == ["L702"]


# --- keys and checkpoints ------------------------------------------------------------------------


def test_a_key_that_the_record_names_counts_only_where_no_key_is_given(book: Book) -> None:
    """Whoever writes the record anew names his own key in it, and signs."""
    book.tell(ALLOWED, INTENT, EXECUTED).ledger.sign(FORGER)
    found = book.verified(OWNER.verifying)
    assert ([f.code.id for f in found.findings], found.signed) == (["L703"], 0)
    book.ledger.sign(OWNER)
    found = book.verified(OWNER.verifying)
    assert (found.findings, found.signed) == ((), 1)


def test_whoever_drops_the_checkpoints_is_found_by_the_key_that_signed(book: Book) -> None:
    book.tell(ALLOWED, INTENT, EXECUTED).ledger.sign(OWNER)
    book.execute("DELETE FROM ledger_checkpoints")
    assert (book.codes(), book.verified(OWNER.verifying).holds) == ([], False)


@pytest.mark.parametrize("known", [(OWNER, FORGER), (FORGER, OWNER)], ids=["first", "last"])
@pytest.mark.parametrize("signer", [OWNER, FORGER], ids=["owner", "forger"])
def test_a_key_of_the_same_name_and_id_does_not_take_the_place_of_another(
    monkeypatch: pytest.MonkeyPatch, signer: SigningKey, known: tuple[SigningKey, ...]
) -> None:
    """Ids have 32 bits: such a key is found in days."""
    monkeypatch.setattr(notes, "key_id", lambda key: b"same")
    note = notes.sign("text\n", signer)
    assert note.verify(key.verifying for key in known) == (signer.verifying,)
    other = OWNER if signer is FORGER else FORGER
    with pytest.raises(LedgerError, match="does not hold"):
        note.verify([other.verifying])


@pytest.mark.parametrize("size", ["three", 2.5, None, b"3"])
def test_a_checkpoint_under_a_strange_size_is_a_finding(book: Book, size: object) -> None:
    note = bytes(book.ledger.sign(OWNER)).decode()
    book.execute("DROP TABLE ledger_checkpoints")
    book.execute("CREATE TABLE ledger_checkpoints (size, note)")
    book.execute("INSERT INTO ledger_checkpoints VALUES (?, ?)", size, note)
    assert book.codes() == ["L701"]


def test_a_checkpoint_of_nothing_pins_nothing_and_counts_for_nothing(book: Book) -> None:
    note = bytes(book.ledger.sign(OWNER)).decode()
    book.execute("UPDATE ledger_checkpoints SET size = 0")
    assert (book.codes(), book.verified().signed, "\n2\n" in note) == (["L703"], 0, True)


# --- the store -----------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [2.0, 2.5, 1e300, -1.0])
def test_a_number_is_a_whole_number(book: Book, number: float) -> None:
    book.tell(OTHER).loosen()
    book.execute("INSERT INTO ledger SELECT * FROM kept WHERE number = 1")
    book.execute(
        """INSERT INTO ledger SELECT ?, at, kind, body, salt, digest, head FROM kept
           WHERE number > 1""",
        number,
    )
    assert not book.stored().holds


@pytest.mark.parametrize("number", [4e18, 2**63 - 1], ids=["never ends", "no next"])
def test_a_page_of_the_largest_numbers_comes_to_an_end(book: Book, number: float) -> None:
    book.loosen()
    row = "SELECT number, at, kind, body, salt, digest, head FROM kept"
    book.execute(f"INSERT INTO ledger {row}")
    many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1001)"
    book.execute(
        f"INSERT INTO ledger {many} SELECT ?, at, kind, body, salt, digest, head FROM kept, n",  # noqa: S608
        number,
    )
    assert not book.stored().holds


@pytest.mark.parametrize("number", ["1000", "'x'", "NULL", "x'00'"])
def test_a_row_that_no_page_reads_is_missed(book: Book, number: str) -> None:
    """Beyond the end of a page of 1,000, a second entry of its last number is passed over."""
    book.tell(*[OTHER] * 1100).loosen()
    book.execute("INSERT INTO ledger SELECT * FROM kept")
    book.execute(
        f"""INSERT INTO ledger SELECT {number}, at, 'executed', body, salt, digest, head
            FROM kept WHERE number = 3"""  # noqa: S608
    )
    assert not book.stored().holds


def test_a_view_is_no_ledger(book: Book) -> None:
    """A view can answer each time otherwise, or never come to an end."""
    book.execute("ALTER TABLE ledger RENAME TO kept")
    book.execute("CREATE VIEW ledger AS SELECT * FROM kept")
    with pytest.raises(LedgerError):
        _ = book.reader


@pytest.mark.parametrize("form", ["human", "json"])
@pytest.mark.parametrize("name", ['"\\ud800"', '"\\u001b[2J"', "[[]]", f'"{"a" * 5_000_000}"'])
def test_a_name_of_any_characters_is_printed(book: Book, name: str, form: str) -> None:
    for _ in range(2):
        book.tell_text("intent", f'{{"action":{name}}}')
    shown = policy("ledger", "verify", "--store", str(book.path), "--format", form)
    assert (shown.exit_code, "\x1b" in shown.output) == (6, False)
    assert len(shown.output) < 10_000


def test_many_signatures_of_one_action_take_no_longer_each() -> None:
    """Twice as many took four times as long: an hour for what fits into one store."""
    authorised, many = Authorised(), 50_000
    given = [{**SIGNATURE, "by": str(number)} for number in range(many)]
    started = time.process_time()
    authorised.take(1, *ALLOWED)
    for number, one in enumerate(given, 2):
        authorised.take(number, "approved", {**one, "action": "pay"})
    authorised.take(many + 2, "intent", {**PAY, "approvals": given})
    assert (authorised.findings, time.process_time() - started < 5) == ([], True)


def test_a_short_number_takes_little_memory() -> None:
    """`1E+999999999` in a body takes a gigabyte to be refused."""
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="more digits than anybody writes"):
            read_canonical('{"a":{"$decimal":"1E+9999999"}}')
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
