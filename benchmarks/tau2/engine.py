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
from functools import cache, lru_cache
from pathlib import Path

from policy_engine import Action, Agent, Confirmation, Decision, Engine, Human, Outcome
from policy_engine.decision.circumstances import Circumstances

POLICIES = Path(__file__).resolve().parents[2] / "policies" / "tau2"
ROLES = Path(__file__).with_name("roles.csv")
DOMAINS = ("airline", "retail", "telecom")

_EASTERN = timezone(timedelta(hours=-5))

WORDS = {
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
    """`allow`, `deny` or `escalate`, as the scorer calls it.

    The yes that the data have is said to exactly this call, so where nothing else is missing the
    call is allowed.
    """
    engine = engine_of(domain)
    action, circumstances = question(domain, tool, arguments, facts, context)
    verdict = engine.verdict(action, circumstances.roles, circumstances)
    if verdict.unconfirmed and context.get("user_confirmed"):
        return "allow"
    return WORDS[verdict.outcome]


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
        _agent_of(domain),
        tool,
        arguments,
        None if reason is None else {"cancel_reason": reason},
        on_behalf_of=None if user is None else _customer(str(user)),
    )
    circumstances = engine_of(domain).circumstances(
        action,
        facts=_in_our_terms(facts),
        now=_instant(str(facts["now"])) if "now" in facts else datetime.now(UTC),
        attributes={} if user is None else {"user": user},
    )
    return action, circumstances


@cache
def engine_of(domain: str) -> Engine:
    """The policy of one company, read once."""
    if domain not in DOMAINS:
        raise KeyError(domain)
    engine = Engine.load(POLICIES / f"{domain}.policy", directory=ROLES)
    engine.prepare(*engine.policy.tasks)
    return engine


@cache
def _agent_of(domain: str) -> Agent:
    return Agent(f"{domain}-desk")


@lru_cache(maxsize=1024)
def _customer(user: str) -> Human:
    return Human(user)


def _in_our_terms(facts: Mapping[str, object]) -> dict[str, object]:
    """The same facts; when a reservation was made, with its offset from UTC."""
    ours = dict(facts)
    reservation = facts.get("reservation")
    if isinstance(reservation, dict) and isinstance(reservation.get("created_at"), str):
        created_at = _instant(reservation["created_at"])
        ours["reservation"] = {**reservation, "created_at": created_at}
    return ours


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=_EASTERN)
