"""Where state lives: Redis and SQL, serving the protocols that the core declares."""
