"""`policy audit report --framework`: the policy it needs, and the controls on the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import tzinfo
from textwrap import wrap
from typing import Any, TypeVar

import click

from policy_engine.audit.control_words import (
    LABELS,
    MEANINGS,
    carrier_notes,
    caveats,
    entries_text,
    signers_text,
)
from policy_engine.audit.controls import Carrier, Control, Controls, Status, controls
from policy_engine.audit.report import Report
from policy_engine.audit.uses import Use
from policy_engine.audit.words import (
    LABELS as STANDINGS,
    counted,
    day,
    duration,
    place_text,
    sentence,
    shown,
)
from policy_engine.cli import output
from policy_engine.cli.exit_codes import Exit
from policy_engine.cli.options import end
from policy_engine.foundation.errors import InputError
from policy_engine.foundation.render import Segment
from policy_engine.foundation.suggest import nearest
from policy_engine.language.policy import PolicySet
from policy_engine.loading import check

_F = TypeVar("_F", bound=Callable[..., Any])
_WIDTH = 100
_STYLES = {
    Status.ENFORCED: "allow",
    Status.IN_FORCE: "escalate",
    Status.EVIDENCE: "validate",
    Status.MISSING: "deny",
}


def framework_options(command: _F) -> _F:
    """`--framework NAME`, and the policy that says what carries its controls."""
    named = click.option(
        "--framework", metavar="NAME", help="Tell by control of this framework; needs --policy."
    )
    policies = click.option(
        "--policy",
        "policies",
        multiple=True,
        metavar="PATH",
        envvar="POLICY_PATH",
        show_envvar=True,
        help="With --framework: the policy whose rules carry the controls.",
    )
    return named(policies(command))


def policy_of(framework: str | None, policies: tuple[str, ...], form: str) -> PolicySet | None:
    """The policy set that has this framework; None where none was asked for.

    Raises InputError where no policy is given or it has no such framework. Errors in the policy
    are shown and end the command.
    """
    if framework is None:
        return None
    if not policies:
        raise InputError("--framework needs --policy: the rules that carry its controls")
    policy, diagnostics = check(policies)
    if policy is None:
        output.diagnostics(diagnostics, form, to_error=form == "human")
        end(Exit.POLICY_ERRORS)
    if framework not in policy.frameworks:
        raise InputError(_unknown(framework, policy))
    return policy


def controls_of(framework: str | None, policy: PolicySet | None, report: Report) -> Controls | None:
    """The controls with their evidence; None where no framework was asked for."""
    if framework is None or policy is None:
        return None
    return controls(policy, framework, report)


def _unknown(framework: str, policy: PolicySet) -> str:
    known = sorted(policy.frameworks)
    like = nearest(framework, known)
    if like is not None:
        return f"the policy has no framework `{framework}`; did you mean `{like}`?"
    if not known:
        return (
            f"the policy has no framework `{framework}`, since it imports none:"
            " write in it, for instance, `import frameworks.soc_2`"
        )
    listed = ", ".join(f"`{name}`" for name in known)
    return f"the policy has no framework `{framework}`; it has {listed}"


def show_controls(found: Controls, zone: tzinfo) -> None:
    """By control: its status, what carries it, and where to look in the record."""
    output.say(f"Evidence for {shown(found.title)}, by control", "strong")
    for status in Status:
        said = f"{len(found.of(status)):,} {LABELS[status]}: {MEANINGS[status]}"
        _wrapped(said, "- ")
    for one in caveats(found):
        _wrapped(one, "- ")
    output.say()
    first: dict[str, str] = {}
    for control in found.controls:
        if control.carriers or control.record:
            _control(control, first, zone)
    without = [c.name for c in found.controls if not (c.carriers or c.record)]
    if without:
        _wrapped(f"nothing stands for: {', '.join(without)}", "")
    output.say()


def _control(control: Control, first: dict[str, str], zone: tzinfo) -> None:
    """One control; `first` has where each sentence about the record has been said already."""
    status = f"{LABELS[control.status]:<22}"
    title = f"{control.name}  {shown(control.title)}\n"
    output.show([Segment(status, _STYLES[control.status]), Segment(title)])
    for said in control.record:
        named = first.setdefault(said, control.name)
        _wrapped(
            said if named == control.name else f"the record shows the same as for {named}", "  "
        )
    for carrier in control.carriers:
        for line in _carrier(carrier, zone):
            _wrapped(line, "  ", "frame")
    for story in control.samples:
        entries = entries_text(story)
        digest = (story.evidence.digest or "")[:12]
        signed = signers_text(story)
        what = ", ".join(filter(None, (STANDINGS[story.standing], signed)))
        what = f"{shown(story.task, 40)} {what}"
        output.say(f"    {what}: {entries} {digest}".rstrip(), "frame")


def _carrier(one: Carrier, zone: tzinfo) -> Iterator[str]:
    title = f" {shown(sentence(one.title))}" if one.title else ""
    yield f"{one.kind} {one.name} {place_text(one.place)}{title}"
    if one.use is not None:
        yield f"  {_did(one.use)}"
    yield from (f"  {note}" for note in carrier_notes(one, zone))
    for waived in one.use.exceptions if one.use is not None else ():
        asked = counted(waived.asked, "action")
        signed = counted(waived.signed, "signature")
        until = day(waived.until, zone)
        yield f"  exception {waived.name} until {until}: asked for {asked}, {signed}"


def _did(use: Use) -> str:
    numbers: Sequence[tuple[str, int]] = (
        ("let pass", use.let_pass),
        ("refused", use.refused),
        ("held for people", use.asked),
        ("signatures", use.signed),
        ("rejected", use.rejected),
        ("checked", use.checked),
        ("confirmed", use.confirmed),
    )
    did = [f"{what}: {number:,}" for what, number in numbers if number]
    if use.waiting is not None:
        did.append(f"median wait: {duration(use.waiting.median)}")
    reach = f"{counted(use.in_reach, 'action')} of its tasks"
    return f"{reach}; {', '.join(did) or 'applied to none'}"


def _wrapped(text: str, indent: str, style: str = "") -> None:
    own = indent + " " * (len(text) - len(text.lstrip()))
    hanging = own.replace("-", " ")
    for line in wrap(text.lstrip(), _WIDTH, initial_indent=own, subsequent_indent=hanging):
        output.say(line, style)
