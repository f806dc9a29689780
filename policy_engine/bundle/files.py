"""Reads the files of a policy set: `*.policy` under the given paths, and what they name.

A path is a file or a folder (with its subfolders). Everything is bounded: 1 MiB a file, 8 MiB in
all, read only after its size is known. A JSON Schema or a file of cases is read from beside the
policy file that names it or from below, never from above; wherever that policy file was found.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath

from policy_engine.bundle import codes
from policy_engine.foundation.data import data_file
from policy_engine.foundation.diagnostics import Code, Diagnostic, Label
from policy_engine.foundation.source import Source, Span

SUFFIX = ".policy"
LARGEST_FILE = 1024 * 1024
LARGEST_SET = 8 * LARGEST_FILE


@dataclass(frozen=True, slots=True)
class Files:
    """What was read, and what could not be."""

    sources: tuple[Source, ...]
    diagnostics: tuple[Diagnostic, ...]


def read_files(paths: Iterable[str | os.PathLike[str]]) -> Files:
    """All policy files under the paths, in order of name, each once."""
    found: dict[Path, None] = {}
    diagnostics: list[Diagnostic] = []
    for path in paths:
        files = list(_policy_files(Path(path), diagnostics))
        if not files and not diagnostics:
            diagnostics.append(_about(codes.NOTHING_THERE, f"no policy file at `{path}`", path))
        found.update(dict.fromkeys(files))
    if not found and not diagnostics:
        diagnostics.append(_about(codes.NOTHING_THERE, "no policy file was named", "-"))
    sources: list[Source] = []
    total = 0
    for file in sorted(found):
        result = _read(file, LARGEST_SET - total)
        if isinstance(result, Source):
            sources.append(result)
            total += len(result.text)
        else:
            diagnostics.append(result)
    return Files(tuple(sources), tuple(diagnostics))


def read_beside(policy_file: str, name: str) -> str | None:
    """The text of a file named in a policy file, or None where it may not or cannot be read."""
    folder = Path(policy_file).resolve().parent
    target = (folder / name).resolve()
    if not target.is_relative_to(folder) or not target.is_file():
        return None
    result = _read(target, LARGEST_FILE)
    return result.text if isinstance(result, Source) else None


class Roots:
    """Finds what an `import` names: `a.b` is `a/b.policy` below a root, and reads it once.

    The roots are the folders given (of a file, its folder), in order, and then the policies that
    ship with the package. A part of a name is a plain word, so nothing above a root is reached.
    Remembers which files ship with the package: their names lead nowhere from the working
    directory, or to a stranger's file.
    """

    def __init__(self, paths: Iterable[str | os.PathLike[str]]) -> None:
        given = [Path(path) for path in paths]
        self._folders = [path if path.is_dir() else path.parent for path in given]
        self._shipped: dict[str, Traversable] = {}

    def find(self, policy: str) -> Source | None:
        """The file of a policy, or None where there is none that can be read."""
        name = policy.replace(".", "/") + SUFFIX
        for folder in dict.fromkeys(self._folders):
            path = folder / name
            if path.is_file():
                result = _read(path, LARGEST_FILE)
                return result if isinstance(result, Source) else None
        *folders, file = name.split("/")
        beside = data_file("policies").joinpath(*folders)
        shipped = beside.joinpath(file)
        if not shipped.is_file():
            return None
        source = Source(f"policies/{name}", shipped.read_text(encoding="utf-8"))
        self._shipped[source.name] = beside
        return source

    def read_beside(self, policy_file: str, name: str) -> str | None:
        """The text of a file named in a policy file, or None where it may not or cannot be read.

        `policy_file` is the name of a source: of one that was found here, or of a file on disk.
        """
        shipped = self._shipped.get(policy_file)
        if shipped is None:
            return read_beside(policy_file, name)
        parts = PurePosixPath(name).parts
        if PurePosixPath(name).is_absolute() or ".." in parts:
            return None
        target = shipped.joinpath(*parts)
        return target.read_text(encoding="utf-8") if target.is_file() else None


def _policy_files(path: Path, diagnostics: list[Diagnostic]) -> Iterator[Path]:
    """The policy files at a path; what is there and cannot be looked into is said, not skipped."""

    def unreadable(error: OSError) -> None:
        title = f"the folder cannot be read: {error.strerror or error}"
        diagnostics.append(_about(codes.UNREADABLE, title, error.filename or path))

    try:
        if not path.is_dir():
            if path.exists():
                yield path
            return
    except OSError as error:
        diagnostics.append(_about(codes.UNREADABLE, f"{error.strerror or error}", path))
        return
    for folder, folders, names in os.walk(path, onerror=unreadable):
        folders.sort()
        for name in folders:
            if Path(folder, name).is_symlink():
                title = "a link to a folder is not followed"
                diagnostics.append(_about(codes.UNREADABLE, title, Path(folder, name)))
        for name in sorted(names):
            if name.lower().endswith(SUFFIX):
                yield Path(folder, name)


def _read(path: Path, room: int) -> Source | Diagnostic:
    name = _shown(path)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return _about(codes.UNREADABLE, "this is no regular file", name)
        size = status.st_size
        if size > min(LARGEST_FILE, room):
            title = f"{size / 2**20:.1f} MiB are more than can be read"
            return _about(codes.TOO_LARGE, title, name, "split the policy by subject")
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        return _about(codes.UNREADABLE, f"the file cannot be read: {reason}", name)
    try:
        return Source(name, data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        title = f"byte {error.start + 1} (line {line}) is not UTF-8"
        return _about(codes.NOT_TEXT, title, name, "save the file as UTF-8")


def _shown(path: Path) -> str:
    """The path as a person would type it here: from the working directory where it is below."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except (ValueError, OSError):
        return path.as_posix()


def _about(
    code: Code, title: str, path: str | os.PathLike[str], help_: str | None = None
) -> Diagnostic:
    """A diagnostic about a whole file, which has no line to show."""
    source = Source(os.fspath(path), "")
    return Diagnostic(code, title, (Label(Span(source, 0, 0), "this file"),), help=help_)
