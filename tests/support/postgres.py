"""A real PostgreSQL that a test may stop and pause; each test has a database of it."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.__main__ import find_program

from .servers import free_port, wait_until

# Nothing of it has to survive a power cut, and hundreds of databases are made and dropped.
OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "200",
    # Found before a statement has been cut off for waiting, a deadlock is called by its name.
    "deadlock_timeout": "20ms",
}
TEMPLATE = "prepared"

# Rows as they were are kept beside the tables. Triggers would mind the order of the tables.
KEEP_ROWS = """
CREATE SCHEMA kept;
DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('CREATE TABLE kept.%1$I AS TABLE public.%1$I', name);
  END LOOP;
END $$
"""
RESTORE_ROWS = """
SET session_replication_role = replica;
DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'kept' LOOP
    EXECUTE format('DELETE FROM public.%I', name);
    EXECUTE format('INSERT INTO public.%1$I SELECT * FROM kept.%1$I', name);
  END LOOP;
END $$
"""
END_CONNECTIONS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
# Changes with every change of a table, and with no change of a row.
SHAPE = """
SELECT array_agg((oid, xmin)::text ORDER BY oid) FROM pg_class
WHERE relnamespace = 'public'::regnamespace
"""


class PostgresServer:
    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="evergreen-postgres-"))
        self._user = unprivileged_user()
        if self._user:
            shutil.chown(self._folder, self._user)
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._made = 0
        self._spare: str | None = None
        options = ["--username=postgres", "--auth=trust", "--no-locale", "--encoding=UTF8"]
        self._run("initdb", f"--pgdata={self._folder / 'data'}", "--no-sync", *options).wait()

    def start(self) -> "PostgresServer":
        options = [f"--{name}={value}" for name, value in OPTIONS.items()]
        data = self._folder / "data"
        self._process = self._run("postgres", "-D", str(data), f"--port={self._port}", *options)
        wait_until(self._answers)
        return self

    def stop(self) -> None:
        """At once, as if its machine had gone; connections are cut off."""
        assert self._process
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait()

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self._folder)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        self.stop()
        try:
            yield
        finally:
            self.start()

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Connections are open and new ones are accepted, and get no answer."""
        assert self._process
        processes = [self._process.pid]
        with self._connected() as sql:
            os.kill(self._process.pid, signal.SIGSTOP)  # so that no more of them come
            processes += [pid for (pid,) in sql.execute("SELECT pid FROM pg_stat_activity")]
            for pid in processes:
                os.kill(pid, signal.SIGSTOP)
            try:
                yield
            finally:
                for pid in processes:
                    os.kill(pid, signal.SIGCONT)

    def hang_up(self) -> None:
        """End every connection, as a proxy or an administrator may."""
        others = "FROM pg_stat_activity WHERE pid != pg_backend_pid()"
        with self._connected() as sql:
            sql.execute(f"SELECT pg_terminate_backend(pid) {others} AND datname IS NOT NULL")
            wait_until(lambda: not sql.execute(f"SELECT {others} AND datname IS NOT NULL").rowcount)

    def url(self, database: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self._port}/{database}"

    def create(self, database: str, template: str = "template0") -> str:
        """Its url."""
        with self._connected() as sql:
            sql.execute(f"CREATE DATABASE {database} TEMPLATE {template}")
        return self.url(database)

    @contextmanager
    def fresh(self, template: str = TEMPLATE) -> Iterator[str]:
        """The url of a database for one test."""
        name = self._new_name()
        yield self.create(name, template)
        self._drop(name)

    @contextmanager
    def restored(self) -> Iterator[str]:
        """As `fresh`, from the template, at a tenth of its cost: the rows of the last one's tables
        are put back. It has another name, so that apps of the last test do not find it.
        """
        name = self._spare or self._new_name()
        if name != self._spare:
            self.create(name, TEMPLATE)
            with self._connected(name) as sql:
                sql.execute(KEEP_ROWS)
                self._shape = sql.execute(SHAPE).fetchone()
        yield self.url(name)
        self._spare = self._rename(name)
        with self._connected(self._spare) as sql:
            unchanged = sql.execute(SHAPE).fetchone() == self._shape
            if unchanged:
                sql.execute(RESTORE_ROWS)
        if not unchanged:
            self._drop(self._spare)
            self._spare = None

    def _new_name(self) -> str:
        self._made += 1
        return f"test_{self._made}"

    def _rename(self, old: str) -> str:
        """Its new name. Apps of the last test may go on to connect under the old one until then."""
        name = self._new_name()

        def renamed() -> bool:
            try:
                if sql.execute(END_CONNECTIONS, [old]).rowcount:
                    return False  # by itself, the server would wait a tenth of a second for each
                sql.execute(f"ALTER DATABASE {old} RENAME TO {name}")
            except psycopg.errors.ObjectInUse:
                return False
            return True

        with self._connected() as sql:
            wait_until(renamed)
        return name

    def _drop(self, name: str) -> None:
        with self._connected() as sql:
            sql.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _connected(self, database: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(self.url(database), autocommit=True)

    def _answers(self) -> bool:
        try:
            self._connected().close()
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        found = find_program(program)
        assert found, f"these tests need {program}: python3 -m tests installs it"
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                [found, *arguments],
                cwd=self._folder,
                stdout=log,
                stderr=log,
                user=self._user,
                extra_groups=[] if self._user else None,
            )


def unprivileged_user() -> str | None:
    """PostgreSQL refuses to run as root."""
    return "nobody" if os.geteuid() == 0 else None
