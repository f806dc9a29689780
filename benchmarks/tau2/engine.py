"""tau2-bench's scorer protocol in front of the engine. Only translates; every judgement is policy.

One call is one action in a conversation of which nothing else is known: no past is handed in, so
a rule that asks for something earlier finds nothing it could rely on. The data's times are those of
Eastern Standard Time, and say so nowhere; here they get their offset. Raises `KeyError` for a
company without a policy, and `ValueError` for a time that is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from pathlib import Path

from policy_engine import Action, Agent, Confirmation, Decision, Engine, Human, Outcome
from policy_engine.decision.circumstances import Circumstances

POLICIES = Path(__file__).resolve().parents[2] / "policies" / "tau2"
ROLES = Path(__file__).with_name("roles.csv")
DOMAINS = ("airline", "retail", "telecom")

_EASTERN = timezone(timedelta(hours=-5))

_WORDS = {
    Outcome.ALLOW: "allow",
    Outcome.VALIDATE: "escalate",
    Outcome.ESCALATE: "escalate",
    Outcome.DENY: "deny",
}


def decide(
    domain: str,
    tool: str,
    arguments: Mapping[str, object],
    facts: Mapping[str, object],
    context: Mapping[str, object],
) -> str:
    """`allow`, `deny` or `escalate`, as the scorer calls it."""
    return _WORDS[decision(domain, tool, arguments, facts, context).outcome]


def decision(
    domain: str,
    tool: str,
    arguments: Mapping[str, object],
    facts: Mapping[str, object],
    context: Mapping[str, object],
) -> Decision:
    """The same with its reasons. Where only the user's yes is missing, and was given, it counts."""
    engine = engine_of(domain)
    action, circumstances = question(domain, tool, arguments, facts, context)
    answer = engine.decide_in(action, circumstances)
    if not answer.wants_confirmation or not context.get("user_confirmed") or answer.action is None:
        return answer
    yes = Confirmation(str(context.get("session_user")), answer.action, circumstances.now)
    return engine.decide_in(action, replace(circumstances, evidence=(yes,)))


def question(
    domain: str,
    tool: str,
    arguments: Mapping[str, object],
    facts: Mapping[str, object],
    context: Mapping[str, object],
) -> tuple[Action, Circumstances]:
    """What the engine is asked, in its own terms."""
    user = context.get("session_user")
    reason = context.get("cancel_reason")
    action = Action(
        Agent(f"{domain}-desk"),
        tool,
        dict(arguments),
        {} if reason is None else {"cancel_reason": reason},
        on_behalf_of=None if user is None else Human(str(user)),
    )
    circumstances = engine_of(domain).circumstances(
        action,
        facts={name: _in_our_terms(name, value) for name, value in facts.items()},
        now=_instant(str(facts["now"])) if "now" in facts else datetime.now(UTC),
        attributes={} if user is None else {"user": user},
    )
    return action, circumstances


@cache
def engine_of(domain: str) -> Engine:
    """The policy of one company, read once."""
    if domain not in DOMAINS:
        raise KeyError(domain)
    return Engine.load(POLICIES / f"{domain}.policy", directory=ROLES)


def _in_our_terms(name: str, value: object) -> object:
    """The same datum; a moment of the data with its offset from UTC."""
    match value:
        case dict():
            return {key: _in_our_terms(key, part) for key, part in value.items()}
        case list():
            return [_in_our_terms(name, part) for part in value]
        case str() if name == "created_at":
            return _instant(value)
        case _:
            return value


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=_EASTERN)
