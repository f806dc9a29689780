"""`policy decide`: one action, its answer and all the reasons."""

from __future__ import annotations

import click

from policy_engine.cli import output
from policy_engine.cli.exit_codes import of_outcome
from policy_engine.cli.options import (
    directory_option,
    end,
    ends_cleanly,
    format_option,
    loaded,
    policy_option,
)
from policy_engine.decision.outcome import Decision
from policy_engine.decision.present import for_agent, headline, reasons
from policy_engine.foundation.canonical import encode
from policy_engine.foundation.suggest import nearest
from policy_engine.language.policy import PolicySet
from policy_engine.runtime.accounts import ask_account, reason_account
from policy_engine.runtime.files import ActionFile, read_action


@click.command("decide")
@policy_option
@click.option("--action", "action_file", required=True, metavar="FILE", help="The action, as JSON.")
@directory_option
@click.option("--all", "every", is_flag=True, help="Also show reasons that another one outweighs.")
@click.option("--to-agent", is_flag=True, help="Say what the agent itself may be told.")
@format_option
@ends_cleanly
def command(
    policies: tuple[str, ...],
    action_file: str,
    directory: str | None,
    every: bool,
    to_agent: bool,
    form: str,
) -> None:
    """Decide one action and explain the answer. Nothing is performed or recorded.

    Exits 0 for allow, 4 for deny, 5 where people or a validation are needed.
    """
    asked = read_action(action_file)
    engine = loaded(policies, directory, form)
    _warn_of_strangers(engine.policy, asked)
    action = asked.action()
    circumstances = engine.circumstances(
        action,
        session=asked.session.session() if asked.session else None,
        facts=asked.facts,
        now=asked.now,
        roles=asked.roles,
        history=asked.past(),
        attributes=asked.session.attributes if asked.session else None,
    )
    decision = engine.decide_in(action, circumstances)
    changes = engine.nearest(action, circumstances)
    if form == "json":
        output.show_json(encode({**account(decision), "changes": [str(c) for c in changes]}))
    elif to_agent:
        output.show(for_agent(action, decision))
    else:
        output.show(headline(action, decision))
        output.show(reasons(decision, every=every))
        for change in changes:
            output.say(f"\nthe smallest change: {change}", "strong")
    end(of_outcome(decision.outcome))


def _warn_of_strangers(policy: PolicySet, asked: ActionFile) -> None:
    """What the policy does not know decides nothing, and is often only misspelt."""
    named = (
        ("role", asked.roles or (), policy.roles),
        ("fact", asked.facts, policy.facts),
        ("context", asked.context, [field.name for field in policy.context]),
    )
    for what, given, known in named:
        for name in given:
            if name not in known:
                near = nearest(name, known)
                hint = f"; `{near}`, perhaps?" if near else ""
                output.warn(f"the policy declares no {what} `{name}`{hint}")


def account(decision: Decision) -> dict[str, object]:
    """A decision as data; the members are those of `Decision`."""
    return {
        "outcome": decision.outcome.word,
        "reasons": [reason_account(reason) for reason in decision.reasons],
        "asks": ask_account(decision.asks),
        "validations": list(decision.validations),
        "obligations": [owed.validation for owed in decision.obligations],
        "observed": [reason_account(reason) for reason in decision.observed],
        "policy": decision.policy,
        "action": decision.action,
        "facts": decision.facts,
        "at": decision.at,
    }
