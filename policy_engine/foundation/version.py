"""The version of the engine, for whoever must say it or compare it. Imports nothing."""

from __future__ import annotations

VERSION = "0.1.0"
