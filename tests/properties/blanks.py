"""The same scenario with some of what is known made unknown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from policy_engine.decision.action import Agent, Human, Principal
from policy_engine.decision.history import History, PastAction
from policy_engine.values.types import JSON, MapOf
from tests.properties import vocabulary as v
from tests.properties.draws import Draw
from tests.properties.scenarios import Scenario, SessionPlan

ANYTHING_AT_ALL: dict[str, object] = {}
"""Fits no type of the vocabulary but maps and opaque data."""


def blanked(draw: Draw, one: Scenario) -> Scenario:
    """Facts, attributes, context, roles, the session and the past, in part or as a whole."""
    return replace(
        one,
        facts={name: datum for name, datum in one.facts.items() if draw.coin()},
        context=_mistyped(draw, one.context),
        attributes=_mistyped(draw, one.attributes),
        principal=_less_known(draw, one.principal),
        chain=tuple(_less_known(draw, who) for who in one.chain),
        roles=one.roles if draw.coin() else None,
        chain_roles=tuple(roles if draw.coin() else None for roles in one.chain_roles),
        session=_session(draw, one.session),
        history=_history(draw, one),
        root=one.root if draw.coin() else None,
    )


def _mistyped(draw: Draw, known: Mapping[str, object]) -> dict[str, object]:
    return {name: datum if draw.coin() else ANYTHING_AT_ALL for name, datum in known.items()}


def _less_known(draw: Draw, who: Principal) -> Principal:
    make = Agent if who.kind == "agent" else Human
    return make(who.id, **_mistyped(draw, who.attributes))


def _session(draw: Draw, session: SessionPlan | None) -> SessionPlan | None:
    if session is None or draw.once_in(3):
        return None
    if draw.coin():
        return session
    return replace(
        session,
        request=session.request if draw.coin() else None,
        outputs=tuple(output for output in session.outputs if draw.coin()),
        labels=session.labels if draw.coin() else (),
        id=session.id if draw.coin() else None,
        complete=False,
    )


def _history(draw: Draw, one: Scenario) -> History | None:
    if one.history is None or draw.once_in(4):
        return None
    actions = [_less_sure(draw, action) for action in one.history.actions]
    since = one.history.since
    if actions and draw.once_in(4):
        begins = draw.pick(actions).at
        since = max(since, begins) if since else begins
        # What runs is not forgotten while it runs.
        open_ = ("running", "unknown")
        actions = [one for one in actions if one.at >= since or one.status in open_]
    return History(actions, since)


def _less_sure(draw: Draw, action: PastAction) -> PastAction:
    """Whether it happened, what came back, with what and by whom."""
    settled = action.status in ("executed", "failed", "withheld")
    fields = {field.name: field for field in v.TASKS[action.task]}
    opaque = {
        name
        for name, field in fields.items()
        if isinstance(field.type, MapOf) or field.type == JSON
    }
    return replace(
        action,
        status="unknown" if settled and draw.once_in(4) else action.status,
        output=action.output if draw.coin() else (),
        input={
            name: datum if name in opaque or not draw.once_in(4) else ANYTHING_AT_ALL
            for name, datum in action.input.items()
        },
        context=_mistyped(draw, action.context),
        principal=_less_known(draw, action.principal),
        chain=tuple(_less_known(draw, who) for who in action.chain),
        root=action.root if draw.coin() else None,
    )
