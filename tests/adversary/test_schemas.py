"""Schemas that look as if they checked something."""

from __future__ import annotations

import pytest

from policy_engine import PolicyError
from tests.adversary.conftest import Lab, act

POLICY = """
task mail { input to: Text }
rule r permit bot to mail
validation v "Checked" checks to against schema "s.json"
rule q require v before mail
"""


@pytest.mark.parametrize(
    "schema",
    [
        '{"type": "string", "format": "email"}',
        '{"type": "string", "maxLenght": 3}',
        '{"$schema": "http://json-schema.org/draft-07/schema#", "additionalItems": false}',
        '{"$ref": "#/minLength", "minLength": 3}',
    ],
    ids=["format", "misspelt", "older draft", "reference to no schema"],
)
def test_a_keyword_that_checks_nothing_is_refused(lab: Lab, schema: str) -> None:
    """`format` and unknown words assert nothing: the rule is inert, and nobody is told."""
    (lab.folder / "s.json").write_text(schema, encoding="utf-8")
    try:
        engine = lab.engine(POLICY)
    except PolicyError:
        return
    action = act("mail", {"to": "no address"})
    (result,) = engine.validate(("v",), action)
    assert not result.passed or any("schema" in d.title for d in engine.warnings)


def test_a_schema_that_goes_in_circles_passes_nothing(lab: Lab) -> None:
    (lab.folder / "s.json").write_text('{"$ref": "#"}', encoding="utf-8")
    engine = lab.engine(POLICY)
    (result,) = engine.validate(("v",), act("mail", {"to": "x"}))
    assert not result.passed


def test_a_schema_that_leads_nowhere_is_refused(lab: Lab) -> None:
    (lab.folder / "s.json").write_text('{"$ref": "#/nowhere"}', encoding="utf-8")
    with pytest.raises(PolicyError):
        lab.engine(POLICY)


@pytest.mark.parametrize("target", ["file:///etc/passwd", "http://127.0.0.1:1/x", "../s.json"])
def test_a_schema_fetches_nothing(lab: Lab, target: str) -> None:
    (lab.folder / "s.json").write_text(f'{{"$ref": "{target}"}}', encoding="utf-8")
    with pytest.raises(PolicyError):
        lab.engine(POLICY)
