"""Columns of actions decided at once: Arrow in, Arrow out.

Whoever imports something from here needs the extra `batch`; nothing else in the package does.
"""

try:
    import numpy as numpy
    import pyarrow as pyarrow
except ImportError as error:
    raise ImportError(
        "tables of actions need NumPy and Arrow: pip install 'agent-policy-engine[batch]'"
    ) from error
