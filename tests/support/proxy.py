"""The network between the app and one of its servers, and what may go wrong on it."""

import asyncio
import random
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from .servers import free_port

T = TypeVar("T")

# Seconds between looks at whether a silence is over.
LISTENING = 0.02


@dataclass(frozen=True)
class Trouble:
    """`share` of the replies meet it, by the dice; seconds."""

    delay: float = 0
    lost: bool = False
    cut: bool = False
    silent: bool = False
    refused: bool = False
    share: float = 1


NONE = Trouble()
DELAYED = Trouble(delay=0.3)
REPLIES_LOST = Trouble(lost=True, share=0.3)
REPLIES_CUT = Trouble(cut=True, share=0.3)
SILENT = Trouble(silent=True)
REFUSED = Trouble(refused=True)


class Proxy:
    """Listens on `port` of this machine, in a thread of its own."""

    def __init__(self, upstream: int) -> None:
        self.upstream = upstream
        self.port = free_port()
        self._trouble = NONE
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def start(self) -> "Proxy":
        self._thread.start()
        listening = asyncio.start_server(self._connect, "127.0.0.1", self.port)
        self._server = self._in_loop(listening).result()
        return self

    def stop(self) -> None:
        self.cut_all()
        self._in_loop(self._close()).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @contextmanager
    def having(self, trouble: Trouble) -> Iterator[None]:
        self._trouble = trouble
        if trouble.refused:
            self.cut_all()
        try:
            yield
        finally:
            self._trouble = NONE

    def cut_all(self) -> None:
        """Every connection at once, in the middle of whatever it carries."""
        self._loop.call_soon_threadsafe(lambda: [each.transport.abort() for each in self._open])

    def _in_loop(self, work: Coroutine[Any, Any, T]) -> "Future[T]":
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _close(self) -> None:
        self._server.close()
        everything = asyncio.all_tasks() - {asyncio.current_task()}
        for task in everything:
            task.cancel()
        await asyncio.gather(*everything, return_exceptions=True)

    async def _connect(self, app: asyncio.StreamReader, to_app: asyncio.StreamWriter) -> None:
        self._open.add(to_app)
        try:
            if not self._trouble.refused:
                server, to_server = await asyncio.open_connection("127.0.0.1", self.upstream)
                self._open.add(to_server)
                asking = asyncio.create_task(self._carry_questions(app, to_server))
                await self._carry_replies(server, to_app)
                asking.cancel()
                to_server.transport.abort()
                self._open.discard(to_server)
        except (OSError, asyncio.CancelledError):
            pass  # the server is down, or the proxy is: so is the connection
        finally:
            to_app.transport.abort()
            self._open.discard(to_app)

    async def _carry_questions(
        self, app: asyncio.StreamReader, to_server: asyncio.StreamWriter
    ) -> None:
        with suppress(OSError):
            while data := await app.read(65536):
                await self._wait_out_silence()
                to_server.write(data)
        to_server.transport.abort()  # which ends the replies as well

    async def _carry_replies(
        self, server: asyncio.StreamReader, to_app: asyncio.StreamWriter
    ) -> None:
        while data := await server.read(65536):
            await self._wait_out_silence()
            trouble = self._trouble if random.random() < self._trouble.share else NONE
            await asyncio.sleep(trouble.delay)
            if trouble.cut:
                to_app.write(data[: len(data) // 2])
                await to_app.drain()
                return
            if trouble.lost:
                await server.read()  # and all that would come after it
                return
            to_app.write(data)

    async def _wait_out_silence(self) -> None:
        while self._trouble.silent:
            await asyncio.sleep(LISTENING)
