"""How fast and how small reading policies is."""
