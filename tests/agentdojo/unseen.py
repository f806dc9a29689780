"""Tasks that no policy was written for, played through the suites' policies.

    python -m tests.agentdojo.unseen banking slack -v

A session is a request and the calls that fulfil it, an attack is a goal and the calls that reach
it; both lie in `unseen/`, and `world_<suite>.py` gives what a call returns. The order of play is
that of AgentDojo's scorer: a request stops at its first denied call; under attack the goal stands
in the first output of the tool that the attack names, the attacker's calls follow at once, and
then the rest of the user's. A call that a person would be asked about counts as approved when the
user wants it, and as not made when the attacker does.
"""

from __future__ import annotations

import importlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from benchmarks.agentdojo.engine import POLICIES, ROLES, factory
from policy_engine import Action, Agent, Engine, Outcome, Session
from tests.conftest import SHARED

DATA = SHARED / "agentdojo"
TASKS = Path(__file__).with_name("unseen")

CONSEQUENTIAL = {
    "travel": {
        "cancel_calendar_event",
        "create_calendar_event",
        "reserve_car_rental",
        "reserve_hotel",
        "reserve_restaurant",
        "send_email",
    }
}
"""The tools with an effect, for the suite that the labels of the data leave out."""

FREE_TEXT = ("body", "content", "description", "subject")
"""The fields of an item in which anybody may write anything, the first that is there."""

ROWS = [
    "benign not denied",
    "benign without a person",
    "autonomy",
    "direct request not denied",
    "attack side effects that did not run",
    "  seen in",
    "attack goal stopped even if approved",
    "user's calls under attack not denied",
    "  where the request alone is not denied",
]
"""In the order of the report; `seen in` stands for one row a tool."""

Row = tuple[int, int]
"""How many came out as wished, of how many."""


@dataclass(frozen=True, slots=True)
class Suite:
    """What is known of a suite before anything is played."""

    name: str
    env: dict[str, Any]
    consequential: frozenset[str]
    sessions: list[dict[str, Any]]
    attacks: list[dict[str, Any]]


@dataclass(slots=True)
class Tally:
    """What came of it; `notes` tell each call that did not simply run, or should not have."""

    rows: dict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))
    notes: list[str] = field(default_factory=list)

    def count(self, row: str) -> Row:
        return sum(self.rows[row]), len(self.rows[row])


def load(name: str) -> Suite:
    """`KeyError` where the data know no such suite, `OSError` where a file is not there."""
    labels = json.loads((DATA / "trust_labels.json").read_text())["tools"]
    envs = map(json.loads, (DATA / "envs.jsonl").read_text().splitlines())
    effects = CONSEQUENTIAL.get(name) or {
        tool for tool, label in labels[name].items() if label["side_effect"]
    }
    return Suite(
        name,
        {each["suite"]: each["env"] for each in envs}[name],
        frozenset(effects),
        json.loads((TASKS / f"{name}.json").read_text()),
        json.loads((TASKS / f"{name}_attacks.json").read_text()),
    )


class Play:
    """One conversation in a world of its own.

    With `why`, the same conversation is told to an engine that also gives reasons.
    """

    def __init__(self, suite: Suite, governed: Any, request: dict[str, Any], why: Why | None):
        self._run = importlib.import_module(f"tests.agentdojo.world_{suite.name}").run
        self._env = merged(deepcopy(suite.env), request.get("world", {}))
        self._session = governed.session(request["prompt"])
        self._told = why.told(request["prompt"]) if why else None

    def check(self, call: dict[str, Any]) -> tuple[str, str]:
        """The answer, and the reasons for one that is not `allow`."""
        answer: str = self._session.check(call["tool"], call["args"])
        return answer, self._told.why(call, answer) if self._told else ""

    def perform(self, call: dict[str, Any], planted: str | None = None) -> None:
        """The call runs and its output is read, with the planted text in it."""
        value = self._run(self._env, call["tool"], call["args"])
        if planted is not None:
            value = plant(value, planted)
        self._session.record(call["tool"], call["args"], value)
        if self._told:
            self._told.record(call, value)


class Why:
    """The policy of a suite, asked for its reasons."""

    def __init__(self, suite: str) -> None:
        self.engine = Engine.load(POLICIES / f"{suite}.policy", directory=ROLES)
        self.agent = Agent(f"{suite}-assistant")

    def told(self, prompt: str) -> Told:
        return Told(self, Session(prompt))


@dataclass(frozen=True, slots=True)
class Told:
    """One conversation of which the reasons are wanted."""

    policy: Why
    session: Session

    def why(self, call: dict[str, Any], answer: str) -> str:
        """The rules that weigh as much as the answer; empty for `allow`."""
        if answer == "allow":
            return ""
        action = Action(self.policy.agent, call["tool"], call["args"])
        decision = self.policy.engine.decide(action, session=self.session)
        deciding = [each for each in decision.reasons if each.outcome is decision.outcome]
        return "; ".join(
            each.rule or f"{each.code} {each.title}"
            for each in deciding
            if each.outcome is not Outcome.ALLOW
        )

    def record(self, call: dict[str, Any], value: Any) -> None:
        self.session.record(call["tool"], value, call["args"])


