"""Runs validations: JSON Schema 2020-12, and conditions of the policy. Knows jsonschema.

A schema must stand by itself (nothing is fetched), and its patterns are matched in linear time,
so no input can make a validation slow. What errs has not passed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError
from jsonschema.validators import extend

from policy_engine.decision.action import Action
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.evidence import ValidationResult
from policy_engine.decision.program import Program
from policy_engine.decision.question import Question
from policy_engine.decision.truth import Unknown
from policy_engine.foundation.canonical import timestamp_text
from policy_engine.foundation.diagnostics import Diagnostic, Label
from policy_engine.foundation.errors import InputError
from policy_engine.foundation.reading import read_json
from policy_engine.language import codes as language_codes
from policy_engine.language.policy import PolicySet, Validation
from policy_engine.runtime.schemas import problems
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
    program: Program, names: tuple[str, ...], action: Action, circumstances: Circumstances
) -> tuple[ValidationResult, ...]:
    """Runs validations of one action; each result is bound to it, its facts and the policy."""
    question = Question(program, action, circumstances)
    return tuple(_run(program.policy.validations[name], question) for name in names)


def _run(validation: Validation, question: Question) -> ValidationResult:
    if validation.schema is not None:
        problem = _against_schema(validation, question)
    else:
        problem = _by_condition(validation, question)
    return ValidationResult(
        validation.name,
        question.action_digest or "",
        question.facts_digest,
        question.program.policy.digest,
        problem is None,
        problem or "",
    )


def _by_condition(validation: Validation, question: Question) -> str | None:
    assert validation.condition is not None
    truth = question.evaluate(question.program.conditions.compile(validation.condition))
    if isinstance(truth, Unknown):
        return f"could not be checked: {truth.why}"
    return None if truth is True else "the condition does not hold"


def _against_schema(validation: Validation, question: Question) -> str | None:
    assert validation.schema is not None
    names = validation.checks or tuple(question.input)
    chosen = {n: _as_json(question.input[n]) for n in names if n in question.input}
    instance = chosen.get(names[0]) if len(validation.checks) == 1 else chosen
    try:
        error = next(_validator(validation.schema).iter_errors(instance), None)
    except Exception as problem:  # noqa: BLE001 — whatever a schema does, it has not passed
        return f"could not be checked: {type(problem).__name__}"
    if error is None:
        return None
    path = ".".join(str(part) for part in error.absolute_path) or "the input"
    return f"`{path}` breaks `{error.validator}: {_short(error.validator_value)}`"


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
        case datetime():
            return timestamp_text(value)
        case _:
            return value


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
