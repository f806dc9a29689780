"""What a verification of the record can find, by code."""

from __future__ import annotations

from policy_engine.foundation.diagnostics import Code, Severity

ALTERED = Code("L701", "altered", "a record is not what its digest says")
BROKEN_CHAIN = Code("L702", "broken-chain", "a record does not follow from those before it")
CUT_OFF = Code("L703", "cut-off", "the record does not reach the pinned head")
UNAUTHORISED = Code("L704", "unauthorised", "an execution has no record that authorises it")
UNSIGNED = Code("L705", "unsigned", "an approval was used that nobody is recorded to have given")
UNSETTLED = Code("L706", "unsettled", "an intent has no recorded outcome", Severity.WARNING)
ERASED = Code("L707", "erased", "what would tell may have been erased", Severity.WARNING)
NOT_FOLLOWING = Code("L708", "not-following", "a decision does not follow from its record")

CODES = tuple(code for code in tuple(globals().values()) if isinstance(code, Code))
