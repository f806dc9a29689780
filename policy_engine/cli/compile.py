"""`policy compile`: what the rules of a task become, for whoever wants to see it run."""

from __future__ import annotations

import click
from pygments.lexers.python import PythonLexer

from policy_engine.cli import output
from policy_engine.cli.exit_codes import Exit
from policy_engine.cli.options import end, ends_cleanly, loaded
from policy_engine.decision.code.function import Function, function_of
from policy_engine.decision.code.levels import LEVELS
from policy_engine.decision.program import compile_policy
from policy_engine.foundation.suggest import nearest

_WIDEST = 160
"""Characters of a line that are shown; tables of many rules are longer than anybody reads."""


@click.command("compile")
@click.argument("policies", nargs=-1, required=True, metavar="PATH...")
@click.option("--show", "task", metavar="TASK", help="Print the functions of this task.")
@click.option("--whole-lines", is_flag=True, help="Do not shorten the tables of many rules.")
@ends_cleanly
def command(policies: tuple[str, ...], task: str | None, whole_lines: bool) -> None:
    """Show what generated code decides, task by task, or (--show) the code itself.

    `Engine.verdict` runs this code. What it cannot decide, it asks of the interpreter: the table
    says for which rules, and what.
    """
    policy = loaded(policies, None).policy
    rules = compile_policy(policy).tasks
    if task is None:
        functions = [function_of(rules[name], policy) for name in sorted(rules)]
        output.table(
            "",
            ["task", *(f"#{level}" for level in LEVELS), "asks the interpreter"],
            map(_row, functions),
        )
        end(Exit.DONE)
    if task not in rules:
        near = nearest(task, rules)
        output.complain(
            f"the policy knows no task `{task}`" + (f"; `{near}`, perhaps?" if near else "")
        )
        end(Exit.USAGE)
    text = function_of(rules[task], policy).text
    output.show_code(text if whole_lines else _shortened(text), PythonLexer())
    end(Exit.DONE)


def _row(function: Function) -> list[str]:
    """How many rules there are of each level, and which of them need more than generated code."""
    counts = [
        f"{len(function.names[level])}{'*' if level in function.vectors else ''}"
        for level in LEVELS
    ]
    left = "; ".join(f"{rule}: {what}" for rule, what in function.left.items())
    return [function.task, *counts, left or "nothing"]


def _shortened(text: str) -> str:
    lines = (
        line if len(line) <= _WIDEST else f"{line[: _WIDEST - 1]}…" for line in text.splitlines()
    )
    return "\n".join(lines) + "\n"
