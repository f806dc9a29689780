"""Spans of time: a day is 24 hours. How they are spelt is with the other kinds of datum."""

from __future__ import annotations

from policy_engine.foundation.kinds import duration, duration_text, plain_duration

__all__ = ["duration", "duration_text", "plain_duration"]
