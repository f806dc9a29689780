"""What a verification found, on the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from policy_engine.cli import output
from policy_engine.foundation.render import Segment
from policy_engine.ledger.authorised import Finding

_MOST = 20


def show_findings(findings: Iterable[Finding]) -> None:
    """A line each, the first of each code; how many more there are of it."""
    shown: Counter[str] = Counter()
    for finding in findings:
        style, code = finding.code.severity.value, finding.code.id
        shown[code] += 1
        if shown[code] <= _MOST:
            output.show([Segment(f"{style}[{code}]", style), Segment(f": {finding.text}\n")])
    for code, number in shown.items():
        if number > _MOST:
            output.say(
                f"and {number - _MOST:,} more {code}: --format json has all of them", "frame"
            )
