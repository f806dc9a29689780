"""One row for each kind of node that is written as Python: true, false, or not known.

A permit applies where its condition is true; a rule that narrows, where it is not false.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import Any, get_args

import pytest

from policy_engine import Action, Agent
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.code.truths import TRUE
from policy_engine.decision.code.values import VALUE
from policy_engine.decision.session import Session
from policy_engine.language import checked as c
from policy_engine.language.walk import parts_of
from tests.decision.code.asking import Desk, act, desk
from tests.decision.loading import NOW

DECLARED = """
agents have { team: Text  nick?: Text }
context has { channel: Text  level: Integer  on: Boolean  hint?: Text  cost: Money  bill: Money }
session has { purpose: Text }
record Party { name: Text  vip: Boolean  mail?: Email }
fact open: Boolean
fact rates: map of Decimal
fact friends: list of Text
fact places: list of Path
task see { output text: Text untrusted labelled private }
table charge(status: Status): Decimal { "new" -> 1, "old" -> 2 }
table shut(n: Integer): Boolean { 1 -> true otherwise -> false }
type Status = "new" | "old"
define twice(x: Integer) = x + x
define big(x: Integer) = x > 10
define loud = context.channel == "phone"
define unused(x: Integer) = true
define each(x: Integer, them: list of Text) = every w in them has (x > 1 or w == "t1")
define sized(them: list of Text) = size of them
define first_of(them: list of Text) = first w in them
define is_both(x: Integer) = x > 1 and (if flagged(x) then x < 99 else false)
define flagged(x: Integer) = x != 13
"""
INPUTS = """
  input n: Integer  input name: Text  input status: Status  input flag: Boolean
  input price: Money  input party: Party  input words: list of Text  input set_: set of Text
  input map_: map of Text to Integer  input path: Path  input at: Timestamp  input day: Date
  input mail: Email  input free: Json
  input more?: Text  input count_?: Integer
