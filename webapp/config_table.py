"""The table of settings: for each one its type, its default, and what a change of it does.

`config.py` reads the environment by it, and `python3 -m scripts.settings` writes docs/settings.md
from it. `REDIS_URL`, `DATABASE_URL` and `PORT` have the names that platforms give them; all others
carry the prefix `WEBAPP_`.
"""

from dataclasses import dataclass
from pathlib import Path

from . import config_types as types
from .config_types import DAY, MINUTE, setting
from .core.keys import ALGORITHMS, KeyRing
from .core.passwords import DEFAULT_MIN_LENGTH
from .core.tokens import MAX_ACCESS_TTL, MAX_REFRESH_TTL
from .mail.transport import OUTBOX, parse_mail_url

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, kw_only=True)
class SettingsTable:
    mode: str = setting(
        "production",
        types.choice("development", "production"),
        "`development` makes its own secrets, runs the migrations and has a demo account. "
        "`python3 app.py` and `flask --debug` choose it by themselves.",
    )
    instance_path: Path = setting(
        "instance",
        types.folder,
        "The folder of the SQLite database, the embedded Redis, the outbox and the secrets of "
        "development.",
        value=ROOT / "instance",  # wherever the app is started
    )
    port: int = setting("5000", types.number(1, 65535), "The port of `python3 app.py`.")
    database_url: str = setting(
        "",
        types.database_url,
        "The SQL database. Without it: SQLite in the instance folder.",
        value="",
    )
    database_connections: int = setting(
        "20",
        types.number(1, 200),
        "The most connections to SQL that a worker keeps open. It serves 16 requests at a time; "
        "all workers together must stay below PostgreSQL's max_connections.",
    )
    redis_url: str | None = setting(
        "",
        types.redis_url,
        "Redis or Valkey: `redis://`, `rediss://`, `unix://`, or [several servers]"
        "(operations.md#redis). Without it: an embedded server in the instance folder.",
        value=None,
    )
    secret_key: str = setting(
        "",
        types.secret,
        "Signs form tokens, messages for the next page, mailed links and device cookies, and "
        "encrypts the secrets of authenticator apps. To change it, keep the old one in "
        "WEBAPP_SECRET_KEY_FALLBACKS.",
        value="",
        required=True,
    )
    secret_key_fallbacks: tuple[str, ...] = setting(
        "",
        types.secrets,
        "Earlier values of WEBAPP_SECRET_KEY, separated by commas. They still decrypt the secrets "
        "of authenticator apps, and verify device cookies and messages for the next page.",
        value=(),
    )
    access_token_keys: KeyRing | None = setting(
        "",
        types.key_ring,
        "`kid:key`, several separated by commas. The first signs, all verify. To change it: add "
        "the new key last, on all hosts; then move it first; remove the old one after "
        "WEBAPP_ACCESS_TOKEN_TTL.",
        value=None,
        required=True,
    )
    refresh_token_keys: KeyRing | None = setting(
        "",
        types.key_ring,
        "As above, for refresh tokens. To remove a key ends the sessions whose tokens it has "
        "signed: wait WEBAPP_REFRESH_TOKEN_TTL.",
        value=None,
        required=True,
    )
    access_token_algorithm: str = setting(
        "HS256",
        types.choice(*ALGORITHMS),
        "The algorithm of the first access key. All but HS256 let other services verify tokens "
        "with the public keys at /.well-known/jwks.json, without any secret.",
    )
    access_token_ttl: int = setting(
        "5m", types.seconds(1, MAX_ACCESS_TTL), "Lifetime of an access token."
    )
    refresh_token_ttl: int = setting(
        "30d",
        types.seconds(1, MAX_REFRESH_TTL),
        "A session with “Keep me signed in” ends after this time without use.",
    )
    session_idle_ttl: int = setting(
        "12h",
        types.seconds(1, MAX_REFRESH_TTL),
        "A session without “Keep me signed in” ends after this time without use.",
    )
    session_max_age: int = setting(
        "90d",
        types.seconds(1, 10 * MAX_REFRESH_TTL),
        "A session ends this long after the sign-in, used or not.",
    )
    refresh_grace: int = setting(
        "30s",
        types.seconds(0, 10 * MINUTE),
        "For this time the previous refresh token counts as a race between tabs, and not as "
        "reuse. Longer: slow races pass, and so does a quick thief.",
    )
    jwt_issuer: str = setting(
        "evergreen", str, "The `iss` of every token. A new one makes all tokens invalid."
    )
    jwt_audience: str = setting("evergreen-api", str, "The `aud` of access tokens.")
    jwt_leeway: int = setting(
        "30s",
        types.seconds(0, 10 * MINUTE),
        "The most that another host's clock may be ahead when a token's `iat` is checked.",
    )
    token_cache_size: int = setting(
        "20000",
        types.number(0, 10_000_000),
        "Verified access tokens in a worker's cache, about 2 kB each. Other tokens cost a query to "
        "Redis and SQL; 0 caches none.",
    )
    cookie_secure: bool | None = setting(
        "auto",
        types.automatic_flag,
        "`auto` follows the request's scheme; `true` behind a TLS proxy: cookies are Secure and "
        "have the `__Host-` prefix.",
    )
    hsts_include_subdomains: bool = setting(
        "false",
        types.flag,
        "Over https, browsers use nothing else for a year (HSTS). `true`: for all subdomains as "
        "well, also of other services; then no http page there can set a cookie here.",
    )
    bcrypt_rounds: int = setting(
        "12", types.number(4, 16), "One more doubles the time of each guess, and of each sign-in."
    )
    password_min_length: int = setting(
        str(DEFAULT_MIN_LENGTH),
        types.number(8, 64),
        "Characters. OWASP ASVS 5.0 6.2.1 demands 8 and recommends 15.",
    )
    base_url: str = setting(
        "",
        types.http_address,
        "The app's public URL: mailed links start with it. Without it, http://localhost:PORT. "
        "Passkeys are bound to its host name: with another one they are useless.",
        value="",
    )
    languages: tuple[str, ...] = setting(
        "en,vi,th",
        types.languages,
        "The languages of pages and mails. The first one, if a browser prefers none.",
    )
    site_name: str = setting(
        "Evergreen", types.short, "The name in page titles, the header and e-mails."
    )
    mail_url: str = setting(
        OUTBOX,
        parse_mail_url,
        "`smtp://user:password@host:port` (STARTTLS), `smtps://…` (TLS from the start), or "
        "`outbox:`, which keeps mails in the instance folder (development: /dev/outbox).",
    )
    mail_from: str = setting(
        "Evergreen <no-reply@localhost>",
        types.mail_address,
        "The sender of all mails: `name@host` or `Name <name@host>`.",
        value="Evergreen <no-reply@localhost>",  # to parse it here loads a large library
    )
    email_confirmation: bool | None = setting(
        "auto",
        types.automatic_flag,
        "Whether the e-mail address must be verified before the first sign-in. `auto`: if mail is "
        "sent. With `false`, a visitor who registers with an address and then signs in learns "
        "whether it had an account.",
    )
    security_contact: str = setting(
        "",
        types.contact,
        "For /.well-known/security.txt: `mailto:…` or `https://…`. Without it, WEBAPP_BASE_URL.",
        value="",
    )
    metrics_token: str = setting(
        "",
        types.metrics_token,
        "Opens /metrics to this bearer token. Without it, only this machine can read /metrics.",
        value="",
    )
    log_format: str = setting(
        "auto",
        types.choice("auto", "json", "text"),
        "`json` has one object a line. `auto`: json in production, text in development.",
    )
    ratelimit_enabled: bool = setting(
        "true",
        types.flag,
        "`false` is for tests: passwords can be guessed as fast as bcrypt allows.",
    )
    sessions_kept: int = setting(
        "90d",
        types.seconds(DAY, 3650 * DAY),
        "A session's row stays this long after its end; it always outlives the session's tokens.",
    )
    events_kept: int = setting(
        "400d", types.seconds(DAY, 3650 * DAY), "A security event stays this long."
    )
    pending_kept: int = setting(
        "7d",
        types.seconds(DAY, 3650 * DAY),
        "An account whose e-mail address must be verified, and is not, stays this long "
        "(WEBAPP_EMAIL_CONFIRMATION). Then the address is free again.",
    )
    lab: bool | None = setting(
        "auto",
        types.automatic_flag,
        "The token lab at /lab: tour, scenarios and code for all visitors, and for users their own "
        "requests, which it records. `auto`: in development only.",
    )
    protected_paths: tuple[str, ...] = setting(
        "",
        types.path_prefixes,
        "Paths that belong to apps behind `/forward`, separated by commas: `/shop,/wiki`, or `/` "
        "for all that this app has no page for. After a sign-in, `next` may lead there.",
        value=(),
    )
    cors_origins: tuple[str, ...] = setting(
        "",
        types.origins,
        "Origins whose pages may call /api and /oauth with a bearer token, separated by commas: "
        "`https://app.example.com`. Their requests never carry cookies.",
        value=(),
    )
    trusted_proxies: int = setting(
        "0",
        types.number(0, 10),
        "The number of proxies in front that set X-Forwarded-*. With too many, or with one that "
        "passes X_Forwarded_For on, clients can forge their IP.",
    )
