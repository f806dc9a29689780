"""Policy tests under pytest: policy files are collected, each of their tests is an item.

A file is read together with the policy files beside it, as `policy test FOLDER` would; where they
do not go together, alone. Folders under `policy_roots` are read as a whole. The engine itself is
imported when the first policy file is met.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

if TYPE_CHECKING:
    from policy_engine.decision.program import Program
    from policy_engine.foundation.diagnostics import Diagnostic
    from policy_engine.language.policy import PolicySet, Test


class Loaded(NamedTuple):
    """Policy files that were read together."""

    program: Program | None
    """None where they have errors."""
    diagnostics: tuple[Diagnostic, ...]

    @property
    def errors(self) -> int:
        return sum(diagnostic.is_error for diagnostic in self.diagnostics)


_LOADED = pytest.StashKey[dict[tuple[Path, ...], Loaded]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("policy").addoption(
        "--no-policy-tests", action="store_true", help="do not collect policy files"
    )
    parser.addini(
        "policy_files", "which files are policies, as globs", type="args", default=["*.policy"]
    )
    parser.addini(
        "policy_roots", "folders whose policy files are read together", type="paths", default=[]
    )


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> PolicyFile | None:
    config = parent.config
    if config.getoption("no_policy_tests"):
        return None
    if not any(file_path.match(glob) for glob in config.getini("policy_files")):
        return None
    return PolicyFile.from_parent(parent, path=file_path)


class PolicyFile(pytest.File):
    """A policy file: its tests, or one item that says what is wrong with it."""

    def collect(self) -> Iterator[pytest.Item]:
        from policy_engine.foundation.render import visible

        loaded = _fewest_errors(_read(self.config, paths) for paths in self._readings())
        if loaded.program is None:
            yield Errors.from_parent(self, name="policy check", diagnostics=loaded.diagnostics)
            return
        titles: Counter[str] = Counter()
        for test in loaded.program.policy.tests:
            if Path(test.span.source.name).resolve() == self.path.resolve():
                title = visible(test.title)
                titles[title] += 1
                name = f"{title} ({titles[title]})" if titles[title] > 1 else title
                yield PolicyTest.from_parent(self, name=name, program=loaded.program, test=test)

    def _readings(self) -> Iterator[tuple[Path, ...]]:
        """The files or folders to read this one with, the best first."""
        roots = [r for r in self.config.getini("policy_roots") if self.path.is_relative_to(r)]
        if roots:
            yield (min(roots, key=lambda root: len(root.parts)),)
            return
        beside = tuple(sorted(self.path.parent.glob(f"*{self.path.suffix}")))
        if len(beside) > 1:
            yield beside
        yield (self.path,)


class PolicyTest(pytest.Item):
    """One test of a policy file."""

    def __init__(self, *, program: Program, test: Test, **rest: Any) -> None:
        super().__init__(**rest)
        self.program = program
        self.test = test

    def runtest(self) -> None:
        from policy_engine.analysis.failure import failure
        from policy_engine.decision.rehearse import rehearse
        from policy_engine.foundation.render import plain

        rehearsal = rehearse(self.program, self.test)
        if not rehearsal.passed:
            problems = "; ".join(rehearsal.problems)
            raise PolicyTestFailed(f"{problems}\n{plain(failure(rehearsal))}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        return _told(excinfo) or super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        policy = _name_of_policy(self.program.policy, self.test.span.source.name)
        return self.path, self.test.span.line - 1, f"{policy}: {self.name}"


class Errors(pytest.Item):
    """What is wrong with a policy file; always fails."""

    def __init__(self, *, diagnostics: tuple[Diagnostic, ...], **rest: Any) -> None:
        super().__init__(**rest)
        self.diagnostics = diagnostics

    def runtest(self) -> None:
        from policy_engine.foundation.render import plain, render

        raise PolicyTestFailed(plain(render(self.diagnostics)))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        return _told(excinfo) or super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        lines = [d.labels[0].span.line for d in self.diagnostics if d.is_error and d.labels]
        return self.path, min(lines, default=1) - 1, self.name


class PolicyTestFailed(Exception):
    """A test came out otherwise, or the policy has errors; says it all."""


def _told(excinfo: pytest.ExceptionInfo[BaseException]) -> str | None:
    return str(excinfo.value) if isinstance(excinfo.value, PolicyTestFailed) else None


def _read(config: pytest.Config, paths: tuple[Path, ...]) -> Loaded:
    """The files, read once in a run."""
    from policy_engine.decision.program import compile_policy
    from policy_engine.loading import check

    known = config.stash.setdefault(_LOADED, {})
    if paths not in known:
        policy, diagnostics = check(paths)
        program = None if policy is None else compile_policy(policy)
        known[paths] = Loaded(program, diagnostics)
    return known[paths]


def _fewest_errors(readings: Iterable[Loaded]) -> Loaded:
    """The first without errors; where all have some, the one that says least."""
    found: list[Loaded] = []
    for loaded in readings:
        found.append(loaded)
        if loaded.program is not None:
            break
    return min(found, key=lambda loaded: loaded.errors)


def _name_of_policy(policy: PolicySet, file: str) -> str:
    return next((h.name for h in policy.headers if h.span.source.name == file), file)
