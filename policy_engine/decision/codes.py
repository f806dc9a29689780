"""The reasons of a decision, by code. One row, one page."""

from __future__ import annotations

from policy_engine.foundation.diagnostics import Code

FORBIDDEN = Code("D501", "forbidden", "a rule forbids the action")
CONDITION_NOT_MET = Code("D502", "condition-not-met", "the task is open only under a condition")
NOT_PERMITTED = Code("D503", "not-permitted", "no rule permits the action")
DOES_NOT_FIT = Code("D504", "does-not-fit", "the input is not what the task takes")
UNKNOWN_TASK = Code("D505", "no-such-task", "the policy knows no such task")
NEEDS_APPROVAL = Code("D506", "needs-approval", "people must approve this very action")
NEEDS_VALIDATION = Code("D507", "needs-validation", "a validation must pass first")
VALIDATION_FAILED = Code("D508", "validation-failed", "a validation did not pass")
REJECTED = Code("D509", "rejected", "a person has rejected this proposal")
NOBODY_ANSWERED = Code("D510", "nobody-answered", "the time to approve has run out")
PERMITTED = Code("D511", "permitted", "a rule permits the action")
NO_CANONICAL_FORM = Code("D512", "no-canonical-form", "the action cannot be written down exactly")
LIMIT_PASSED = Code("D513", "limit-passed", "a limit would be passed, or could be")
BUSY = Code("D514", "busy", "another action holds what only one may work on at a time")
NEEDS_CONFIRMATION = Code("D515", "needs-confirmation", "the user must confirm this very action")
WAIVED = Code("D516", "waived", "an exception leaves what a rule denies to people")
SUSPENDED = Code("D517", "suspended", "the principal, the task or the session is suspended")
CONSTRAINT = Code("D518", "constraint", "a constraint forbids the action, without exception")
NOT_AFTER = Code("D519", "not-after", "the task is open only after another has been carried out")
CASBIN = Code("D520", "casbin", "the Casbin policy beside this one does not allow the action")

CODES = tuple(code for code in tuple(globals().values()) if isinstance(code, Code))
