"""Whether an expression rests on a secret: then no value of it is shown."""

from __future__ import annotations

from policy_engine.decision.closures import Compiler
from policy_engine.language import checked as c
from policy_engine.language.walk import all_of


def is_secret(node: c.Checked, compiler: Compiler) -> bool:
    """Whether any datum below is secret, in the bodies of its definitions too."""
    waiting, opened = [node], set[str]()
    while waiting:
        for part in all_of(waiting.pop()):
            if isinstance(part, (c.Read, c.Part)) and part.secret:
                return True
            if isinstance(part, c.Apply) and part.define not in opened:
                opened.add(part.define)
                waiting.append(compiler.define(part.define).body)
    return False
