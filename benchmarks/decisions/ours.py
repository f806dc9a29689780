"""A workload in our own language, and as actions for our engine."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.decisions.rules import Request, Rule
from benchmarks.decisions.workload import Workload
from policy_engine import Action, Agent, Engine
from policy_engine.foundation.source import Source
from policy_engine.language.build import build
from policy_engine.language.policy import PolicySet

_RULES_A_FILE = 4_000
"""A policy file holds 1 MiB at most."""

_HEAD = 'policy bench.{name} "{title}"\n  owner "bench@example.com"\n'

_PAYLOAD = "record Payload { pii: Boolean }\n"

_TASK = """\
task {task} {{
  input amount: Integer
  input region: Text
  input {flag}
}}
"""


def texts(workload: Workload) -> list[str]:
    """The policy files of a workload: the first declares, all have rules."""
    files = ["".join(_declarations(workload))]
    for start in range(0, len(workload.rules), _RULES_A_FILE):
        head = _HEAD.format(name=f"rules_{start}", title=workload.name)
        some = workload.rules[start : start + _RULES_A_FILE]
        files.append(head + "".join(_text(rule, workload.nested) for rule in some))
    return files


def policy_of(workload: Workload) -> PolicySet:
    """The policy set. Raises `ValueError` where the text has errors, which would be ours."""
    sources = [Source(f"{n}.policy", text) for n, text in enumerate(texts(workload))]
    built = build(sources, lambda *_: None)
    if built.policy is None:
        raise ValueError(f"{workload.name}: {built.diagnostics[:3]}")
    return built.policy


def engine_of(workload: Workload) -> Engine:
    """An engine that has read the workload's text."""
    return Engine(policy_of(workload))


def actions_of(workload: Workload) -> list[tuple[Action, frozenset[str]]]:
    """Each request as an action and the roles of who acts, prebuilt."""
    agents = {user: Agent(user) for user in workload.members}
    roles = {user: frozenset(held) for user, held in workload.members.items()}
    return [
        (Action(agents[r.user], r.task, input_of(r, workload.nested)), roles[r.user])
        for r in workload.requests
    ]


def input_of(request: Request, nested: bool = False) -> dict[str, object]:
    """The input of a request's action, as a tool call would bring it."""
    flag = {"pii": request.pii}
    rest = {"payload": flag} if nested else flag
    return {"amount": request.amount, "region": request.region, **rest}


def _declarations(workload: Workload) -> Iterator[str]:
    yield _HEAD.format(name="tasks", title=workload.name)
    yield from (f"role {role} for agents\n" for role in workload.roles)
    if workload.nested:
        yield _PAYLOAD
    flag = "payload: Payload" if workload.nested else "pii: Boolean"
    yield from (_TASK.format(task=task, flag=flag) for task in workload.tasks)


def _text(rule: Rule, nested: bool) -> str:
    conditions: list[str] = []
    if rule.bound is not None:
        conditions.append(f"amount {'<=' if rule.permits else '>'} {rule.bound}")
    if rule.regions:
        conditions.append(f"region in [{', '.join(map(quoted, rule.regions))}]")
    if rule.pii is not None:
        flag = "payload.pii" if nested else "pii"
        conditions.append(flag if rule.pii else f"not {flag}")
    target = rule.task or "any task"
    effect = f"permit {rule.role}" if rule.permits else "forbid any agent"
    return f"rule {rule.name}\n  {effect} to {target}\n  when {' and '.join(conditions)}\n"


def quoted(text: str) -> str:
    """A text in double quotes; those of a workload need no escapes."""
    return f'"{text}"'
