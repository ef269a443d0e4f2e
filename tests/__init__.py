"""What the app promises, as tests. `python3 -m tests` runs them all."""
