"""The end of the page: what the report does not show, how to check it, and room to sign."""

from __future__ import annotations

from collections.abc import Iterator

from policy_engine.audit.gaps import gaps
from policy_engine.audit.markup import Html, code, tag
from policy_engine.audit.proving import Proofs
from policy_engine.audit.report import Report
from policy_engine.audit.words import moment, zone_name


def missing(report: Report) -> Iterator[Html]:
    """What cannot be concluded."""
    yield tag("h2", "What this report does not show")
    rows = [tag("div", tag("dt", gap.what), tag("dd", gap.why)) for gap in gaps(report)]
    yield tag("dl", *rows, class_="gaps")


def checking(report: Report, proofs: Proofs) -> Iterator[Html]:
    """How somebody else comes to the same result."""
    yield tag("h2", "How to check it")
    steps: list[tuple[Html | str, ...]] = [
        (
            "Get a copy of the record, and run ",
            code("policy ledger verify"),
            " on it: it must give the head at the top of this page.",
        ),
        (
            "Keep that head where those who run the agents cannot change it. Next time, give it: ",
            code("policy audit report --head …"),
            ".",
        ),
        (
            "Look up the entries that the samples name. The digest of an entry is the hash of"
            " its leaf in the tree of the record (RFC 6962): kind, time, digest of what it tells.",
        ),
        *_proving(proofs),
        (
            "Write the report again with ",
            code("policy audit report"),
            ". From the same record it says the same.",
        ),
    ]
    yield tag("ol", *[tag("li", *step) for step in steps], class_="steps")


def _proving(proofs: Proofs) -> Iterator[tuple[Html | str, ...]]:
    """How to check a proof without the record."""
    if proofs.problem is not None:
        return
    yield (
        "Without the record: copy from “Entries and proofs” of a sample the entry to a file ",
        code("FOLDER/entry"),
        " (without a newline at its end) and its proof to ",
        code("FOLDER/proof"),
        ". ",
        code("policy ledger check FOLDER --trust KEY"),
        " verifies it where the checkpoint is signed, and so does any other tool that reads C2SP"
        " tlog-proof. Have KEY from whoever signs, not from this page.",
    )


def signing() -> Html:
    """Lines for whoever reads it and answers for that; of use on paper."""
    lines = [
        tag("div", tag("span", name), class_="line") for name in ("Read by", "Date", "Signature")
    ]
    return tag("section", tag("h2", "Read and accepted"), *lines, class_="signing")


def foot(report: Report) -> Html:
    """How the report counts, and when it was written."""
    summary = report.summary
    counting = (
        "An action counts in the period in which it was proposed, with what became of it up to the"
        " last entry of the record. For rules it counts by its latest decision; “held for people”"
        " counts the actions that a rule ever held, also those that went on since. Success is the"
        " share of started actions that ended well and gave out what they returned. Waiting is"
        " measured from the first ask to people's last word."
    )
    written = f"Written {moment(report.written, summary.zone)} ({zone_name(summary.zone)})"
    reached = (
        f", from a record that reaches to {moment(summary.last, summary.zone)}"
        if summary.last
        else ""
    )
    return tag("footer", tag("p", counting), tag("p", f"{written}{reached}."))
