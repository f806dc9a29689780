"""The tool has acted; now its answer is made so that the gate chokes on recording it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from policy_engine import Status
from tests.adversary.conftest import Lab, act

POLICY = """
task echo { input x: Text  output trusted }
rule r permit bot to echo
"""


class _Dumps:
    def model_dump(self) -> object:
        raise TypeError("no")


class _Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


class _Shifting:
    """Another answer on each reading."""

    def __init__(self) -> None:
        self.reads = 0

    def model_dump(self) -> object:
        self.reads += 1
        return {"reads": self.reads}


@pytest.mark.parametrize(
    "output",
    [
        "half an emoji \ud83d",
        {"\udcff": 1},
        10**5000,
        datetime.max.replace(tzinfo=timezone(timedelta(hours=-5))),
        _Dumps(),
    ],
    ids=["surrogate", "surrogate member", "huge integer", "end of time", "raising dump"],
)
def test_an_output_that_cannot_be_written_is_still_an_execution(lab: Lab, output: object) -> None:
    """An API cuts a JSON text inside an emoji: the effect happened, nobody ever hears of it."""
    gate = lab.gate(POLICY, tools={"echo": lambda x: output})
    session = gate.open("hi")
    result = gate.submit(act("echo", {"x": "1"}), session=session)
    assert result.status is Status.EXECUTED
    assert lab.last("executed")["action"] == result.id
    assert not any("L706" in f.code.id for f in lab.verified().findings)
    assert lab.rows("SELECT complete FROM sessions") == [(0,)], "the session has a gap"


@pytest.mark.parametrize("error", [_Mute(), OSError("no file '\udcff'")], ids=["mute", "surrogate"])
def test_an_error_that_cannot_be_told_is_still_a_failure(lab: Lab, error: Exception) -> None:
    """A tool raises what has no text, or a file name that is not UTF-8."""

    def echo(x: str) -> object:
        raise error

    gate = lab.gate(POLICY, tools={"echo": echo})
    result = gate.submit(act("echo", {"x": "1"}))
    assert result.status is Status.FAILED
    assert lab.last("failed")["action"] == result.id


def test_an_output_is_read_once(lab: Lab) -> None:
    """What the session remembers, the record holds and the agent gets must be one value."""
    gate = lab.gate(POLICY, tools={"echo": lambda x: _Shifting()})
    session = gate.open("hi")
    gate.submit(act("echo", {"x": "1"}), session=session)
    kept = lab.rows("SELECT value FROM outputs WHERE value != 'null'") + lab.rows(
        "SELECT output FROM actions"
    )
    assert len(set(kept)) == 1
    assert session.outputs[0].value == {"reads": 1}


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), GeneratorExit()])
def test_an_error_that_ends_programs_ends_only_the_call(lab: Lab, error: BaseException) -> None:
    def echo(x: str) -> object:
        raise error

    gate = lab.gate(POLICY, tools={"echo": echo})
    assert gate.submit(act("echo", {"x": "1"})).status is Status.FAILED
