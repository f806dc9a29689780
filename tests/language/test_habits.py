"""What people write from habit is answered with what stands for it here."""

from __future__ import annotations

import pytest

from policy_engine.foundation.source import Source
from policy_engine.language.build import build
from policy_engine.language.habits import CHARACTERS, SIGNS

HEAD = (
    'policy hr.mail "Mail" owner "hr@hr.example"\nrole hr for agents\n'
    "task send { input salary: Integer input note: Text input on: Date input at: Timestamp\n"
    "  input xs: list of Text input m: Money }\n"
)


@pytest.mark.parametrize(
    ("written", "help_"),
    [
        ("allow hr to send", "write `permit`"),
        ("permits hr to send", "write `permit`"),
        ("deny hr to send", "write `forbid`"),
        ("if salary > 5 then escalate send to hr", "conditions come after the rest"),
        ("hr may send", "a rule begins with what it does"),
        ("permit hr to send if salary > 5", "conditions come after the rest"),
        ("permit hr to send where salary > 5", "conditions come after the rest"),
        ("permit hr to send only if salary > 5", "write `when CONDITION`"),
        ("permit hr to send except when salary > 5", "write `unless CONDITION`"),
        ("permit hr to send until 2027-01-01", "only an exception ends"),
        ("permit hr to send expires 2027-01-01", "`until 2027-01-08`"),
        ("permit hr to all tasks", "write `any task`"),
        ("permit hr to any", "write `any task`"),
        ("permit hr to *", "write `any task`"),
        ("permit * to send", "write `any principal`"),
        ("permit hr-x to send", "names have `_`"),
        ('permit "hr" to send', "without quotes"),
        ("send only if salary > 5", "write `only when`"),
        ("send requires salary > 5", "`TASK only when CONDITION`"),
        ("send requires approval from hr", "`escalate TASK to ROLE`"),
        ("send needs approval from hr", "`escalate TASK to ROLE`"),
        ("send must be approved by hr", "`escalate TASK to ROLE`"),
        ("require approval from hr before send", "`escalate TASK to ROLE`"),
        ("require 2 approvals before send", "`escalate TASK to ROLE`"),
        ("escalate to hr when salary > 5", "of which task"),
        ("escalate send to two hr", "`to 2 of ROLE`"),
    ],
)  # fmt: skip
def test_rules(written: str, help_: str) -> None:
    assert help_ in advice(f"rule some {written}")


@pytest.mark.parametrize(
    ("written", "help_"),
    [
        ("to at most 5 per day", "`within 1 day`"),
        ("to at most 5 per agent per day", "`within 1 day`"),
        ("to at most 5 per agent", "`within 1 day`"),
        ("to at most 5 per agent daily", "`within 1 day`"),
        ("to at most 5 every day", "`within 1 day`"),
        ("to at most 5 times per agent within 1 day", "leave `times` out"),
        ("to 5 per agent within 1 day", "to at most 5"),
        ("to max 5 per agent within 1 day", "to at most 5"),
        ("to at most 5 in this session", "`during this session`"),
        ("to at most 5 within a day", "`within 1 day`"),
        ("to at most 5 within 1d", "`24 hours`"),
        ("to at most 5 within 24h", "`24 hours`"),
        ("to at most 5 within 5min", "`5 minutes`"),
        ("to at most 5 within 24hours", "`24 hours`"),
        ("to at most 5 within 1.5 hours", "`90 minutes`"),
        ("to at most 5 within 1 month", "`within this month`"),
        ("to at most 5 within 1 year", "`30 days`"),
    ],
)  # fmt: skip
def test_limits(written: str, help_: str) -> None:
    assert help_ in advice(f"rule some limit send {written}")


