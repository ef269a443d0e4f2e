"""The token lab: the real code under glass. Knows the core alone; the web shows what is here."""
