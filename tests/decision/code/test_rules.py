"""Rules of each form as generated functions decide them: alone, together, softened."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from policy_engine import Action, Agent, Human
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.history import History
from policy_engine.decision.session import Session
from tests.decision.code.asking import Answer, act, desk
from tests.decision.loading import NOW, of, past

POLICY = """
role lead for humans
role clerk
role robot for agents
agents have { team: Text }
task t { input n: Integer }
task s { input n: Integer  input who: Text }
task e { input n: Integer }
about e { exclusive per n }
validation fits checks n that n > 0
rule agents permit any agent to t, s, e
rule people permit any human to t when n < 100
rule clerks permit clerk, robot to t, s when n < 1_000
rule odd forbid any agent to t when n == 13
rule even t only when n < 500
rule kind forbid lead to t when n == 7
rule high escalate t to lead when n > 300
rule higher escalate t to 2 of lead when n > 400 within 2 hours, otherwise deny
rule fits require fits before t when n > 200
rule sure require confirmation before t when n == 77
rule later require fits after t when n == 88
rule trial observe until 2026-06-01 forbid any principal to t when n == 99
rule few limit s to at most 2 per agent within 1 hour
rule sum limit sum of n over s to at most 100 per who within 1 day
rule asked limit s to at most 1 per agent within 1 minute, otherwise escalate to lead when n == 5
exception soft to odd until 2026-06-01 approved by "x" escalate to lead
exception softer to odd for clerk when n == 13 until 2026-07-01 approved by "x" escalate to lead
exception softest to few for clerk until 2026-06-01 approved by "x" escalate to lead
constraint firm never t when n == 666
"""
CLERK = frozenset({"clerk"})
LEAD = frozenset({"lead"})
JULY = datetime(2026, 7, 2, tzinfo=UTC)

Row = tuple[Action, Any, Circumstances, Answer]
HUMAN = Human("h")
NO_PAST = Circumstances(NOW, history=History())


def at(now: datetime) -> Circumstances:
    return Circumstances(now, history=History())


ROWS: dict[str, Row] = {
    "a permit": (act("t", n=1), None, NO_PAST, ("allow", ("agents",))),
    "two permits": (act("t", n=1), CLERK, NO_PAST, ("allow", ("agents", "clerks"))),
    "no permit": (act("t", HUMAN, n=100), LEAD, NO_PAST, ("deny", ())),
    "a human by kind": (act("t", HUMAN, n=99), LEAD, at(NOW), ("allow", ("people",))),
    "a forbid by role": (act("t", HUMAN, n=7), LEAD, NO_PAST, ("deny", ("kind",))),
    "only when": (act("t", n=500), None, NO_PAST, ("deny", ("even",))),
    "people": (act("t", n=301), None, NO_PAST, ("escalate", ("high",))),
    "people twice": (act("t", n=401), None, NO_PAST, ("escalate", ("high", "higher"))),
    "people without a permit": (act("t", HUMAN, n=401), None, NO_PAST, ("deny", ())),
    "a check": (act("t", n=201), None, NO_PAST, ("validate", ("fits",))),
    "people before a check": (act("t", n=302), None, NO_PAST, ("escalate", ("high",))),
    "a confirmation": (act("t", n=77), None, NO_PAST, ("validate", ("sure",))),
    "a check afterwards": (act("t", n=88), None, NO_PAST, ("allow", ("agents",))),
    "observed": (act("t", n=99), None, NO_PAST, ("allow", ("agents",))),
    "no longer": (act("t", n=99), None, at(datetime(2026, 6, 1, tzinfo=UTC)), ("deny", ("trial",))),
    "softened": (act("t", n=13), None, NO_PAST, ("escalate", ("soft",))),
    "twice": (act("t", n=13), CLERK, NO_PAST, ("escalate", ("soft", "softer"))),
    "one is over": (act("t", n=13), CLERK, at(JULY - timedelta(days=3)), ("escalate", ("softer",))),
    "both are": (act("t", n=13), CLERK, at(JULY), ("deny", ("odd",))),
    "not for others": (act("t", n=13), None, at(JULY - timedelta(days=3)), ("deny", ("odd",))),
    "a constraint": (act("t", n=666), CLERK, NO_PAST, ("deny", ("even", "firm"))),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_rule(name: str) -> None:
    action, roles, given, answer = ROWS[name]
    assert desk(POLICY).same(action, given, roles or frozenset()) == answer


S1 = past("s", 10, n=40, who="x")
S3 = past("s", 0.5, n=5, who="z")
S2 = past("s", 20, n=50, who="x")
PASTS: dict[str, tuple[Action, History | None, Any, Answer]] = {
    "nothing known": (act("s", n=1, who="y"), None, None, ("deny", ("few", "sum"))),
    "nothing": (act("s", n=1, who="y"), of(), None, ("allow", ("agents",))),
    "up to it": (act("s", n=60, who="x"), of(S1), None, ("allow", ("agents",))),
    "over the sum": (act("s", n=61, who="x"), of(S1), None, ("deny", ("sum",))),
    "of another": (act("s", n=61, who="y"), of(S1), None, ("allow", ("agents",))),
    "too many": (act("s", n=1, who="y"), of(S1, S2), None, ("deny", ("few",))),
    "softened": (act("s", n=1, who="y"), of(S1, S2), CLERK, ("escalate", ("softest",))),
    "asked": (act("s", n=5, who="y"), of(S1), None, ("allow", ("agents",))),
    "asked for": (act("s", n=5, who="y"), of(S3), None, ("escalate", ("asked",))),
    "under way": (act("e", n=1), of(past("e", 1, status="running", n=1)), None, ("deny", ())),
    "another": (
        act("e", n=1),
        of(past("e", 1, status="running", n=2)),
        None,
        ("allow", ("agents",)),
    ),
    "perhaps": (act("e", n=1), None, None, ("deny", ())),
}


@pytest.mark.parametrize("name", PASTS)
def test_what_has_happened(name: str) -> None:
    action, history, roles, answer = PASTS[name]
    given = Circumstances(NOW, history=history)
    assert desk(POLICY).same(action, given, roles or frozenset()) == answer


@pytest.mark.parametrize("n", [1, 7, 13, 77, 201, 301, 500, 666])
def test_without_circumstances_there_is_the_time_alone(n: int) -> None:
    one = desk(POLICY)
    now = datetime.now(UTC)
    for part in ("verdict", "complete"):
        answer = one.verdicts.first(part, act("t", n=n), CLERK, None)
        assert answer.outcome.word == one.decided(act("t", n=n), Circumstances(now), CLERK)[0]


CHAIN = (Agent("boss", team="x"),)


@pytest.mark.parametrize("n", [1, 13, 201, 301, 500])
@pytest.mark.parametrize("of_chain", [(), (None,), (CLERK,)])
def test_a_delegated_action(n: int, of_chain: tuple[Any, ...]) -> None:
    """It is denied without the interpreter, and granted by it alone."""
    one = desk(POLICY)
    action = replace(act("t", n=n), chain=CHAIN)
    given = replace(NO_PAST, chain_roles=of_chain)
    assert one.is_left(action, given) is True
    one.same(action, given, CLERK)


ZONED = """
session has { at: Timestamp }
task t { input n: Integer }
rule same permit any agent to t when n == 1 and session.at == now
rule other permit any agent to t when n == 2 and session.at != now
rule day permit any agent to t when n == 3 and today == 2026-10-25
rule late observe until 2026-10-25 forbid any agent to t when n == 3
"""
WARSAW = ZoneInfo("Europe/Warsaw")


@pytest.mark.parametrize("fold", [0, 1])
@pytest.mark.parametrize(("n", "outcome"), [(1, "allow"), (2, "deny"), (3, "deny")])
def test_a_time_that_comes_twice(fold: int, n: int, outcome: str) -> None:
    """In the night when clocks go back, a time with a zone is not equal to itself in UTC."""
    now = datetime(2026, 10, 25, 2, 30, tzinfo=WARSAW, fold=fold)
    given = Circumstances(now, attributes={"at": now.astimezone(UTC)})
    assert desk(ZONED).same(act("t", n=n), given)[0] == outcome


def test_a_time_without_its_offset_is_left_to_the_interpreter() -> None:
    """Which cannot compare it with the day of `until`: nothing is granted."""
    naive = NOW.replace(tzinfo=None)
    given = Circumstances(naive, attributes={"at": NOW})
    answer = desk(ZONED).verdicts.first("complete", act("t", n=3), frozenset(), given)
    assert (answer.outcome.word, answer.rules) == ("deny", ())


JOINED = """
task t { input a: Text  input b: Text }
rule r permit any agent to t when a + "-" + b == "x-y"
rule f forbid any agent to t when a + b != "xy"
"""


def test_joined_texts_are_joined_by_what_they_are() -> None:
    """Not by what `str` says of them, which for a member of an enumeration is its name."""
    from tests.decision.code.test_guards import Word

    assert desk(JOINED).same(act("t", a="x", b="y")) == ("allow", ("r",))
    text = JOINED.replace("x-y", "ann-y").replace('"xy"', '"anny"')
    assert desk(text).same(act("t", a=Word.ANN, b="y")) == ("allow", ("r",))


RAW = """
context has { x?: Text  x_raw?: Text }
session has { y?: Text  y_raw?: Text }
task t { input n: Integer }
rule r permit any agent to t when not (context.x is given) unless context.x_raw is given
rule s permit any agent to t when not (session.y is given) unless session.y_raw is given
"""


@pytest.mark.parametrize("context", [{}, {"x": "1"}, {"x_raw": "1"}, {"x": "1", "x_raw": "1"}])
def test_names_do_not_meet(context: dict[str, object]) -> None:
    """A datum `x` and a datum `x_raw` are two, whatever the variables are called."""
    said: dict[str, object] = {name.replace("x", "y"): "1" for name in context}
    action = Action(Agent("a"), "t", {"n": 1}, context)
    answer = desk(RAW).same(action, Circumstances(NOW, attributes=said))
    assert answer == (("allow", ("r", "s")) if not context else ("deny", ()))


class Gettable:
    """What has `get`, but is no object with members."""

    def get(self, _: str) -> str:
        return "1"


def test_what_is_said_of_a_session_is_a_mapping() -> None:
    text = RAW.replace("not (session.y is given)", "session.y is given")
    given = Circumstances(NOW, attributes=Gettable())  # type: ignore[arg-type]
    action = Action(Agent("a"), "t", {"n": 1}, {"x": "1"})
    assert desk(text).same(action, given) == ("deny", ())


class Never(Circumstances):
    """Circumstances that are not true."""

    def __bool__(self) -> bool:
        return False


def test_circumstances_count_whatever_they_say_of_themselves() -> None:
    given = Never(NOW, suspended=frozenset({"agent a"}), history=History())
    answer = desk(POLICY).verdicts.first("complete", act("t", n=1), frozenset(), given)
    assert (answer.outcome.word, answer.rules) == ("deny", ())


LISTS = """
record Party { name: Text }
task t { input words: list of Text  input by: Party }
rule r permit any agent to t
rule f forbid any agent to t when (first x in words) == "evil" or by.name == "evil"
"""


@pytest.mark.parametrize("words", [["a"], ("a",), {"a"}, frozenset({"a"})], ids=repr)
def test_a_condition_that_is_left_reads_what_the_function_reads(words: Any) -> None:
    """A set that is taken for the list that it may be is the same list to the interpreter."""
    action = act("t", words=words, by={"name": "ann"})
    assert desk(LISTS).same(action) == ("allow", ("r",))
    assert desk(LISTS).is_left(action) is False


DEEP = "define d0(x: Integer) = x == 0\n" + "".join(
    f"define d{i}(x: Integer) = x == {i} or (x != 7 and (x == 99 or (x != 78 and d{i - 1}(x))))\n"
    for i in range(1, 28)
)
WIDE = "define d0(x: Integer) = x > 1\n" + "".join(
    f"define d{i}(x: Integer) = d{i - 1}(x) and d{i - 1}(x)\n" for i in range(1, 18)
)


@pytest.mark.parametrize(
    ("defined", "name", "why"),
    [(DEEP, "d27", "it nests too deep"), (WIDE, "d17", "the expression is too long")],
)
def test_a_condition_that_would_be_too_much_is_left(defined: str, name: str, why: str) -> None:
    """At once: that it is known is not asked of a definition as often as it is used."""
    text = f"{defined}task t {{ input n: Integer }}\nrule r permit any agent to t unless {name}(n)"
    assert dict(desk(text).functions["t"].left) == {"r": why}


def test_what_nests_too_deep_is_decided_nevertheless() -> None:
    text = f"{DEEP}task t {{ input n: Integer }}\nrule r permit any agent to t unless d27(n)"
    assert desk(text).same(act("t", n=28)) == ("allow", ("r",))
    assert desk(text).same(act("t", n=3)) == ("deny", ())
    assert desk(text).is_left(act("t", n=3)) is False


ITEMS = """
agents have {{ team: Text }}
record Mail {{ sender: Text  body: Text  at: Timestamp }}
define is_friend(who: Text) = who in ["ann", "bob"]
task look {{ output mails: list of Mail trusted where {where} }}
task t {{ input to: Text }}
rule r permit any agent to t when to is trusted
"""


@pytest.mark.parametrize(
    ("where", "outcome"),
    [
        ("is_friend(item.sender)", "allow"),
        ('item.sender == "eve"', "deny"),
        ("the request names item.sender", "allow"),
        ("item.at in the last 1 hour", "allow"),
        ("item.at in the last 1 minute", "deny"),
        ("exists look within 1 day", "deny"),
        ("item.sender == agent.team", "allow"),
        ("agent.team == item.body", "deny"),
    ],
)
@pytest.mark.parametrize("history", [None, History()], ids=["no past", "nothing past"])
def test_items_of_outputs_are_trusted_by_their_own_data_or_by_others(
    where: str, outcome: str, history: History | None
) -> None:
    one = desk(ITEMS.format(where=where))
    session = Session("write to ann")
    at = (NOW - timedelta(minutes=5)).isoformat()
    session.record("look", [{"sender": "ann", "body": "mail x@y.example", "at": at}])
    action = Action(Agent("a", team="ann"), "t", {"to": "x@y.example"})
    assert one.same(action, Circumstances(NOW, session=session, history=history))[0] == outcome
