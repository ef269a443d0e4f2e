"""Serve the app with Granian: one process for requests, and one that watches over it.

One worker, because it is for one person; threads, because they wait more than they compute.
While a client sends its head or fetches its answer slowly, it waits in Granian, outside Python.
While it sends its body slowly it holds a thread, and that is what most of them are for.
"""

import contextlib
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NoReturn

import click
from flask import Flask
from flask.cli import FlaskGroup
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings

from webapp import cli, create_app
from webapp.config import ConfigError, Settings
from webapp.web.auth.authorization import UndeclaredRoute
from webapp.web.middleware.body_limit import MAX_BUFFERING
from webapp.web.middleware.concurrency_limit import MAX_HEADERS

HOST = "127.0.0.1"
# More than there may be waiting for bodies: a request without a body finds one. Granian starts
# them when they are needed, and ends those that had nothing to do for half a minute.
THREADS = MAX_BUFFERING + 64
# Connections, idle ones among them, and how many may wait to be accepted. Granian's own numbers are
# 1,024: that many idle connections would block all other clients.
CONNECTIONS, BACKLOG = 16_384, 4096
# Not HTTP/2: there a body needs no announcement, and its end may never be seen.
HTTP = HTTPModes.http1
HTTP1 = HTTP1Settings(max_buffer_size=MAX_HEADERS)
# Seconds that requests get to finish after Ctrl-C. An open event stream takes all of it.
STOP_TIMEOUT = 1

ENDING = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}


def main() -> None:
    """Serve until Ctrl-C, SIGTERM or the end of the terminal; then leave nothing running."""
    port = settings_or_exit().port
    exit_if_taken(port)
    server = Granian(
        "app:app",
        address=HOST,
        port=port,
        interface=Interfaces.WSGI,
        blocking_threads=THREADS,
        http=HTTP,
        http1_settings=HTTP1,
        backlog=BACKLOG,
        backpressure=CONNECTIONS,
        websockets=False,
        log_enabled=False,
        workers_kill_timeout=STOP_TIMEOUT,
    )
    # Not by Granian's handlers: one that is interrupted by a second signal waits for its own
    # lock, for ever. And the closing of its terminal it takes for "reload".
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    stopper = threading.Thread(
        target=stop_at_signal, args=(server.signal_handler_interrupt,), daemon=True
    )
    server.on_startup(stopper.start)
    try:
        server.serve(target_loader=partial(load, port), wrap_loader=False)
    except SystemExit:  # silently, and with a status that says nothing
        stop("the worker has ended by itself; its message, if any, is above.")


def stop_at_signal(stop_serving: Callable[[], None]) -> None:
    signal.sigwait(ENDING)
    stop_serving()


def settings_or_exit() -> Settings:
    try:
        return Settings.from_environ(os.environ)
    except ConfigError as error:
        stop(error)


def create_app_or_exit() -> Flask:
    """The app, or one line about the wrong setting or route: a traceback would only hide it."""
    try:
        return create_app()
    except UndeclaredRoute as error:
        stop(error)
    except ConfigError as error:
        # `flask doctor` and `flask keys generate` are for this very case. Not for `flask run`:
        # that is a command of Flask's own, and asks for the app from inside of it.
        context = click.get_current_context(silent=True)
        if context and isinstance(context.command, FlaskGroup):
            return cli.without_settings(error, os.environ)
        stop(error)


def stop(reason: object) -> NoReturn:
    print(f"Evergreen: {reason}", file=sys.stderr, flush=True)
    sys.exit(2)


def exit_if_taken(port: int) -> None:
    """Granian binds with SO_REUSEPORT: two apps on one port would take turns answering."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            stop(f"can't listen on port {port} ({error.strerror}); PORT=5001 chooses another.")


def load(port: int) -> Flask:
    """In the worker, before it serves."""
    # Ctrl-C and the closing of a terminal reach all processes in it. The parent's SIGTERM
    # follows, and Granian's worker hangs after two signals: so only SIGTERM is unblocked.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    threading.Thread(target=end_with_parent, daemon=True).start()
    app = create_app_or_exit()
    threading.Thread(target=announce, args=(app, port), daemon=True).start()
    return app


def end_with_parent() -> None:
    """A parent that was killed can't stop its worker, and the port would stay taken."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_TIMEOUT)
    os._exit(1)


def announce(app: Flask, port: int) -> None:
    """Say where it is, once it is true."""
    while not answers(port):
        time.sleep(0.01)
    print(f"\nEvergreen is running at http://localhost:{port}")
    if account := app.config.get("DEMO_ACCOUNT"):
        email, password = account
        print(f"  demo account   {email}, password: {password}")
    print(f"  data           {shortest(Path(app.instance_path))}")
    print("  Ctrl-C stops it.", flush=True)


def answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=1):
        return True
    return False


def shortest(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
