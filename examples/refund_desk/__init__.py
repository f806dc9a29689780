"""A support agent at a refund desk, governed end to end. Run it: `make run`."""
