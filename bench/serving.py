"""Serve one contender as scripts/serve.py serves the app: `python -m bench.serving MODULE …`."""

import sys
from functools import partial
from importlib import import_module

from flask import Flask


def load(module: str, redis_url: str, sql_url: str) -> Flask:
    """In the worker: it imports nothing but the contender."""
    app: Flask = import_module(f"bench.peers.{module}").create_app(redis_url, sql_url)
    return app


def main(module: str, port: str, redis_url: str, sql_url: str) -> None:
    from granian import Granian
    from granian.constants import Interfaces

    from scripts.serve import BACKLOG, CONNECTIONS, HOST, HTTP, HTTP1, THREADS

    server = Granian(
        "bench.serving:load",
        address=HOST,
        port=int(port),
        interface=Interfaces.WSGI,
        blocking_threads=THREADS,
        http=HTTP,
        http1_settings=HTTP1,
        backlog=BACKLOG,
        backpressure=CONNECTIONS,
        websockets=False,
        log_enabled=False,
    )
    server.serve(target_loader=partial(load, module, redis_url, sql_url), wrap_loader=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
