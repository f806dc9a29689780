"""What a datum is, and what can be asked of it: types, exact numbers, tokens, patterns."""
