"""The examples that ship: clean, laid out, and tested so closely that no small mistake hides.

Whoever reads an example takes it as a model, so more is asked of them than of any other policy:
every rule and every exception comes up in a test, and mutation finds hardly a survivor.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from policy_engine import Action, Agent, Engine, Human
from policy_engine.analysis.coverage import coverage
from policy_engine.analysis.mutation import mutation
from policy_engine.foundation.source import Source
from policy_engine.language.format import formatted
from policy_engine.language.policy import PolicySet
from policy_engine.loading import check

POLICIES = Path(__file__).resolve().parents[2] / "policies"
EXAMPLES = [POLICIES / "examples" / "refunds.policy", POLICIES / "examples" / "hospital"]
FRAMEWORK = POLICIES / "frameworks" / "eu_ai_act.policy"
NOT_PROVED = "A410"
WRITTEN = datetime(2026, 11, 23, tzinfo=UTC)
"""Exceptions expire; the examples are looked at on a day on which theirs are live."""

each_example = pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)


@cache
def _engine(path: Path) -> Engine:
    return Engine.load(path, checks={"ward_checks:interactions": lambda **_: True})


def _policy(path: Path) -> PolicySet:
    return _engine(path).policy


@pytest.mark.parametrize("path", [*EXAMPLES, FRAMEWORK], ids=lambda path: path.stem)
def test_nothing_is_to_be_said_about_it(path: Path) -> None:
    policy, diagnostics = check(path, at=WRITTEN)
    assert policy is not None
    assert [d.title for d in diagnostics if d.code.id != NOT_PROVED] == []


@pytest.mark.parametrize(
    "file", sorted({*EXAMPLES[1].rglob("*.policy"), EXAMPLES[0], FRAMEWORK}), ids=lambda f: f.stem
)
def test_it_is_laid_out(file: Path) -> None:
    text = file.read_text()
    assert formatted(Source(file.name, text)) == (text, ())


@each_example
def test_its_tests_pass_and_cover_every_rule(path: Path) -> None:
    rehearsals = _engine(path).test()
    assert [(r.test.title, r.problems) for r in rehearsals if not r.passed] == []
    covered = coverage(_policy(path), rehearsals)
    assert [rule.name for rule in covered.uncovered] == []
    assert [rule.name for rule in covered.undecided] == []


@each_example
def test_no_two_of_its_tests_have_one_title(path: Path) -> None:
    titles = [test.title for test in _policy(path).tests]
    assert sorted({title for title in titles if titles.count(title) > 1}) == []


@each_example
def test_its_tests_notice_small_mistakes(path: Path) -> None:
    """The slow one: some eight hundred mistakes for the hospital, in about ten seconds."""
    result = mutation(_policy(path))
    assert result.never_mattered == ()
    assert result.score >= 0.9, [f"{m.name}: {m.description}" for m in result.survivors]


@each_example
def test_every_rule_says_in_a_sentence_what_it_is_for(path: Path) -> None:
    """Those of the language reference stand as they stand there, some without one."""
    known = {"pace", "well_formed", "clean_reply", "replies", "vendors", "small_bills"}
    policy = _policy(path)
    silent = {rule.name for rule in policy.rules.values() if not rule.title}
    assert silent <= (known if path.stem == "refunds" else set())
    assert all(waiver.title for waiver in policy.waivers.values())


def test_the_hospital_is_a_policy_of_some_size() -> None:
    assert len(_policy(EXAMPLES[1]).rules) >= 60


def test_the_controls_are_numbered_like_the_articles() -> None:
    """`art_09_2` stands under its article, `art_09`; each has a title of its own."""
    controls = _policy(FRAMEWORK).frameworks["eu_ai_act"].controls
    assert len(set(controls.values())) == len(controls)
    for number in (4, 5, 9, 10, 12, 13, 14, 15, 17, 19, 26, 27, 50, 72, 73):
        assert f"art_{number:02}" in controls
    for name in controls:
        assert "_".join(name.split("_")[:2]) in controls


@pytest.mark.parametrize(
    ("amount", "passes"),
    [("10", True), ("0.01", True), ("10.25", True), ("10.001", False), ("0.005", False)],
)
def test_a_refund_is_in_whole_cents(amount: str, passes: bool) -> None:
    assert _passed("amount_shape", order_id="o-1", amount=Decimal(amount), card="DE-1") is passes


@pytest.mark.parametrize("name", ["order_id", "card"])
def test_a_refund_has_an_order_and_a_card(name: str) -> None:
    refund = {"order_id": "o-1", "amount": Decimal(10), "card": "DE-1"}
    assert _passed("amount_shape", **{**refund, name: ""}) is False


def test_a_reply_has_no_card_number() -> None:
    assert _reply("It is done, thank you") is True
    assert _reply("We paid to 4000123412341234.") is False


def _passed(validation: str, **refund: object) -> bool:
    action = Action(Agent("bot-7"), "issue_refund", refund)
    return _engine(EXAMPLES[0]).validate((validation,), action)[0].passed


def _reply(body: str) -> bool:
    action = Action(Agent("bot-7"), "send_reply", {"to": "mia@mail.example", "body": body})
    return _engine(EXAMPLES[0]).validate(("no_card_numbers",), action)[0].passed


@pytest.mark.parametrize(
    ("change", "passes"),
    [({}, True), ({"patient_id": "Mia"}, False), ({"dose": Decimal("0.001")}, False)],
)
def test_an_order_is_one_that_the_pharmacy_can_read(
    change: dict[str, object], passes: bool
) -> None:
    order = {"patient_id": "p-1", "medicine": "ampicillin", "dose": Decimal(500), "times": 3}
    action = Action(Agent("mia"), "order_medicine", {**order, "days": 7, **change})
    names = ("order_form", "interaction_check")
    form, interactions = _engine(EXAMPLES[1]).validate(names, action)
    assert (form.passed, interactions.passed) == (passes, True)


@pytest.mark.parametrize(("reason", "passes"), [("x" * 19, False), ("x" * 20, True)])
def test_a_reason_has_a_few_words(reason: str, passes: bool) -> None:
    action = Action(Human("nina"), "break_glass", {"patient_id": "p-1", "reason": reason})
    assert _engine(EXAMPLES[1]).validate(("reason_in_words",), action)[0].passed is passes


def test_the_schemas_are_of_the_2020_draft() -> None:
    schemas = sorted((POLICIES / "examples").rglob("*.json"))
    assert len(schemas) == 2
    for file in schemas:
        draft = json.loads(file.read_text())["$schema"]
        assert draft == "https://json-schema.org/draft/2020-12/schema"
