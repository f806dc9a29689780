"""A worker, as a service would run one: works until its input ends.

    python -m tests.faults.idle_worker FOLDER STORE

It says `ready` when it works.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.faults.scene import Scene


def main() -> None:
    folder, store = sys.argv[1:]
    gate = Scene(Path(folder), store).gate()
    gate.work()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()
    gate.close()


if __name__ == "__main__":
    main()
