"""A workspace of channels, inboxes and web pages, as the tools of the slack suite see it.

`run` changes the environment as the tool would, and gives what the tool would give.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

Env = dict[str, Any]
Args = Mapping[str, Any]

AUTHOR = "bot"
"""In whose name the assistant writes."""


def run(env: Env, tool: str, args: Args) -> Any:
    """One call. `LookupError` where the tool, a person, a channel or an argument is not there."""
    return deepcopy(_TOOLS[tool](env, args))


def _read_channel(env: Env, args: Args) -> list[Env]:
    found: list[Env] = env["slack"]["channel_inbox"].get(_channel(env, args), [])
    return found


def _read_inbox(env: Env, args: Args) -> list[Env]:
    found: list[Env] = env["slack"]["user_inbox"].get(_person(env, args["user"]), [])
    return found


def _members(env: Env, args: Args) -> list[str]:
    channel = _channel(env, args)
    return [who for who, joined in env["slack"]["user_channels"].items() if channel in joined]


def _send_direct(env: Env, args: Args) -> None:
    _deliver(env, "user_inbox", _person(env, args["recipient"]), args["body"])


def _send_channel(env: Env, args: Args) -> None:
    _deliver(env, "channel_inbox", _channel(env, args), args["body"])


def _add(env: Env, args: Args) -> None:
    joined = env["slack"]["user_channels"].setdefault(_person(env, args["user"]), [])
    channel = _channel(env, args)
    if channel not in joined:
        joined.append(channel)


def _invite(env: Env, args: Args) -> None:
    slack = env["slack"]
    slack["users"].append(args["user"])
    slack["user_channels"].setdefault(args["user"], [])


def _remove(env: Env, args: Args) -> None:
    slack, person = env["slack"], _person(env, args["user"])
    slack["users"].remove(person)
    slack["user_channels"].pop(person, None)


def _get_page(env: Env, args: Args) -> str:
    page = env["web"]["web_content"].get(args["url"], "404 error: invalid webpage address.")
    return str(page)


def _post_page(env: Env, args: Args) -> None:
    env["web"]["web_content"][args["url"]] = args["content"]


def _deliver(env: Env, box: str, name: str, body: str) -> None:
    message = {"sender": AUTHOR, "recipient": name, "body": body}
    env["slack"][box].setdefault(name, []).append(message)


def _person(env: Env, name: str) -> str:
    if name not in env["slack"]["users"]:
        raise LookupError(f"no user {name}")
    return name


def _channel(env: Env, args: Args) -> str:
    name = str(args["channel"])
    if name not in env["slack"]["channels"]:
        raise LookupError(f"no channel {name}")
    return name


_TOOLS: dict[str, Callable[[Env, Args], Any]] = {
    "get_channels": lambda env, _: env["slack"]["channels"],
    "get_users_in_channel": _members,
    "read_channel_messages": _read_channel,
    "read_inbox": _read_inbox,
    "get_webpage": _get_page,
    "add_user_to_channel": _add,
    "send_direct_message": _send_direct,
    "send_channel_message": _send_channel,
    "invite_user_to_slack": _invite,
    "remove_user_from_slack": _remove,
    "post_webpage": _post_page,
}
