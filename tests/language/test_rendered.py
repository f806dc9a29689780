"""Exactly what a person sees: the source above, the output below. `pytest --update` rewrites.

A file without a `test` shows its diagnostics; one with a test shows the decision of that test.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from policy_engine import Action, Agent, Engine, Human
from policy_engine.decision.rehearse import rehearse
from policy_engine.foundation.render import plain, render
from policy_engine.foundation.source import Source
from policy_engine.language.build import build

FOLDER = Path(__file__).parents[1] / "rendered"
LINE = "\n" + "─" * 100 + "\n"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.txt")), ids=lambda p: p.stem)
def test_what_a_person_sees(path: Path, update: bool) -> None:
    source, _, expected = path.read_text().partition(LINE)
    shown = _shown(source.strip("\n") + "\n")
    if update:
        path.write_text(f"{source.strip()}{LINE}{shown}")
    assert shown == expected


def _shown(text: str) -> str:
    built = build([Source("example.policy", text)], lambda *_: None)
    if built.policy is None or not built.policy.tests:
        return plain(render(built.diagnostics))
    engine = Engine(built.policy)
    (test,) = built.policy.tests
    rehearsal = rehearse(engine._program, test)
    make = Agent if test.kind == "agent" else Human
    action = Action(make(test.principal), test.task, test.input)
    return engine.explain(action, rehearsal.decision, every=True)
