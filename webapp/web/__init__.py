"""HTTP only: the hook, cookies, pages and the JSON API."""
