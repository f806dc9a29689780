"""Policy sets on disk: which files belong to one, read within bounds."""
