"""How many examples a property is tried on.

`POLICY_FUZZ_EXAMPLES=20` tries twenty times as many of each; `POLICY_FUZZ_SHRINK=1` looks for the
smallest failing one, which takes minutes.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

FACTOR = int(os.environ.get("POLICY_FUZZ_EXAMPLES", "1"))
PHASES = [Phase.explicit, Phase.reuse, Phase.generate]
if os.environ.get("POLICY_FUZZ_SHRINK"):
    PHASES.append(Phase.shrink)


def examples(number: int) -> settings:
    """Settings for a property; generated policies are slow to draw, which is no fault."""
    return settings(
        max_examples=number * FACTOR,
        deadline=None,
        phases=PHASES,
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
