"""The Redis server that development runs by itself."""
