"""The proofs on the page: folded at each sample, and the checkpoint that they rest on.

All of it is text to copy: the proof and the entry as any tool for C2SP tlog-proof reads them.
"""

from __future__ import annotations

from collections.abc import Iterator

from policy_engine.audit.markup import Html, code, foreign, joined, tag, verbatim
from policy_engine.audit.proving import Grounds, Proofs, Proved, Root
from policy_engine.audit.story import Story
from policy_engine.audit.words import counted

_FOLDED = "Entries and proofs"


def folded(found: Proofs, story: Story) -> Html | None:
    """What an action rests on, folded; None where there is no proof of it."""
    grounds = found.of.get(story.entry)
    if grounds is None:
        return None
    return tag(
        "details",
        tag("summary", _FOLDED),
        _entries(grounds),
        *(piece for proved in grounds.proved for piece in _proved(proved)),
        class_="proofs",
        id=f"proof-{story.entry}",
    )


def _entries(grounds: Grounds) -> Html:
    items = [
        tag("li", f"entry {number:,} ", foreign(kind, 64), " ", tag("time", foreign(at, 40)))
        for number, kind, at in grounds.entries
    ]
    if grounds.more:
        items.append(tag("li", f"and {grounds.more:,} more"))
    return tag("ul", *items, class_="entries")


def _proved(one: Proved) -> Iterator[Html]:
    size = one.root.checkpoint.size
    signed = "signed" if one.root.is_signed else "unsigned"
    yield tag(
        "p",
        f"Entry {one.number:,} ({one.kind}), as it stands in the record:",
        class_="place",
    )
    yield tag("pre", verbatim(one.entry), class_="entry", tabindex=0)
    yield tag(
        "p",
        f"Its proof, by the {signed} checkpoint of {counted(size, 'entry', 'entries')}:",
        class_="place",
    )
    yield tag("pre", verbatim(one.proof), class_="proof", tabindex=0)


def checkpoints(found: Proofs) -> Iterator[Html]:
    """What the proofs rest on: size, root and who signed it, or how to have it signed."""
    yield tag("h2", "What the proofs rest on")
    if found.problem is not None:
        yield tag("p", found.problem, class_="lead")
        return
    lead = (
        "A checkpoint names the record, how many entries it has, and the root of their tree of"
        " hashes. The proof of an entry leads from it to that root, and nobody can make one for an"
        " entry that is not there."
    )
    yield tag("p", lead, class_="lead")
    for root in found.roots:
        yield tag("div", *_root(root), class_="panel checkpoint")


def _root(root: Root) -> Iterator[Html]:
    head = root.checkpoint
    entries = counted(head.size, "entry", "entries")
    yield tag("p", tag("strong", entries), ", root ", code(head.root.hex(), 64))
    note = bytes(root.note).decode("utf-8") if root.is_signed else root.note.text
    yield tag("pre", verbatim(note), tabindex=0)
    if root.is_signed:
        keys = joined([code(str(key), 300) for key in root.keys], ", ")
        said = (
            "It is signed, and the signature holds. The key, to compare with what its owner says: "
        )
        yield tag("p", said, keys)
        return
    yield tag(
        "p",
        "This checkpoint is not signed: whoever made this page could have made it up. ",
        code("policy audit report --html … --key FILE"),
        " signs it; ",
        code("policy ledger sign --key FILE"),
        " keeps one in the store that later reports rest on.",
    )
