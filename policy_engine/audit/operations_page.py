"""The section of the page about what people did around the actions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo

from policy_engine.audit.markup import Content, Html, code, foreign, prose, tag
from policy_engine.audit.operations import Erasure, Operations, StandIn, Suspension
from policy_engine.audit.tables import MOST_ROWS, table
from policy_engine.audit.words import counted, duration, moment


def around(found: Operations, zone: tzinfo, written: datetime) -> Iterator[Html]:
    """What was suspended, lent and erased; a sentence where nothing was."""
    yield tag("h2", "What was suspended, lent and erased")
    nothing = _nothing(found)
    if nothing:
        yield tag("p", nothing, class_="lead")
    if found.suspensions:
        yield _suspensions(found.suspensions, zone, written)
    if found.stand_ins:
        yield _stand_ins(found.stand_ins, zone)
    if found.erasures:
        yield _erasures(found.erasures, zone)
    if found.shadowed:
        times = counted(found.shadowed, "time")
        said = f"A policy that is tried beside the live one answered otherwise {times}: "
        yield tag("p", said, code("policy audit shadow"), " tells where.", class_="more")


def _nothing(found: Operations) -> str:
    parts = [
        said
        for there, said in (
            (found.suspensions, "nobody and nothing was suspended"),
            (found.stand_ins, "no right to sign was lent"),
            (found.erasures, "nothing was erased"),
        )
        if not there
    ]
    said = ", ".join(parts[:-1]) + (" and " if parts[1:] else "") + "".join(parts[-1:])
    return f"{said[:1].upper()}{said[1:]}." if said else ""


def _suspensions(found: tuple[Suspension, ...], zone: tzinfo, written: datetime) -> Html:
    columns = ["who or what", "suspended", "lifted", "#how long", "#actions refused for it"]
    rows: list[list[Content]] = [
        [
            _named(foreign(one.name, 120), one.entry),
            _act(one.since, one.by, one.reason, zone),
            _act(one.until, one.lifted_by, one.lifted_why, zone) if one.until else "it stands",
            duration(one.lasted(written)),
            f"{one.stopped:,}",
        ]
        for one in found[:MOST_ROWS]
    ]
    left_out = max(0, len(found) - MOST_ROWS)
    return table("What was suspended", columns, rows, left_out=left_out)


def _stand_ins(found: tuple[StandIn, ...], zone: tzinfo) -> Html:
    columns = ["role", "lent", "to", "until"]
    rows: list[list[Content]] = [
        [
            _named(foreign(_role(one), 120), one.entry),
            _act(one.since, one.by, one.reason, zone),
            foreign(one.to, 80),
            _until(one, zone),
        ]
        for one in found[:MOST_ROWS]
    ]
    left_out = max(0, len(found) - MOST_ROWS)
    return table("Who stood in for whom", columns, rows, left_out=left_out)


def _role(one: StandIn) -> str:
    return one.role if one.domain is None else f"{one.role} in {one.domain}"


def _until(one: StandIn, zone: tzinfo) -> str:
    until = "not recorded" if one.until is None else moment(one.until, zone)
    return until if one.taken_back is None else f"taken back {moment(one.taken_back, zone)}"


def _erasures(found: tuple[Erasure, ...], zone: tzinfo) -> Html:
    columns = ["what", "erased"]
    rows: list[list[Content]] = [
        [
            _named(_what(one), one.entry),
            _act(one.at, one.by, one.reason, zone),
        ]
        for one in found[:MOST_ROWS]
    ]
    left_out = max(0, len(found) - MOST_ROWS)
    return table("What was erased", columns, rows, left_out=left_out)


def _what(one: Erasure) -> str:
    return "not recorded" if one.erased is None else f"what entry {one.erased:,} told"


def _named(name: Html | str, entry: int) -> Html:
    """What a row is about, and the entry that says so."""
    where = tag("span", f"entry {entry:,}", class_="place")
    return tag("span", tag("span", name, class_="title"), " ", where)


def _act(at: datetime, by: str | None, reason: str | None, zone: tzinfo) -> Html:
    """When somebody did it, who, and why."""
    when = tag("span", moment(at, zone), class_="time")
    who = tag("span", foreign(by or "not recorded", 80), ", ", when, class_="title")
    why = tag("q", prose(reason, 200)) if reason else "no reason is recorded"
    return tag("span", who, " ", tag("span", why, class_="place"))
