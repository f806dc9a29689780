"""What stands for each control: who carries it, what they did, and an honest status."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from policy_engine import Human
from policy_engine.audit.control_account import controls_account
from policy_engine.audit.control_page import by_control
from policy_engine.audit.control_words import caveats
from policy_engine.audit.controls import Carrier, Control, Controls, Status, controls
from policy_engine.audit.page import page, sampled
from policy_engine.audit.period import Period
from policy_engine.audit.proving import proofs
from policy_engine.audit.record_alone import SHOWS
from policy_engine.audit.report import Report, report
from policy_engine.audit.story import Standing
from policy_engine.audit.summary import EVER
from policy_engine.audit.uses import Use
from policy_engine.cli.main import main
from policy_engine.foundation.database import Database
from policy_engine.language.policy import PolicySet
from policy_engine.ledger.ledger import LedgerReader
from policy_engine.loading import check
from tests.audit.busy import held, ticket_of
from tests.audit.test_page import CONTROLS, EVIL, Reader, whole
from tests.fakes import Desk
from tests.fakes.stores import alter, copy_of

WRITTEN = datetime(2026, 5, 6, tzinfo=UTC)
FRAMEWORKS = Path(__file__).resolve().parents[2] / "policies" / "frameworks"

POLICY = """
policy desk.payments "Payments" owner "risk@desk.example" times in "UTC"

framework house "Rules of the house" {
  granted  "Only clerks pay"
  signed   "Somebody else looks"
  ceiling  "Never more than there is"
  softened "Little by little"
  whole    "Whole cents"
  yes      "The user says yes"
  tried    "Not that much in a go"
  claimed  "Large is always seen"
  both     "Signed, and claimed"
  nothing  "Nobody thought of it"
}
framework eu_ai_act "The law" { art_12 "Logs" art_14 "People" art_13 "Instructions" }

role clerk
role manager for humans
role auditor for humans

task pay "Pay" { input to: Text  input amount: Decimal }
task mail "Mail" { output untrusted }

rule paying "Clerks pay" permit clerk to pay, mail
  satisfies house.granted
rule large "A manager signs above 100" escalate pay to manager when amount > 100
  satisfies house.signed, house.both
constraint huge "Nobody pays a million" never pay when amount >= 1_000_000
  satisfies house.ceiling
rule small "Not more than 2,000" forbid any agent to pay when amount > 2_000
  satisfies house.softened
exception season "More in the season" to small
  when amount <= 3_000 until 2026-12-01 approved by "cfo@desk.example"
  escalate to auditor
validation cents "Whole cents" checks amount that amount * 100 != 12345
rule exact require cents before pay
  satisfies house.whole
rule yes require confirmation before mail
  satisfies house.yes
rule slow "Not more than 400" forbid any agent to pay when amount > 400
  observe until 2026-06-01
  satisfies house.tried
guarantee seen "Large is always seen" pay always need approval by 1 of manager when amount > 100
  satisfies house.claimed, house.both
"""


def desk_of(folder: Path, text: str = POLICY) -> Desk:
    return Desk(folder, text, tools={"pay": lambda **_: "paid", "mail": lambda: "sent"})


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Read only. Five payments and a letter: let pass, signed, rejected, waived, checked."""
    made = desk_of(tmp_path_factory.mktemp("governed"))
    made.pay(50)
    signed = held(made.pay(500))
    made.clock.advance(minutes=20)
    made.gate.approve(ticket_of(made, signed), by=Human("ann"), reason="seen")
    made.gate.resume(signed, session=made.session)
    rejected = held(made.pay(300))
    made.gate.reject(ticket_of(made, rejected), by=Human("ben"), reason="paid already")
    waived = held(made.pay(2_500))
    made.gate.approve(ticket_of(made, waived), by=Human("cat"), reason="the season")
    made.pay(123.45)
    confirmed = made.do("mail", user="zoe").id
    assert confirmed is not None
    made.gate.confirm(ticket_of(made, confirmed), by=Human("zoe"))
    made.gate.resume(confirmed, session=made.session)
    yield made
    made.gate.close()


def report_of(store: str | Path, period: Period = EVER) -> Report:
    with closing(Database(store, must_exist=True)) as database:
        return report(LedgerReader(database).records(), written=WRITTEN, period=period)


