"""The laws, and that the engine and the reference evaluator agree, on generated policies."""
