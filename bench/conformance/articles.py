"""What the five designs of articles share. Each is a small server, and no library's."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.conformance.operated import OperatedAdapter, ProcessStore, redis_store, wsgi_server
from bench.conformance.processes import Clock
from bench.peers import EMAIL, PASSWORD

LOGIN = {"email": EMAIL, "password": PASSWORD}
DAY = 24 * 3600
NO_DISABLING = "the article has no way to disable an account"
NO_LOGOUT = "the article has no logout"
BESIDE = "the tokens are beside the accounts: their store can be restarted, and no more"


@contextmanager
def serving(folder: Path, app: str, paths: dict[str, str], **options: Any) -> Iterator[Any]:
    """`paths`: of login, refresh, call and logout. The store: a file, or the server's memory."""
    clock = Clock(folder)
    module = f"bench.conformance.peers.apps.{app}:app"
    with wsgi_server(module, clock, folder, {"DATABASE": str(folder / "tokens.db")}) as server:
        yield adapter(server.url, paths, clock=clock, store=ProcessStore(server), **options)


@contextmanager
def serving_with_redis(
    folder: Path, app: str, paths: dict[str, str], **options: Any
) -> Iterator[Any]:
    clock = Clock(folder)
    module = f"bench.conformance.peers.apps.{app}:app"
    with (
        redis_store(clock, folder) as store,
        wsgi_server(module, clock, folder, {"REDIS_URL": store.url}) as server,
    ):
        yield adapter(server.url, paths, clock=clock, store=store, **options)


def adapter(url: str, paths: dict[str, str], **options: Any) -> OperatedAdapter:
    urls = {f"{name}_url": f"{url}{path}" for name, path in paths.items()}
    return OperatedAdapter(**{"login_body": LOGIN, **urls, **options})