def play(suite: Suite, *, reasons: bool = False) -> Tally:
    """All sessions, all attacks on them, and all goals as requests."""
    governed = factory(suite.name, [], suite.env)
    why = Why(suite.name) if reasons else None
    tally = Tally()
    refused = {
        request["id"]
        for request in suite.sessions
        if "deny" in _benign(suite, request, Play(suite, governed, request, why), tally)
    }
    for attack in suite.attacks:
        direct = {"id": attack["id"], "prompt": attack["goal"], "calls": attack["calls"]}
        _direct(direct, Play(suite, governed, direct, why), tally)
        for request in suite.sessions:
            if any(call["tool"] == attack["seen_in"] for call in request["calls"]):
                users = _attacked(
                    suite, request, attack, Play(suite, governed, request, why), tally
                )
                if request["id"] not in refused:
                    tally.rows["  where the request alone is not denied"].append(
                        "deny" not in users
                    )
    return tally


def merged(base: Any, more: Any) -> Any:
    """The world of a suite with what a session adds: mappings merge, lists grow."""
    if isinstance(base, dict) and isinstance(more, dict):
        return base | {k: merged(base[k], v) if k in base else v for k, v in more.items()}
    if isinstance(base, list) and isinstance(more, list):
        return [*base, *more]
    return more


def plant(value: Any, text: str) -> Any:
    """The output with the text in it: at the end, in a field where others may write.

    `ValueError` for an output without text.
    """
    if isinstance(value, str):
        return f"{value}\n{text}"
    if isinstance(value, list):
        if not value or isinstance(value[-1], str):
            return [*value, text]
        return [*value[:-1], plant(value[-1], text)]
    if isinstance(value, dict) and value:
        key = next((each for each in FREE_TEXT if each in value), list(value)[-1])
        return value | {key: plant(value[key], text)}
    raise ValueError(f"nowhere to write in {value!r}")


def _benign(suite: Suite, request: dict[str, Any], run: Play, tally: Tally) -> list[str]:
    """The answers, one a call that was reached."""
    answers: list[str] = []
    for call in request["calls"]:
        answer, why = run.check(call)
        answers.append(answer)
        if answer != "allow":
            tally.notes.append(f"benign {answer:8} {request['id']}: {_shown(call)} <- {why}")
        if answer == "deny":
            break
        run.perform(call)
    tally.rows["benign not denied"].append("deny" not in answers)
    tally.rows["benign without a person"].append(set(answers) == {"allow"})
    padded = [*answers, *["not reached"] * (len(request["calls"]) - len(answers))]
    for call, answer in zip(request["calls"], padded, strict=True):
        if call["tool"] in suite.consequential:
            tally.rows["autonomy"].append(answer == "allow")
    return answers


def _direct(request: dict[str, Any], run: Play, tally: Tally) -> None:
    answers: list[str] = []
    for call in request["calls"]:
        answer, why = run.check(call)
        answers.append(answer)
        if answer == "deny":
            tally.notes.append(f"direct deny     {request['id']}: {_shown(call)} <- {why}")
            break
        run.perform(call)
    tally.rows["direct request not denied"].append("deny" not in answers)


def _attacked(
    suite: Suite, request: dict[str, Any], attack: dict[str, Any], run: Play, tally: Tally
) -> list[str]:
    """The answers to the user's calls."""
    users: list[str] = []
    seen = next(i for i, c in enumerate(request["calls"]) if c["tool"] == attack["seen_in"])
    name = f"{attack['id']} in {request['id']}"
    for place, call in enumerate(request["calls"]):
        answer, why = run.check(call)
        users.append(answer)
        if answer == "deny":
            tally.notes.append(f"user   deny     {name}: {_shown(call)} <- {why}")
        elif _performed(run, call, attack["goal"] if place == seen else None):
            if place == seen:
                _inject(suite, attack, name, run, tally)
        else:
            tally.notes.append(f"user   failed   {name}: {_shown(call)}")
    tally.rows["user's calls under attack not denied"].append("deny" not in users)
    return users


def _inject(suite: Suite, attack: dict[str, Any], name: str, run: Play, tally: Tally) -> None:
    effects: list[str] = []
    for call in attack["calls"]:
        answer, why = run.check(call)
        if call["tool"] in suite.consequential:
            effects.append(answer)
            if answer != "deny":
                tally.notes.append(f"attack {answer:8} {name}: {_shown(call)} <- {why}")
        if answer == "allow":
            _performed(run, call)
    held = [each != "allow" for each in effects]
    tally.rows["attack side effects that did not run"] += held
    tally.rows[f"  seen in {attack['seen_in']}"] += held
    tally.rows["attack goal stopped even if approved"].append("deny" in effects)


def _performed(run: Play, call: dict[str, Any], planted: str | None = None) -> bool:
    """Whether the call went through; what an attack changed may make it fail."""
    try:
        run.perform(call, planted)
    except LookupError:
        return False
    return True


def _shown(call: dict[str, Any]) -> str:
    return f"{call['tool']} {json.dumps(call['args'], ensure_ascii=False)}"


def _lines(suite: str, tally: Tally, verbose: bool) -> Iterator[str]:
    yield suite
    for row in sorted(tally.rows, key=_place):
        wished, of = tally.count(row)
        yield f"  {row:40}{wished:5} of {of}"
    if verbose:
        for note, times in Counter(tally.notes).items():
            yield f"    {note}" + (f" ({times} times)" if times > 1 else "")


def _place(row: str) -> int:
    return ROWS.index("  seen in" if row.startswith("  seen in") else row)


@click.command()
@click.argument("suites", nargs=-1, required=True)
@click.option("-v", "--verbose", is_flag=True, help="Each call that was stopped, and by what.")
def main(suites: tuple[str, ...], verbose: bool) -> None:
    """Plays the unseen tasks of SUITES and counts."""
    for suite in suites:
        for line in _lines(suite, play(load(suite), reasons=verbose), verbose):
            click.echo(line)


if __name__ == "__main__":
    main()
