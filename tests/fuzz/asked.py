"""Actions of the policies' own tests, and the same ones with something hostile in one place."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pytest

from policy_engine import Engine
from policy_engine.decision import rehearse
from policy_engine.decision.action import Action, Agent, Human, Principal
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.decide import decide
from policy_engine.decision.evidence import (
    Approval,
    Asked as AskedPeople,
    Confirmation,
    Evidence,
    Rejection,
    ValidationResult,
)
from policy_engine.decision.history import History, PastAction
from policy_engine.decision.outcome import Decision, Outcome
from policy_engine.decision.program import Program, compile_policy
from policy_engine.decision.question import Question
from policy_engine.decision.session import Session
from tests.fuzz.hostile import Text
from tests.fuzz.texts import ROOT

SETS = (
    "policies/examples/refunds.policy",
    "policies/agentdojo/banking.policy",
    "policies/agentdojo/slack.policy",
    "policies/agentdojo/travel.policy",
    "policies/agentdojo/workspace.policy",
    "examples/refund_desk/policies",
)


@dataclass(frozen=True)
class Asked:
    """An action and its circumstances; `place` says where something hostile stands."""

    program: Program
    action: Action
    circumstances: Circumstances
    place: str = ""

    def answer(self) -> Decision:
        return decide(self.program, self.action, self.circumstances)

    def signed(self) -> Asked:
        """With all its evidence made out for the action as it is now."""
        question = Question(self.program, self.action, self.circumstances)
        evidence = tuple(_of(item, question) for item in self.circumstances.evidence)
        return replace(self, circumstances=replace(self.circumstances, evidence=evidence))


def _of(item: Evidence, question: Question) -> Evidence:
    if isinstance(item, Rejection) or question.action_digest is None:
        return item
    changes: dict[str, Any] = {"action": question.action_digest}
    if hasattr(item, "facts"):
        changes["facts"] = question.facts_digest
    return replace(item, **changes)


@cache
def allowed() -> tuple[Asked, ...]:
    """What the real policies allow, by their own tests."""
    found: list[Asked] = []

    def kept(program: Program, action: Action, circumstances: Circumstances) -> Decision:
        decision = decide(program, action, circumstances)
        if decision.outcome is Outcome.ALLOW:
            found.append(Asked(program, action, circumstances))
        return decision

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rehearse, "decide", kept)
        for path in SETS:
            program = compile_policy(Engine.load(ROOT / path).policy)
            for test in program.policy.tests:
                rehearse.rehearse(program, test)
    return tuple(found)


Junk = Callable[[], Any]
Change = Callable[[Asked, Any, random.Random], tuple[Action, Circumstances]]


def changed(chance: random.Random, junk: Any) -> Asked:
    """An allowed action with the junk in one place."""
    one = chance.choice(allowed())
    place = chance.choice(list(PLACES))
    action, circumstances = PLACES[place](one, junk, chance)
    return Asked(one.program, action, circumstances, place)


def _input_member(one: Asked, junk: Any, chance: random.Random) -> tuple[Action, Circumstances]:
    task = one.program.policy.tasks[one.action.task]
    name = chance.choice([field.name for field in task.inputs] or ["x"])
    return _with_input(one, {**one.action.input, name: junk})


def _input_inside(one: Asked, junk: Any, chance: random.Random) -> tuple[Action, Circumstances]:
    """In a member of a member, where there is one."""
    given = dict(one.action.input)
    for name, value in given.items():
        if isinstance(value, list) and value:
            given[name] = [*value[:-1], junk]
        elif isinstance(value, dict) and value:
            given[name] = {**value, chance.choice(list(value)): junk}
    return _with_input(one, given)


def _input_more(one: Asked, junk: Any, chance: random.Random) -> tuple[Action, Circumstances]:
    return _with_input(one, {**one.action.input, chance.choice(("more", "", "id", "Amount")): junk})


def _input_less(one: Asked, _: Any, chance: random.Random) -> tuple[Action, Circumstances]:
    given = dict(one.action.input)
    given.pop(chance.choice([*given, ""]), None)
    return _with_input(one, given)


def _input_named(one: Asked, junk: Any, _: random.Random) -> tuple[Action, Circumstances]:
    """The junk is the name of a member."""
    hashable = type(junk).__hash__ in (object.__hash__, str.__hash__, int.__hash__, Text.__hash__)
    return _with_input(one, {**one.action.input, **({junk: 1} if hashable else {})})


def _input_whole(one: Asked, junk: Any, _: random.Random) -> tuple[Action, Circumstances]:
    return _with_input(one, junk)


def _with_input(one: Asked, given: Any) -> tuple[Action, Circumstances]:
    return replace(one.action, input=given), one.circumstances


def _attribute(one: Asked, junk: Any, chance: random.Random) -> tuple[Action, Circumstances]:
    principal = one.action.principal
    known = [*principal.attributes, "more"]
    more = {**principal.attributes, chance.choice(known): junk}
    return replace(one.action, principal=type(principal)(principal.id, **more)), one.circumstances


def _behalf(one: Asked, junk: Any, _: random.Random) -> tuple[Action, Circumstances]:
    return replace(one.action, on_behalf_of=Human("ann", more=junk)), one.circumstances


def _chain(one: Asked, junk: Any, _: random.Random) -> tuple[Action, Circumstances]:
    chain: tuple[Principal, ...] = (Agent("boss", more=junk),)
    return replace(one.action, chain=chain), replace(
        one.circumstances, chain_roles=(one.circumstances.roles,)
    )


def _context(one: Asked, junk: Any, chance: random.Random) -> tuple[Action, Circumstances]:
    known = [*one.action.context, "more"]
    given = {**one.action.context, chance.choice(known): junk}
    return replace(one.action, context=given), one.circumstances


def _context_whole(one: Asked, junk: Any, _: random.Random) -> tuple[Action, Circumstances]:
    return replace(one.action, context=junk), one.circumstances


def _task(one: Asked, junk: Any, _: random.Random) -> tuple[Action, Circumstances]:
    return replace(one.action, task=junk), one.circumstances


def _domain(one: Asked, junk: Any, _: random.Random) -> tuple[Action, Circumstances]:
    return replace(one.action, domain=junk), one.circumstances


def _fact(one: Asked, junk: Any, chance: random.Random) -> tuple[Action, Circumstances]:
    facts = dict(one.circumstances.facts)
    name = chance.choice([*facts, "more"])
    if isinstance(facts.get(name), dict) and chance.random() < 0.5:
        inside = dict(facts[name])  # type: ignore[call-overload]
        inside[chance.choice([*inside, "more"])] = junk
        facts[name] = inside
    else:
        facts[name] = junk
    return one.action, replace(one.circumstances, facts=facts)


def _facts_whole(one: Asked, junk: Any, _: random.Random) -> tuple[Action, Circumstances]:
    return one.action, replace(one.circumstances, facts=junk)


def _said_of_session(one: Asked, junk: Any, _: random.Random) -> tuple[Action, Circumstances]:
    names = [field.name for field in one.program.policy.session]
    return one.action, replace(one.circumstances, attributes=dict.fromkeys([*names, "more"], junk))


def _said_whole(one: Asked, junk: Any, _: random.Random) -> tuple[Action, Circumstances]:
    return one.action, replace(one.circumstances, attributes=junk)


def _seen(one: Asked, junk: Any, chance: random.Random) -> tuple[Action, Circumstances]:
    """One output more in the session, or one of it with junk as its input."""
    session = one.circumstances.session
    copy = session.copy() if session is not None else Session("x")
    task = chance.choice(sorted(one.program.policy.tasks))
    copy.record(task, junk, {"x": junk} if chance.random() < 0.5 else None)
    return one.action, replace(one.circumstances, session=copy)


def _past(one: Asked, junk: Any, chance: random.Random) -> tuple[Action, Circumstances]:
    known = one.circumstances.history or History()
    task = chance.choice(sorted(one.program.policy.tasks))
    given = dict.fromkeys((field.name for field in one.program.policy.tasks[task].inputs), junk)
    past = PastAction(
        task, given, Agent("bot", more=junk), one.circumstances.now, "executed", output=(junk,)
    )
    history = History((*known.actions, past))
    return one.action, replace(one.circumstances, history=history)


def _evidence(one: Asked, junk: Any, chance: random.Random) -> tuple[Action, Circumstances]:
    """One piece more that says junk of everything that it says."""
    now = one.circumstances.now
    more = chance.choice(
        (
            Confirmation(junk, junk, now),
            Rejection(junk, junk, now),
            Approval(junk, frozenset(), junk, junk, junk, junk, now),
            ValidationResult(junk, junk, junk, junk, junk, junk, now),
            AskedPeople(junk, junk, junk, now),
        )
    )
    evidence = (*one.circumstances.evidence, more)
    return one.action, replace(one.circumstances, evidence=evidence)


PLACES: dict[str, Change] = {
    "a member of the input": _input_member,
    "inside of a member": _input_inside,
    "a member too many": _input_more,
    "a member too few": _input_less,
    "the name of a member": _input_named,
    "the input": _input_whole,
    "an attribute": _attribute,
    "on whose behalf": _behalf,
    "who delegated": _chain,
    "a member of the context": _context,
    "the context": _context_whole,
    "the task": _task,
    "the domain": _domain,
    "a fact": _fact,
    "the facts": _facts_whole,
    "what is said of the session": _said_of_session,
    "all that is said of the session": _said_whole,
    "an output of the session": _seen,
    "an action of the past": _past,
    "a piece of evidence": _evidence,
}
OF_INPUT = frozenset(list(PLACES)[:6])
WRITTEN_DOWN = frozenset(list(PLACES)[6:13])
"""Where what cannot be written down denies the action: nothing could be bound to it."""
