"""Which files a policy set is made of, each with its place in a bundle.

The files that were asked for keep their places to each other, below `policies/`; what they import
stands below `imports/` by its name (`library.mail` is `imports/library/mail.policy`); a schema
stands where the policy file says, seen from there. Relies on `build` to ask for every other file
that it uses, and notes what it asked for. `read_policy` reads the same policy set from the texts
at those places alone.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from policy_engine.bundle.files import SUFFIX, Roots, read_files
from policy_engine.bundle.flaw import Flaw
from policy_engine.bundle.manifest import GIVEN, IMPORTS
from policy_engine.foundation.diagnostics import Diagnostic, in_order
from policy_engine.foundation.errors import PolicyError
from policy_engine.foundation.source import Source
from policy_engine.language.build import build
from policy_engine.language.policy import PolicySet

CheckPolicy = Callable[[PolicySet], Iterable[Diagnostic]]


@dataclass(frozen=True, slots=True)
class Contents:
    """A policy set without errors, and the texts that it was read from, by their places."""

    policy: PolicySet
    given: tuple[str, ...]
    """The places of the files that were asked for, in order."""
    files: Mapping[str, str]
    warnings: tuple[Diagnostic, ...]


def read_contents(
    paths: Iterable[str | os.PathLike[str]],
    *,
    at: datetime | None = None,
    check: CheckPolicy = lambda policy: (),
) -> Contents:
    """The contents of a bundle of these files and folders.

    `at` is the time by which exceptions have expired (None: nobody asks); `check` says what else
    is wrong with a policy set. Raises `PolicyError` with all diagnostics where there are errors,
    and `Flaw` where a file has no place in a bundle.
    """
    paths = list(paths)
    files = read_files(paths)
    if files.diagnostics:
        raise PolicyError(in_order(files.diagnostics))
    used = _Used(files.sources, Roots(paths))
    built = build(files.sources, used.read_beside, used.find, at=at)
    more = tuple(check(built.policy)) if built.policy is not None else ()
    diagnostics = in_order((*built.diagnostics, *more))
    if built.policy is None or any(d.is_error for d in diagnostics):
        raise PolicyError(diagnostics)
    return Contents(built.policy, tuple(sorted(used.given)), used.files, diagnostics)


def read_policy(given: Iterable[str], files: Mapping[str, str]) -> PolicySet:
    """The policy set of texts by their places, and of nothing else. Raises `PolicyError`."""

    def find(policy: str) -> Source | None:
        place = _import_place(policy)
        return Source(place, files[place]) if place in files else None

    def beside(policy_file: str, name: str) -> str | None:
        return files.get(_place_beside(policy_file, name))

    built = build([Source(place, files[place]) for place in given], beside, find)
    if built.policy is None:
        raise PolicyError(built.diagnostics)
    return built.policy


class _Used:
    """Notes each file that is read, under its place."""

    def __init__(self, sources: Iterable[Source], roots: Roots) -> None:
        self._roots = roots
        self._places = _places_of_given(sources)
        self.given = frozenset(self._places.values())
        self.files = {self._places[source.name]: source.text for source in sources}

    def find(self, policy: str) -> Source | None:
        source = self._roots.find(policy)
        if source is not None and source.name not in self._places:
            self._places[source.name] = _import_place(policy)
            self._note(_import_place(policy), source.text, source.name)
        return source

    def read_beside(self, policy_file: str, name: str) -> str | None:
        text = self._roots.read_beside(policy_file, name)
        if text is not None:
            place = _place_beside(self._places[policy_file], name)
            if not place.startswith((GIVEN, IMPORTS)):
                problem = f"`{name}`, which {policy_file} names, has no place in a bundle"
                raise Flaw(problem, "name it as it is seen from there, without `..`")
            self._note(place, text, name)
        return text

    def _note(self, place: str, text: str, name: str) -> None:
        if self.files.setdefault(place, text) != text:
            problem = f"two different files would stand at {place} in the bundle"
            raise Flaw(problem, f"give `{name}` another name")


def _places_of_given(sources: Iterable[Source]) -> dict[str, str]:
    """The places of the files that were asked for, seen from the nearest folder that holds all."""
    paths = {source.name: Path(source.name).resolve() for source in sources}
    folder = os.path.commonpath([path.parent for path in paths.values()])
    return {name: GIVEN + path.relative_to(folder).as_posix() for name, path in paths.items()}


def _import_place(policy: str) -> str:
    """Where an imported policy stands in a bundle."""
    return IMPORTS + policy.replace(".", "/") + SUFFIX


def _place_beside(policy_file: str, name: str) -> str:
    """Where a file that a policy file names stands, both in a bundle; it may be nowhere."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(policy_file), name))
