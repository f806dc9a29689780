"""Who holds which role, in which domain: Casbin's word, turned into a frozen table."""
