"""What can go wrong at the gate, by code."""

from __future__ import annotations

from policy_engine.foundation.diagnostics import Code

TOOL_FAILED = Code("R601", "tool-failed", "the tool raised an error")
TOOL_HANGS = Code("R602", "tool-hangs", "the tool did not answer in time; it may have acted")
NO_TOOL = Code("R603", "no-tool", "the gate has no tool for this task")
"""The one failure before any intent: nothing was called."""
NOT_RECORDABLE = Code("R604", "not-recordable", "the output has no plain form to record")
MAY_NOT_SIGN = Code("R605", "may-not-sign", "this person cannot decide about this action")
NOT_WAITING = Code("R606", "not-waiting", "the action does not wait for anybody")
NOT_SHOWN = Code("R607", "not-shown", "the action is not what this person was shown")
WITHHELD = Code("R608", "withheld", "the task was carried out, and its output was kept back")

CODES = tuple(code for code in tuple(globals().values()) if isinstance(code, Code))
