"""The repository tests itself: layers, front door, lengths, leftovers."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import policy_engine
from policy_engine.foundation import errors

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = sorted((ROOT / "policy_engine").rglob("*.py"))


def test_layers_hold() -> None:
    """The contracts of `pyproject.toml`: order of layers, no cycles, libraries in one file each."""
    tool = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run(
        [tool, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_front_door_is_a_sorted_list() -> None:
    names = policy_engine.__all__
    assert list(names) == sorted(names)
    for name in names:
        assert getattr(policy_engine, name).__doc__, name


def test_the_tree_of_errors_is_drawn_at_the_top() -> None:
    drawn = set(re.findall(r"[A-Z]\w+Error", errors.__doc__ or ""))
    made = {n for n, v in vars(errors).items() if isinstance(v, type) and issubclass(v, Exception)}
    assert made <= drawn


@pytest.mark.parametrize("path", PRODUCT, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_can_be_read(path: Path) -> None:
    """At most 500 lines, functions at most 60; each module begins by saying what it is for."""
    text = path.read_text()
    tree = ast.parse(text)
    assert text.count("\n") <= 500
    assert ast.get_docstring(tree)
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert (node.end_lineno or 0) - node.lineno < 60, node.name


@pytest.mark.parametrize("path", PRODUCT, ids=lambda p: str(p.relative_to(ROOT)))
def test_public_classes_say_what_they_are(path: Path) -> None:
    """Unless they are plain data, whose fields say it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            plain_data = "dataclass" in str(
                [ast.unparse(decorator) for decorator in node.decorator_list]
            ) or "Enum" in str([ast.unparse(base) for base in node.bases])
            assert plain_data or ast.get_docstring(node), f"{path.name}: {node.name}"


def test_nothing_was_left_lying_about() -> None:
    words = re.compile(r"\b(TODO|FIXME|XXX|HACK|NotImplementedError)\b")
    assert [p.name for p in PRODUCT if words.search(p.read_text())] == []


def test_deciding_needs_no_heavy_import() -> None:
    """The decision itself imports neither Lark, Casbin nor jsonschema."""
    code = (
        "import sys, policy_engine.decision.decide;"
        "print([m for m in ('lark', 'casbin', 'jsonschema', 'click') if m in sys.modules])"
    )
    # The front door composes everything, so the layer is imported past it.
    stub = "import sys, types, pathlib; m = types.ModuleType('policy_engine');"
    stub += f"m.__path__ = [{str(ROOT / 'policy_engine')!r}]; sys.modules['policy_engine'] = m;"
    result = subprocess.run(
        [sys.executable, "-c", stub + code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
