"""The documentation runs: every fence is checked, executed or compared, in order, per document.

What a fence is for stands in a comment before it, `<!-- word: value; word: value -->`:

    file: NAME      the fence is written to this file of the document's own folder
    append: NAME    the same, at the end of the file
    name: X         a policy that other fences rest on
    in: X           a fragment: it is checked as if it stood at the end of the fence named X
    code: T307      the policy must have exactly this error (or warning)
    output          a text that the Python fence before it must have printed

In an output that is shown, `…` stands for anything, and an id or digest in hexadecimal for the
real one of this run, which later commands use. Exit codes 1 and 2 need `$ echo $?` after them.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import pytest
from click.testing import CliRunner

from policy_engine.cli import main
from policy_engine.engine import Engine
from policy_engine.foundation.render import plain, render
from policy_engine.language import codes
from policy_engine.loading import check

ROOT = Path(__file__).resolve().parents[2]
PATTERNS = (
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "docs/*.md",
    "docs/guides/*.md",
    "docs/library/*.md",
)
DOCUMENTS = [path for pattern in PATTERNS for path in sorted(ROOT.glob(pattern))]
SHOWN_ONLY = {"json", "jsonl", "csv", "text"}
"""Languages of fences with which nothing is done unless a marker says so."""

_FENCE = re.compile(r"(?:^<!-- ([^\n]*) -->\n)?^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_VARIES = re.compile(r"…|\b(?:[0-9a-f]{64}|[0-9a-f]{16}|[0-9a-f]{12})\b|(?<=policy )[0-9a-f]{6}\b")
_LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)")


class Fence(NamedTuple):
    language: str
    text: str
    line: int
    marks: dict[str, str]


def fences(document: str) -> Iterator[Fence]:
    for match in _FENCE.finditer(document):
        marks = (mark.partition(":") for mark in (match[1] or "").split(";"))
        line = document.count("\n", 0, match.start(3))
        yield Fence(match[2], match[3], line, {k.strip(): v.strip() for k, _, v in marks if k})


@dataclass
class Run:
    """One document being played, in a folder of its own, which is the working directory."""

    named: dict[str, str] = field(default_factory=dict)
    real: dict[str, str] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=lambda: {"__name__": "__main__"})
    printed: str = ""
    exit_code: int = 0

    def play(self, fence: Fence) -> None:
        self.write(fence)
        match fence.language:
            case "policy" | "python" | "console":
                getattr(self, fence.language)(fence)
            case language:
                assert language in SHOWN_ONLY, f"a fence in `{language}`: in which language?"
                if "output" in fence.marks:
                    self.compare(fence.text, self.printed)

    def write(self, fence: Fence) -> None:
        for mark, mode in (("file", "w"), ("append", "a")):
            if path := fence.marks.get(mark):
                Path(path).parent.mkdir(parents=True, exist_ok=True)
                with Path(path).open(mode, encoding="utf-8") as file:
                    file.write(fence.text)

    def policy(self, fence: Fence) -> None:
        base = self.named[fence.marks["in"]] + "\n" if "in" in fence.marks else ""
        text = base + fence.text
        if "name" in fence.marks:
            self.named[fence.marks["name"]] = text
        if written := fence.marks.get("file") or fence.marks.get("append"):
            policy, diagnostics = check(Path(written).parent)
        else:
            assert base or text.startswith("policy "), "a fragment needs a marker `in: …`"
            Path("fence.policy").write_text(text, encoding="utf-8")
            policy, diagnostics = check("fence.policy")
            Path("fence.policy").unlink()
        wanted = set(re.findall(r"\w+", fence.marks.get("code", "")))
        found = {d.code.id for d in diagnostics if d.is_error or d.code.id in wanted}
        assert found == wanted, plain(render(diagnostics)) or f"{wanted} expected, none found"
        for rehearsal in Engine(policy).test() if policy else []:
            in_fence = rehearsal.test.span.start >= len(base)
            assert rehearsal.passed or not in_fence, (rehearsal.test.title, rehearsal.problems)

    def python(self, fence: Fence) -> None:
        with contextlib.redirect_stdout(io.StringIO()) as out:
            exec(compile("\n" * fence.line + fence.text, "the fence", "exec"), self.variables)
        self.printed = out.getvalue()

    def console(self, fence: Fence) -> None:
        assert fence.text.startswith("$ "), "a console fence begins with a command"
        for block in re.split(r"^\$ ", fence.text, flags=re.MULTILINE)[1:]:
            command, _, output = block.replace("\\\n", "").partition("\n")
            printed = self.command(command)
            if output.strip() and printed is not None:
                self.compare(output, printed)
            if command != "echo $?" and f"{block}$ echo $?" not in fence.text:
                assert self.exit_code not in (1, 2), f"`{command}`: {printed}"

    def command(self, command: str) -> str | None:
        """What a command prints, or None where it is not run."""
        command = re.sub(_VARIES, lambda m: self.real.get(m[0], m[0]), command)
        words = shlex.split(command)
        if words == ["echo", "$?"]:
            return f"{self.exit_code}\n"
        self.exit_code = 0
        if words[0] == "make":
            targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
            assert set(words[1:]) <= set(targets), f"the Makefile has no target of `{command}`"
        if words[0] == "make" or "pip" in words[:3]:
            return None
        if words[0] == "export":
            os.environ.update(word.split("=", 1) for word in words[1:])
            return ""
        if words[0] == "policy" and not set("|<>;&$") & set(command):
            result = CliRunner().invoke(main, words[1:])
            self.exit_code = result.exit_code
            if result.exception and not isinstance(result.exception, SystemExit):
                raise result.exception
            return result.output
        python = f'python() {{ "{sys.executable}" "$@"; }}'
        shell = f'{python}\npolicy() {{ python -m policy_engine "$@"; }}\n{command}'
        done = subprocess.run(["bash", "-c", shell], timeout=30, text=True, capture_output=True)
        self.exit_code = done.returncode
        return done.stdout + done.stderr

    def compare(self, shown: str, printed: str) -> None:
        tidy = (re.sub(" +$", "", text.strip("\n"), flags=re.M) for text in (shown, printed))
        shown, printed = tidy
        pattern, end, new = "", 0, list[str]()
        for match in _VARIES.finditer(shown):
            pattern += re.escape(shown[end : match.start()])
            end, word = match.end(), match[0]
            if word == "…":
                pattern += ".*?"
            elif word in new:
                pattern += f"(?P=x{word})"
            elif word in self.real:
                pattern += self.real[word]
            else:
                new.append(word)
                pattern += f"(?P<x{word}>[0-9a-f]{{{len(word)}}})"
        found = re.fullmatch(pattern + re.escape(shown[end:]), printed, re.DOTALL)
        assert found, f"shown:\n{shown}\nprinted:\n{printed}"
        self.real.update((word, found[f"x{word}"]) for word in new)


each_document = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)


@each_document
def test_document_runs(path: Path, tmp_path: Path) -> None:
    run = Run()
    with contextlib.chdir(tmp_path), patch.dict(os.environ):
        for fence in fences(path.read_text(encoding="utf-8")):
            try:
                run.play(fence)
            except Exception as error:
                raise AssertionError(f"{path.name}:{fence.line + 1}: {error}") from error


@each_document
def test_links_lead_somewhere(path: Path) -> None:
    for target, anchor in _LINK.findall(path.read_text(encoding="utf-8")):
        there = (path.parent / target).resolve() if target else path
        assert there.exists(), f"there is no {target}"
        if anchor:
            titles = re.findall(r"^#+ (.*)$", there.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", t.lower()).replace(" ", "-") for t in titles}


def test_the_reference_names_every_code_of_the_language() -> None:
    reference = (ROOT / "docs/language.md").read_text(encoding="utf-8")
    assert [code.id for code in codes.CODES if f"`{code.id}`" not in reference] == []


def test_the_sections_of_the_reference_are_numbered_in_order() -> None:
    reference = _outside_fences((ROOT / "docs/language.md").read_text(encoding="utf-8"))
    numbers = re.findall(r"^##+ (\d+(?:\.\d+)?) ", reference, re.MULTILINE)
    chapter = section = 0
    for number in numbers:
        chapter, section = (chapter, section + 1) if "." in number else (chapter + 1, 0)
        assert number == (f"{chapter}.{section}" if section else str(chapter))
    assert len(numbers) == len(re.findall(r"^##+ ", reference, re.MULTILINE))


@pytest.mark.parametrize("name", ["docs/language.md", "docs/semantics.md", "docs/guides/write.md"])
def test_sections_that_are_cited_exist(name: str) -> None:
    """`(6.12)` in prose is a section of the reference."""
    reference = (ROOT / "docs/language.md").read_text(encoding="utf-8")
    known = set(re.findall(r"^##+ (\d+(?:\.\d+)?) ", reference, re.MULTILINE))
    prose = _outside_fences((ROOT / name).read_text(encoding="utf-8"))
    found = re.findall(r"\((\d+(?:\.\d+)?(?:(?:, | to | and )\d+(?:\.\d+)?)*)\)", prose)
    found += re.findall(r"\| (\d+\.\d+(?:, \d+\.\d+)*) \|$", prose, re.MULTILINE)
    cited = {number for group in found for number in re.split(r", | to | and ", group)}
    assert cited and sorted(cited - known) == []


def test_the_reference_evaluator_quotes_the_pages() -> None:
    """What stands between “ and ” in its comments and docstrings is a sentence of a page."""
    pages = _plain((ROOT / "docs/semantics.md").read_text(encoding="utf-8"))
    pages += _plain((ROOT / "docs/language.md").read_text(encoding="utf-8"))
    wrong = [
        f"{path.name}: {quote}"
        for path in sorted((ROOT / "tests/reference").glob("*.py"))
        for quote in re.findall(r"“([^”]+)”", _remarks(path))
        if _plain(quote).rstrip(".") not in pages
    ]
    assert wrong == []


def _remarks(path: Path) -> str:
    """The comments and docstrings of a module."""
    with path.open("rb") as file:
        tokens = list(tokenize.tokenize(file.readline))
    return "\n".join(
        token.string.lstrip("# ")
        for token in tokens
        if token.type == tokenize.COMMENT or token.string.startswith('"""')
    )


def _plain(text: str) -> str:
    return " ".join(text.replace("*", "").lower().split())


def test_the_reference_lists_every_word_of_the_grammar() -> None:
    reference = (ROOT / "docs/language.md").read_text(encoding="utf-8")
    table = reference[reference.index("\n## 16 ") : reference.index("\n## 17 ")]
    listed = {
        word for phrase in re.findall(r"`([^`]+)`", table) for word in (phrase, *phrase.split())
    }
    assert sorted(_words_of_the_grammar() - listed) == []


def _words_of_the_grammar() -> set[str]:
    """`WITHIN.2: /within\\b…/` is `within`, `AT_MOST.3: /at\\s+most\\b/` is `at most`."""
    grammar = (ROOT / "grammar/literals.lark").read_text(encoding="utf-8")
    word = r"[a-z|]+(?:\\s\+[a-z]+)*"
    found = re.findall(rf"^[A-Z_]+\.\d: /\(?({word})\)?(?=\\b|\(\?=)", grammar, re.MULTILINE)
    return {one for words in found for one in words.replace(r"\s+", " ").split("|")}


def _outside_fences(document: str) -> str:
    return _FENCE.sub("", document)
