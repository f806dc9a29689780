"""The version of the policy language. Imports nothing, so it can be asked without the parser.

It goes up by one when a policy that was valid could mean something else, or nothing, from then on.
"""

from __future__ import annotations

LANGUAGE = 1
