"""Files and folders that are written whole or not at all."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from policy_engine.foundation.errors import InputError


@contextmanager
def whole_folder(path: Path, *, or_empty: bool = False) -> Iterator[Path]:
    """A folder to fill, which gets this name when all is well and is gone when it is not.

    Nothing may have the name already, or nothing but an empty folder (`or_empty`). Raises
    `InputError` for that, and where it cannot be written.
    """
    part = unfinished(path)
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


def unfinished(path: Path) -> Path:
    """A name that nobody has, in the same folder: a rename does not leave the disk."""
    return path.parent / f".{path.name}.{secrets.token_hex(8)}.part"
