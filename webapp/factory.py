"""The app, put together from web, core, store and mail."""

import os
from collections.abc import Callable, Mapping
from functools import partial
from wsgiref.types import WSGIApplication

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from . import cli, development
from .config import ConfigError, Settings, using
from .config_table import ROOT
from .container import build_services
from .core.errors import Unavailable, first_line
from .runtime import log_format
from .runtime.background import BackgroundQueue
from .store.sql.database import init_database
from .store.sql.migrate import migrate
from .store.sql.security_events import event_committed
from .web import (
    api,
    cors,
    error_handlers,
    forward,
    oauth,
    static_files,
    template_context,
    well_known,
)
from .web.app import EvergreenFlask
from .web.auth import authentication, csrf
from .web.auth.flask_session import FlaskSessionCookie
from .web.middleware.concurrency_limit import ConcurrencyLimit
from .web.middleware.forwarded_headers import ForwardedHeaders
from .web.middleware.security_headers import SecurityHeaders
from .web.monitoring.endpoints import MonitoringEndpoints
from .web.pages import pages
from .web.services import Services

# Bytes.
MAX_BODY = 64 * 1024

Middleware = Callable[[WSGIApplication], WSGIApplication]


def create_app(
    environ: Mapping[str, str] = os.environ, now: Callable[[], float] | None = None
) -> Flask:
    """Raises ConfigError if a setting is missing or wrong. `now` is another clock, for tests."""
    settings = Settings.from_environ(environ)
    with using("WEBAPP_INSTANCE_PATH"):
        settings.instance_path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if settings.mode == "development":
            settings = development.with_own_secrets(settings)
    app = EvergreenFlask(
        "webapp",
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "static"),
        instance_path=str(settings.instance_path),
    )
    cli.install(app)  # first: what comes after may add commands of its own
    app.config.update(SECRET_KEY=settings.secret_key, MAX_CONTENT_LENGTH=MAX_BODY)
    app.config.update(SECRET_KEY_FALLBACKS=list(settings.secret_key_fallbacks))
    # A form may stay open as long as the session: it is bound to that, not to an hour.
    app.config.update(WTF_CSRF_TIME_LIMIT=None, DEMO_ACCOUNT=None)
    app.config.update(PROTECTED_PATHS=settings.protected_paths)
    with using("DATABASE_URL"):
        init_database(app, settings.sql_url, settings.database_connections)
    cli.watch_migrations(app, settings)
    app.extensions["evergreen"] = build_services(app, settings, BackgroundQueue(app), now)
    install_web(app, settings)
    if settings.mode == "development":
        prepare_development(app)
    return app


def install_web(app: Flask, settings: Settings) -> None:
    """Hooks, routes and middleware. Hooks run in the order in which they are installed."""
    app.session_interface = FlaskSessionCookie()
    log_format.install(app, as_json=settings.logs_json, in_full=settings.mode == "development")
    if settings.cors_origins:  # before the hook: a preflight request has no token
        cors.install(app)
    authentication.install(app)
    csrf.install(app)
    error_handlers.install(app)
    app.jinja_env.add_extension("jinja2.ext.i18n")
    template_context.install(app)
    static_files.install(app)
    app.register_blueprint(pages)
    app.register_blueprint(oauth.oauth)
    app.register_blueprint(forward.forward_auth)
    app.register_blueprint(well_known.well_known)
    api.install(app)
    if settings.has_lab:
        from .lab import views  # here: the app also runs without that folder

        views.init_app(app)
    event_committed.connect(app.extensions["evergreen"].metrics.event, sender=app)
    for wrap in reversed(middleware(app, settings)):
        app.wsgi_app = wrap(app.wsgi_app)  # type: ignore[method-assign, assignment]


def middleware(app: Flask, settings: Settings) -> list[Middleware]:
    """The WSGI middleware, outermost first."""
    services: Services = app.extensions["evergreen"]
    limit = "evergreen.concurrency_limit"

    def limit_concurrency(inner: WSGIApplication) -> WSGIApplication:
        has_proxy = settings.trusted_proxies > 0
        app.extensions[limit] = ConcurrencyLimit(inner, MAX_BODY, has_proxy=has_proxy)
        wrapped: WSGIApplication = app.extensions[limit]
        return wrapped

    found: list[Middleware] = [
        partial(SecurityHeaders, on_response=services.metrics.request, hsts=settings.hsts),
        partial(
            MonitoringEndpoints,
            readiness=services.readiness,
            metrics=services.metrics,
            token=settings.metrics_token,
            base_url=settings.public_url,
            is_stuck=lambda: app.extensions[limit].is_stuck(),
        ),
    ]
    if settings.trusted_proxies:  # before the limit, which counts bodies by IP address
        found.append(partial(ForwardedHeaders, hops=settings.trusted_proxies))
    found.append(limit_concurrency)
    if settings.has_lab:
        from .lab.live.middleware import RecordingMiddleware

        found.append(partial(RecordingMiddleware, trail=app.extensions["evergreen"].lab.exchanges))
    return found


def prepare_development(app: Flask) -> None:
    services: Services = app.extensions["evergreen"]
    app.config["DEMO_ACCOUNT"] = development.DEMO
    try:
        with app.app_context():
            migrate()
            development.create_demo_account(services.accounts, services.now())
    except (SQLAlchemyError, Unavailable) as error:
        raise ConfigError(f"DATABASE_URL: can't be used: {first_line(error)}") from error
