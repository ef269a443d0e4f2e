"""What the Django servers share: settings, the account, and the operator's route."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path
from django.views.decorators.csrf import csrf_exempt

from bench.peers import EMAIL, PASSWORD

FOLDER = Path(os.environ["SERVER_FOLDER"])
APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
# As Django's documentation advises for SQLite under load: writers wait for each other.
DATABASE = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": FOLDER / "django.db",
    "CONN_MAX_AGE": None,
    "OPTIONS": {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    },
}
COMMON = {
    "SECRET_KEY": "a secret of the comparison and of nothing else",
    "ALLOWED_HOSTS": ["127.0.0.1"],
    "ROOT_URLCONF": __name__,
    "MIDDLEWARE": MIDDLEWARE,
    "USE_TZ": True,
    "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
    # Fast: how a password is hashed says nothing of the tokens.
    "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
    "TEMPLATES": [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
        }
    ],
    "DATABASES": {"default": DATABASE},
}

Urls = Sequence[URLPattern | URLResolver]

# Of ROOT_URLCONF; create_app() fills it.
urlpatterns: list[URLPattern | URLResolver] = []


def create_app(
    apps: Sequence[str], own: Mapping[str, Any], urls: Callable[[], Urls]
) -> WSGIHandler:
    """`urls` is called when models can be imported, and before there are tables."""
    settings.configure(**{**COMMON, **own, "INSTALLED_APPS": [*APPS, *apps]})
    django.setup()
    urlpatterns.extend([*urls(), path("operator/account", change_account)])
    # Not every app has migrations.
    call_command("migrate", run_syncdb=True, verbosity=0, interactive=False)
    create_user()
    return get_wsgi_application()


def create_user() -> None:
    from django.contrib.auth.models import User

    if not User.objects.filter(username=EMAIL).exists():
        User.objects.create_user(EMAIL, EMAIL, PASSWORD)


@csrf_exempt
def change_account(request: HttpRequest) -> HttpResponse:
    """`{"disabled": true}` disables the account, as Django's admin site does."""
    from django.contrib.auth.models import User

    user = User.objects.get(username=EMAIL)
    user.is_active = not json.loads(request.body)["disabled"]
    user.save()
    return HttpResponse(status=204)
