"""The diagnostics of this layer: S syntax, N names, T types, A analysis. One row, one page."""

from __future__ import annotations

from policy_engine.foundation.diagnostics import Code, Severity

UNEXPECTED = Code("S101", "unexpected-word", "something else must stand here")
UNREADABLE_CHARACTER = Code("S102", "unreadable-character", "this character begins no word")
MIXED_JUNCTION = Code("S103", "mixed-and-or", "`and` and `or` are mixed without parentheses")
TOO_DEEP = Code("S104", "too-deep", "an expression nests too deep to be read")
BAD_TEXT = Code("S105", "bad-text", "a text in quotes has a broken escape")
BAD_NUMBER = Code("S106", "bad-number", "a number has more digits than can be kept exactly")
BAD_PATTERN = Code("S107", "bad-pattern", "a pattern is not one that runs in linear time")
BAD_TIME = Code("S108", "bad-time", "a date or timestamp is not one")
TWICE_IN_STATEMENT = Code("S109", "said-twice", "a clause that may stand once stands twice")
MISPLACED = Code("S110", "misplaced-clause", "a clause that means nothing in this statement")
HIDDEN_CHARACTER = Code(
    "S111", "hidden-character", "an invisible character could make a text look like another"
)
MIXED_SCRIPT = Code(
    "S112", "mixed-script", "a word is written in letters of two scripts", Severity.WARNING
)

UNKNOWN_TASK = Code("N201", "unknown-task", "no task of this name is declared")
UNKNOWN_ROLE = Code("N202", "unknown-role", "no role of this name is declared")
UNKNOWN_TYPE = Code("N203", "unknown-type", "no type or record of this name is declared")
UNKNOWN_NAME = Code("N204", "unknown-name", "nothing of this name can be read here")
UNKNOWN_FIELD = Code("N205", "unknown-field", "this record or attribute list has no such field")
UNKNOWN_VALIDATION = Code("N206", "unknown-validation", "no validation of this name is declared")
UNKNOWN_DEFINE = Code("N207", "unknown-define", "no definition of this name is declared")
UNKNOWN_RULE = Code("N208", "unknown-rule", "no rule of this name is declared")
UNKNOWN_TAG = Code("N209", "unknown-tag", "no task carries this tag")
DUPLICATE = Code("N210", "duplicate", "a name is declared twice")
CYCLE = Code("N211", "cycle", "a declaration refers to itself")
MISSING_HEADER = Code("N212", "missing-header", "a file must begin by naming its policy")
UNKNOWN_FILE = Code("N213", "unknown-file", "a file that the policy names is not there")
RESERVED = Code("N214", "reserved-name", "this name already means something in conditions")
AMBIGUOUS = Code("N215", "ambiguous", "a name could mean two things here")
UNKNOWN_POLICY = Code("N216", "unknown-policy", "an imported policy is not there")
NO_ZONE = Code("N217", "no-zone", "a calendar word stands in a policy without a time zone")
UNKNOWN_LABEL = Code("N218", "unknown-label", "no output carries this label")
UNKNOWN_CONTROL = Code("N219", "unknown-control", "no framework has this control")
NO_WORDS = Code("N220", "no-words", "nobody has said by which words a task is asked for")

INCOMPARABLE = Code("T301", "incomparable", "two values of these types are never equal")
UNORDERED = Code("T302", "unordered", "values of these types have no order")
NOT_A_CONDITION = Code("T303", "not-a-condition", "a condition must be true or false")
NOT_A_NUMBER = Code("T304", "not-a-number", "arithmetic needs numbers, or texts for `+`")
NOT_A_LIST = Code("T305", "not-a-list", "a list must stand here")
NOT_A_TEXT = Code("T306", "not-a-text", "a text must stand here")
MAYBE_ABSENT = Code("T307", "maybe-absent", "an optional field is used where it may be absent")
NOT_OPTIONAL = Code("T308", "not-optional", "`is given` is asked of what is always given")
WRONG_ARGUMENTS = Code("T309", "wrong-arguments", "a definition is called with other arguments")
WRONG_VALUE = Code("T310", "wrong-value", "a value is not of the declared type")
NOT_IN_UNION = Code("T311", "not-in-union", "this text is none of the values that can occur")
NO_PROVENANCE = Code("T312", "no-provenance", "only data can be dictated or trusted")
NOT_COMMON = Code("T313", "not-common", "not every task of this rule has this input")
WRONG_KIND = Code("T314", "wrong-kind", "a role is used for the other kind of principal")
BAD_SCHEMA = Code("T315", "bad-schema", "a JSON Schema cannot be used")
BAD_QUORUM = Code("T316", "bad-quorum", "a number of people or tries must be whole")
BAD_TYPE = Code("T317", "bad-type", "this type cannot stand here")
BAD_TABLE = Code("T318", "bad-table", "a table has gaps or overlaps")
NOT_HERE = Code("T319", "not-here", "a condition rests on what is not known at this place")
NO_EXCEPTION = Code("T320", "no-exception", "an exception softens what cannot be softened")
IRREVERSIBLE = Code("T321", "irreversible", "what cannot be undone is not tried again")
TOO_LONG_AGO = Code("T322", "too-long-ago", "the store does not keep the past that long")
TOO_COSTLY = Code("T323", "too-costly", "a condition could take too long")

UNUSED_VALIDATION = Code(
    "A401", "unused-validation", "a validation that no rule requires", Severity.WARNING
)
NO_OWNER = Code("A402", "no-owner", "a policy that nobody answers for", Severity.WARNING)
NEVER_PERMITTED = Code("A403", "never-permitted", "a task that no rule permits", Severity.WARNING)
NO_TARGETS = Code("A404", "no-targets", "a rule that is about no task", Severity.ERROR)
ALWAYS_TRUE = Code("A405", "always-true", "a comparison that always holds", Severity.WARNING)
ALWAYS_FALSE = Code("A406", "always-false", "a comparison that never holds", Severity.WARNING)
EVADABLE = Code(
    "A407", "evadable", "leaving an input out evades a rule that narrows", Severity.WARNING
)
WEAKER_RUNG = Code("A408", "weaker-rung", "a ladder asks fewer people later", Severity.WARNING)
EXPIRED = Code("A409", "expired", "an exception that has expired", Severity.WARNING)
NOT_PROVED = Code("A410", "not-proved", "a guarantee that nobody has proved", Severity.WARNING)
UNUSED_TAG = Code("A411", "unused-tag", "a tag that no rule speaks of", Severity.WARNING)
UNSEEN_OUTPUT = Code(
    "A412",
    "unseen-output",
    "a validation after a task looks at nothing that comes out of it",
    Severity.WARNING,
)

CODES = tuple(code for code in tuple(globals().values()) if isinstance(code, Code))
