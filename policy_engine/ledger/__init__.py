"""The record of what happened: append-only, hash-chained, and verifiable by anyone."""
