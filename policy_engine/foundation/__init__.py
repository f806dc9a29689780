"""What everything else stands on: places in text, diagnostics, canonical JSON, storage.

Knows nothing of policies.
"""
