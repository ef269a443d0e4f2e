"""The servers that are measured: each module starts one, as its documentation sets it up."""

NAMES = (
    *("evergreen_pages", "evergreen_api", "evergreen_oauth", "evergreen_forward"),
    *("jwt_extended", "jwt_rotation", "flask_login", "flask_security"),
    *("oauth_toolkit", "oauth_toolkit_grace", "simplejwt", "allauth_headless", "jwt_allauth"),
    *("authlib_server", "oidc_provider", "better_auth", "better_auth_reuse"),
    "better_auth_sessions",
    *("article_1", "article_2", "article_3", "article_4", "article_5"),
)
