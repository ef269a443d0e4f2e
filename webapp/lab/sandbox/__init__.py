"""Scenarios, run in a sandbox by the app's own sessions."""