@pytest.mark.parametrize(
    ("written", "help_"),
    [
        ("salary > 50,000", "write large numbers as 50_000"),
        ("salary > 1e6", "no exponents"),
        ("salary is less than 5", "write `<`"),
        ("salary is at least 5", "`>=`"),
        ("salary is between 5 and 6", "`<=`"),
        ("salary between 5 and 6", "`between` is for times of day"),
        ("salary equals 5", "write `==`"),
        ("salary more than 5", "write `>`"),
        ("salary = 5", "write `==`"),
        ("salary === 5", "write `==`"),
        ("salary => 5", "write `>=`"),
        ("salary <> 5", "write `!=`"),
        ('note is "x"', "write `==`"),
        ('note is not "x"', "write `!=`"),
        ('note is in ["a"]', "write `x in [ … ]`"),
        ('note is one of ["a"]', "write `x in [ … ]`"),
        ("note is null", "`x is not given`"),
        ("note is not null", "`x is given`"),
        ("note != null", "`x is given`"),
        ("note == None", "`x is not given`"),
        ("note is empty", "`size of x == 0`"),
        ("note is true", "the condition alone"),
        ("note == True", "write `true`"),
        ("salary > 1 && salary < 5", "write `and`"),
        ("salary > 1 || salary < 5", "write `or`"),
        ("salary > 1 AND salary < 5", "lower case"),
        ("!(salary > 5)", "write `not`"),
        ("note == 'x'", "double quotes"),
        ("note == ‘x’", "double quotes"),
        ("note == “x”", 'write `"`'),
        ("salary / 2 > 5", "no division"),
        ("salary / 2 > 5 / 3", "no division"),
        ("salary > 5 %", "no remainder"),
        ("salary ≤ 5", "write `<=`"),
        ("salary > 5–3", "write `-`"),
        ("salary > 5 // why", "begins with `#`"),
        ("salary > 5 /* why */", "begins with `#`"),
        ("salary > 5;", "remove it"),
        ('note ?? "a" == "b"', "`if x is given then x else …`"),
        ("m > 200 €", "`200 EUR`"),
        ("m > €200", "`200 EUR`"),
        ("m > $200", "`200 USD`"),
        ("m > 200 euros", "`200 EUR`"),
        ("m > EUR 200", "`200 EUR`"),
        ("m > 200EUR", "`200 EUR`"),
        ("on > 01/02/2026", "year first"),
        ("on > 2026/02/01", "year first"),
        ("on > 01.02.2026", "year first"),
        ("at in_last 30 days", "`in the last 30 days`"),
        ("at in last 30 days", "`in the last 30 days`"),
        ("at in the past 30 days", "`in the last 30 days`"),
        ("at in the last month", "`in the last 30 days`"),
        ("if salary > 5 then true elif salary > 3 then true else false", "`else if"),
        ("salary > 5 and if salary > 5 then true else false", "parentheses around"),
        ("if salary > 5 then true", "`if … then … else …`"),
        ("sum(xs) > 5", "`sum of x.f for x in xs`"),
        ("count(xs) > 5", "`count of x in xs`"),
        ("len(xs) > 5", "`size of x`"),
        ("xs.length > 5", "`size of x`"),
        ("note.size() > 5", "`size of x`"),
        ('note.toLowerCase() == "a"', "`lower of x`"),
        ('note.startsWith("a")', "`x starts with y`"),
        ('note startsWith "a"', "`x starts with y`"),
        ('note.contains("a")', "`x contains y`"),
        ('note includes "a"', "`x contains y`"),
        ('xs contains "a"', "`x in list`"),
        ('note matches "a.*"', "between slashes"),
        ("note =~ /a/", "`x matches /…/`"),
        ("note like /a/", "a glob is a text"),
        ('all x in xs has (x == "a")', "`every x in xs has (…)`"),
        ('for all x in xs has (x == "a")', "`every x in xs has (…)`"),
        ('every x in xs has x == "a"', "`has (…)`"),
        ('some x in xs where x == "a"', "`has ( … )`"),
        ('user.id == "a"', "`principal`"),
    ],
)  # fmt: skip
def test_conditions(written: str, help_: str) -> None:
    assert help_ in advice(f"rule some permit hr to send when {written}")


@pytest.mark.parametrize(
    ("written", "help_"),
    [
        ('import "mail.policy"', "`import frameworks.eu_ai_act`"),
        ("role boss extends hr", "`role a includes b`"),
        ("task other { input x: String }", "write `Text`"),
        ("task other { input x: Int }", "write `Integer`"),
        ("task other { input x: Array }", "write `list of T`"),
        ("define x := 5", "written with `=`"),
        ("define x(y) = 5", "a parameter has a type"),
        ('table x(y: Text): Integer { "a" => 1 }', "`->` in a table"),
        ('rule "Its title" permit hr to send', "a rule needs a name"),
        ('validation "Its title" checks note that true', "a name stands before"),
        ("rule some permit everyone to send", "write `any principal`"),
        ("rule some permit agents to send", "write `any agent`"),
        ("rule some require approval before send", "`escalate TASK to ROLE`"),
        ("test given agent", "begins with its title"),
        ('test "a" given user "b" as hr', '`given human "…"`'),
        ('test "a" given agent "b" when send { note = "a" }', "`name: value`"),
        ('test "a" given agent "b" when send {} expect denied', "write `expect deny`"),
        ('test "a" given agent "b" when send {} expect approval', "write `expect escalate`"),
        ('test "a" given agent "b" when send {} then deny', "write `expect`"),
    ],
)  # fmt: skip
def test_other_statements(written: str, help_: str) -> None:
    assert help_ in advice(written)


@pytest.mark.parametrize("sign", [*SIGNS, *CHARACTERS])
def test_every_sign_and_character_is_answered(sign: str) -> None:
    advice(f"rule some permit hr to send when salary > 5 {sign} 3")


def test_a_plain_mistake_is_answered_with_what_may_stand_there() -> None:
    assert "here may stand" in advice("rule some permit hr to send when salary > 5 note")


def advice(written: str) -> str:
    """The help of the only diagnostic."""
    source = Source("habit.policy", f"{HEAD}{written}\n")
    (found,) = build([source], lambda *_: None).diagnostics
    assert found.help
    return found.help
