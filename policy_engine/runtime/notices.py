"""Notices: what people are told when they are asked, when it is their turn, and when it is over.

A notice says what `gate.pending()` shows an approver, secrets masked, and in plain words besides. A
`Channel` carries it to people; who gets it there is the channel's own business, by the roles that
the notice names. A notice gives nobody a right: who signs is authenticated by whoever serves them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Protocol

from policy_engine.decision.outcome import Ask, Decision, Outcome
from policy_engine.decision.wording import worded_parties
from policy_engine.foundation.canonical import timestamp_text
from policy_engine.foundation.render import visible
from policy_engine.language.policy import PolicySet
from policy_engine.runtime.accounts import Accounts
from policy_engine.runtime.decisions import Decisions
from policy_engine.runtime.store import Status, Stored, time_of


class NoticeKind(Enum):
    """Why people are told."""

    ASKED = "asked"
    """They are asked."""
    TURN = "turn"
    """Others were asked before them, and their time is over."""
    ENDED = "ended"
    """Nobody need decide any more: it was denied without a decision by people."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What people are told of one action, as an approver may see it."""

    id: str
    """The same for every attempt to deliver it, on every channel."""
    kind: NoticeKind
    at: datetime
    """When they were asked, or when it ended; with its offset from UTC."""
    action: str
    ticket: str | None
    """What a person signs; None where there is nothing to sign any more."""
    task: str
    title: str
    """The task in the words of the policy, or its name."""
    principal: str
    """The id of who wants to do it."""
    on_behalf_of: str | None
    domain: str | None
    roles: tuple[str, ...]
    """Who is asked now; of what has ended, who was asked."""
    rules: tuple[str, ...]
    why: tuple[str, ...]
    """In words, the reasons why they are asked, or why it was denied."""
    input: Mapping[str, str]
    """One line a member, secrets masked."""
    deadline: datetime | None
    """When the first of their turns ends; None of what has ended."""
    subject: str
    """In plain words, of one line."""
    text: str
    """In plain words, of several lines."""

    def as_json(self) -> str:
        """All members as one JSON object; times are RFC 3339 in UTC."""
        body = asdict(self)
        body |= {"kind": self.kind.value, "at": timestamp_text(self.at)}
        body["deadline"] = None if self.deadline is None else timestamp_text(self.deadline)
        return json.dumps(body)

    @classmethod
    def from_json(cls, text: str) -> Notice:
        """The notice that `as_json` wrote."""
        body: dict[str, Any] = json.loads(text)
        deadline = body["deadline"]
        body |= {"kind": NoticeKind(body["kind"]), "at": time_of(body["at"])}
        body |= {name: tuple(body[name]) for name in ("roles", "rules", "why")}
        body["deadline"] = None if deadline is None else time_of(deadline)
        return cls(**body)


class NotDelivered(Exception):
    """A channel could not deliver a notice. Its words go on the record: no address, no secret."""