def found_in(desk: Desk, period: Period = EVER, framework: str = "house") -> Controls:
    return controls(desk.engine.policy, framework, report_of(desk.store, period))


@pytest.fixture(scope="module")
def house(desk: Desk) -> Controls:
    return found_in(desk)


def control(found: Controls, name: str) -> Control:
    return next(one for one in found.controls if one.name == name)


def carrier(found: Controls, name: str) -> Carrier:
    (one,) = control(found, name).carriers
    return one


def use(found: Controls, name: str) -> Use:
    one = carrier(found, name).use
    assert one is not None
    return one


def test_every_control_of_the_framework_is_told_in_its_order(house: Controls) -> None:
    assert {one.name: one.status for one in house.controls} == {
        "granted": Status.ENFORCED,
        "signed": Status.ENFORCED,
        "ceiling": Status.IN_FORCE,
        "softened": Status.ENFORCED,
        "whole": Status.ENFORCED,
        "yes": Status.ENFORCED,
        "tried": Status.MISSING,
        "claimed": Status.MISSING,
        "both": Status.ENFORCED,
        "nothing": Status.MISSING,
    }
    assert [one.name for one in house.controls][:3] == ["granted", "signed", "ceiling"]
    assert (house.decided, house.elsewhere, caveats(house)) == (6, 0, ())


def test_a_rule_that_asks_people_counts_asks_signatures_and_waits(house: Controls) -> None:
    large = use(house, "signed")
    assert (large.in_reach, large.asked, large.signed, large.rejected) == (5, 3, 1, 1)
    assert large.waiting is not None
    assert (large.waiting.count, large.waiting.median) == (1, timedelta(minutes=20))


def test_a_permit_counts_what_it_let_pass(house: Controls) -> None:
    assert use(house, "granted").let_pass == 3
    assert use(house, "granted").in_reach == 6


def test_a_constraint_that_nothing_came_near_is_in_force_and_not_applied(house: Controls) -> None:
    assert carrier(house, "ceiling").kind == "constraint"
    assert (use(house, "ceiling").applied, use(house, "ceiling").in_reach) == (0, 5)


def test_a_rule_that_an_exception_softened_was_applied(house: Controls) -> None:
    small = use(house, "softened")
    assert (small.applied, small.refused) == (1, 0)
    (season,) = small.exceptions
    assert (season.name, season.asked, season.signed) == ("season", 1, 1)
    assert season.approved_by == "cfo@desk.example"


def test_validations_and_the_users_yes_count_where_one_rule_alone_requires_them(
    house: Controls,
) -> None:
    assert use(house, "whole").checked == 5
    assert use(house, "whole").refused == 1
    assert use(house, "yes").confirmed == 1


def test_where_two_rules_require_a_validation_it_is_put_down_to_neither(tmp_path: Path) -> None:
    twice = POLICY + "\nrule again require cents before pay when amount > 10\n"
    desk = desk_of(tmp_path, twice)
    desk.pay(50)
    assert use(found_in(desk), "whole").checked == 0
    assert control(found_in(desk), "whole").status is Status.IN_FORCE
    desk.gate.close()


def test_what_is_only_tried_or_claimed_enforces_nothing(house: Controls) -> None:
    tried = carrier(house, "tried")
    assert tried.observed_until == datetime(2026, 6, 1, tzinfo=UTC)
    assert (use(house, "tried").would, use(house, "tried").applied) == (2, 0)
    assert carrier(house, "claimed").kind == "guarantee"
    assert carrier(house, "claimed").use is None
    assert [one.kind for one in control(house, "both").carriers] == ["rule", "guarantee"]


def test_every_sample_of_a_control_has_its_proofs_where_it_is_named_first(
    desk: Desk, house: Controls
) -> None:
    with closing(Database(desk.store, must_exist=True)) as database:
        reader = LedgerReader(database)
        found = report(reader.records(), written=WRITTEN, beside=reader)
        proved = proofs(reader, found, sampled(found, house))
    named = {story.entry for one in house.controls for story in one.samples}
    alone = "".join(by_control(house, (), UTC, proved))
    whole_page = page(found, house, proved)
    for document in (alone, whole_page):
        given = re.findall(r'<details class="proofs" id="proof-([0-9]+)">', document)
        assert len(given) == len(set(given))
        assert named <= set(map(int, given))
    elsewhere = "".join(by_control(house, named, UTC, proved))
    assert "<details" not in elsewhere, "these have a card that shows them"


