"""What a session is. No Flask, no Redis, no SQL; time is an argument (Unix seconds)."""
