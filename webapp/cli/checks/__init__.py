"""The checks of `flask doctor`: settings, secrets, files, servers, clocks, mail.

They change nothing (an embedded Redis without an app is started, and stops again), continue after
each problem, and never show a secret.

They may import the store and mail, unlike all other commands: with a wrong setting there is no
container to ask, and they look at servers below the core's ports (versions, INFO, migrations).
"""

from collections.abc import Callable, Iterator

from webapp.config import Settings

from .files import check_files
from .finding import Finding, problem
from .keys import check_keys
from .mail import check_mail
from .redis import check_redis
from .settings import check_settings
from .sql import check_sql


def run_checks(
    settings: Settings, complaints: list[str], now: Callable[[], float]
) -> Iterator[Finding]:
    """`complaints` are lines about settings that are wrong: what hangs on one is left out."""
    wrong = {line.partition(":")[0] for line in complaints}
    yield from map(Finding.of_setting, complaints)
    folder = {"WEBAPP_INSTANCE_PATH"}
    of_sql = {"DATABASE_URL"} if settings.database_url else {"DATABASE_URL"} | folder
    of_redis = {"REDIS_URL"} if settings.redis_url else {"REDIS_URL"} | folder
    checks: list[tuple[str, set[str], Iterator[Finding]]] = [
        ("settings", set(), check_settings(settings)),
        ("keys", set(), check_keys(settings)),
        ("files", folder, check_files(settings)),
        ("sql", of_sql, check_sql(settings.jwt_leeway, now)),
        ("redis", of_redis, check_redis(settings, now)),
        ("mail", {"WEBAPP_MAIL_URL"}, check_mail(settings)),
    ]
    for name, needed, findings in checks:
        if wrong.isdisjoint(needed):
            yield from to_the_end(name, findings)


def to_the_end(name: str, findings: Iterator[Finding]) -> Iterator[Finding]:
    """One check that fails in a way of its own must not hide what the others find."""
    try:
        yield from findings
    except Exception as error:  # its words may hold a part of a setting
        found = f"this check failed with {type(error).__name__}"
        yield problem(name, found, "correct the settings that it is about")