def test_samples_are_entries_with_the_digest_that_the_record_has(
    desk: Desk, house: Controls
) -> None:
    samples = control(house, "signed").samples
    assert {Standing.SIGNED, Standing.REJECTED} & {story.standing for story in samples}
    with closing(Database(desk.store, must_exist=True)) as database:
        digests = {record.number: record.leaf for record in LedgerReader(database).records()}
    for story in samples:
        assert story.evidence.decision is not None
        assert digests[story.evidence.decision] == story.evidence.digest


def test_a_period_in_which_nothing_happened_applies_nothing(desk: Desk) -> None:
    before = found_in(desk, Period(end=datetime(2026, 5, 4, tzinfo=UTC)))
    assert not before.of(Status.ENFORCED)
    assert control(before, "signed").status is Status.IN_FORCE
    law = found_in(desk, Period(end=datetime(2026, 5, 4, tzinfo=UTC)), "eu_ai_act")
    assert {one.status for one in law.controls} == {Status.MISSING}


def test_a_rule_is_observed_by_what_held_at_the_end_of_the_period(desk: Desk) -> None:
    """The report may be written after the rule came into force."""
    stories = report_of(desk.store)
    later = Report(stories.summary, stories.verification, datetime(2026, 7, 1, tzinfo=UTC))
    assert control(controls(desk.engine.policy, "house", later), "tried").status is Status.IN_FORCE


def test_the_record_is_evidence_by_itself_for_logs_and_for_oversight(desk: Desk) -> None:
    law = found_in(desk, framework="eu_ai_act")
    assert {one.name: one.status for one in law.controls} == {
        "art_12": Status.EVIDENCE,
        "art_14": Status.EVIDENCE,
        "art_13": Status.MISSING,
    }
    assert "It does not show how long it will be kept" in control(law, "art_12").record[0]
    assert "People were asked about 3 actions" in control(law, "art_14").record[0]


def test_a_record_that_does_not_hold_is_evidence_of_nothing(desk: Desk, tmp_path: Path) -> None:
    copy = copy_of(desk.folder / "desk.db", tmp_path / "copy.db")
    alter(copy, "UPDATE ledger SET at = '2020-01-01T00:00:00Z' WHERE number = 4")
    found = report_of(copy)
    assert not found.verification.holds
    for framework in ("house", "eu_ai_act"):
        spoilt = controls(desk.engine.policy, framework, found)
        assert {one.status for one in spoilt.controls} <= {Status.IN_FORCE, Status.MISSING}
        assert "The record does not hold" in caveats(spoilt)[0]


def test_what_another_version_decided_counts_for_no_rule(desk: Desk, tmp_path: Path) -> None:
    later = tmp_path / "desk.policy"
    later.write_text(POLICY.replace("above 100", "over 100"), encoding="utf-8")
    other, _ = check(later)
    assert other is not None
    found = controls(other, "house", report_of(desk.store))
    assert not found.of(Status.ENFORCED)
    assert (found.decided, found.elsewhere) == (0, 6)
    assert (use(found, "signed").asked, use(found, "signed").elsewhere) == (0, 3)
    assert "6 actions were not decided by this version" in caveats(found)[0]


def test_every_control_that_the_record_shows_is_one_of_a_framework_that_ships() -> None:
    policy, _ = check(FRAMEWORKS)
    assert policy is not None
    shipped = {f"{f.name}.{c}" for f in policy.frameworks.values() for c in f.controls}
    assert set(SHOWS) <= shipped


def test_as_data_it_says_what_it_counts(house: Controls) -> None:
    account = controls_account(house)
    assert account["statuses"] == {
        "enforced": 6,
        "in_force_not_applied": 1,
        "evidence_only": 0,
        "missing": 3,
    }
    assert json.loads(json.dumps(account)) == account


# The page


def test_the_page_has_a_section_for_each_control_that_something_stands_for(desk: Desk) -> None:
    found = report_of(desk.store)
    document = page(found, found_in(desk))
    read = Reader(document)
    ids = {a.get("id") for _, a in read.elements}
    assert {"control-signed", "control-tried", "control-claimed"} <= ids
    assert "control-nothing" not in ids
    links = {str(a["href"])[1:] for name, a in read.elements if name == "a"}
    assert links <= {str(one) for one in ids}
    assert "Evidence for Rules of the house, by control" in read.text
    assert "Nobody thought of it" in read.text
    assert "under observation until 1 Jun 2026: decides nothing" in read.text
    assert "claimed; nothing here proves it" in read.text
    assert "ran after people signed, signed by ann after 20 min; entries" in read.text
    assert "Exception season to small, until 1 Dec 2026, approved by cfo@desk.example" in read.text


