"""What evidence of an action is bound to, put together from canonical texts.

The digest is that of `action_digest`, for actions of the simple kind, which nobody delegated.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256

from policy_engine.decision.action import Action, Principal, described
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.evidence import CLOCK, Confirmation, Evidence
from policy_engine.foundation import canonical
from policy_engine.values.plain import plain

quoted = json.encoder.encode_basestring
"""A text as JSON has it."""


def bound(action: Action, input_text: str) -> str:
    """The digest of an action, given the canonical text of its input in the engine's terms."""
    behalf = action.on_behalf_of
    domain = "null" if action.domain is None else quoted(action.domain)
    for_whom = "null" if behalf is None else principal_text(behalf)
    text = (
        f'{{"domain":{domain},"input":{input_text},"on_behalf_of":{for_whom},'
        f'"principal":{principal_text(action.principal)},"task":{quoted(action.task)}}}'
    )
    return sha256(text.encode("utf-8")).hexdigest()


def is_confirmed(action: Action, given: Circumstances, input_text: str) -> bool:
    """Whether the user's own confirmation of exactly this action is there, and not too old."""
    now = given.now
    live = [
        item.action
        for item in given.evidence
        if type(item) is Confirmation and item.at <= now and now - item.at < CLOCK
    ]
    return bool(live) and bound(action, input_text) in live


def only_confirmations(evidence: Collection[Evidence]) -> bool:
    """Whether there is no evidence of another kind: of that, generated code knows nothing."""
    return all(type(item) is Confirmation for item in evidence)


def decimal_text(value: int | Decimal) -> str:
    """The canonical text of a decimal; a whole one may be an integer."""
    return canonical.canonical_text(Decimal(value))


def object_text(texts: Mapping[str, str]) -> str:
    """The canonical text of an object, by those of its members."""
    plain_names = all(name.isascii() and "$" not in name for name in texts)
    names = sorted(texts) if plain_names else sorted(texts, key=_utf_16)
    members = [f"{quoted(f'${n}' if n.startswith('$') else n)}:{texts[n]}" for n in names]
    return f"{{{','.join(members)}}}"


def list_text(texts: Collection[str]) -> str:
    """The canonical text of a list, by those of its items."""
    return f"[{','.join(texts)}]"


def set_text(texts: Collection[str]) -> str:
    """The canonical text of a set, by those of its items."""
    return f"[{','.join(sorted(texts))}]"


def _utf_16(name: str) -> bytes:
    written = f"${name}" if name.startswith("$") else name
    return written.encode("utf-16-be", "surrogatepass")


def principal_text(principal: Principal) -> str:
    """The canonical text of a principal as `described`."""
    if principal.attributes:
        return canonical.canonical_text(plain(described(principal)))
    return _bare_text(principal.kind, principal.id)


@lru_cache(maxsize=4096)
def _bare_text(kind: str, id_: str) -> str:
    return f'{{"attributes":{{}},"id":{quoted(id_)},"kind":{quoted(kind)}}}'