"""
POLICY = (
    DECLARED.replace("map of Decimal", "map of Text to Decimal")
    + f"task permitted {{ {INPUTS} }} task forbidden {{ {INPUTS} }}\n"
    + "rule base permit any principal to forbidden\n"
    + "rule yes permit any principal to permitted when {0}\n"
    + "rule no forbid any principal to forbidden when {0}\n"
)
GIVEN: dict[str, Any] = {
    "n": 5,
    "name": "ann",
    "status": "new",
    "flag": True,
    "price": "5 EUR",
    "party": {"name": "ann", "vip": True},
    "words": ["a", "b", "b"],
    "set_": {"a"},
    "map_": {"x": 1},
    "path": "/srv/a",
    "at": (NOW - timedelta(hours=1)).isoformat(),
    "day": "2026-05-04",
    "mail": "ann@acme.example",
    "free": {"deep": [1]},
}
CONTEXT = {"channel": "phone", "level": 3, "on": True, "cost": "5 USD", "bill": "7 EUR"}
FACTS = {"open": True, "rates": {"EUR": 2}, "friends": ["ann"]}

Row = tuple[str, bool | None]
ROWS: list[Row] = [
    # Constants and data
    ("true", True),
    ("false", False),
    ("flag", True),
    ("not flag", False),
    ("open", True),
    ("not open", False),
    ("context.on", True),
    ("party.vip", True),
    # What is given
    ("more is given", False),
    ("not (more is given)", True),
    ("party.mail is given", False),
    ("context.hint is given", False),
    ("agent.nick is given", False),
    # Three values
    ("flag and n == 5", True),
    ("flag and n == 6", False),
    ('session.purpose == "x" and flag', None),
    ('session.purpose == "x" and not flag', False),
    ('session.purpose == "x" or flag', True),
    ('session.purpose == "x" or not flag', None),
    ('not (session.purpose == "x")', None),
    # Comparisons
    ("n == 5", True),
    ("n != 5", False),
    ("n < 5", False),
    ("n >= 5", True),
    ("5 < n", False),
    ("6 > n", True),
    ("context.level <= 3", True),
    ("price == 5 EUR", True),
    ("price < 6 EUR", True),
    ("price < context.cost", None),
    ("price < context.bill", True),
    ("price == context.cost", None),
    ("flag == (n == 5)", True),
    ("(open == flag) == context.on", True),
    ("agent.team == name", None),
    ('agent.id == "a"', True),
    ("agent.id == name", False),
    ("human.id == name", None),
    ("at < now", True),
    ("day == today", True),
    # Membership
    ('name in ["ann", "bob"]', True),
    ('name not in ["ann", "bob"]', False),
    ("n in [1, 2]", False),
    ("name in friends", True),
    ("name in words", False),
    ('"a" in set_', True),
    ("price in [5 EUR]", True),
    ("context.cost in [5 EUR]", None),
    ('name in [agent.team, "bob"]', None),
    ('words subset of ["a", "b"]', True),
    ("words subset of set_", False),
    ("[context.cost] subset of [5 EUR]", None),
    # Items
    ('some x in words has (x == "b")', True),
    ('every x in words has (x == "b")', False),
    ('no x in words has (x == "c")', True),
    ("every x in words has (x == session.purpose)", None),
    ("some x in places has (x == path)", None),
    ('at most 1 x in words has (x == "b")', False),
    ('at least 2 x in words has (x == "b")', True),
    ('exactly 2 x in words has (x == "b")', True),
    ("at least 4 x in words has (x == session.purpose)", False),
    ("at least 1 x in words has (x == session.purpose)", None),
    ("count of x in words == 3", True),
    ('count of x in words where (x == "b") > 2', False),
    ('2 >= count of x in words where (x == "b")', True),
    ("count of x in words where (x == session.purpose) <= 3", True),
    ("count of x in words where (x == session.purpose) != 3", None),
    ("every x in words has (some y in words has (x == y))", True),
    ("count of x in words where (x == name) + 1 == 1", True),
    ("sum of x for x in [n, 1] > 5", True),
    ("sum of x + 0.5 for x in [n, 1] == 7", True),
    ("sum of x for x in [n, 1] where (x > 1) == 5", True),
    ("sum of x for x in [n, 1] where (x > 9) == 0", True),
    ("sum of x for x in [n, context.level, 2] == 10", True),
    ("sum of rates[x] for x in words == 1", None),
    ("sum of x for x in [price, 1 EUR] == 6 EUR", True),
    ("sum of x for x in [price, context.cost] == 6 EUR", None),
    ('sum of x for x in [price] where (name == "z") == 0 EUR', None),
    ("sum of now - at for x in words == 3 hours", True),
    ('sum of now - at for x in words where (x == "z") == 0 hours', True),
    ('(first x in words) == "a"', True),
    ('(last x in words) == "b"', True),
    ('(first x in friends) == "ann"', True),
    ('(first x in words where (x != "a")) == "b"', True),
    ('(last x in words where (x != "b")) == "a"', True),
    ('(first x in words where (x == "z")) == "z"', None),
    ('(first x in words where (x == session.purpose)) == "a"', None),
    ('(first x in words where (x == "b" or (x == "a" and x == session.purpose))) == "b"', None),
    ("(last x in words where (x == name or not (x == session.purpose or true))) == name", None),
    ("every x in words paired with y in words has (x == y)", True),
    ("every x in words paired with y in words has (x != y)", False),
    ("every x in words paired with y in friends has (x == y)", None),
    ("every x in words paired with y in words has (x == session.purpose)", None),
    ('every x in words paired with y in words has (x == session.purpose and y == "z")', False),
    # Texts, paths, times
    ("name matches /an+/", True),
    ("name not matches /an+/", False),
    ("session.purpose matches /x/", None),
    ('name like "a*"', True),
    ('name starts with "a"', True),
    ('name ends with "a"', False),
    ('name contains "n"', True),
    ('name not contains "n"', False),
    ('path under "/srv"', True),
    ('path under "srv"', None),
    ("time of at between 10:00 and 12:00", True),
    ("at in the last 2 hours", True),
    ("at in the last 5 minutes", False),
    # Values
    ("n + 1 == 6", True),
    ("n - context.level == 2", True),
    ("n * 2 > 10", False),
    ("price + 1 EUR == 6 EUR", True),
    ("price + context.cost == 10 EUR", None),
    ('name + "-" + status == "ann-new"', True),
    ('name + session.purpose == "x"', None),
    ("size of words == 3", True),
    ('lower of name == "ann"', True),
    ('weekday of at == "monday"', True),
    ('price.currency == "EUR"', True),
    ('mail.domain == "acme.example"', True),
    ('rates["EUR"] == 2', True),
    ("rates[name] == 2", None),
    ('map_["x"] == 1', True),
    ("charge(status) == 1", True),
    ("shut(n)", False),
    ("shut(context.level)", False),
    ("twice(n) == 10", True),
    ("big(twice(n))", False),
    ("loud", True),
    ("unused(n + 1)", True),
    ("unused(context.level + size of session.purpose)", True),
    ("each(n + 1, words)", True),
    ("each(size of session.purpose, words)", None),
    ("each(n - 5, [name, session.purpose])", None),
    ("sized([name, name]) == 2", True),
    ("sized([name, session.purpose]) == 2", None),
    ('first_of([name + "t1", name]) == "annt1"', True),
    ("is_both(n + 1)", True),
    ("is_both(size of session.purpose)", None),
    ("every x in words has (is_both(size of x + 1))", True),
    ("name in keys of rates", False),
    ('"EUR" in keys of rates', True),
    ('"x" not in keys of map_', False),
    ('(first x in words) + "-" == "a-"', True),
    ('party.name + "t2" == "annt2"', True),
    ("(if flag then n else 0) == 5", True),
    ('(if session.purpose == "x" then n else 5) == 5', True),
    ('(if session.purpose == "x" then n else 6) == 5', None),
    ("if flag then n == 5 else false", True),
    ('if session.purpose == "x" then flag else true', True),
    ('if session.purpose == "x" then flag else false', None),
    # What the session has seen
    ("name is dictated", True),
    ("name is trusted", True),
    ("name is untrusted", False),
    ("session has seen private", True),
    ("name comes from see", False),
    ("name was created in this session", False),
    ("the request names name", True),
]


def asked(one: Desk, task: str) -> str:
    session = Session("pay ann")
    session.record("see", "bob")
    given = Circumstances(NOW, session=session, facts=FACTS)
    outcome, _ = one.same(Action(Agent("a"), task, GIVEN, CONTEXT), given)
    return outcome


@pytest.mark.parametrize(("condition", "truth"), ROWS, ids=[row[0] for row in ROWS])
def test_a_condition(condition: str, truth: bool | None) -> None:
    one = desk(POLICY.replace("{0}", condition))
    assert asked(one, "permitted") == ("allow" if truth is True else "deny")
    assert asked(one, "forbidden") == ("allow" if truth is False else "deny")
    assert {name: dict(found.left) for name, found in one.functions.items() if found.left} == {}


@cache
def kinds() -> frozenset[type]:
    """The kinds of node in all rows."""
    found: set[type] = set()
    for condition, _ in ROWS:
        policy = desk(POLICY.replace("{0}", condition)).program.policy
        waiting = [one.expression for one in policy.rules["yes"].conditions]
        waiting += [define.body for define in policy.defines.values()]
        while waiting:
            node = waiting.pop()
            found.add(type(node))
            waiting += parts_of(node)
    return frozenset(found)


def test_each_kind_that_is_written_has_a_row() -> None:
    missing = {*TRUE, *VALUE} - kinds()
    assert {kind.__name__ for kind in missing} == {"AskedFor"}


ASKED_FOR = """
task pay { input n: Integer }
about pay { asked for by "settle" }
rule r permit any agent to pay
rule s pay only when the request asks for pay
"""


@pytest.mark.parametrize(
    ("session", "outcome"),
    [(Session("settle it"), "allow"), (Session("look at it"), "deny"), (None, "deny")],
)
def test_what_the_request_asks_for(session: Session | None, outcome: str) -> None:
    """A guess, so it may narrow alone."""
    one = desk(ASKED_FOR)
    assert one.same(act("pay", n=1), Circumstances(NOW, session=session))[0] == outcome
    assert dict(one.functions["pay"].left) == {}


LEFT = [
    ("sum of x for x in [n, 1] where (x == context.level or session.purpose == name) > 9", False),
    ("count of x in words where (x == session.purpose) + 1 > 0", True),
    ("exists forbidden within 1 day", False),
    ("count of forbidden within 1 day > 0", False),
]


@pytest.mark.parametrize(("condition", "truth"), LEFT, ids=[row[0] for row in LEFT])
def test_what_is_left_to_the_interpreter_is_said(condition: str, truth: bool) -> None:
    """One condition of it, not the action: the rest is decided by the function."""
    one = desk(POLICY.replace("{0}", condition))
    assert one.functions["permitted"].left.keys() == {"yes"}
    assert one.functions["forbidden"].left.keys() == {"no"}
    given = Circumstances(NOW, facts=FACTS)
    action = Action(Agent("a"), "permitted", GIVEN, CONTEXT)
    assert one.is_left(action, given) is False


def test_every_kind_is_written_or_left() -> None:
    """Nothing is forgotten: what has no row in the tables is on the list of what is left."""
    every = {kind.__name__ for kind in get_args(c.Checked)}
    written = {kind.__name__ for kind in {*TRUE, *VALUE}}
    assert every - written == {"Happened", "NoneSince", "PastTally"}
