"""A PostgreSQL of the tests' own: made in a temporary folder, on a free loopback port."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

ADMINISTRATOR = "gezhi"
READY_WITHIN_S = 60
FAST_AND_FORGETFUL = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
}


class ClusterError(RuntimeError):
    """The tests' PostgreSQL cannot run; the tests fail, they are not skipped."""


@dataclass(frozen=True)
class PostgresCluster:
    """A running server in which every test gets databases of its own."""

    port: int
    password: str

    def url(self, database: str) -> str:
        """Return the address that GEZHI_DATABASE_URL would hold."""
        return (
            f"postgresql+psycopg://{ADMINISTRATOR}:{self.password}@127.0.0.1:{self.port}/{database}"
        )

    def create(self, database: str, template: str = "template0") -> None:
        """Make a database as a copy of another."""
        self.execute(f'CREATE DATABASE "{database}" TEMPLATE "{template}" STRATEGY file_copy')

    def drop(self, database: str) -> None:
        """Remove a database, whoever is still connected."""
        self.execute(f'DROP DATABASE "{database}" WITH (FORCE)')

    def execute(self, statement: str) -> None:
        """Run one statement as the administrator, outside any transaction."""
        connection = psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=ADMINISTRATOR,
            password=self.password,
            dbname="postgres",
            autocommit=True,
        )
        with connection:
            connection.execute(statement)


def programs() -> Path:
    """Return the folder with initdb and postgres of the newest version that has PostGIS."""
    installed = sorted(
        (
            path
            for path in Path("/usr/lib/postgresql").glob("*/bin")
            if Path(f"/usr/share/postgresql/{path.parent.name}/extension/postgis.control").exists()
        ),
        key=lambda path: int(path.parent.name),
    )
    if installed:
        return installed[-1]
    found = shutil.which("initdb")
    if found is None:
        raise ClusterError("PostgreSQL with PostGIS is not installed; run `make test-packages`.")
    return Path(found).resolve().parent


def _unprivileged() -> dict[str, Any]:
    """Return how to start a program as `postgres`: the server refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    return {"user": "postgres", "group": "postgres", "extra_groups": ()}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _initialise(folder: Path, password: str) -> None:
    password_file = folder / "password"
    password_file.write_text(password)
    if os.geteuid() == 0:
        for path in (folder, password_file):
            shutil.chown(path, "postgres", "postgres")
    made = subprocess.run(
        [
            programs() / "initdb",
            f"--pgdata={folder / 'data'}",
            f"--username={ADMINISTRATOR}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        **_unprivileged(),
    )
    if made.returncode:
        raise ClusterError(f"initdb failed: {made.stderr.strip()}")


def _wait_until_ready(server: subprocess.Popen[bytes], cluster: PostgresCluster, log: Path) -> None:
    give_up_at = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < give_up_at and server.poll() is None:
        try:
            cluster.execute("SELECT 1")
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise ClusterError(f"PostgreSQL did not start: {log.read_text()[-2000:]}")


@contextmanager
def running_cluster() -> Iterator[PostgresCluster]:
    """Run a fresh server for as long as the block lasts."""
    # Not pytest's own folder: that one is closed to the user `postgres`.
    with tempfile.TemporaryDirectory(prefix="gezhi-postgres-") as name:
        folder = Path(name)
        cluster = PostgresCluster(_free_port(), secrets.token_hex(16))
        _initialise(folder, cluster.password)
        log = folder / "server.log"
        options = [
            word for key, value in FAST_AND_FORGETFUL.items() for word in ("-c", f"{key}={value}")
        ]
        with log.open("wb") as output:
            server = subprocess.Popen(
                [programs() / "postgres", "-D", folder / "data", "-p", str(cluster.port), *options],
                cwd=folder,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Ctrl-C in the terminal must not reach the server before the tests let go of it.
                start_new_session=True,
                **_unprivileged(),
            )
        try:
            _wait_until_ready(server, cluster, log)
            yield cluster
        finally:
            server.send_signal(signal.SIGQUIT)  # at once: nothing in it is worth keeping
            server.wait(timeout=READY_WITHIN_S)
