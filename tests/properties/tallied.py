"""Policies that ask much of the past, and pasts with much to add up."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from policy_engine.decision.history import PastAction
from policy_engine.language.policy import PolicySet
from tests.properties.drafts import Draft, Written, built
from tests.properties.draws import Draw
from tests.properties.pasts import Now, past_action
from tests.properties.scenarios import Scenario, scenario
from tests.properties.shown import Shown
from tests.properties.strategies import draft, of_forms, unshared

STAGES = ["", "", "", "", "executed ", "attempted ", "approved ", "denied ", "failed "]
WINDOWS = ["within 1 hour", "within 1 day", "within 2 days", "within 30 days", "within this day"]
WINDOWS += ["within this month", "during this session"]
KEYS = [
    *("past.payee == payee", "payee == past.payee", "past.principal == principal"),
    *("past.amount == amount", "past.count == count", "past.status == status"),
    *("past.urgent == urgent", "past.card == card", "past.payee == order.id"),
]
"""What ties a past action to the present one."""
SETTLED = ["past.amount > 1", "past.urgent", 'past.status == "placed"', "past.ref is given"]
SETTLED += ['past.payee in ["x", "DE-1"]', "every line in past.lines has (line.qty > 0)"]
"""What rests on the past action alone."""
OTHERS = ["past.amount > amount", "past.payee != payee", "past.price == price"]
"""What cannot be told once for all."""
TERMS = [
    ("amount", " > 2"),
    ("count", " > 1"),
    ("price", " > 1 EUR"),
    ("amount + past.count", " > 3"),
]
PER = ["", "", " per principal", " per agent", " per payee", " per agent.team", " per urgent"]
PER += [" per payee, amount", " per price", " per principal, status", " per human.desk"]
SUMS = ["pay", "pay", "sum of amount over pay", "sum of count over pay", "sum of price over pay"]
SUMS += ["sum of fee over pay", "pay, mail", "sum of amount over pay, mail"]
WHEN = ["", "", "", " when urgent", " when amount > 1", " when agent.level > 1"]


@dataclass(frozen=True, repr=False)
class Asked(Shown):
    """A policy, what is to be decided by it, and the past in the order of time."""

    draft: Draft
    policy: PolicySet = field(repr=False)
    scenario: Scenario
    past: tuple[PastAction, ...]


def asked(draw: Draw) -> Asked:
    """Questions and limits of both kinds, over a past that resembles the present."""
    some = of_forms(draw, draft(draw), "limit", "forbid")
    own = [_question(draw, f"asked{i}") for i in range(4)]
    own += [_limit(draw, f"limited{i}") for i in range(3)]
    some = replace(unshared(some), rules=(*some.rules, *own))
    policy = built(some)
    one = replace(scenario(draw, policy, 60), task="pay" if draw.coin() else draw.pick(["mail"]))
    now = Now(one.now, one.principal, one.task, one.input)
    odd = draw.pick([0, 0, 60])
    past = [past_action(draw, policy, now, odd) for _ in range(draw.number(4, 14))]
    if draw.coin():
        past = [_plain(action, one) for action in past]
    ordered = tuple(sorted(past, key=lambda action: action.at))
    return Asked(some, policy, replace(one, suspended=frozenset()), ordered)


def _plain(action: PastAction, one: Scenario) -> PastAction:
    """Done by nobody else, and not in the future: what is added up, not counted."""
    return replace(action, chain=(), at=min(action.at, one.now))


def _question(draw: Draw, name: str) -> Written:
    parts = draw.many(KEYS, 2) + draw.many(SETTLED, 2)
    parts += [draw.pick(OTHERS)] if draw.once_in(6) else []
    where = f" where ({' and '.join(parts)})" if parts else ""
    what = f"{draw.pick(STAGES)}pay{where}"
    term, than = draw.pick(TERMS)
    asked_ = draw.pick(
        [
            f"count of {what} {draw.pick(WINDOWS)} > {draw.number(0, 3)}",
            f"sum of {term} over {what} {draw.pick(WINDOWS)}{than}",
            f"exists {what} {draw.pick(WINDOWS)}",
            f"no mail since {what} {draw.pick(WINDOWS)}",
        ]
    )
    text = f"\n  forbid any principal to pay\n  when {asked_}"
    return Written("rule", name, text, "forbid", ("pay",))


def _limit(draw: Draw, name: str) -> Written:
    what = draw.pick(SUMS)
    bound = f"{draw.number(0, 4)}{' EUR' if 'price' in what or 'fee' in what else ''}"
    per, window = draw.pick(PER), draw.pick(WINDOWS)
    when = "" if "mail" in what or "mail" in per else draw.pick(WHEN)
    if "mail" in what and per not in ("", " per principal", " per agent", " per payee"):
        per = ""
    text = f"\n  limit {what} to at most {bound}{per} {window}{when}"
    return Written("rule", name, text, "limit", ("pay", "mail") if "mail" in what else ("pay",))
