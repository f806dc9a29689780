"""`policy lift`: somebody lets go on what was suspended."""

from __future__ import annotations

from policy_engine.cli.suspend import made
from policy_engine.runtime.gate import Gate

command = made("lift", Gate.lift, "lifted", "allow", "Let NAME go on, which was suspended.")
