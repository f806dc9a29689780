"""What a condition can see: data under a few roots, the session, the past and the time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from policy_engine.decision.action import Principal
from policy_engine.decision.history import History
from policy_engine.language.policy import PolicySet
from tests.reference.data import fitted_fields

if TYPE_CHECKING:
    from tests.reference.provenance import Origins

Data = Mapping[str, object]


@dataclass(frozen=True)
class World:
    """A root that is unknown (None) has only unknown data."""

    policy: PolicySet
    roots: Mapping[str, Data | None]
    origins: Origins
    now: datetime
    history: History | None = None
    session: str | None = None
    """The id of the current session."""
    locals: Data = field(default_factory=dict)

    def seeing(self, locals_: Data) -> World:
        return replace(self, locals=locals_)

    def with_root(self, name: str, data: Data) -> World:
        return replace(self, roots={**self.roots, name: data})


def roots_of(
    policy: PolicySet, principal: Principal, input_: Data, context: Data
) -> dict[str, Data | None]:
    """The roots that every action has. `agent.x` of a human, `human.x` of an agent: unknown."""
    own = {"agent": policy.agents, "human": policy.humans}[principal.kind]
    attributes, _ = fitted_fields(principal.attributes, own, closed=False)
    known = {**attributes, "id": principal.id}
    gate, _ = fitted_fields(context, policy.context, closed=False)
    return {
        "input": input_,
        "context": gate,
        "agent": known if principal.kind == "agent" else None,
        "human": known if principal.kind == "human" else None,
        "principal": {"id": principal.id, "self": named(principal)},
    }


def named(principal: Principal) -> str:
    """`agent bot-7` or `human ana`."""
    return f"{principal.kind} {principal.id}"
