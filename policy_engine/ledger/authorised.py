"""Was every execution authorised? What the entries say of each action, held against each other.

An execution needs an intent before it, an intent a decision that allows exactly that action under
the same policy, and each signature or confirmation that it used must have been given before, for
this very question, and not used yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from policy_engine.foundation.diagnostics import Code, Severity
from policy_engine.ledger import codes
from policy_engine.runtime.codes import NO_TOOL

MEMBERS = (
    "action",
    "action_digest",
    "policy",
    "outcome",
    "approvals",
    "confirmations",
    "by",
    "rule",
    "rule_digest",
    "facts_digest",
    "code",
)
"""Of what entries tell, all that is asked for here."""

_Signed = frozenset[tuple[str, ...]]
_NONE: _Signed = frozenset()


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about the past, and the entry where it shows."""

    code: Code
    number: int
    text: str

    @property
    def is_error(self) -> bool:
        """Whether the record does not hold, because of this."""
        return self.code.severity is Severity.ERROR


@dataclass(slots=True)
class _Account:
    """What the record says of one action so far."""

    allowed: tuple[object, ...] | None = None
    """What of it was allowed last, unless it has begun since."""
    intents: int = 0
    settled: int = 0
    signed: _Signed = _NONE
    confirmed: _Signed = _NONE
    last: int = 0


class Authorised:
    """The actions of a record as far as it has been read."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        """In the order of the entries where they show."""
        self._accounts: dict[str, _Account] = {}

    def take(self, number: int, kind: str, body: Mapping[str, object]) -> None:
        """The next entry: `body` is what it tells, as plain JSON, or its `MEMBERS` alone."""
        name = _name(body.get("action"))
        account = self._accounts.get(name)
        if account is None:
            account = self._accounts[name] = _Account()
        account.last = number
        tell = _KINDS.get(kind)
        if tell is not None:
            tell(self, number, body, account)

    def unsettled(self) -> Iterator[Finding]:
        """The actions that began, and of which nobody knows how they ended."""
        for action, account in self._accounts.items():
            if account.intents > account.settled:
                text = f"the outcome of the action {action} is not recorded: it may have happened"
                yield Finding(codes.UNSETTLED, account.last, text)

    def _decided(self, number: int, body: Mapping[str, object], account: _Account) -> None:
        account.allowed = _allowed(body) if body.get("outcome") == "allow" else None

    def _approved(self, number: int, body: Mapping[str, object], account: _Account) -> None:
        account.signed |= {_signature(body)}

    def _confirmed(self, number: int, body: Mapping[str, object], account: _Account) -> None:
        account.confirmed |= {_confirmation(body, body.get("by"))}

    def _intent(self, number: int, body: Mapping[str, object], account: _Account) -> None:
        account.intents += 1
        if account.intents > 1:
            text = f"the action {body.get('action')} was started twice"
            self._find(codes.UNAUTHORISED, number, text)
        if account.allowed != _allowed(body):
            self._find(codes.UNAUTHORISED, number, "no decision before it allows this very action")
        account.allowed = None
        self._use_confirmations(number, body, account)
        self._use_signatures(number, body, account)

    def _ended(self, number: int, body: Mapping[str, object], account: _Account) -> None:
        if body.get("code") == NO_TOOL.id:
            return
        account.settled += 1
        if account.settled > account.intents:
            self._find(codes.UNAUTHORISED, number, "an outcome without an intent before it")

    def _use_signatures(self, number: int, body: Mapping[str, object], account: _Account) -> None:
        used = body.get("approvals", [])
        if not isinstance(used, list) or not all(isinstance(item, dict) for item in used):
            self._find(codes.UNSIGNED, number, "the approvals that it used cannot be read")
            return
        for signature in map(_signature, used):
            if signature not in account.signed:
                text = f"`{signature[0]}` is not recorded to have signed"
                self._find(codes.UNSIGNED, number, text)
            account.signed -= {signature}

    def _use_confirmations(
        self, number: int, body: Mapping[str, object], account: _Account
    ) -> None:
        used = body.get("confirmations", [])
        for who in used if isinstance(used, list) else [used]:
            confirmation = _confirmation(body, who)
            if confirmation not in account.confirmed:
                text = f"`{confirmation[0]}` is not recorded to have confirmed"
                self._find(codes.UNSIGNED, number, text)
            account.confirmed -= {confirmation}

    def _find(self, code: Code, number: int, text: str) -> None:
        self.findings.append(Finding(code, number, f"entry {number}: {text}"))


def _allowed(body: Mapping[str, object]) -> tuple[object, ...]:
    """Which action it is, and by which policy."""
    return body.get("action_digest"), body.get("policy")


def _signature(body: Mapping[str, object]) -> tuple[str, ...]:
    """Who signed what: the rule as it read, the facts as they were."""
    return tuple(_name(body.get(n)) for n in ("by", "rule", "rule_digest", "facts_digest"))


def _confirmation(body: Mapping[str, object], who: object) -> tuple[str, ...]:
    """Who confirmed what."""
    return _name(who), _name(body.get("action_digest"))


def _name(value: object) -> str:
    """A member as something that can be looked up, whatever it is."""
    return value if isinstance(value, str) else repr(value)


_Tell = Callable[[Authorised, int, Mapping[str, object], _Account], None]
_KINDS: Mapping[str, _Tell] = {
    "decided": Authorised._decided,
    "approved": Authorised._approved,
    "confirmed": Authorised._confirmed,
    "intent": Authorised._intent,
    "executed": Authorised._ended,
    "unknown": Authorised._ended,
    "failed": Authorised._ended,
}
