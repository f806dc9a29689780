"""How fast we decide, beside hand-written Python and beside peers."""
