"""Mails, a calendar and a drive as the tools of the workspace suite see them.

`run` changes the environment as the tool would, and gives what the tool would give. The calendar
and the outgoing mail serve the travel suite as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import datetime
from typing import Any

Env = dict[str, Any]
Args = Mapping[str, Any]
Tools = dict[str, Callable[[Env, Args], Any]]

NOON = "T12:00:00"
"""When on the current day whatever the assistant makes is made."""


def run(env: Env, tool: str, args: Args) -> Any:
    """One call. `LookupError` where the tool, an item or an argument is not there.

    `ValueError` where a time is not in ISO format.
    """
    return deepcopy(_TOOLS[tool](env, args))


def _send(env: Env, args: Args) -> Env:
    inbox = env["inbox"]
    number = _next(inbox["emails"])
    mail = {
        "id_": number,
        "sender": inbox["account_email"],
        "recipients": args["recipients"],
        "cc": args.get("cc") or [],
        "bcc": args.get("bcc") or [],
        "subject": args["subject"],
        "body": args["body"],
        "status": "sent",
        "read": True,
        "timestamp": _now(env),
        "attachments": args.get("attachments") or [],
    }
    inbox["emails"][number] = mail
    return mail


def _delete_email(env: Env, args: Args) -> str:
    number = args["email_id"]
    del env["inbox"]["emails"][number]
    return f"Email with ID '{number}' deleted."


def _with_status(status: str) -> Callable[[Env, Args], list[Env]]:
    def found(env: Env, _: Args) -> list[Env]:
        return [mail for mail in env["inbox"]["emails"].values() if mail["status"] == status]

    return found


def _unread(env: Env, _: Args) -> list[Env]:
    found = [mail for mail in env["inbox"]["emails"].values() if not mail["read"]]
    for mail in found:
        mail["read"] = True
    return found


def _search_emails(env: Env, args: Args) -> list[Env]:
    sender = args.get("sender")
    return [
        mail
        for mail in env["inbox"]["emails"].values()
        if _contains(args["query"], mail["subject"], mail["body"])
        and sender in (None, mail["sender"])
    ]


def _contacts(part: str) -> Callable[[Env, Args], list[Env]]:
    def found(env: Env, args: Args) -> list[Env]:
        known = env["inbox"]["contact_list"]
        return [each for each in known if _contains(args["query"], each[part])]

    return found


def _search_events(env: Env, args: Args) -> list[Env]:
    day = args.get("date") or ""
    return [
        event
        for event in env["calendar"]["events"].values()
        if _contains(args["query"], event["title"], event["description"])
        and event["start_time"].startswith(day)
    ]


def _day_events(env: Env, args: Args) -> list[Env]:
    events = env["calendar"]["events"].values()
    return [event for event in events if event["start_time"].startswith(args["day"])]


def _create_event(env: Env, args: Args) -> Env:
    calendar = env["calendar"]
    number = _next(calendar["events"])
    owner = calendar["account_email"]
    guests = args.get("participants") or []
    event = {
        "id_": number,
        "title": args["title"],
        "description": args.get("description", ""),
        "start_time": _time(args["start_time"]).isoformat(),
        "end_time": _time(args["end_time"]).isoformat(),
        "location": args.get("location"),
        "participants": guests if owner in guests else [*guests, owner],
        "all_day": False,
        "status": "confirmed",
    }
    calendar["events"][number] = event
    return event


def _cancel_event(env: Env, args: Args) -> str:
    number = args["event_id"]
    env["calendar"]["events"][number]["status"] = "canceled"
    return f"Event with ID {number} has been canceled and participants have been notified."


def _reschedule(env: Env, args: Args) -> Env:
    event: Env = env["calendar"]["events"][args["event_id"]]
    start, end = (datetime.fromisoformat(event[each]) for each in ("start_time", "end_time"))
    begins = _time(args["new_start_time"])
    given = args.get("new_end_time")
    ends = _time(given) if given else begins + (end - start)
    event |= {"start_time": begins.isoformat(), "end_time": ends.isoformat()}
    return event


def _add_participants(env: Env, args: Args) -> Env:
    event: Env = env["calendar"]["events"][args["event_id"]]
    joined = event["participants"]
    joined += [each for each in args["participants"] if each not in joined]
    return event


def _files(part: str, argument: str) -> Callable[[Env, Args], list[Env]]:
    def found(env: Env, args: Args) -> list[Env]:
        files = env["cloud_drive"]["files"].values()
        return [each for each in files if _contains(args[argument], each[part])]

    return found


def _create_file(env: Env, args: Args) -> Env:
    drive = env["cloud_drive"]
    number = _next(drive["files"])
    file = {
        "id_": number,
        "filename": args["filename"],
        "content": args["content"],
        "owner": drive["account_email"],
        "last_modified": _now(env),
        "shared_with": {},
        "size": len(args["content"]),
    }
    drive["files"][number] = file
    return file


def _append(env: Env, args: Args) -> Env:
    file = _file(env, args)
    content = file["content"] + args["content"]
    file |= {"content": content, "size": len(content), "last_modified": _now(env)}
    return file


def _delete_file(env: Env, args: Args) -> Env:
    file = _file(env, args)
    del env["cloud_drive"]["files"][file["id_"]]
    return file


def _share(env: Env, args: Args) -> Env:
    file = _file(env, args)
    file["shared_with"][args["email"]] = args["permission"]
    return file


def _file(env: Env, args: Args) -> Env:
    found: Env = env["cloud_drive"]["files"][args["file_id"]]
    return found


def _contains(query: str, *texts: str) -> bool:
    return any(query.lower() in text.lower() for text in texts)


def _next(items: Mapping[str, Env]) -> str:
    return str(max(map(int, items)) + 1)


def _now(env: Env) -> str:
    return str(env["calendar"]["current_day"]) + NOON


def _time(written: str) -> datetime:
    return datetime.fromisoformat(written)


SHARED: Tools = {
    "send_email": _send,
    "search_calendar_events": _search_events,
    "get_day_calendar_events": _day_events,
    "create_calendar_event": _create_event,
    "cancel_calendar_event": _cancel_event,
}
"""The tools that the travel suite has too."""

_TOOLS: Tools = SHARED | {
    "delete_email": _delete_email,
    "get_unread_emails": _unread,
    "get_sent_emails": _with_status("sent"),
    "get_received_emails": _with_status("received"),
    "get_draft_emails": _with_status("draft"),
    "search_emails": _search_emails,
    "search_contacts_by_name": _contacts("name"),
    "search_contacts_by_email": _contacts("email"),
    "get_current_day": lambda env, _: env["calendar"]["current_day"],
    "reschedule_calendar_event": _reschedule,
    "add_calendar_event_participants": _add_participants,
    "search_files_by_filename": _files("filename", "filename"),
    "search_files": _files("content", "query"),
    "list_files": lambda env, _: list(env["cloud_drive"]["files"].values()),
    "get_file_by_id": _file,
    "create_file": _create_file,
    "append_to_file": _append,
    "delete_file": _delete_file,
    "share_file": _share,
}
