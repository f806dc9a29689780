"""Says a few decisions in full: `test_laws` runs it under several hash seeds."""

from __future__ import annotations

from datetime import timedelta

from policy_engine.decision.action import Agent
from policy_engine.decision.decide import decide
from policy_engine.decision.history import History, PastAction
from policy_engine.decision.program import compile_policy
from tests.properties import vocabulary as v
from tests.properties.drafts import Draft, built
from tests.properties.pieces import Piece
from tests.properties.samples import NOW
from tests.properties.scenarios import Scenario, SessionPlan

RULES = """
define large(x: Decimal) = x > 100 or x in [1, 2, rate]
table cap(status: Status): Money { "placed" -> 5 EUR "delivered" -> 6 EUR "returned" -> 7 EUR }
task pay { %s output got: list of Line trusted where item.sku in friends labelled personal }
task mail { %s output untrusted labelled personal labelled confidential }
task look { %s output trusted }
validation positive checks amount that amount > 0
validation shaped checks input against schema "shape.json"
rule base permit clerk, senior, any_ to pay, mail
rule status forbid lead, chief, robot to pay
  when status in ["placed", "returned"] and context.channel in ["chat", "email"]
rule known pay only when every line in lines has (line.sku is trusted) and payee is dictated
rule seen forbid any agent to pay when session has seen personal or "a" in vips
rule checked require shaped, positive before tasks tagged money when order.total >= amount
rule four_eyes escalate any task to 2 of lead unless agent.team == "x"
rule chiefs escalate pay, mail to chief and lead when large(amount) and order.status != "placed"
rule pace limit sum of price over pay to at most cap(status) per agent, payee within 1 day
rule often limit any task to at most 1 per agent within this month otherwise escalate to lead
rule again pay only after look where past.words == vips within 1 day
exception calm to pace for clerk until 2027-01-08 approved by "o" escalate to lead and chief
exception early to status until 2027-01-08 approved by "o" escalate to lead
""".replace(", any_", "")


def scenarios() -> list[Scenario]:
    line = {"sku": "DE-1", "qty": 1, "price": "2 EUR"}
    pay = {"payee": "Jane Doe", "amount": 500, "price": "5 EUR", "count": 1, "status": "placed"}
    pay |= {"lines": [line], "urgent": True, "card": "secret"}
    order = {"id": "o-1", "total": 600, "status": "delivered", "placed": "2026-11-01T10:00:00Z"}
    asked = Piece("asked", "four_eyes", offset=timedelta(hours=-1))
    signed = Piece("approval", "chiefs", "ann", frozenset({"chief", "lead"}))
    bot = Agent("bot", team="y", level=3)
    past = [PastAction("pay", pay, bot, NOW - timedelta(hours=h), "executed") for h in (1, 2)]
    one = Scenario(
        bot,
        "pay",
        pay,
        {"channel": "chat", "budget": "5 EUR"},
        roles=frozenset({"clerk", "lead", "robot", "senior"}),
        session=SessionPlan("Pay 500 to Jane Doe.", (("look", {"a": "DE-1"}, {}),), True),
        facts={
            "order": {**order, "lines": [line]},
            "rate": 2,
            "friends": ["a"],
            "open": True,
            "vips": ["a", "b", "c"],
        },
        pieces=(asked, signed),
        history=History(past),
    )
    mail = Scenario(one.principal, "mail", {"payee": "x", "extra": 1, "count": 1}, roles=None)
    return [one, mail]


def main() -> None:
    inputs = [v.fields(v.TASKS[name], "input ") for name in ("pay", "mail", "look")]
    policy = built(Draft((*v.DECLARATIONS, RULES % tuple(inputs)), ()))
    program = compile_policy(policy)
    for one in scenarios():
        decision = decide(program, one.action(), one.circumstances(policy))
        print(decision.outcome.word, decision.policy, decision.action, decision.facts)
        print(decision.asks, decision.validations, decision.obligations)
        for reason in decision.reasons:
            labels = [(label.span.place, label.text) for label in reason.labels]
            shown = (reason.code.id, reason.rule, reason.title, reason.unknown)
            print(reason.outcome.word, *shown, reason.would_change, reason.not_before, labels)


if __name__ == "__main__":
    main()
