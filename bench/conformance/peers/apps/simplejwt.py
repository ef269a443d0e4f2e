"""djangorestframework-simplejwt with rotation and its blacklist app, by its documentation."""

from . import django_server

APPS = ["rest_framework", "rest_framework_simplejwt", "rest_framework_simplejwt.token_blacklist"]
SETTINGS = {
    "REST_FRAMEWORK": {
        "DEFAULT_AUTHENTICATION_CLASSES": [
            "rest_framework_simplejwt.authentication.JWTAuthentication"
        ],
        "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    },
    "SIMPLE_JWT": {"ROTATE_REFRESH_TOKENS": True, "BLACKLIST_AFTER_ROTATION": True},
}


def urls() -> django_server.Urls:
    from django.urls import path
    from rest_framework.decorators import api_view
    from rest_framework.request import Request
    from rest_framework.response import Response
    from rest_framework_simplejwt import views

    @api_view()
    def whoami(request: Request) -> Response:
        return Response({"name": request.user.get_username()})

    return [
        path("api/token/", views.TokenObtainPairView.as_view()),
        path("api/token/refresh/", views.TokenRefreshView.as_view()),
        path("api/token/blacklist/", views.TokenBlacklistView.as_view()),
        path("api/whoami/", whoami),
    ]


app = django_server.create_app(APPS, SETTINGS, urls)
