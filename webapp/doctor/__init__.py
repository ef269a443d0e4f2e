"""`flask doctor`: what is wrong with settings, secrets, servers and clocks, and what to do.

It changes nothing (an embedded Redis that nobody uses is started, and stops again), goes on after
whatever it finds, and never shows a secret.
"""

from collections.abc import Callable, Iterator

from ..config import Settings
from .files import check_files
from .findings import Finding
from .keys import check_keys
from .mail import check_mail
from .redis_server import check_redis
from .settings import check_settings
from .sql import check_sql


def examine(
    settings: Settings, complaints: list[str], now: Callable[[], float]
) -> Iterator[Finding]:
    """`complaints` are lines about settings that are wrong: what hangs on one is left out."""
    wrong = {line.partition(":")[0] for line in complaints}
    yield from map(Finding.of_setting, complaints)
    yield from check_settings(settings)
    yield from check_keys(settings)
    if "WEBAPP_INSTANCE_PATH" not in wrong:
        yield from check_files(settings)
    if "DATABASE_URL" not in wrong:
        yield from check_sql(settings.jwt_leeway, now)
    if "REDIS_URL" not in wrong:
        yield from check_redis(settings, now)
    if "WEBAPP_MAIL_URL" not in wrong:
        yield from check_mail(settings)
