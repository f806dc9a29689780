"""What every process of these tests needs and is slow to load: loaded once, before they fork.

Nothing is called here, so that no thread is there when they do.
"""

from __future__ import annotations

import tempfile
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from policy_engine import Status
from tests.faults import conftest as conftest
from tests.faults.scene import POLICY, Scene, pay

with tempfile.TemporaryDirectory() as folder:
    scene = Scene(Path(folder), f"{folder}/s.db")
    scene.write(POLICY)
    gate = scene.gate()
    assert gate.submit(pay(0)).status is Status.DENIED
    gate.close()

import_module("policy_engine.runtime.validations")
if find_spec("psycopg") is not None:
    import_module("policy_engine.runtime.alive_postgres")
    import_module("policy_engine.foundation.database.postgres")
