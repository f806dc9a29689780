"""For which controls the record is evidence by itself, whether or not a rule carries them.

Such a control asks for a log, or for people who look and can say no; the record shows the one
and the other. Only frameworks that ship are known here, by the names that they ship with.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum

from policy_engine.audit.measures import Spread
from policy_engine.audit.report import Report
from policy_engine.audit.words import counted, duration


class Shows(Enum):
    """What a record shows by itself."""

    LOG = "log"
    OVERSIGHT = "oversight"


SHOWS: Mapping[str, tuple[Shows, ...]] = {
    "eu_ai_act.art_12": (Shows.LOG,),
    "eu_ai_act.art_12_1": (Shows.LOG,),
    "eu_ai_act.art_12_2": (Shows.LOG,),
    "eu_ai_act.art_14": (Shows.OVERSIGHT,),
    "eu_ai_act.art_14_1": (Shows.OVERSIGHT,),
    "eu_ai_act.art_14_4_d": (Shows.OVERSIGHT,),
    "eu_ai_act.art_14_4_e": (Shows.OVERSIGHT,),
    "eu_ai_act.art_19": (Shows.LOG,),
    "eu_ai_act.art_26_5": (Shows.LOG,),
    "eu_ai_act.art_26_6": (Shows.LOG,),
    "eu_ai_act.art_72": (Shows.LOG,),
    "eu_ai_act.art_72_2": (Shows.LOG,),
    "iso_42001.a_6_2_6": (Shows.LOG,),
    "iso_42001.a_6_2_8": (Shows.LOG,),
    "nist_ai_rmf.govern_3_2": (Shows.OVERSIGHT,),
    "nist_ai_rmf.map_3_5": (Shows.OVERSIGHT,),
    "nist_ai_rmf.measure_2_4": (Shows.LOG,),
    "nist_ai_rmf.manage_4_1": (Shows.LOG, Shows.OVERSIGHT),
    "soc_2.cc7_2": (Shows.LOG,),
    "soc_2.pi1_5": (Shows.LOG,),
    "aiuc_1.c007": (Shows.OVERSIGHT,),
    "aiuc_1.c008": (Shows.LOG,),
    "aiuc_1.c009": (Shows.OVERSIGHT,),
    "aiuc_1.e015": (Shows.LOG,),
}


def shown_by_record(control: str, report: Report) -> tuple[str, ...]:
    """What the record shows for `framework.control`, in sentences; nothing where it does not.

    A record that does not hold is evidence of nothing.
    """
    if not report.verification.holds:
        return ()
    said = (_SENTENCES[kind](report) for kind in SHOWS.get(control, ()))
    return tuple(sentence for sentence in said if sentence is not None)


def _log(report: Report) -> str | None:
    if not report.summary.stories:
        return None
    actions = counted(report.summary.tally.total, "action")
    entries = counted(report.verification.entries, "entry", "entries")
    return (
        f"The record has the decision on each of {actions} of the period, and what became of it, in"
        f" a chain of {entries} that holds. It does not show how long it will be kept, nor what"
        " agents did past the gate."
    )


def _oversight(report: Report) -> str | None:
    held = [story for story in report.summary.stories if story.asks]
    if not held:
        return None
    waits = [approval.waited for story in held for approval in story.approvals]
    rejected = sum(story.rejection is not None for story in held)
    signatures = counted(len(waits), "signature")
    spread = Spread.of(waits)
    took = f", after a median wait of {duration(spread.median)}" if spread else ""
    return (
        f"People were asked about {counted(len(held), 'action')} of the period; the record has"
        f" {signatures}{took}, and {counted(rejected, 'rejection')}. It does not show how closely"
        " they looked."
    )


_SENTENCES: Mapping[Shows, Callable[[Report], str | None]] = {
    Shows.LOG: _log,
    Shows.OVERSIGHT: _oversight,
}
