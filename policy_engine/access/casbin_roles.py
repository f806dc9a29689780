"""Role assignments and role hierarchy from Casbin's rows.

A directory has Casbin's own rows: `g, who, role` holds in every domain, and `g2, who, role, domain`
in one. It comes from a CSV file or from any adapter. Casbin's traps are closed here: it ignores
rows of kinds that it does not know (`px, …`), cuts rows that are too long (`g, ann, admin, emea`
makes ann an admin everywhere) and keeps quotes as part of names. Each of these is an error, and so
are rules of access (`p, …`), which belong in policy files. We read direct links only and close over
them ourselves, so no chain of roles is too long.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from casbin import persist

from policy_engine.access.casbin_rows import Row, rows_of
from policy_engine.access.directory import Directory, Link
from policy_engine.foundation.errors import DirectoryError

_NAMES = {"g": 2, "g2": 3}
"""How many names each kind of assignment takes."""


def read_directory(path: str | Path, includes: Iterable[tuple[str, str]] = ()) -> Directory:
    """The directory of a Casbin CSV file; `includes` are pairs of role and included role.

    Raises `DirectoryError` naming the line that cannot be used.
    """
    expected = _checked_lines(Path(path))
    directory = directory_from(persist.adapters.FileAdapter(str(path)), includes)
    if directory.size != expected:
        raise DirectoryError(f"{path}: Casbin read {directory.size} of {expected} assignments")
    return directory


def directory_from(adapter: object, includes: Iterable[tuple[str, str]] = ()) -> Directory:
    """The directory behind any Casbin adapter whose rows are `g` and `g2` as above.

    Raises `DirectoryError` for a row that cannot be used, a cycle, or an adapter that cannot be
    read, whatever it raised itself.
    """
    rows = set(rows_of(adapter))
    links = {_link(row) for row in rows}
    links |= {Link(role, included, None) for role, included in includes}
    return Directory(frozenset(links), len(rows))


def _link(row: Row) -> Link:
    place = f"the row `{', '.join((row.kind, *row.fields))}`"
    _check(row, place)
    for name in row.fields:
        # The adapter split a row at the wrong comma, or took CSV's quotes for part of a name.
        if "," in name or '"' in name or name != name.strip() or not name.isprintable():
            raise DirectoryError(f"{place}: names stand without commas, quotes and margins")
    return Link(row.fields[0], row.fields[1], row.fields[2] if row.kind == "g2" else None)


def _check(row: Row, place: str) -> None:
    wanted = _NAMES.get(row.kind)
    if wanted is None:
        also = "; what may be done is said in policies" if row.kind[:1] == "p" else ""
        raise DirectoryError(
            f"{place}: `{row.kind}` is no kind of assignment; write `g, who, role` or "
            f"`g2, who, role, domain`{also}"
        )
    if len(row.fields) != wanted or not all(row.fields):
        raise DirectoryError(f"{place}: `{row.kind}` takes {wanted} names, all given")


def _checked_lines(path: Path) -> int:
    """How many distinct assignments the file holds."""
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError as error:
        raise DirectoryError(f"there is no directory of roles at {path}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise DirectoryError(f"{path} cannot be read as UTF-8 text: {error}") from error
    rows = set()
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            rows.add(_checked_row(line, f"{path}:{number}"))
    return len(rows)


def _checked_row(line: str, place: str) -> Row:
    kind, *names = (part.strip() for part in line.split(","))
    row = Row(kind, tuple(names))
    _check(row, place)
    if any(character in line for character in "\"'#[]"):
        raise DirectoryError(f"{place}: names stand without quotes, brackets and `#`")
    return row
