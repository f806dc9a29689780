"""One action, as far as the record has told of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from policy_engine.audit.reading import is_sealed, members, objects, text
from policy_engine.audit.redecide.kept import KeptAction
from policy_engine.audit.redecide.said import Said
from policy_engine.decision.action import Action, Agent, Human, Principal
from policy_engine.decision.history import PastAction, Status


@dataclass(slots=True)
class Known:
    """An action between two entries. It is an `Unfolding`."""

    id: str
    task: str
    """As the record or the store calls it."""
    at: datetime
    """When it began or, before that, was proposed."""
    kept: KeptAction | None
    action: Action | None = None
    """None where neither the store nor the record has all of it."""
    session: str | None = None
    status: Status = "proposed"
    has_begun: bool = False
    has_ended: bool = False
    is_bound: bool = False
    """Whether it is the action whose digest the record has."""
    digest: str | None = None
    """That digest, sealed, by its latest decision."""
    input: Mapping[str, object] | None = None
    """As its tool gets it, in plain data; None where it was not worked out."""
    proposals: tuple[str, ...] = ()
    """What rejections of it are bound to."""
    output: tuple[object, ...] = ()
    lacks_output: bool = False
    """Whether something came back, and the store does not have it."""
    decided_at: datetime | None = None
    is_approved: bool = False
    said: Said = field(default_factory=Said)

    @property
    def is_told(self) -> bool:
        """Whether all is known of it that a later decision may ask."""
        return self.action is not None and self.is_bound and not self.lacks_output

    @property
    def may_be_approved(self) -> bool:
        """Whether all who were asked may have signed, and nobody knows since when."""
        return (
            self.said.is_signed
            and not self.has_begun
            and (self.kept is None or self.kept.is_approved)
        )

    def past(self) -> PastAction:
        """It, as a later decision sees it."""
        assert self.action is not None
        return PastAction(
            self.action.task,
            self.action.input,
            self.action.principal,
            self.at,
            self.status,
            self.is_approved,
            self.output,
            self.action.context,
            self.session,
            None,
            self.id,
            self.action.chain,
        )


def told_action(body: Mapping[str, object]) -> Action | None:
    """The action of a `decided` entry, from the entry alone; None where that has not all of it."""
    task, behalf = text(body, "task"), text(body, "on_behalf_of")
    principal = _principal(members(body, "principal"))
    chain = [_principal(one) for one in objects(body, "chain")]
    input_, context = members(body, "input"), members(body, "context")
    if task is None or principal is None or None in chain or is_sealed(input_):
        return None
    if is_sealed(context):
        return None
    return Action(
        principal,
        task,
        dict(input_),
        dict(context),
        Human(behalf) if behalf else None,
        text(body, "domain"),
        tuple(one for one in chain if one is not None),
    )


def _principal(told: Mapping[str, object]) -> Principal | None:
    id_, kind, attributes = text(told, "id"), text(told, "kind"), members(told, "attributes")
    if id_ is None or not id_.strip() or kind not in ("agent", "human") or is_sealed(attributes):
        return None
    make: Any = Agent if kind == "agent" else Human
    return make(id_, **attributes)  # type: ignore[no-any-return]
