"""Questions about the past, asked of the ledger: what happened, and does the record hold."""
