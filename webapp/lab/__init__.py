"""The token lab: shows a session's tokens and requests live, and plays failures in a sandbox."""