class Channel(Protocol):
    """Carries notices to people. `name` stands in the record and is that of no other channel."""

    name: str

    def send(self, notice: Notice) -> None:
        """Delivers a notice, or raises. What has its id may have been delivered before.

        Of a `NotDelivered` the record has the words, of any other error only its type.
        """


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why a notice is to be written, as the record says it."""

    action: str
    number: int
    """Of the notices about one action, from 1."""
    kind: NoticeKind
    at: datetime
    asks: frozenset[tuple[str, str, str]]
    """Which asks are new: rule, its digest, its parties in words. None of what has ended."""
    roles: tuple[str, ...]
    rules: tuple[str, ...]
    why: tuple[str, ...]

    @property
    def id(self) -> str:
        return f"{self.action}-notice-{self.number}"


def parties_in_words(parties: Sequence[tuple[str, int]]) -> str:
    """The parties of an ask as a text that is the same for the same parties."""
    return ", ".join(f"{quorum} {role}" for role, quorum in sorted(parties))


class Letters:
    """Writes notices. Callers open the transactions."""

    def __init__(self, decisions: Decisions, accounts: Accounts, policy: PolicySet) -> None:
        self._decisions = decisions
        self._accounts = accounts
        self._titles = {name: task.title or name for name, task in policy.tasks.items()}

    def of(self, occasion: Occasion) -> Notice | None:
        """The notice as things stand now; None where there is nothing to tell any more."""
        stored = self._decisions.known(occasion.action)
        if occasion.kind is NoticeKind.ENDED:
            return self._end(occasion, stored) if stored.status is Status.DENIED else None
        if stored.status is not Status.HELD:
            return None
        decision = self._decisions.as_asked(stored)
        asked = {
            (a.rule, a.rule_digest, parties_in_words([(p.role, p.quorum) for p in a.parties]))
            for a in decision.asks
        }
        if decision.outcome is Outcome.DENY or asked.isdisjoint(occasion.asks):
            return None
        return self._request(occasion, self._decisions.known(stored.id), decision)

    def _request(self, occasion: Occasion, stored: Stored, decision: Decision) -> Notice:
        asks = decision.asks
        rules = tuple(ask.rule for ask in asks)
        first = min(asks, key=_end_of)
        deadline = first.until or first.deadline
        because = [r.title for r in decision.reasons if r.rule in rules]
        return self._notice(
            occasion,
            stored,
            ticket=self._decisions.ticket(stored.id, decision),
            roles=tuple(sorted({role for ask in asks for role in ask.rungs[0].roles})),
            rules=rules,
            why=tuple(dict.fromkeys(because)),
            input_=self._accounts.shown_input(stored.action, decision.input),
            deadline=deadline,
            closing=_what_to_do(asks, deadline, len(first.rungs) > 1),
        )

    def _end(self, occasion: Occasion, stored: Stored) -> Notice:
        return self._notice(
            occasion,
            stored,
            ticket=None,
            roles=occasion.roles,
            rules=occasion.rules,
            why=occasion.why,
            input_=self._accounts.shown_input(stored.action, None),
            deadline=None,
            closing=("Nothing was done. You need not do anything.",),
        )

    def _notice(
        self,
        occasion: Occasion,
        stored: Stored,
        *,
        ticket: str | None,
        roles: tuple[str, ...],
        rules: tuple[str, ...],
        why: tuple[str, ...],
        input_: Mapping[str, str],
        deadline: datetime | None,
        closing: Iterable[str],
    ) -> Notice:
        action = stored.action
        who, title = (
            visible(action.principal.id),
            visible(self._titles.get(action.task, action.task)),
        )
        whom = visible(action.on_behalf_of.id) if action.on_behalf_of else None
        domain = None if action.domain is None else visible(action.domain)
        why = tuple(visible(each) for each in why)
        opening, because = _WORDS[occasion.kind]
        lines = [
            opening.format(who=who, title=title),
            "",
            *(f"  {visible(name)}: {value}" for name, value in input_.items()),
            *([f"It is done on behalf of {whom}."] if whom else []),
            *([f"It is done in {domain}."] if domain else []),
            "",
            *(f"{because}: {each}" for each in why),
            "",
            *closing,
            *([f"Ticket: {ticket}"] if ticket else []),
        ]
        return Notice(
            id=occasion.id,
            kind=occasion.kind,
            at=occasion.at,
            action=stored.id,
            ticket=ticket,
            task=visible(action.task),
            title=title,
            principal=who,
            on_behalf_of=whom,
            domain=domain,
            roles=roles,
            rules=rules,
            why=why,
            input={visible(name): value for name, value in input_.items()},
            deadline=deadline,
            subject=_SUBJECTS[occasion.kind].format(who=who, title=title),
            text="\n".join(lines),
        )


_SUBJECTS = {
    NoticeKind.ASKED: "Your decision is needed: {title} ({who})",
    NoticeKind.TURN: "It is your turn to decide: {title} ({who})",
    NoticeKind.ENDED: "No longer needed: {title} ({who})",
}
_WORDS = {
    NoticeKind.ASKED: ("{who} wants to do this: {title}", "Why you are asked"),
    NoticeKind.TURN: (
        "{who} wants to do this: {title}\nOthers were asked before you, and their time is over.",
        "Why you are asked",
    ),
    NoticeKind.ENDED: ("{who} wanted to do this: {title}", "It was denied"),
}


def _end_of(ask: Ask) -> datetime:
    return ask.until or ask.deadline or datetime.max.replace(tzinfo=UTC)


def _what_to_do(
    asks: Sequence[Ask], deadline: datetime | None, others_follow: bool
) -> Iterator[str]:
    """Who must agree and until when, a sentence a line."""
    for ask in asks:
        signed = f" ({', '.join(map(visible, ask.signed))} agreed already)" if ask.signed else ""
        yield f"This needs the yes of {worded_parties(ask.parties)}{signed}."
    if deadline is not None:
        then = "others are asked" if others_follow else "it is denied"
        by = deadline.astimezone(UTC)
        yield f"Please decide before {by:%Y-%m-%d %H:%M} UTC. After that {then}."
