"""The policies for AgentDojo and tau2-bench under the scorers of these suites.

    python -m benchmarks.suites [FOLDER]

runs the scorers that lie in FOLDER (default: `../shared`; `bench/*.py`, with their data below
`data/`) and prints their tables: AgentDojo for the first wording of the attack, tau2 for all rows.
Neither scorers nor data come with this repository; where they are not there, that is said.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

_DEFAULT = Path(__file__).resolve().parents[2] / "shared"


def runs(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """What is run: a title, and the scorer with its arguments."""
    bench, data = folder / "bench", folder / "data"
    yield (
        "AgentDojo, development half",
        [
            str(bench / "agentdojo_score.py"),
            str(data / "agentdojo"),
            "--split",
            "dev",
            "--engine",
            "benchmarks.agentdojo.engine:factory",
        ],
    )
    yield (
        "tau2-bench, development half",
        [
            str(bench / "tau2_score.py"),
            str(data / "tau2"),
            "-",
            "benchmarks.tau2.engine:decide",
            "train",
        ],
    )


def main() -> None:
    """Prints every table that can be had."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else _DEFAULT
    for title, command in runs(folder):
        sys.stdout.write(f"\n{title}\n")
        sys.stdout.flush()
        if not Path(command[0]).is_file() or not Path(command[1]).is_dir():
            sys.stdout.write("not run: its scorer and data are not there\n")
            continue
        done = subprocess.run([sys.executable, *command], check=False)
        if done.returncode:
            sys.stdout.write(f"the scorer ended with {done.returncode}\n")


if __name__ == "__main__":
    main()
