"""AgentDojo's scorer protocol in front of the engine. Only translates; every judgement is policy.

A suite without a policy is denied throughout.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from policy_engine import Action, Agent, Engine, Outcome, Session

POLICIES = Path(__file__).resolve().parents[2] / "policies" / "agentdojo"
ROLES = Path(__file__).with_name("roles.csv")

_WORDS = {
    Outcome.ALLOW: "allow",
    Outcome.VALIDATE: "escalate",
    Outcome.ESCALATE: "escalate",
    Outcome.DENY: "deny",
}


class GovernedSession:
    """One conversation: the scorer asks, and tells what ran."""

    def __init__(self, engine: Engine, agent: Agent, prompt: str) -> None:
        self._engine = engine
        self._agent = agent
        self._session = Session(prompt)
        engine.read(self._session)

    def check(self, tool: str, args: Mapping[str, object]) -> str:
        """`allow`, `deny` or `escalate`."""
        action = Action(self._agent, tool, args)
        given = self._engine.circumstances(action, session=self._session)
        return _WORDS[self._engine.verdict(action, given.roles, given).outcome]

    def record(self, tool: str, args: Mapping[str, object], value: object) -> None:
        self._session.record(tool, value, args)
        self._engine.read(self._session)


class GovernedSuite:
    """The policy of one suite."""

    def __init__(self, suite: str) -> None:
        self._engine = Engine.load(POLICIES / f"{suite}.policy", directory=ROLES)
        self._engine.prepare(*self._engine.policy.tasks)
        self._agent = Agent(f"{suite}-assistant")

    def session(self, prompt: str) -> GovernedSession:
        return GovernedSession(self._engine, self._agent, prompt)


class DeniedSession:
    """A suite that no policy speaks of."""

    def check(self, tool: str, args: Mapping[str, object]) -> str:
        return "deny"

    def record(self, tool: str, args: Mapping[str, object], value: object) -> None:
        return None


class DeniedSuite:
    def session(self, prompt: str) -> DeniedSession:
        return DeniedSession()


def factory(
    suite: str, tools: list[dict[str, object]], env: dict[str, object]
) -> GovernedSuite | DeniedSuite:
    """Called by the scorer once a suite."""
    if (POLICIES / f"{suite}.policy").is_file():
        return GovernedSuite(suite)
    return DeniedSuite()
