"""Was every execution authorised? What the entries say of each action, held against each other.

An execution needs an intent before it, an intent a decision that allows exactly that action under
the same policy, and each signature or confirmation that it used must have been given before, for
this very question, and not used yet. Nothing is decided of an action once it has begun.

What is missing may have stood in an entry that was erased: one of the right kind, before the place
where it is missing, and each accounts for one thing that is missing. All else stays an error.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from policy_engine.foundation.diagnostics import Code, Severity
from policy_engine.foundation.render import visible
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

_Signed = set[tuple[object, ...]]
_ACTS = frozenset(("intent", "executed", "unknown", "failed"))
"""Kinds that tell that something was done."""
_LONGEST_NAME = 100


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
    signed: _Signed | None = None
    confirmed: _Signed | None = None
    last: int = 0


class Authorised:
    """The actions of a record as far as it has been read."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        """In the order of the entries where they show."""
        self._accounts: dict[object, _Account] = {}
        self._erased: Counter[str] = Counter()
        """By kind, the erased entries that account for nothing yet."""

    def take_erased(self, number: int, kind: str) -> None:
        """The next entry, of which nothing is told any more."""
        self._erased[kind] += 1
        if kind in _ACTS:
            text = f"whether what this entry ({kind}) told was allowed: it was erased"
            self._find(codes.ERASED, number, f"nobody can tell {text}")

    def take(self, number: int, kind: str, body: Mapping[str, object]) -> None:
        """The next entry: `body` is what it tells, as plain JSON, or its `MEMBERS` alone."""
        tell = _KINDS.get(kind)
        action = body.get("action")
        name = action if isinstance(action, str) else None
        if tell is None and name is None:
            return
        account = self._accounts.get(name)
        if account is None:
            account = self._accounts[name] = _Account()
        account.last = number
        if tell is not None:
            tell(self, number, body, account)

    def unsettled(self) -> Iterator[Finding]:
        """The actions that began, and of which nobody knows how they ended."""
        for action, account in self._accounts.items():
            if account.intents > account.settled:
                text = f"the outcome of the action {_shown(action)} is not recorded: it may have"
                text = f"{text} happened"
                yield Finding(codes.UNSETTLED, account.last, text)

    def _decided(self, number: int, body: Mapping[str, object], account: _Account) -> None:
        self._must_wait(number, account)
        account.allowed = _allowed(body) if body.get("outcome") == "allow" else None

    def _waits(self, number: int, body: Mapping[str, object], account: _Account) -> None:
        self._must_wait(number, account)

    def _approved(self, number: int, body: Mapping[str, object], account: _Account) -> None:
        self._must_wait(number, account)
        if account.signed is None:
            account.signed = set()
        account.signed.add(_signature(body))

    def _confirmed(self, number: int, body: Mapping[str, object], account: _Account) -> None:
        self._must_wait(number, account)
        if account.confirmed is None:
            account.confirmed = set()
        account.confirmed.add(_confirmation(body, body.get("by")))

    def _intent(self, number: int, body: Mapping[str, object], account: _Account) -> None:
        account.intents += 1
        if account.intents > 1:
            text = f"the action {_shown(body.get('action'))} was started twice"
            self._find(codes.UNAUTHORISED, number, text)
        allowed = _allowed(body)
        if not all(isinstance(part, str) for part in (body.get("action"), *allowed)):
            text = "it does not say which action was started, under which policy"
            self._find(codes.UNAUTHORISED, number, text)
        elif account.allowed != allowed:
            text = "no decision before it allows this very action"
            self._miss("decided", codes.UNAUTHORISED, number, text)
        account.allowed = None
        self._use_confirmations(number, body, account)
        self._use_signatures(number, body, account)

    def _retried(self, number: int, body: Mapping[str, object], account: _Account) -> None:
        if account.settled >= account.intents:
            text = "a call was repeated that was not under way"
            account.intents += self._miss("intent", codes.UNAUTHORISED, number, text)

    def _ended(self, number: int, body: Mapping[str, object], account: _Account) -> None:
        if body.get("code") == NO_TOOL.id:
            self._must_wait(number, account)
            return
        account.settled += 1
        if account.settled > account.intents:
            text = "an outcome without an intent before it"
            account.intents += self._miss("intent", codes.UNAUTHORISED, number, text)

    def _withheld(self, number: int, body: Mapping[str, object], account: _Account) -> None:
        if not account.settled:
            text = "an output was withheld of an action that is not recorded to have run"
            self._miss("executed", codes.UNAUTHORISED, number, text)

    def _must_wait(self, number: int, account: _Account) -> None:
        """What only an action can tell of itself that has not begun."""
        if account.intents:
            text = "it says of an action that had begun what only comes before"
            self._find(codes.BROKEN_CHAIN, number, text)

    def _use_signatures(self, number: int, body: Mapping[str, object], account: _Account) -> None:
        used = body.get("approvals", [])
        if not isinstance(used, list) or not all(isinstance(item, dict) for item in used):
            self._find(codes.UNSIGNED, number, "the approvals that it used cannot be read")
            return
        for signature in map(_signature, used):
            if signature in (account.signed or ()):
                cast(_Signed, account.signed).remove(signature)
            else:
                text = f"`{_shown(signature[0])}` is not recorded to have signed"
                self._miss("approved", codes.UNSIGNED, number, text)

    def _use_confirmations(
        self, number: int, body: Mapping[str, object], account: _Account
    ) -> None:
        used = body.get("confirmations", [])
        for who in used if isinstance(used, list) else [used]:
            confirmation = _confirmation(body, who)
            if confirmation in (account.confirmed or ()):
                cast(_Signed, account.confirmed).remove(confirmation)
            else:
                text = f"`{_shown(who)}` is not recorded to have confirmed"
                self._miss("confirmed", codes.UNSIGNED, number, text)

    def _miss(self, kind: str, code: Code, number: int, text: str) -> bool:
        """Finds that an entry of a kind is missing; gives whether it may have been erased."""
        erased = self._erased[kind] > 0
        if erased:
            self._erased[kind] -= 1
            code, text = codes.ERASED, f"{text}, or it was erased"
        self._find(code, number, text)
        return erased

    def _find(self, code: Code, number: int, text: str) -> None:
        self.findings.append(Finding(code, number, f"entry {number}: {text}"))


def _allowed(body: Mapping[str, object]) -> tuple[object, ...]:
    """Which action it is, and by which policy."""
    return body.get("action_digest"), body.get("policy")


def _signature(body: Mapping[str, object]) -> tuple[object, ...]:
    """Who signed what: the rule as it read, the facts as they were."""
    return tuple(_member(body.get(n)) for n in ("by", "rule", "rule_digest", "facts_digest"))


def _confirmation(body: Mapping[str, object], who: object) -> tuple[object, ...]:
    """Who confirmed what."""
    return _member(who), _member(body.get("action_digest"))


def _member(value: object) -> object:
    """A member as something that can be looked up; what is neither text nor missing is like
    nothing else."""
    return value if value is None or isinstance(value, str) else object()


def _shown(value: object) -> str:
    """A name, whatever it is, in a line."""
    if not isinstance(value, str):
        return "(no name)"
    text = visible(value[:_LONGEST_NAME])
    return text if len(value) <= _LONGEST_NAME else f"{text}…"


_Tell = Callable[[Authorised, int, Mapping[str, object], _Account], None]
_KINDS: Mapping[str, _Tell] = {
    "decided": Authorised._decided,
    "approved": Authorised._approved,
    "confirmed": Authorised._confirmed,
    "held": Authorised._waits,
    "rejected": Authorised._waits,
    "abandoned": Authorised._waits,
    "retried": Authorised._retried,
    "withheld": Authorised._withheld,
    "intent": Authorised._intent,
    "executed": Authorised._ended,
    "unknown": Authorised._ended,
    "failed": Authorised._ended,
}
