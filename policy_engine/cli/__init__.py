"""The command `policy`. One file a command; everything is printed through `output`."""

from policy_engine.cli.main import main

__all__ = ["main"]
