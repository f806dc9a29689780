"""How many examples a property is tried on: POLICY_FUZZ_EXAMPLES multiplies them all."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

FACTOR = int(os.environ.get("POLICY_FUZZ_EXAMPLES", "1"))


def examples(number: int) -> settings:
    """Settings for a property; generated policies are slow to draw, which is no fault."""
    return settings(
        max_examples=number * FACTOR,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
