"""Who is who."""

from __future__ import annotations

import unicodedata

from policy_engine.decision.action import Action


def person(id_: str) -> str:
    """Ids that differ only in case, spacing or variants of letters could be one person."""
    shown = unicodedata.normalize("NFKC", id_).casefold()
    return "".join(c for c in shown if unicodedata.category(c) != "Cf" and not c.isspace())


def interested(action: Action) -> frozenset[str]:
    """“Nobody in the chain of delegation, nor the person on whose behalf it runs, may sign.”"""
    everybody = [action.principal, *action.chain]
    everybody += [action.on_behalf_of] if action.on_behalf_of else []
    return frozenset(person(one.id) for one in everybody)
