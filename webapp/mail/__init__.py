"""The mail room: how letters look and travel. It serves the core's notices."""
