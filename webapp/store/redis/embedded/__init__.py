"""The Redis server that development starts by itself."""
