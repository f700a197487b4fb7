"""The project's own commands, run as a user runs them: in a process of their own."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
READY_WITHIN_S = 120
STOPPED_WITHIN_S = 20
READY = re.compile(r"is ready: (http://\S+)")


def environment(database_url: str, **settings: object) -> dict[str, str]:
    """Return the environment of a command: nothing of the developer's own GEZHI_* settings."""
    outside = {key: text for key, text in os.environ.items() if not key.startswith("GEZHI_")}
    given = {f"GEZHI_{key.upper()}": str(value) for key, value in settings.items()}
    return outside | given | {"GEZHI_DATABASE_URL": database_url, "PYTHONPATH": str(ROOT)}


def run_data(
    database_url: str, *arguments: str | Path, **settings: object
) -> subprocess.CompletedProcess[str]:
    """Run `python -m data ARGUMENTS` and wait for it."""
    return subprocess.run(
        [sys.executable, "-m", "data", *arguments],
        env=environment(database_url, **settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def demo_town(database_url: str, *arguments: str) -> None:
    """Fill an empty database with the demonstration town, its year ending today."""
    done = run_data(database_url, "demo", "--seed", "1", *arguments)
    if done.returncode:
        raise RuntimeError(f"the demonstration town could not be made: {done.stderr}")


def free_port() -> int:
    """Return a loopback port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Answer:
    """What came back over HTTP."""

    status: int
    headers: Message
    body: bytes


@dataclass(frozen=True)
class RunningServer:
    """A server that answers."""

    url: str
    """Address as the server printed it, without a slash at the end."""
    process: subprocess.Popen[bytes]
    log: Path

    def output(self) -> str:
        """Return all that the server has written so far."""
        return self.log.read_text("utf-8")

    def get(self, path: str, **headers: str) -> Answer:
        """Ask for a path, past any proxy that the machine is configured for."""
        connection = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=60)
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()


def _printed_address(process: subprocess.Popen[bytes], log: Path, ready: re.Pattern[str]) -> str:
    give_up_at = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < give_up_at:
        found = ready.search(log.read_text("utf-8"))
        if found:
            return found.group(1)
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError(f"the server did not become ready: {log.read_text('utf-8')[-4000:]}")


@contextmanager
def running_server(
    database_url: str,
    command: Sequence[str] = (sys.executable, "-m", "dashboard"),
    settings: Mapping[str, object] | None = None,
    ready: re.Pattern[str] = READY,
) -> Iterator[RunningServer]:
    """Run the server on a free port for as long as the block lasts, then stop it by Ctrl-C."""
    variables = {"port": free_port()} | dict(settings or {})
    with tempfile.TemporaryDirectory(prefix="gezhi-server-") as folder:
        log = Path(folder) / "server.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment(database_url, **variables),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            yield RunningServer(_printed_address(process, log, ready), process, log)
        finally:
            stop(process)


def stop(process: subprocess.Popen[bytes]) -> int:
    """Do what Ctrl-C in a terminal does, to the whole group; return the exit code."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
    try:
        return process.wait(timeout=STOPPED_WITHIN_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return process.wait()
