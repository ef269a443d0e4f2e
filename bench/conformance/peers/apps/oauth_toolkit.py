"""django-oauth-toolkit, by its documentation.

GRACE in the environment: with a grace period of so many seconds, and its reuse protection.
"""

import os

from bench.conformance.sql_server import CLIENT

from . import django_server

APPS = ["oauth2_provider"]


def settings(grace: str | None) -> dict[str, object]:
    if not grace:
        return {}
    return {
        "REFRESH_TOKEN_GRACE_PERIOD_SECONDS": int(grace),
        "REFRESH_TOKEN_REUSE_PROTECTION": True,
    }


def urls() -> django_server.Urls:
    from django.http import HttpRequest, HttpResponse
    from django.urls import include, path
    from oauth2_provider.views.generic import ProtectedResourceView

    class WhoAmI(ProtectedResourceView):  # type: ignore[misc]
        def get(self, request: HttpRequest) -> HttpResponse:
            return HttpResponse(request.resource_owner)  # type: ignore[attr-defined]

    return [
        path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
        path("whoami", WhoAmI.as_view()),
    ]


def register_client() -> None:
    from oauth2_provider.models import Application

    Application.objects.get_or_create(
        client_id=CLIENT,
        client_type=Application.CLIENT_PUBLIC,
        authorization_grant_type=Application.GRANT_PASSWORD,
    )


OWN = {"OAUTH2_PROVIDER": settings(os.environ.get("GRACE"))}
app = django_server.create_app(APPS, OWN, urls)
register_client()
