"""What runs before and beside the app: set-up, with nothing but the standard library."""
