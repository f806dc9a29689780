"""How advice about the room of a task is said to people who do not write policies."""

from __future__ import annotations

from collections.abc import Iterator

from policy_engine.audit.measures import Share
from policy_engine.audit.story import Standing
from policy_engine.audit.suitability import (
    Advice,
    Ending,
    Figures,
    Limits,
    Most,
    lacks,
    troubles,
)
from policy_engine.audit.words import counted, duration, listed, of, shown
from policy_engine.foundation.canonical import decimal_text

_MOST_INPUTS = 4

TITLES = {
    Advice.LESS: "take back to people",
    Advice.MORE: "more room",
    Advice.KEEP: "keep",
    Advice.UNTOLD: "too few to tell",
}
"""In the words of a table."""


def advice_sentence(figures: Figures, advice: Advice, limits: Limits) -> str:
    """The suggestion with its reasons, as one sentence."""
    reasons, suggested = "; ".join(reasons_of(figures)), _suggested(figures, advice, limits)
    return f"{reasons}: {suggested}" if reasons else suggested


def reasons_of(figures: Figures) -> list[str]:
    """The figures in words; what there was none of is left out."""
    return [
        *_people(figures),
        *_wrong(figures),
        *_checks(figures),
        *_corrected(figures),
        *_alone(figures),
        *_waiting(figures),
    ]


def played_sentence(number: int) -> str:
    """For how many of the actions nothing was really done."""
    outputs = "a recorded output was" if number == 1 else "recorded outputs were"
    return f"No tool was called for {counted(number, 'action')}: {outputs} given back."


def limits_sentence(limits: Limits) -> str:
    """By which limits advice is given."""
    return (
        f"Told from {counted(limits.fewest, 'case')} on. More room: at least {limits.approved}% "
        f"signed, at most {limits.trouble}% wrong, corrected or with a failed validation. Less: "
        f"{limits.back}% or more wrong, rejected or with a failed validation."
    )


def why_kept(figures: Figures, advice: Advice, limits: Limits) -> str:
    """Why nothing is suggested: too few cases, or what is missing for more room."""
    if advice is Advice.UNTOLD:
        return f"too few to tell ({counted(figures.cases, 'case')}, under {limits.fewest})"
    if troubles(figures, limits):
        return "people see all of it, and that is needed"
    return f"for more room {listed([_LACKS[one] for one in lacks(figures, limits)])}"


def _suggested(figures: Figures, advice: Advice, limits: Limits) -> str:
    match advice:
        case Advice.UNTOLD:
            return why_kept(figures, advice, limits)
        case Advice.MORE:
            return f"consider letting it run alone{_up_to(figures)}"
        case Advice.LESS:
            return "consider taking it back to people"
        case Advice.KEEP:
            return f"keep it as it is; {why_kept(figures, advice, limits)}"


_LACKS = {
    "asked": "people were asked too seldom",
    "approved": "too few were signed",
    "wrong": "too many went wrong",
    "validations": "too many validations failed",
    "corrected": "too many had to be corrected",
}


def _up_to(figures: Figures) -> str:
    if not figures.most:
        return ""
    said = [_at_most(one) for one in figures.most[:_MOST_INPUTS]]
    return f" up to what was seen ({', '.join(said)})"


def _at_most(most: Most) -> str:
    currency = f" {shown(most.currency, 8)}" if most.currency else ""
    return f"{shown(most.input, 40)} at most {decimal_text(most.amount)}{currency}"


def _people(figures: Figures) -> Iterator[str]:
    if not figures.answered:
        return
    rest = [
        f"{verb} {figures.endings[ending]:,}{then}"
        for ending, verb, then in (
            (Ending.REJECTED, "rejected", ""),
            (Ending.EXPIRED, "let", " run out of time"),
        )
        if figures.endings[ending]
    ]
    yield listed([f"people signed {of(figures.approved)}", *rest])


def _wrong(figures: Figures) -> Iterator[str]:
    wrong, tally = figures.wrong, figures.tally
    if wrong.whole and not wrong.part:
        yield "nothing failed"
    elif wrong.part:
        parts = (
            (Standing.FAILED, "failed"),
            (Standing.UNKNOWN, "ended nobody knows how"),
            (Standing.WITHHELD, "gave an output that was withheld"),
        )
        said = listed([f"{tally[one]:,} {words}" for one, words in parts if tally[one]])
        yield f"{of(wrong)} went wrong ({said})"


def _checks(figures: Figures) -> Iterator[str]:
    checks: Share = figures.validations
    if checks.part:
        yield f"{of(checks)} validations failed"
    elif checks.whole:
        yield f"no validation failed, of {checks.whole:,}"


def _corrected(figures: Figures) -> Iterator[str]:
    if figures.corrected:
        were = "was" if figures.corrected == 1 else "were"
        yield f"{figures.corrected:,} {were} proposed again in another form and then signed"


def _alone(figures: Figures) -> Iterator[str]:
    if figures.alone.whole:
        yield f"{of(figures.alone)} ran without a person"


def _waiting(figures: Figures) -> Iterator[str]:
    if figures.waiting is not None:
        usual, whole = duration(figures.waiting.median), duration(figures.waited)
        yield f"it waited for people {whole} in all, usually {usual}"
