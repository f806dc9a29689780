"""A fake for each port of the gate, and a small policy to use them with."""

from tests.fakes.clock import FakeClock
from tests.fakes.desk import POLICY, Desk, write_policy

__all__ = ["POLICY", "Desk", "FakeClock", "write_policy"]
