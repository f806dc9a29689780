"""Files and names that are on the disk, not only on their way there. Raises `OSError`."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def put(path: Path, data: bytes, *, like: Path | None = None) -> None:
    """A new file, on the disk when this returns; with the permissions of another that is there."""
    with path.open("xb") as file:
        if like is not None and like.exists():
            shutil.copymode(like, path)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync(folder: Path) -> None:
    """Puts the names in a folder on disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
