"""Role assignments and role hierarchy from Casbin. The only module that knows Casbin.

A directory file has Casbin's own lines: `g, who, role` holds in every domain, and
`g2, who, role, domain` in one. Casbin's traps are closed here: a line that it would silently
ignore (`px, …`) or split in the wrong place (quotes) is an error with its place, and so are
rules of access (`p, …`), which belong in policy files. Casbin caps a chain of roles at ten and
drops the rest without a word; we read direct links only and close over them ourselves.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

import casbin
from casbin import persist

from policy_engine.access.directory import Directory, Link
from policy_engine.foundation.errors import DirectoryError

_MODEL = """
[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act
[role_definition]
g = _, _
g2 = _, _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = g(r.sub, p.sub)
"""

_FIELDS = {"g": 3, "g2": 4}


def read_directory(path: str | Path, includes: Iterable[tuple[str, str]] = ()) -> Directory:
    """The directory of a Casbin CSV file; `includes` are pairs of role and included role.

    Raises `DirectoryError` naming the line that cannot be used.
    """
    expected = _checked_lines(Path(path))
    logging.getLogger("casbin").setLevel(logging.ERROR)
    directory = directory_from(persist.adapters.FileAdapter(str(path)), includes)
    if directory.size != expected:
        raise DirectoryError(f"{path}: Casbin read {directory.size} of {expected} assignments")
    return directory


def directory_from(adapter: object, includes: Iterable[tuple[str, str]] = ()) -> Directory:
    """The directory behind any Casbin adapter whose rows are `g` and `g2` as above."""
    model = casbin.Enforcer.new_model(text=_MODEL)
    enforcer = casbin.Enforcer(model, adapter)
    enforcer.enable_auto_save(False)
    if enforcer.get_policy():
        raise DirectoryError("the directory holds `p` rows; what may be done is said in policies")
    size = len(enforcer.get_grouping_policy()) + len(enforcer.get_named_grouping_policy("g2"))
    for role, included in includes:
        enforcer.add_grouping_policy(role, included)
    links = {Link(who, role, None) for who, role in _links(enforcer, "g")}
    for who, _, domain in enforcer.get_named_grouping_policy("g2"):
        roles = enforcer.rm_map["g2"].get_roles(who, domain)
        links.update(Link(who, role, domain) for role in roles)
    return Directory(frozenset(links), size)


def _links(enforcer: casbin.Enforcer, kind: str) -> Iterable[tuple[str, str]]:
    manager = enforcer.rm_map[kind]
    for row in enforcer.get_named_grouping_policy(kind):
        for role in manager.get_roles(row[0]):
            yield row[0], role


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


def _checked_row(line: str, place: str) -> tuple[str, ...]:
    row = tuple(part.strip() for part in line.split(","))
    wanted = _FIELDS.get(row[0])
    if wanted is None:
        raise DirectoryError(
            f"{place}: `{row[0]}` is no kind of assignment; write `g, who, role` or "
            "`g2, who, role, domain`"
        )
    if len(row) != wanted or not all(row):
        raise DirectoryError(f"{place}: `{row[0]}` takes {wanted - 1} names, all given")
    if any(character in line for character in "\"'#[]"):
        raise DirectoryError(f"{place}: names stand without quotes, brackets and `#`")
    return row
