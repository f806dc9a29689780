"""Questions about a policy before it runs: what its tests cover, and what they would notice."""
