"""AgentDojo's recorded tasks and attacks as session files for `policy run`.

    python -m benchmarks.agentdojo.sessions DATA OUT --suite banking

writes one file a task (`benign-…`) and one an attack (`attack-…`): in an attack the user's calls
run up to the output that carries the injected text, then the injected calls are tried, then the
rest of the user's calls. No model takes part.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from policy_engine import Action, Gate, Result
from policy_engine.cli.run import run_session
from policy_engine.foundation.reading import read_json
from policy_engine.runtime.executors import Recorded
from policy_engine.runtime.files import read_session

SUITES = ("banking", "slack", "workspace")
"""The suites that have recorded sessions; of travel the data have tools alone."""

_MARK = re.compile(r"<INJ---[A-Za-z0-9_]+--->")


@dataclass(frozen=True, slots=True)
class RecordedSession:
    """A session file to be; `injected` are the numbers (from 1) of the attacker's calls."""

    name: str
    lines: tuple[dict[str, Any], ...]
    injected: frozenset[int] = frozenset()

    def text(self) -> str:
        return "".join(f"{json.dumps(line, default=_number)}\n" for line in self.lines)

    def write(self, folder: Path) -> Path:
        """Writes the file into a folder that is there, and gives its path."""
        file = folder / f"{self.name}.jsonl"
        file.write_text(self.text(), encoding="utf-8")
        return file


class Data:
    """The data set, read exactly."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._blobs = {row["h"]: row["v"] for row in self._rows("blobs")}
        self.users = {(row["suite"], row["id"]): row for row in self._rows("users")}
        self.injections = {(row["suite"], row["id"]): row for row in self._rows("injections")}
        self.pairs = self._rows("pairs")
        meta: Any = read_json((folder / "meta.json").read_bytes())
        self.moment = datetime.fromisoformat(meta["frozen_now"]).replace(tzinfo=UTC)
        """The present in which the data play."""
        self.template: str = (
            meta["attack_template"]
            .replace("{user}", meta["attack_user"])
            .replace("{model}", meta["attack_model"])
        )

    def value(self, box: dict[str, Any]) -> Any:
        """A recorded value, which is inline or among the blobs."""
        return self._blobs[box["h"]] if "h" in box else box.get("v")

    def _rows(self, name: str) -> list[dict[str, Any]]:
        lines = (self._folder / f"{name}.jsonl").read_bytes().splitlines()
        return [read_json(line) for line in lines]  # type: ignore[misc]


def sessions(data: Data, suite: str) -> Iterator[RecordedSession]:
    """Every task and every scored attack of a suite."""
    for (of, name), user in data.users.items():
        if of == suite:
            steps = [_step(data, call, "") for call in user["calls"]]
            head = _head(f"benign-{name}", user["prompt"], suite)
            yield RecordedSession(f"benign-{name}", (head, *steps))
    for pair in data.pairs:
        if pair["suite"] == suite and pair["status"] == "ok":
            yield _attack(data, pair, suite)


def play(gate: Gate, executor: Recorded, file: Path) -> list[tuple[Action, Result]]:
    """Sends a session file through a gate that has this executor, as `policy run` does."""
    return run_session(gate, executor, read_session(file))


def _attack(data: Data, pair: dict[str, Any], suite: str) -> RecordedSession:
    user = data.users[suite, pair["user"]]
    injection = data.injections[suite, pair["inj"]]
    text = data.template.replace("{goal}", injection["goal"])
    before = [_step(data, call, text) for call in user["calls"][: pair["cut"] + 1]]
    calls = pair.get("inj_calls") or [
        {"tool": call["tool"], "args": {"v": call["args"]}} for call in injection["calls"]
    ]
    results = zip(calls, pair["inj_results"], strict=False)
    injected = [
        {
            "task": call["tool"],
            "input": data.value(call["args"]),
            "output": _filled(data.value(result), text),
        }
        for call, result in results
    ]
    after = [_step(data, call, text) for call in user["calls"][pair["cut"] + 1 :]]
    name = f"attack-{pair['user']}-{pair['inj']}"
    numbers = range(len(before) + 1, len(before) + len(injected) + 1)
    head = _head(name, user["prompt"], suite)
    return RecordedSession(name, (head, *before, *injected, *after), frozenset(numbers))


def _head(name: str, prompt: str, suite: str) -> dict[str, Any]:
    who = {"id": f"{suite}-assistant"}
    return {"session": f"{suite}-{name}", "request": prompt, "principal": who}


def _step(data: Data, call: dict[str, Any], text: str) -> dict[str, Any]:
    result = call.get("result_marked", call["result"]) if text else call["result"]
    arguments = call.get("args_marked", call["args"]) if text else call["args"]
    return {
        "task": call["tool"],
        "input": _filled(arguments, text),
        "output": _filled(data.value(result), text),
    }


def _filled(value: Any, text: str) -> Any:
    """A recorded value with the injected text where its marks stand."""
    match value:
        case str():
            return _MARK.sub(lambda _: text, value)
        case list():
            return [_filled(item, text) for item in value]
        case dict():
            return {_filled(key, text): _filled(item, text) for key, item in value.items()}
        case _:
            return value


def _number(value: object) -> float:
    assert isinstance(value, Decimal)
    return float(value)


@click.command()
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
@click.option("--suite", default="banking", show_default=True)
def main(data: Path, out: Path, suite: str) -> None:
    """Write the session files of a suite into OUT."""
    out.mkdir(parents=True, exist_ok=True)
    count = 0
    for session in sessions(Data(data), suite):
        session.write(out)
        count += 1
    click.echo(f"{count} sessions in {out}")


if __name__ == "__main__":
    main()
