"""The requests of a signed-in session, recorded and shown live to its owner."""
