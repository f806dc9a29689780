"""What all tests share: `--update` for golden files, and a last word on what did not run."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"
"""Data from outside the repository, where somebody put it."""

collect_ignore_glob = ["*.policy"]
"""Policies here have errors on purpose, or are run by a test of their own."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="write golden files anew")


@pytest.fixture
def update(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says plainly what did not run, and why."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = sorted({str(report.longrepr[2]).removeprefix("Skipped: ") for report in skipped})
    terminalreporter.write_sep("-", "what did not run")
    for reason in reasons or ["everything ran"]:
        terminalreporter.write_line(reason)
