"""Settings that are allowed, and unwise: alone, or together with others."""

from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from webapp.config import Settings
from webapp.config_types import HOUR, MINUTE

from .finding import Finding, ok, problem, warning


def check_settings(settings: Settings) -> Iterator[Finding]:
    yield from mode(settings)
    yield cookies(settings)
    yield address(settings)
    yield proxies(settings)
    yield guessing(settings)
    yield hashing(settings)
    yield password_length(settings)
    yield from lifetimes(settings)


def mode(settings: Settings) -> Iterator[Finding]:
    if is_production(settings):
        yield ok("settings.mode", "production")
    else:
        found = "development: secrets of its own, and a demo account with a public password"
        yield warning("settings.mode", found, "WEBAPP_MODE=production where people sign in")


def cookies(settings: Settings) -> Finding:
    """Would they be Secure, and carry the __Host- prefix (ASVS 5.0 3.3.1, 3.3.3)?"""
    check, chosen = "settings.cookies", settings.cookie_secure
    tls = settings.public_url.startswith("https:")
    on = "WEBAPP_COOKIE_SECURE=true"
    if chosen and not tls and not is_local(settings.public_url):
        found = "Secure, but people come over http: browsers drop such cookies"
        return problem(check, found, "serve over TLS, and say so in WEBAPP_BASE_URL=https://…")
    if chosen:
        return ok(check, "Secure, with the __Host- prefix")
    if not is_production(settings):
        return ok(check, "Secure only over https, as is right on one's own machine")
    if chosen is False:
        return problem(check, "never Secure: any network on the way can read them", on)
    if settings.trusted_proxies:
        return ok(check, "Secure and __Host- if the proxy says X-Forwarded-Proto: https")
    found = "not Secure behind a TLS proxy: the app sees http, and no proxy is trusted"
    return warning(check, found, f"{on}, or WEBAPP_TRUSTED_PROXIES=1 if the proxy names the scheme")


def address(settings: Settings) -> Finding:
    check = "settings.base_url"
    if not is_production(settings) or settings.base_url.startswith("https:"):
        return ok(check, settings.public_url)
    advice = "WEBAPP_BASE_URL=https://…, where people reach the app"
    if settings.base_url and not is_local(settings.base_url):
        return problem(check, "http: passwords cross the network for all to read", advice)
    return warning(check, f"links would start with {settings.public_url}", advice)


def proxies(settings: Settings) -> Finding:
    check, count = "settings.trusted_proxies", settings.trusted_proxies
    if count > 2:
        found = (
            f"{count} proxies are trusted: with fewer in front, clients can forge their IP address"
        )
        return warning(check, found, "WEBAPP_TRUSTED_PROXIES= as many as there are")
    if not count and settings.base_url.startswith("https:"):
        found = "none; behind a proxy all people share its address, and so its guesses"
        return warning(check, found, "WEBAPP_TRUSTED_PROXIES=1, unless the server does TLS itself")
    return ok(check, str(count))


def guessing(settings: Settings) -> Finding:
    check = "settings.ratelimit_enabled"
    if settings.ratelimit_enabled:
        return ok(check, "guesses are counted")
    level = problem if is_production(settings) else warning
    return level(check, "password guesses are not counted", "WEBAPP_RATELIMIT_ENABLED=true")


def hashing(settings: Settings) -> Finding:
    """OWASP Password Storage Cheat Sheet: 10 at least."""
    check, rounds = "settings.bcrypt_rounds", settings.bcrypt_rounds
    if rounds < 10:
        return warning(check, f"{rounds}: stolen hashes are soon guessed", "leave it at 12")
    if rounds > 14:
        return warning(check, f"{rounds}: each login takes seconds of a core", "12 to 14 will do")
    return ok(check, str(rounds))


def password_length(settings: Settings) -> Finding:
    """NIST SP 800-63B-4 section 3.1.1.1: 15 where a password is all that there is."""
    check, length = "settings.password_min_length", settings.password_min_length
    if length < 15:
        return warning(check, f"{length} characters", "15, where a password is the only factor")
    return ok(check, f"{length} characters")


def lifetimes(settings: Settings) -> Iterator[Finding]:
    """Each alone is fine; together one of them may never be reached."""
    found = [warning("settings.lifetimes", *words) for words in contradictions(settings)]
    yield from found or [ok("settings.lifetimes", "they fit together")]


def contradictions(settings: Settings) -> Iterator[tuple[str, str]]:
    access, kept = settings.access_token_ttl, settings.refresh_token_ttl
    idle, longest = settings.session_idle_ttl, settings.session_max_age
    if access > 15 * MINUTE:
        yield (
            f"an access token lives {access} s: others accept a copy until then",
            "WEBAPP_ACCESS_TOKEN_TTL=5m",
        )
    if access >= min(idle, kept):
        yield "an access token outlives an idle session", "lower WEBAPP_ACCESS_TOKEN_TTL"
    if idle > kept:
        yield (
            "“Keep me signed in” keeps people signed in for a shorter time than without it",
            "WEBAPP_SESSION_IDLE_TTL below WEBAPP_REFRESH_TOKEN_TTL",
        )
    if max(idle, kept) > longest:
        yield (
            "an idle limit is longer than WEBAPP_SESSION_MAX_AGE, and never reached",
            "raise that, or lower WEBAPP_REFRESH_TOKEN_TTL and WEBAPP_SESSION_IDLE_TTL",
        )
    if settings.refresh_grace > MINUTE:
        yield (
            f"a stolen token that is used within {settings.refresh_grace} s passes for a race",
            "WEBAPP_REFRESH_GRACE=30",
        )
    if min(idle, kept) < HOUR and is_production(settings):
        yield "people are signed out within the hour", "raise the idle limits"


def is_production(settings: Settings) -> bool:
    return settings.mode == "production"


def is_local(url: str) -> bool:
    """Browsers take http to one's own machine for safe."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
