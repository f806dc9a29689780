"""No text makes the language raise: it gives a policy set, or diagnostics with their place."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from policy_engine.foundation.formats import as_github, as_json, as_sarif
from policy_engine.foundation.render import plain, render
from policy_engine.foundation.source import Source
from policy_engine.language.build import Built, build

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = (ROOT / "examples/refund_desk/policies/refunds.policy").read_text()
TOKENS = re.findall(r'"[^"]*"|\w+|[^\w\s]', SAMPLE)


def built(text: str) -> Built:
    """Builds a text and renders whatever is said of it, in every format."""
    result = build([Source("any.policy", text)], lambda *_: None)
    assert (result.policy is None) == any(d.is_error for d in result.diagnostics)
    assert all(d.labels for d in result.diagnostics)
    assert plain(render(result.diagnostics)).count("[") >= len(result.diagnostics)
    as_json(result.diagnostics), as_sarif(result.diagnostics), as_github(result.diagnostics)
    return result


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    built(text)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.sampled_from(TOKENS), max_size=40))
def test_any_words_of_the_language(words: list[str]) -> None:
    built(" ".join(words))


@pytest.mark.parametrize("seed", range(40))
def test_a_real_policy_with_a_few_words_changed(seed: int) -> None:
    chance = random.Random(seed)
    words = re.findall(r'"[^"]*"|\w+|\s+|[^\w\s]', SAMPLE)
    for _ in range(3):
        words[chance.randrange(len(words))] = chance.choice(TOKENS)
    built("".join(words))


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("(" * 5_000 + "1" + ")" * 5_000, None),
        ("(" * 5_000, "S101"),
        ("not " * 5_000 + "true", "S104"),
        ("- " * 5_000 + "1", None),
        ("1 + " * 5_000 + "1", None),
        ("true and " * 5_000 + "true", None),
        ("[" * 5_000, "S101"),
        ("9" * 5_000, "S106"),
        ("a." * 5_000 + "a", "N204"),
        ("(true and " * 5_000 + "true" + ")" * 5_000, "S104"),
        ("if true then " * 5_000 + "1" + " else 2" * 5_000, "S104"),
        ("if true then 1 else " * 5_000 + "2", "S104"),
        ("some y in [1] has (" * 5_000 + "true" + ")" * 5_000, "S104"),
        ("count of y in [1] where (" * 5_000 + "true" + ") > 1" * 5_000, "S104"),
        ("first y in " * 5_000 + "[1]", "S104"),
        ("size of " * 5_000 + "[1]", "S104"),
        ("[" * 5_000 + "1" + "]" * 5_000, "S104"),
        ("y[" * 5_000 + "1" + "]" * 5_000, "S104"),
        ("y(" * 5_000 + "1" + ")" * 5_000, "S104"),
        ("exists t where " * 5_000 + "true" + " within 1 day" * 5_000, "S104"),
        ("1 in [" + "1, " * 5_000 + "1]", None),
        ("2 * " * 5_000 + "0", None),
    ],
)
def test_depth_and_length(expression: str, code: str | None) -> None:
    result = built(f'policy a.b owner "c"\ndefine x = {expression}\n')
    assert [d.code.id for d in result.diagnostics] == ([code] if code else [])


TEST = 'task t {}\ntest "a" given agent "b" when t { x: '


@pytest.mark.parametrize("text", [
    "task t { input x: " + "list of " * 5_000 + "Text }",
    "task t { input x: " + "map of Text to " * 5_000 + "Text }",
    TEST + "[" * 5_000 + "]" * 5_000 + " } expect deny",
    TEST + "{ a: " * 5_000 + "1" + "}" * 5_000 + " } expect deny",
])  # fmt: skip
def test_depth_of_types_and_values(text: str) -> None:
    result = built(f'policy a.b owner "c"\n{text}\n')
    assert [d.code.id for d in result.diagnostics if d.is_error] == ["S104"]


@pytest.mark.parametrize("upwards", [True, False], ids=["earlier first", "later first"])
@pytest.mark.parametrize(
    ("link", "end"),
    [
        ("type A{} = A{}", "type A{} = Text"),
        ("type A{} = list of A{}", "type A{} = Text"),
        ("record A{} {{ x?: A{} }}", "type A{} = Text"),
        ("define a{} = a{} + 1", "define a{} = 1"),
        ("define a{} = not a{}", "define a{} = true"),
        ("role a{} includes a{}", "role a{}"),
        ("fact a{}: Text from get(a{})", "fact a{}: Text"),
    ],
)
def test_chains_of_declarations(link: str, end: str, upwards: bool) -> None:
    """However long: refused as too deep, or taken; in whichever order."""
    lines = [*(link.format(n, n + 1) for n in range(600)), end.format(600)]
    ordered = "\n".join(reversed(lines) if upwards else lines)
    rest = "task get { input a: Text output b: Text }\ntask t { input x: A0 input y: A0 }\n"
    rule = "rule p permit any agent to t when x == y\n"
    used = rest + rule if link.startswith(("type", "record")) else rest.partition("\n")[0]
    result = built(f'policy a.b owner "c"\n{ordered}\n{used}\n')
    assert {d.code.id for d in result.diagnostics} <= {"S104", "T301", "A403"}
