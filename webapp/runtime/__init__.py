"""Services of each process apart from HTTP: background queue, retention job, logging."""
