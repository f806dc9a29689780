"""The diagnostics of policy files as files."""

from __future__ import annotations

from policy_engine.foundation.diagnostics import Code

NOT_TEXT = Code("B801", "not-text", "a policy file is not UTF-8 text")
TOO_LARGE = Code("B802", "too-large", "a policy file is larger than can be read")
UNREADABLE = Code("B803", "unreadable", "a policy file cannot be read")
NOTHING_THERE = Code("B804", "nothing-there", "no policy file was found")

CODES = tuple(code for code in tuple(globals().values()) if isinstance(code, Code))
