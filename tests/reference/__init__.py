"""A slow and obvious evaluator, written from the pages and not from the engine."""
