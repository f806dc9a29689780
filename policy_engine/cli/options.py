"""Options that several commands share, and how their errors end a command."""

from __future__ import annotations

import getpass
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from policy_engine.cli import output
from policy_engine.cli.exit_codes import Exit
from policy_engine.decision.action import Action, Agent, Human
from policy_engine.engine import Engine
from policy_engine.foundation.database import Database
from policy_engine.foundation.errors import (
    InputError,
    PolicyEngineError,
    PolicyError,
)
from policy_engine.foundation.signing import VerifyingKey, read_key_file
from policy_engine.language.policy import Kind
from policy_engine.runtime.gate import Gate
from policy_engine.values.conform import timestamp

_F = TypeVar("_F", bound=Callable[..., Any])

policy_option = click.option(
    "--policy",
    "policies",
    multiple=True,
    required=True,
    metavar="PATH",
    envvar="POLICY_PATH",
    show_envvar=True,
    help="A policy file or a folder of them; may be given several times.",
)
directory_option = click.option(
    "--directory",
    metavar="FILE",
    envvar="POLICY_DIRECTORY",
    show_envvar=True,
    help="Who holds which role: a Casbin CSV file (g, who, role).",
)
store_option = click.option(
    "--store",
    default="sqlite:///governance.db",
    show_default=True,
    metavar="STORE",
    envvar="POLICY_STORE",
    show_envvar=True,
    help="Where actions, approvals and the ledger live.",
)
by_option = click.option(
    "--by",
    default=getpass.getuser,
    show_default="the user of this machine",
    metavar="WHO",
    help="Who decides; must hold an asked role in the directory.",
)
format_option = click.option(
    "--format",
    "form",
    type=click.Choice(["human", "json"]),
    default="human",
    show_default=True,
    help="How to print.",
)


def loaded(policies: tuple[str, ...], directory: str | None, form: str = "human") -> Engine:
    """The engine; policy errors are shown and end the command with their exit code."""
    try:
        return Engine.load(policies, directory=directory)
    except PolicyError as error:
        output.diagnostics(error.diagnostics, form, to_error=form == "human")
        end(Exit.POLICY_ERRORS)


@contextmanager
def opened_gate(engine: Engine, store: str) -> Iterator[Gate]:
    """The gate of a store that is there already."""
    Database(store, must_exist=True).close()
    with closing(engine.gate(store=store)) as gate:
        yield gate


def verifying_key(text: str) -> VerifyingKey:
    """The public key that is written out, or stands in the file of this name."""
    try:
        return VerifyingKey.from_text(text)
    except InputError as error:
        if not Path(text).is_file():
            if "+" in text:
                raise
            raise InputError(f"there is no file `{text}` with a public key in it") from error
    written = read_key_file(text)
    try:
        return VerifyingKey.from_text(written)
    except InputError as error:
        raise InputError(f"{text}: {error}") from error


def roles_by(engine: Engine) -> Callable[[str, Kind, str | None], frozenset[str] | None]:
    """Who holds which role, by the directory: the record has no roles of those who delegated."""
    now = datetime.now(UTC)

    def roles_of(who: str, kind: Kind, domain: str | None) -> frozenset[str] | None:
        principal = Agent(who) if kind == "agent" else Human(who)
        return engine.circumstances(Action(principal, "", domain=domain), now=now).roles

    return roles_of


def ends_cleanly(command: _F) -> _F:
    """Whatever this package raises on purpose, and a file that cannot be read or written, ends a
    command with one line and an exit code."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except InputError as error:
            output.complain(str(error))
            end(Exit.USAGE)
        except PolicyEngineError as error:
            output.complain(str(error))
            end(Exit.FAILURE)
        except OSError as error:
            if error.filename is None:
                raise
            output.complain(f"{error.filename}: {error.strerror}")
            end(Exit.FAILURE)

    return run  # type: ignore[return-value]


def end(code: Exit) -> NoReturn:
    sys.exit(int(code))


def counted(number: int, what: str) -> str:
    """`1 action`, `2 actions`."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def instant(text: str | None) -> datetime | None:
    """An option that is a moment: `2026-11-23T12:00:00Z`."""
    if text is None:
        return None
    found = timestamp(text)
    if found is None:
        raise click.BadParameter(f"`{text}` is no timestamp such as 2026-11-23T12:00:00Z")
    return found


def length(text: str | None) -> timedelta | None:
    """An option that is a duration: `90 days`."""
    if text is None:
        return None
    match = re.fullmatch(r"\s*(\d{1,6})\s*(second|minute|hour|day|week)s?\s*", text)
    if match is None:
        raise click.BadParameter(f"`{text}` is no duration such as `90 days`")
    return timedelta(**{f"{match[2]}s": int(match[1])})
