"""A report as JSON: everything the page says, for programs.

Times are RFC 3339 in UTC, spans of time are seconds, a share is `part` of `whole`. Inputs are as
the record has them: canonical JSON, secrets sealed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import cast

from policy_engine.audit.gaps import gaps
from policy_engine.audit.handed import Asked, Person
from policy_engine.audit.measures import Metrics, Share, Spread, Tally
from policy_engine.audit.operations_account import operations_account, time_account
from policy_engine.audit.period import Period, Timeline
from policy_engine.audit.report import Report
from policy_engine.audit.statement import statement
from policy_engine.audit.story import Approval, Ask, Notice, Reason, Rejection, Standing, Story
from policy_engine.audit.summary import Group, PolicyVersion, RuleUse
from policy_engine.audit.words import headline
from policy_engine.foundation.canonical import Json, encode, timestamp_text
from policy_engine.ledger.verify import Verification


def report_account(report: Report) -> dict[str, Json]:
    """The whole report as data."""
    summary = report.summary
    return {
        "headline": " ".join(text for text in headline(summary.tally) if text),
        "summary": [*statement(report)],
        "gaps": [{"what": gap.what, "why": gap.why} for gap in gaps(report)],
        "written": timestamp_text(report.written),
        "zone": str(summary.zone),
        "period": _period(summary.period),
        "record": {**_record(report.verification), "pinned": report.pinned},
        "entries": summary.entries,
        "unreadable_entries": summary.unreadable,
        "entries_set_back": summary.set_back,
        "sessions": summary.sessions,
        "sub_agent_sessions": summary.branches,
        "outcomes": _tally(summary.tally),
        "metrics": _metrics(summary.metrics),
        "tasks": _groups(summary.tasks),
        "agents": _groups(summary.agents),
        "policies": [_version(version) for version in summary.policies],
        "rules": [_rule(use) for use in summary.rules],
        "observed": [_rule(use) for use in summary.observed],
        "asked": [_asked(one) for one in summary.asked],
        "people": [_person(person) for person in summary.people],
        "confirmations": {
            "given": summary.confirmations.given,
            "people": summary.confirmations.people,
            "missing": summary.confirmations.missing,
        },
        "notices": {
            "asks_told": summary.told.asks,
            "delivered": summary.told.delivered,
            "given_up": summary.told.given_up,
            "from_ask_to_notice": spread_account(summary.told.waiting),
        },
        **operations_account(summary.operations),
        "timeline": _timeline(summary.timeline),
        "actions": [_story(s) for s in summary.stories if s.standing is not Standing.RAN],
    }


def account_text(account: Mapping[str, Json]) -> str:
    """The account as JSON text: laid out, but each action on a line of its own.

    There may be very many actions, and one that is laid out takes long to write and to read.
    """
    actions = cast("list[Json]", account["actions"])
    laid_out = json.dumps({**account, "actions": []}, ensure_ascii=False, indent=2)
    before, empty, after = laid_out.partition('\n  "actions": []')
    lines = ",\n".join(f"    {json.dumps(action, ensure_ascii=False)}" for action in actions)
    told = f"[\n{lines}\n  ]" if actions else "[]"
    return f"{before}{empty.removesuffix('[]')}{told}{after}\n"


def _period(period: Period) -> Json:
    return {"from": time_account(period.start), "to": time_account(period.end)}


def _record(verification: Verification) -> dict[str, Json]:
    return {
        "holds": verification.holds,
        "entries": verification.entries,
        "head": verification.head,
        "root": verification.root,
        "findings": [
            {"code": f.code.id, "entry": f.number, "text": f.text} for f in verification.findings
        ],
    }


def _tally(tally: Tally) -> dict[str, Json]:
    by_standing: dict[str, Json] = {s.value: tally[s] for s in Standing}
    return {"total": tally.total, **by_standing}


def _metrics(metrics: Metrics) -> Json:
    return {
        "proposed": metrics.proposed,
        "success": _share(metrics.success),
        "errors": _share(metrics.errors),
        "unattended": _share(metrics.unattended),
        "validations_passed": _share(metrics.validations),
        "waiting_for_people": spread_account(metrics.waiting),
        "turnaround": spread_account(metrics.turnaround),
        "tools": spread_account(metrics.tools),
    }


def _groups(groups: Sequence[Group]) -> list[Json]:
    return [{"name": group.name, **_tally(group.tally)} for group in groups]


def _version(version: PolicyVersion) -> Json:
    return {
        "name": version.name,
        "files": [*version.files],
        "first": time_account(version.first),
        "last": time_account(version.last),
        **_tally(version.tally),
    }


def _rule(use: RuleUse) -> Json:
    return {
        "rule": use.rule,
        "code": use.code,
        "title": use.title,
        "place": use.place,
        "decided": dict(use.decided),
        "held_for_people": use.asked,
    }


def _asked(one: Asked) -> Json:
    return {
        "role": one.role,
        "asks": one.asks,
        "signed": one.signed,
        "rejected": one.rejected,
        "unanswered": one.unanswered,
        "dropped": one.dropped,
        "waiting": one.waits,
        "oldest_since": time_account(one.oldest),
        "waited": spread_account(one.waiting),
    }


def _person(person: Person) -> Json:
    return {
        "person": person.name,
        "signed": person.signed,
        "rejected": person.rejected,
        "waiting": spread_account(person.waiting),
    }


def _timeline(timeline: Timeline) -> Json:
    return {
        "step": _seconds(timeline.step),
        "buckets": [
            {"start": time_account(bucket.start), **_tally(bucket.tally)}
            for bucket in timeline.buckets
        ],
    }


def _story(story: Story) -> Json:
    return {
        "action": story.action,
        "entry": story.entry,
        "evidence": {
            "last_entry": story.evidence.last,
            "decision": story.evidence.decision,
            "execution": story.evidence.executed,
            "digest": story.evidence.digest,
        },
        "standing": story.standing.value,
        "proposed": time_account(story.proposed),
        "ended": time_account(story.ended),
        "task": story.task,
        "principal": {"kind": story.kind, "id": story.principal},
        "on_behalf_of": story.on_behalf_of,
        "input": encode(story.input),
        "policy": story.policy,
        "outcome": story.outcome,
        "decisions": story.decisions,
        "reasons": [_reason(reason) for reason in story.reasons],
        "observed": [_reason(reason) for reason in story.observed],
        "asks": [_ask(ask) for ask in story.asks],
        "approvals": [_approval(approval) for approval in story.approvals],
        "rejection": _rejection(story.rejection),
        "confirmation": None
        if story.confirmation is None
        else {"by": story.confirmation.by, "at": time_account(story.confirmation.at)},
        "unconfirmed": story.unconfirmed,
        "validations": [
            {"validation": v.name, "passed": v.passed, "problem": v.problem}
            for v in story.validations
        ],
        "waited": _seconds(story.waited),
        "turnaround": _seconds(story.turnaround),
        "performed_by": story.performed_by,
        "ms": story.milliseconds,
        "code": story.code,
        "problem": story.problem,
        "notices": [_notice(notice) for notice in story.notices],
        "called_again": [time_account(at) for at in story.retried],
        "abandoned": story.abandoned,
    }


def _reason(reason: Reason) -> Json:
    return {
        "code": reason.code,
        "rule": reason.rule,
        "title": reason.title,
        "place": reason.place,
        "values": [{"text": v.text, "value": v.value, "place": v.place} for v in reason.values],
        "unknown": reason.unknown,
        "would_change": reason.would_change,
    }


def _ask(ask: Ask) -> Json:
    return {
        "rule": ask.rule,
        "role": ask.role,
        "quorum": ask.quorum,
        "since": time_account(ask.since),
        "due": time_account(ask.due),
        "signed": [approval.by for approval in ask.signed],
        "lapsed": ask.lapsed,
        "passed": None if ask.passed is None else time_account(ask.passed),
    }


def _approval(approval: Approval) -> Json:
    return {
        "by": approval.by,
        "rule": approval.rule,
        "at": time_account(approval.at),
        "waited": _seconds(approval.waited),
        "reason": approval.reason,
    }


def _notice(notice: Notice) -> Json:
    return {
        "kind": notice.kind,
        "channel": notice.channel,
        "roles": [*notice.roles],
        "at": time_account(notice.at),
        "attempts": notice.attempts,
        "problem": notice.problem,
    }


def _rejection(rejection: Rejection | None) -> Json:
    if rejection is None:
        return None
    return {"by": rejection.by, "at": time_account(rejection.at), "reason": rejection.reason}


def _share(share: Share) -> Json:
    return {"part": share.part, "whole": share.whole}


def spread_account(spread: Spread | None) -> Json:
    """Spans of time in short, in seconds; None where there were none."""
    if spread is None:
        return None
    longest = _seconds(spread.longest)
    return {"count": spread.count, "median": _seconds(spread.median), "longest": longest}


def _seconds(span: timedelta | None) -> Json:
    """Whole seconds where they are whole, else with thousandths."""
    if span is None:
        return None
    seconds = round(span.total_seconds(), 3)
    return cast(Json, int(seconds) if seconds == int(seconds) else seconds)
