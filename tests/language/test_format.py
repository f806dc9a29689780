"""The formatter changes space and nothing else: its laws on real and on random texts."""

from __future__ import annotations

import dataclasses
import re
import time
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from policy_engine.foundation.source import Source, Span
from policy_engine.language.concrete import Branch, Word, words_of
from policy_engine.language.format import formatted
from policy_engine.language.parse import concrete, parse
from tests.language.grammatical import STATEMENTS, grammatical, respaced
from tests.properties.profile import examples

ROOT = Path(__file__).resolve().parents[2]
FORMATTED = Path(__file__).parent / "formatted"
GOLDENS = sorted(path.stem.removesuffix(".in") for path in FORMATTED.glob("*.in.policy"))
FOLDERS = ("policies", "examples", "tests/corpus", "tests/cases", "tests/language/formatted")
REAL = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.policy"))
TEXTS = [
    pytest.param(text, id=f"{path.stem}-{number}")
    for path in REAL
    for number, text in enumerate(path.read_bytes().decode().split("\n---\n"))
]


def words(text: str) -> list[tuple[str, str]] | None:
    """Kinds and texts of the words and comments in order; space inside a phrase is no matter."""
    tree, _ = concrete(Source("w.policy", text))
    if tree is None:
        return None
    found: list[tuple[str, str]] = []
    end = 0
    for word in (*words_of(tree), Word("$END", "", len(text), len(text))):
        comments = re.findall(r"#[^\n]*", text[end : word.start])
        found.extend(("COMMENT", comment.strip()) for comment in comments)
        kept = word.kind in ("STRING", "PATTERN")
        found.append((word.kind, word.text if kept else " ".join(word.text.split())))
        end = word.end
    return found


def comments_with_places(text: str) -> list[tuple[str, bool]]:
    """Each comment and whether it has a line of its own."""
    tree, _ = concrete(Source("c.policy", text))
    assert tree is not None
    gaps, end = [], 0
    for word in (*words_of(tree), Word("$END", "", len(text), len(text))):
        gaps.append(text[end : word.start])
        end = word.end
    found = []
    for number, gap in enumerate(gaps):
        for at, line in enumerate(gap.split("\n")):
            if line.strip():
                found.append((line.strip(), number == 0 or at > 0))
    return found


def bare(node: object) -> object:
    """A tree without its places."""
    if isinstance(node, Span):
        return None
    if dataclasses.is_dataclass(node):
        fields = [bare(getattr(node, f.name)) for f in dataclasses.fields(node)]
        return (type(node).__name__, *fields)
    if isinstance(node, (tuple, list)):
        return tuple(bare(item) for item in node)
    if isinstance(node, dict):
        return {key: bare(value) for key, value in node.items()}
    return node


def holds(text: str) -> None:
    """Every law, for one text; a text with syntax errors is not formatted."""
    made, diagnostics = formatted(Source("f.policy", text))
    before = words(text)
    if before is None:
        assert (made, bool(diagnostics)) == (None, True)
        return
    assert made is not None
    assert words(made) == before
    assert comments_with_places(made) == comments_with_places(text)
    assert formatted(Source("f.policy", made)) == (made, ())
    assert not re.search(r"[ \t\r]\n|\n\n\n|\A\n|\n\n\Z|[^\n]\Z", made)
    assert _unstringed(made).count("\t") == 0
    found, problems = parse(Source("f.policy", text))
    if not problems:
        again, none = parse(Source("f.policy", made))
        assert (bare(again), none) == (bare(found), ())


def _unstringed(text: str) -> str:
    return re.sub(r'"(\\.|[^"\\\n])*"|/(\\.|[^/\\\n])+/|#[^\n]*', "", text)


@pytest.mark.parametrize("text", TEXTS)
def test_the_laws_on_real_texts(text: str) -> None:
    holds(text)
    holds(text.replace("\n", "\r\n"))


@pytest.mark.parametrize("text", [t for t in TEXTS if words(t.values[0])])  # type: ignore[arg-type]
@pytest.mark.parametrize("comments", [0, 0.2])
def test_the_laws_on_real_words_in_random_layouts(text: str, comments: float) -> None:
    tree, _ = concrete(Source("r.policy", text))
    assert tree is not None
    holds(respaced([word.text for word in words_of(tree)], len(text), comments))


@examples(300)
@given(st.integers(0, 2**32), st.integers(0, 5), st.sampled_from([0, 0.02, 0.3]))
def test_the_laws_on_grammatical_texts(seed: int, statements: int, comments: float) -> None:
    holds(grammatical(seed, statements, comments))


@examples(100)
@given(st.text(alphabet=' \n\r\t#"{}()rulexw:,', max_size=60))
def test_the_laws_on_any_text(text: str) -> None:
    holds(text)


def test_random_texts_are_mostly_grammatical() -> None:
    """Else the law above would hold of nothing."""
    accepted = [seed for seed in range(60) if words(grammatical(seed, 2, 0.02)) is not None]
    assert len(accepted) > 40
    assert len(STATEMENTS) == 18


@pytest.mark.parametrize("name", GOLDENS)
def test_rendered(name: str) -> None:
    """`NAME.in.policy` is laid out as `NAME.policy`."""
    text = (FORMATTED / f"{name}.in.policy").read_bytes().decode()
    made, _ = formatted(Source(f"{name}.policy", text))
    assert made == (FORMATTED / f"{name}.policy").read_text()
    assert max(len(line) for line in made.split("\n")) <= 100


def test_goldens_show_every_statement() -> None:
    shown: set[str] = set()
    for name in GOLDENS:
        tree, _ = concrete(Source(name, (FORMATTED / f"{name}.policy").read_text()))
        assert tree is not None
        shown.update(part.rule for part in tree.parts if isinstance(part, Branch))
    assert shown == set(STATEMENTS)


@pytest.mark.parametrize("text", ["", "\n", " \t\r\n\n", "\n\n# only a comment", "#\n\n\n#  \n\n"])
def test_nothing_to_say(text: str) -> None:
    holds(text)


@pytest.mark.parametrize(
    "expression",
    [
        "(" * 1_200 + "a and b" + ")" * 1_200,
        "(a and " * 1_200 + "b" + ")" * 1_200,
        "not " * 1_200 + "true",
        "- " * 1_200 + "1",
        "1 + " * 1_200 + "1",
        "true and " * 1_200 + "true",
        "[" * 1_200 + "1" + "]" * 1_200,
        "if a then b else " * 1_200 + "c",
        "a." * 1_200 + "a",
        "some x in xs has (" * 1_200 + "1" + ")" * 1_200,
        "a" * 1_200,
    ],
)
def test_depth_and_length(expression: str) -> None:
    holds(f'policy a.b owner "c"\ndefine x = {expression}\n')


def test_time_grows_with_the_text() -> None:
    """Eight times as many rules take about eight times as long; quadratic would be 64."""

    def seconds(rules: int) -> float:
        rule = "rule r{0} permit a to t when (amount > {0} and b) or not c # {0}\n"
        text = "".join(rule.format(number) for number in range(rules))
        start = time.process_time()
        made, _ = formatted(Source("long.policy", text))
        assert made is not None and made.count("\n") == 4 * rules - 1
        return time.process_time() - start

    seconds(10)
    assert seconds(2_400) < 25 * seconds(300)
