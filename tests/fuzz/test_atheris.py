"""A short run of the coverage-guided fuzzer in every test run; `make fuzz` has the long one."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.fuzz.texts import ROOT

SECONDS = 10


@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris has no wheel for this platform")
def test_ten_seconds_of_it_find_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.fuzz.atheris_parse", str(SECONDS), str(tmp_path)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout[-4_000:] + result.stderr[-4_000:]
    runs = re.search(r"number_of_executed_units: (\d+)", result.stderr)
    assert runs is not None and int(runs[1]) > 50
