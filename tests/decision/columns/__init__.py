"""Columns of actions: what a table may look like, and what comes of odd cells."""
