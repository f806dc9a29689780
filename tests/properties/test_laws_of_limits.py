"""The law of `docs/semantics.md` about budgets, asked of the engine, and when a limit lets go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hypothesis import assume, given

from policy_engine.decision.history import History, PastAction
from policy_engine.decision.outcome import Outcome, Reason
from tests.properties.cases import Case, answer, cases
from tests.properties.drafts import Draft, Written
from tests.properties.draws import Draw
from tests.properties.history import WINDOWS
from tests.properties.pasts import Now, past_action
from tests.properties.profile import examples
from tests.properties.scenarios import Scenario, SessionPlan
from tests.properties.strategies import BASE, of_forms, unshared


def limited(draw: Draw, draft: Draft) -> Draft:
    """Limits alone speak of the past, with all that they can say."""
    kept = of_forms(draw, draft, "limit")
    return kept.without("exception")


def capped(draw: Draw, draft: Draft) -> Draft:
    """One plain limit of `pay`."""
    what = draw.pick(["pay", "sum of amount over pay"])
    per = draw.pick(["", " per agent", " per payee", " per agent.team"])
    text = f"\n  limit {what} to at most {draw.number(0, 4)}{per} {draw.pick(WINDOWS)}"
    return replace(unshared(draft), rules=(BASE, Written("rule", "cap", text, "limit", ("pay",))))


# 14. Past executions never free a budget; parallel ones never pass it together.


@examples(80)
@given(cases(kept=limited))
def test_what_has_happened_never_frees_a_budget(case: Case) -> None:
    """Law 14: a further past action, of whatever status, time and content, lowers no outcome."""
    one = case.scenario
    assume(one.history is not None)
    now = Now(one.now, one.principal, one.task, one.input)
    further = past_action(case.draw, case.policy, now, oddity=20)
    again = answer(case.policy, one.history_plus(further))
    assert again.outcome >= case.answer.outcome, further


@examples(60)
@given(cases(oddity=0, kept=capped))
def test_parallel_actions_never_pass_a_limit_together(case: Case) -> None:
    """Law 14: each that was let through runs while the next ones are decided."""
    amount = case.draw.pick([1, 2, Decimal("0.5"), 0])
    one = replace(
        case.scenario,
        task="pay",
        input={**_pay(case.draw), "amount": amount},
        chain=(),
        session=SessionPlan("", (), True, "s-1"),
        history=History(),
        suspended=frozenset(),
        pieces=(),
    )
    limit = case.policy.rules["cap"].limit
    assert limit is not None
    share = 1 if limit.sum_of is None else amount
    running = 0
    for _ in range(6):
        if answer(case.policy, one).outcome is Outcome.ALLOW:
            one = one.history_plus(_as_running(one))
            running += 1
    assert running * share <= limit.bound.value  # type: ignore[union-attr]
    assert running == 6 or (running + 1) * share > limit.bound.value  # type: ignore[union-attr]


@examples(60)
@given(cases(oddity=0, kept=capped))
def test_a_limit_lets_go_when_it_says(case: Case) -> None:
    """A deny that time alone will lift says from when: not before, and then indeed."""
    earlier = [_pay(case.draw) for _ in range(4)]
    one = replace(case.scenario, task="pay", input=_pay(case.draw), chain=())
    ages = [timedelta(minutes=m) for m in case.draw.some(range(0, 60, 7), 1, 4)]
    past = [
        replace(_as_running(replace(one, input=input_)), at=one.now - age, status="executed")
        for input_, age in zip(earlier, ages, strict=False)
    ]
    one = replace(one, history=History(past))
    for reason in _passed(answer(case.policy, one).reasons):
        if reason.not_before is not None:
            just_before = replace(one, now=reason.not_before - timedelta(microseconds=1))
            assert _passed(answer(case.policy, just_before).reasons)
            assert not _passed(answer(case.policy, replace(one, now=reason.not_before)).reasons)


def _passed(reasons: Sequence[Reason]) -> list[Reason]:
    return [reason for reason in reasons if reason.code.id == "D513"]


def _pay(draw: Draw) -> dict[str, object]:
    fields = {"payee": draw.pick(["DE-1", "x"]), "amount": draw.number(0, 3), "price": "1 EUR"}
    more = {"count": 1, "status": "placed", "lines": [], "urgent": False, "card": "c"}
    return {**fields, **more}


def _as_running(one: Scenario) -> PastAction:
    session = one.session.id if one.session else None
    return PastAction(
        one.task, one.input, one.principal, one.now, "running", context=one.context, session=session
    )
