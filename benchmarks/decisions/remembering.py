"""Rules about the past: what a decision costs, and whether it grows with what has happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from time import perf_counter

from benchmarks.decisions.measure import interleaved, numbered, sample
from benchmarks.decisions.pasts import ACTING, NOW, ByHand, Payment, payments
from benchmarks.decisions.peers import load_dogwood
from benchmarks.decisions.rows import Absent, Finding, Row, Settings, at_least, at_most
from benchmarks.decisions.stages import Disagreement
from policy_engine import Action, Agent, Engine, History, PastAction
from policy_engine.decision.circumstances import Circumstances
from policy_engine.foundation.source import Source
from policy_engine.language.build import build

_MICROSECONDS, _GROWTH = 10.0, 2.0
_BLOCK = 0.1
_LARGEST_PEER = 1_000
"""Dogwood's time grows with the square of the past: a second from ten thousand actions on."""
_ASKED = 8
"""Requests around the ceiling by which both sides are compared."""

_HEAD = """\
policy bench.past "Payments and their ceilings"
  owner "bench@example.com"
task pay {
  input account: Text
  input amount:  Integer
}
rule paying
  permit any agent to pay
"""

RULES = {
    "count": "rule ceiling\n  limit pay to at most {ceiling} per agent within 1 hour\n",
    "sum": (
        "rule ceiling\n"
        "  limit sum of amount over pay to at most {ceiling} per agent within 1 hour\n"
    ),
    "question": (
        "rule ceiling\n  forbid any agent to pay\n"
        "  when count of pay where (past.account == account) within 1 hour >= {ceiling}\n"
    ),
}

TITLES = {
    "count": "a limit on how many",
    "sum": "a limit on how much",
    "question": "a forbid by `count of … where …`",
}


def past(settings: Settings) -> Iterator[Finding]:
    """Each kind of rule over pasts of growing length."""
    for kind in RULES:
        rows = [_row(kind, number) for number in settings.pasts]
        yield from rows
        small, large = settings.pasts[0], settings.pasts[-1]
        yield Row(
            f"past/{kind}/{small}-{large}",
            f"{TITLES[kind]}: from {small:,} to {large:,} past actions",
            rows[-1].figure / rows[0].figure,
            "×",
            at_most(_GROWTH),
        )


def dogwood(settings: Settings) -> Iterator[Finding]:
    """A count over the window beside Dogwood, which keeps the past itself."""
    if "dogwood" not in settings.peers:
        return
    make = load_dogwood()
    if isinstance(make, str):
        yield Absent("past/dogwood", make)
        return
    before = payments(_LARGEST_PEER)
    own = ByHand(before).count(ACTING, NOW)
    ceiling = own + _ASKED // 2
    answers = [own + n + 1 <= ceiling for n in range(_ASKED)]
    peer = make(before, ceiling)
    found = [peer.pay(ACTING) for _ in range(_ASKED)]
    if found != answers:
        raise Disagreement(f"dogwood, {_LARGEST_PEER} past actions: {found}")
    ours = _asking(_engine("count", ceiling), before)
    peer = make(before, ceiling)
    blocks = {
        "ours": numbered(ours, sample(ours, 1_000, _BLOCK)),
        "theirs": numbered(lambda _: peer.pay(ACTING), range(3)),
    }
    times = interleaved(blocks, 3)
    yield Row(
        "past/dogwood",
        f"a count over {_LARGEST_PEER:,} past actions: × faster than dogwood",
        times["theirs"].least / times["ours"].least,
        "×",
        at_least(0),
        False,
        {name: timing.least for name, timing in times.items()},
    )


def _row(kind: str, number: int) -> Row:
    before = payments(number)
    used = _used(kind, before)
    for ceiling, expected in ((used, False), (used + 1, True)):
        if _asking(_engine(kind, ceiling), before)(0) != expected:
            raise Disagreement(f"{kind}, {number} past actions, ceiling {ceiling}")
    ours = _asking(_engine(kind, used + 1), before)
    start = perf_counter()
    ours(0)
    first = perf_counter() - start
    by_hand, ceiling = ByHand(before), used + 1
    hands: Mapping[str, Callable[[int], bool]] = {
        "count": lambda _: by_hand.count(ACTING, NOW) + 1 <= ceiling,
        "sum": lambda _: by_hand.total(ACTING, NOW) + 1 <= ceiling,
    }
    blocks = {"ours": numbered(ours, sample(ours, 5_000, _BLOCK))}
    if kind in hands:
        blocks["hand"] = numbered(hands[kind], range(5_000))
    times = interleaved(blocks, 3)
    detail = {name: timing.least for name, timing in times.items()}
    return Row(
        f"past/{kind}/{number}",
        f"{TITLES[kind]}: {number:,} past actions",
        times["ours"].least,
        "µs",
        at_most(_MICROSECONDS),
        detail=detail | {"first call (ms)": first * 1_000},
    )


def _used(kind: str, before: list[Payment]) -> int:
    """How much of the ceiling the past has used, counted one by one; the question asks below it."""
    own = [payment for payment in before if payment.agent == ACTING]
    if kind == "count":
        return len(own)
    if kind == "sum":
        return sum(payment.amount for payment in own)
    return sum(payment.account == _INPUT["account"] for payment in before)


_INPUT: dict[str, object] = {"account": "account-7", "amount": 1}


def _engine(kind: str, ceiling: int) -> Engine:
    text = _HEAD + RULES[kind].format(ceiling=ceiling)
    built = build([Source("past.policy", text)], lambda *_: None)
    if built.policy is None:
        raise ValueError(f"{kind}: {built.diagnostics[:3]}")
    return Engine(built.policy)


def _asking(engine: Engine, before: list[Payment]) -> Callable[[int], bool]:
    """Asks for one more payment, given this past."""
    agents: dict[str, Agent] = {}
    actions = tuple(
        PastAction(
            "pay",
            {"account": payment.account, "amount": payment.amount},
            agents.setdefault(payment.agent, Agent(payment.agent)),
            payment.at,
            "executed",
        )
        for payment in before
    )
    nobody: frozenset[str] = frozenset()
    given = Circumstances(NOW, nobody, history=History(actions))
    action = Action(agents.setdefault(ACTING, Agent(ACTING)), "pay", _INPUT)

    def ask(_: int) -> bool:
        return engine.verdict(action, nobody, given).allowed

    return ask
