"""Runs validations: JSON Schema 2020-12, registered functions, conditions. Knows jsonschema.

A schema must stand by itself (nothing is fetched), and its patterns are matched in linear time,
so no input can make a validation slow. What errs has not passed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError
from jsonschema.validators import extend

from policy_engine.decision.action import Action
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.evidence import ValidationResult
from policy_engine.decision.frame import Frame
from policy_engine.decision.program import Program
from policy_engine.decision.question import Question
from policy_engine.decision.truth import Unknown
from policy_engine.decision.typed import Absent
from policy_engine.foundation.canonical import timestamp_text
from policy_engine.foundation.diagnostics import Diagnostic, Label
from policy_engine.foundation.errors import InputError
from policy_engine.foundation.reading import read_json
from policy_engine.language import codes as language_codes
from policy_engine.language.policy import PolicySet, Validation
from policy_engine.runtime.accounts import secret_leaves
from policy_engine.runtime.checks import Check as Check, by_function
from policy_engine.runtime.schemas import problems
from policy_engine.values.conform import conform
from policy_engine.values.durations import duration_text
from policy_engine.values.money import Money
from policy_engine.values.patterns import matches_part


def check_schemas(policy: PolicySet) -> tuple[Diagnostic, ...]:
    """What is wrong with the JSON Schemas of a policy set."""
    found = []
    for validation in policy.validations.values():
        problem = _schema_problem(validation.schema) if validation.schema is not None else None
        if problem is not None:
            title = f"the schema of `{validation.name}` cannot be used"
            labels = (Label(validation.span, problem),)
            found.append(Diagnostic(language_codes.BAD_SCHEMA, title, labels))
    return tuple(found)


def validate(
    program: Program,
    names: tuple[str, ...],
    action: Action,
    circumstances: Circumstances,
    checks: Mapping[str, Check],
    output: tuple[object, ...] = (),
) -> tuple[ValidationResult, ...]:
    """Runs validations of one action; each result is bound to it, its facts and the policy.

    `checks` are the registered functions by name; `output` is what the task returned, in a tuple
    of one, for validations that look at it.
    """
    looked_at = _looked_at(Question(program, action, circumstances), checks, output)
    return tuple(_run(program.policy.validations[name], looked_at) for name in names)


@dataclass(frozen=True, slots=True)
class _LookedAt:
    """What validations look at: the inputs, and beside them the output under its name."""

    question: Question
    data: Mapping[str, object]
    absent: Absent
    checks: Mapping[str, Check]
    hidden: frozenset[str]
    """Names of data of which nothing is repeated: what is secret, and what came back."""

    def chosen(self, validation: Validation) -> tuple[str, ...]:
        """The names of what a validation looks at."""
        return validation.checks or (*self.data, *(name for _, name in self.absent))


def _looked_at(
    question: Question, checks: Mapping[str, Check], output: tuple[object, ...]
) -> _LookedAt:
    declared = question.task.output if question.task else None
    inputs = question.task.inputs if question.task else ()
    data, absent = dict(question.input), Absent()
    hidden = {f.name for f in inputs if secret_leaves(data.get(f.name), f.type, f.secret)}
    taken = {field.name for field in inputs}
    if output and declared and declared.name and declared.type and declared.name not in taken:
        hidden.add(declared.name)
        value, misfits = conform(output[0], declared.type, declared.name, closed=False, secret=True)
        if misfits:
            absent["input", declared.name] = f"the output {misfits[0]}"
        else:
            data[declared.name] = value
    return _LookedAt(question, data, absent, checks, frozenset(hidden))


def _run(validation: Validation, looked_at: _LookedAt) -> ValidationResult:
    question = looked_at.question
    problem = _problem(validation, looked_at)
    return ValidationResult(
        validation.name,
        question.action_digest or "",
        question.facts_digest,
        question.program.policy.digest,
        problem is None,
        problem or "",
        at=question.circumstances.now,
    )


def _problem(validation: Validation, looked_at: _LookedAt) -> str | None:
    """Why it does not pass; what was to be looked at and is not there passes nothing."""
    names = looked_at.chosen(validation)
    why = next((w for (_, name), w in looked_at.absent.items() if name in names), None)
    if why is not None:
        return f"could not be checked: {why}"
    hides = not looked_at.hidden.isdisjoint(names)
    chosen = {name: looked_at.data[name] for name in names if name in looked_at.data}
    if validation.schema is not None:
        return _against_schema(validation, chosen, hides)
    if validation.function is not None:
        return by_function(validation.function, looked_at.checks, chosen, hides)
    frame = looked_at.question.frame.with_roots({"input": looked_at.data}, looked_at.absent)
    return _by_condition(validation, looked_at.question, frame)


def _by_condition(validation: Validation, question: Question, frame: Frame) -> str | None:
    assert validation.condition is not None
    truth = question.program.conditions.compile(validation.condition)(frame)
    if isinstance(truth, Unknown):
        return f"could not be checked: {truth.why}"
    return None if truth is True else "the condition does not hold"


def _against_schema(
    validation: Validation, chosen: Mapping[str, object], hides: bool
) -> str | None:
    assert validation.schema is not None
    data = {name: _as_json(value) for name, value in chosen.items()}
    instance = data.get(validation.checks[0]) if len(validation.checks) == 1 else data
    try:
        error = next(_validator(validation.schema).iter_errors(instance), None)
    except Exception as problem:  # noqa: BLE001 — whatever a schema does, it has not passed
        return f"could not be checked: {type(problem).__name__}"
    if error is None:
        return None
    # A path can have keys of the data in it.
    path = "" if hides else ".".join(str(part) for part in error.absolute_path)
    return f"`{path or 'the input'}` breaks `{error.validator}: {_short(error.validator_value)}`"


@lru_cache(maxsize=256)
def _validator(schema: str) -> Any:
    return _Validator(read_json(schema, what="the schema"))


def _schema_problem(schema: str) -> str | None:
    try:
        parsed = read_json(schema, what="the schema")
        _Validator.check_schema(parsed)
    except InputError as error:
        return str(error)
    except SchemaError as error:
        return f"{error.message} at {error.json_path}"
    return next(problems(parsed), None)


def _pattern(_: object, pattern: str, instance: object, __: object) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not matches_part(pattern, instance):
        yield ValidationError("does not match the pattern")


def _pattern_properties(
    validator: Any, properties: Mapping[str, object], instance: object, _: object
) -> Iterator[ValidationError]:
    if isinstance(instance, Mapping):
        for pattern, schema in properties.items():
            for name, value in instance.items():
                if matches_part(pattern, str(name)):
                    yield from validator.descend(value, schema, path=name, schema_path=pattern)


_KEYWORDS: Mapping[str, Callable[..., Iterator[ValidationError]]] = {
    "pattern": _pattern,
    "patternProperties": _pattern_properties,
}

_Validator: Any = cast(Any, extend)(Draft202012Validator, _KEYWORDS)


def _as_json(value: object) -> object:
    """A typed value as JSON Schema sees it; exact decimals stay decimals."""
    match value:
        case tuple() | list():
            return [_as_json(item) for item in value]
        case Mapping():
            return {name: _as_json(item) for name, item in value.items()}
        case frozenset():
            return sorted((_as_json(item) for item in value), key=repr)
        case Money():
            return {"amount": value.amount, "currency": value.currency}
        case datetime():
            return timestamp_text(value)
        case date():
            return value.isoformat()
        case timedelta():
            return duration_text(value)
        case _:
            return value


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
