"""Files and folders that are written whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from policy_engine.foundation.disk import put
from policy_engine.foundation.errors import InputError


def write_whole(path: Path, data: bytes) -> None:
    """Writes a file: all of it is there, or what was there before.

    A link is followed; a file that was there leaves its permissions to the new one. A device or a
    pipe is written to and stays what it is. Raises `InputError` where it cannot be written.
    """
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(data)
        else:
            _replace(Path(os.path.realpath(path)), data)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror or error}") from error


def _replace(path: Path, data: bytes) -> None:
    beside = _unfinished(path)
    try:
        put(beside, data, like=path)
        beside.replace(path)
    except BaseException:  # whatever ends it early, no half-written file stays, and it goes on up
        beside.unlink(missing_ok=True)
        raise


@contextmanager
def whole_folder(path: Path, *, or_empty: bool = False) -> Iterator[Path]:
    """A folder to fill, which gets this name when all is well and is gone when it is not.

    Nothing may have the name already, or nothing but an empty folder (`or_empty`). Raises
    `InputError` for that, and where it cannot be written.
    """
    part = _unfinished(path)
    try:
        if path.exists() and not (or_empty and path.is_dir() and not any(path.iterdir())):
            new = "new or empty" if or_empty else "new"
            raise InputError(f"{path} is there already; name a folder that is {new}")
        part.mkdir(parents=True)
        try:
            yield part
            if path.exists():
                path.rmdir()
            part.rename(path)
        except BaseException:  # whatever ends it early, no half-written folder stays; it goes on
            shutil.rmtree(part, ignore_errors=True)
            raise
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror or error}") from error


def _unfinished(path: Path) -> Path:
    """A name that nobody has, in the same folder: a rename does not leave the disk."""
    return path.parent / f".{path.name}.{secrets.token_hex(8)}.part"