def test_no_report_says_that_a_control_is_complied_with(desk: Desk) -> None:
    text = Reader(page(report_of(desk.store), found_in(desk))).text.lower()
    assert "compliant" not in text
    assert "complies" not in text


def test_titles_stay_text_on_the_page(tmp_path: Path) -> None:
    evil = POLICY.replace("Somebody else looks", "<script>alert(1)</script>")
    desk = desk_of(tmp_path, evil)
    document = page(report_of(desk.store), found_in(desk))
    assert "script" not in Reader(document).names()
    desk.gate.close()


@pytest.mark.parametrize("text", EVIL)
def test_what_agents_wrote_stays_text_in_samples(house_policy: PolicySet, text: str) -> None:
    body: dict[str, object] = {
        "action": "a",
        "outcome": "deny",
        "policy": house_policy.digest,
        "task": text,
        "principal": {"id": text},
        "reasons": [{"code": "D501", "outcome": "deny", "rule": "small", "title": text}],
    }
    signed = {"action": "a", "by": text, "rule": text, "reason": text}
    found = report(whole([("decided", body), ("approved", signed)]), written=WRITTEN)
    by_control = controls(house_policy, "house", found)
    assert control(by_control, "softened").samples
    document = page(found, by_control)
    read = Reader(document)
    assert read.names().isdisjoint({"script", "img", "b"})
    assert not {key for key in read.attribute_names() if key.startswith("on")}
    assert not CONTROLS.search(document)


@pytest.fixture(scope="module")
def house_policy(desk: Desk) -> PolicySet:
    return desk.engine.policy


# The command


def audit(desk: Desk, *arguments: str) -> Result:
    command = ["audit", "report", "--store", desk.store, *arguments]
    return CliRunner().invoke(main, command, catch_exceptions=False)


def test_the_command_tells_by_control(desk: Desk, tmp_path: Path) -> None:
    policy = str(desk.folder / "desk.policy")
    html = tmp_path / "report.html"
    result = audit(desk, "--framework", "house", "--policy", policy, "--html", str(html))
    assert result.exit_code == 0
    for line in (
        "Evidence for Rules of the house, by control",
        "enforced              signed  Somebody else looks",
        "A manager signs above 100",
        "held for people: 3, signatures: 1, rejected: 1, median wait: 20 min",
        "exception season until 1 Dec 2026: asked for 1 action, 1 signature",
        "nothing stands for: nothing",
    ):
        assert line in result.output
    assert 'id="control-signed"' in html.read_text(encoding="utf-8")


def test_as_json_the_framework_is_a_member_of_the_report(desk: Desk) -> None:
    policy = str(desk.folder / "desk.policy")
    told = audit(desk, "--framework", "house", "--policy", policy, "--format", "json")
    assert json.loads(told.output)["framework"]["name"] == "house"
    assert json.loads(audit(desk, "--format", "json").output)["framework"] is None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--framework", "house"], "--framework needs --policy"),
        (["--framework", "hause", "--policy", "desk.policy"], "did you mean `house`?"),
        (["--framework", "soc_2", "--policy", "desk.policy"], "it has `eu_ai_act`, `house`"),
        (["--framework", "soc_2", "--policy", "bare.policy"], "`import frameworks.soc_2`"),
    ],
)
def test_wrong_use_is_said_in_one_line(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(desk.folder)
    monkeypatch.delenv("POLICY_PATH", raising=False)
    Path("bare.policy").write_text('policy bare owner "nobody@desk.example"', encoding="utf-8")
    result = audit(desk, *arguments)
    assert (result.exit_code, result.output.count("\n")) == (2, 1)
    assert said in result.output


def test_a_policy_with_errors_ends_with_their_exit_code(desk: Desk, tmp_path: Path) -> None:
    broken = tmp_path / "broken.policy"
    broken.write_text("policy broken\nrule", encoding="utf-8")
    result = audit(desk, "--framework", "house", "--policy", str(broken))
    assert result.exit_code == 3
    assert "By task" not in result.output
