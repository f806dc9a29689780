"""What all tests share: `--update` for golden files, and the last words of a run.

These are what the tests of faults counted and measured, and what did not run.
"""

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
    """Says plainly what faults have done, what did not run, and why."""
    _tell_faults(terminalreporter)
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = sorted({str(report.longrepr[2]).removeprefix("Skipped: ") for report in skipped})
    terminalreporter.write_sep("-", "what did not run")
    for reason in reasons or ["everything ran"]:
        terminalreporter.write_line(reason)


_FIGURES = {
    "lost": "actions lost",
    "twice": "executed twice",
    "unauthorised": "executed without an authorising record",
    "passed": "ceilings passed",
}


def _tell_faults(terminalreporter: pytest.TerminalReporter) -> None:
    """Sums up what each test of faults counted in its stores; says nothing where none ran."""
    reports = [report for found in terminalreporter.stats.values() for report in found]
    ended = [report for report in reports if getattr(report, "when", None) == "teardown"]
    told = [pair for report in ended for pair in report.user_properties]
    counts = [value for name, value in told if name == "faults"]
    if not counts:
        return
    total = {name: sum(count[name] for count in counts) for name in counts[0]}
    terminalreporter.write_sep("-", "faults")
    terminalreporter.write_line(", ".join(f"{text} {total[n]:,}" for n, text in _FIGURES.items()))
    of = "counted in {stores:,} stores with {actions:,} actions and {effects:,} effects"
    terminalreporter.write_line(of.format(**total))
    for line in sorted(value for name, value in told if name == "measured"):
        terminalreporter.write_line(line)
