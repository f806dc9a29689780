"""Checked rules as Python source: one function a task, as fast as if somebody had written it."""
