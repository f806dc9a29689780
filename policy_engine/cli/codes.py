"""Every code of every layer, in order."""

from __future__ import annotations

from policy_engine.bundle import codes as bundle
from policy_engine.decision import codes as decision
from policy_engine.foundation.diagnostics import Code
from policy_engine.language import codes as language
from policy_engine.ledger import codes as ledger
from policy_engine.runtime import codes as runtime

CODES: tuple[Code, ...] = tuple(
    sorted(
        (*language.CODES, *decision.CODES, *runtime.CODES, *ledger.CODES, *bundle.CODES),
        key=lambda code: code.id[1:],
    )
)
