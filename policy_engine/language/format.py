"""The canonical layout of a policy file.

Every word and every comment stays, in its order and as it is written; only what stands between
them changes. `format_statements` and `format_conditions` say where each rule of the grammar may
break, `format_lines` where lines do, and `format_columns` what stands in columns.
"""

from __future__ import annotations

from collections.abc import Sequence

from policy_engine.foundation.diagnostics import Diagnostic
from policy_engine.foundation.source import Source
from policy_engine.language.concrete import Branch, Word, words_of
from policy_engine.language.format_columns import align
from policy_engine.language.format_lines import Line, lines
from policy_engine.language.format_marks import Notes, marks
from policy_engine.language.format_statements import LAYOUTS
from policy_engine.language.parse import concrete


def formatted(source: Source) -> tuple[str | None, tuple[Diagnostic, ...]]:
    """The text laid out anew; None, and what is wrong, where its syntax is."""
    tree, diagnostics = concrete(source)
    if tree is None:
        return None, diagnostics
    page = _page(source.text, tree)
    align(page)
    return "".join(f"{line}\n" for line in page), ()


def _page(text: str, tree: Branch) -> list[Line]:
    words = list(words_of(tree))
    notes = _notes(text, words)
    page: list[Line] = []
    long = False
    for statement in tree.parts:
        assert isinstance(statement, Branch)
        body = lines(marks(statement, text, notes, LAYOUTS))
        if len(body) == 1:
            body[0].row = statement.rule
        between = notes[next(words_of(statement)).start]
        _separate(page, between, apart=long or len(body) > 1)
        long = len(body) > 1
        page.extend(body)
    _separate(page, notes[len(text)], apart=False)
    while page and not str(page[-1]):
        page.pop()
    return page


def _separate(page: list[Line], notes: Notes, *, apart: bool) -> None:
    """What stands between two statements, before the first or after the last."""
    above = list(notes.above)
    if page:
        page[-1].comment = notes.trailing
        if apart and "" not in above:
            above.insert(0, "")
    elif above and not above[0]:
        del above[0]
    page.extend(Line(0, line) for line in above)


def _notes(text: str, words: Sequence[Word]) -> dict[int, Notes]:
    """The comments before each word, by where it starts; those at the end, by the end."""
    found: dict[int, Notes] = {}
    end = 0
    for word in words:
        found[word.start] = _read(text[end : word.start], first=end == 0)
        end = word.end
    found[len(text)] = _read(text[end:] + "\n", first=end == 0)
    return found


def _read(space: str, *, first: bool) -> Notes:
    if not space or space == " ":
        return Notes()
    rest, *above = (line.strip() for line in space.split("\n"))
    if first:
        above.insert(0, rest)
        rest = ""
    del above[-1:]
    return Notes(rest, tuple(a for i, a in enumerate(above) if a or i == 0 or above[i - 1]))
