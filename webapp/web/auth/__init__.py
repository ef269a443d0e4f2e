"""Sign-in of a request: the hook, cookies, CSRF, authorization, re-authentication."""
