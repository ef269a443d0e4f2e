"""What each process needs and is not HTTP."""
