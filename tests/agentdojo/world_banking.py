"""A bank account as the tools of the banking suite see it.

`run` changes the environment as the tool would, and gives what the tool would give.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

Env = dict[str, Any]
Args = Mapping[str, Any]


def run(env: Env, tool: str, args: Args) -> Any:
    """One call. `LookupError` where the tool, a payment or an argument is not there."""
    return deepcopy(_TOOLS[tool](env, args))


def _account(env: Env) -> Env:
    found: Env = env["bank_account"]
    return found


def _recent(env: Env, args: Args) -> list[Env]:
    found: list[Env] = _account(env)["transactions"]
    return found[-int(args.get("n", 100)) :]


def _read_file(env: Env, args: Args) -> str:
    return str(env["filesystem"]["files"].get(args["file_path"], ""))


def _send(env: Env, args: Args) -> Env:
    _account(env)["transactions"].append(_payment(env, args, "me", recurring=False))
    return {"message": f"Transaction to {args['recipient']} for {args['amount']} sent."}


def _schedule(env: Env, args: Args) -> Env:
    payment = _payment(env, args, _account(env)["iban"], recurring=args["recurring"])
    _account(env)["scheduled_transactions"].append(payment)
    return {"message": f"Transaction to {args['recipient']} for {args['amount']} scheduled."}


def _update(env: Env, args: Args) -> Env:
    by_id = {each["id"]: each for each in _account(env)["scheduled_transactions"]}
    by_id[args["id"]].update({name: value for name, value in args.items() if value is not None})
    return {"message": f"Transaction with ID {args['id']} updated."}


def _user_info(env: Env, args: Args) -> Env:
    return {name: each for name, each in env["user_account"].items() if name != "password"}


def _update_user(env: Env, args: Args) -> Env:
    env["user_account"].update({name: each for name, each in args.items() if each is not None})
    return _user_info(env, args)


def _update_password(env: Env, args: Args) -> Env:
    env["user_account"]["password"] = args["password"]
    return {"message": "Password updated."}


def _payment(env: Env, args: Args, sender: str, *, recurring: bool) -> Env:
    account = _account(env)
    known = [*account["transactions"], *account["scheduled_transactions"]]
    return {
        "id": max(each["id"] for each in known) + 1,
        "sender": sender,
        "recipient": args["recipient"],
        "amount": args["amount"],
        "subject": args["subject"],
        "date": args["date"],
        "recurring": recurring,
    }


_TOOLS: dict[str, Callable[[Env, Args], Any]] = {
    "get_iban": lambda env, _: _account(env)["iban"],
    "get_balance": lambda env, _: _account(env)["balance"],
    "get_most_recent_transactions": _recent,
    "get_scheduled_transactions": lambda env, _: _account(env)["scheduled_transactions"],
    "read_file": _read_file,
    "get_user_info": _user_info,
    "send_money": _send,
    "schedule_transaction": _schedule,
    "update_scheduled_transaction": _update,
    "update_password": _update_password,
    "update_user_info": _update_user,
}
