"""Questions about a policy: what its tests cover and would notice."""
