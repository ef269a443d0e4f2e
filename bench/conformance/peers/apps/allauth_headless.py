"""django-allauth headless with its JWT strategy, by its documentation."""

from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from . import django_server

APPS = ["rest_framework", "allauth", "allauth.account", "allauth.headless"]


def settings() -> dict[str, Any]:
    return {
        "MIDDLEWARE": [
            *django_server.MIDDLEWARE,
            "allauth.account.middleware.AccountMiddleware",
        ],
        "AUTHENTICATION_BACKENDS": ["allauth.account.auth_backends.AuthenticationBackend"],
        "ACCOUNT_LOGIN_METHODS": {"username"},
        "ACCOUNT_SIGNUP_FIELDS": ["username*", "password1*"],
        "ACCOUNT_EMAIL_VERIFICATION": "none",
        "ACCOUNT_RATE_LIMITS": False,
        "HEADLESS_ONLY": True,
        "HEADLESS_CLIENTS": ("app",),
        "HEADLESS_TOKEN_STRATEGY": "allauth.headless.tokens.strategies.jwt.JWTTokenStrategy",
        "HEADLESS_JWT_PRIVATE_KEY": private_key(),
        "HEADLESS_JWT_ROTATE_REFRESH_TOKEN": True,
        "HEADLESS_JWT_STATEFUL_VALIDATION_ENABLED": True,
    }


def private_key() -> str:
    """In the folder, so that a restart keeps it."""
    file = django_server.FOLDER / "key.pem"
    if not file.exists():
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
    return file.read_text()


def urls() -> django_server.Urls:
    from allauth.headless.contrib.rest_framework.authentication import JWTTokenAuthentication
    from django.urls import include, path
    from rest_framework.permissions import IsAuthenticated
    from rest_framework.request import Request
    from rest_framework.response import Response
    from rest_framework.views import APIView

    class WhoAmI(APIView):
        authentication_classes = (JWTTokenAuthentication,)
        permission_classes = (IsAuthenticated,)

        def get(self, request: Request) -> Response:
            return Response({"name": request.user.get_username()})

    return [
        path("accounts/", include("allauth.urls")),
        path("_allauth/", include("allauth.headless.urls")),
        path("api/whoami", WhoAmI.as_view()),
    ]


app = django_server.create_app(APPS, settings(), urls)
