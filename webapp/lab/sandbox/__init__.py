"""Scenarios, run on the app's own session code with fake surroundings."""
