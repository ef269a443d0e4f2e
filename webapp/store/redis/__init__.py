"""Redis: the client, generations, the invalidation feed, rate limits, saved forms."""
