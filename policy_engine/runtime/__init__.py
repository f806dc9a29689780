"""The gate: an action proceeds only when decided so.

`runtime` decides and records before it acts, yet stands below both the composition and the
ledger; `ports` says what it needs of them.
"""
