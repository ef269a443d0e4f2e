"""django-oauth-toolkit, by its documentation.

GENEROUS in the environment: with its grace period and its reuse protection.
"""

import os

from bench.conformance.sql_server import CLIENT

from . import django_server

APPS = ["oauth2_provider"]
# The grace is the one that its documentation suggests.
GENEROUS = {"REFRESH_TOKEN_GRACE_PERIOD_SECONDS": 120, "REFRESH_TOKEN_REUSE_PROTECTION": True}


def urls() -> django_server.Urls:
    from django.http import HttpRequest, HttpResponse
    from django.urls import include, path
    from oauth2_provider.views.generic import ProtectedResourceView

    class WhoAmI(ProtectedResourceView):  # type: ignore[misc]
        def get(self, request: HttpRequest) -> HttpResponse:
            return HttpResponse(request.resource_owner)  # type: ignore[attr-defined]

    register_client()
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


OWN = GENEROUS if os.environ.get("GENEROUS") else {}
app = django_server.create_app(APPS, {"OAUTH2_PROVIDER": OWN}, urls)
