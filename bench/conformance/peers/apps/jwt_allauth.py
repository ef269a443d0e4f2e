"""django-jwt-allauth, by its documentation, with the checks that it offers and leaves off."""

from datetime import timedelta

from . import django_server

APPS = ["django.contrib.admin", "jwt_allauth", "rest_framework", "allauth", "allauth.account"]
SETTINGS = {
    "MIDDLEWARE": [
        *django_server.MIDDLEWARE,
        "allauth.account.middleware.AccountMiddleware",
    ],
    "AUTHENTICATION_BACKENDS": [
        "django.contrib.auth.backends.ModelBackend",
        "allauth.account.auth_backends.AuthenticationBackend",
    ],
    "REST_FRAMEWORK": {
        "DEFAULT_AUTHENTICATION_CLASSES": ["jwt_allauth.authentication.JWTAllAuthDBAuthentication"],
    },
    "ACCOUNT_RATE_LIMITS": False,
    "JWT_ALLAUTH_SECRET_KEY": "another secret of the comparison and of nothing else",
    "JWT_ALLAUTH_ACCESS_TOKEN_SESSION_CHECK": True,
    "JWT_ALLAUTH_SESSION_LIFETIME": timedelta(days=90),
}


def urls() -> django_server.Urls:
    from django.urls import include, path

    return [path("jwt-allauth/", include("jwt_allauth.urls"))]


app = django_server.create_app(APPS, SETTINGS, urls)
