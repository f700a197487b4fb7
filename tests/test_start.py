"""Starting: what must be there is checked first, and what is wrong is said in a sentence."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running_server import (
    ROOT,
    RunningServer,
    demo_town,
    environment,
    free_port,
    running_server,
    stop,
)

GUNICORN_LISTENS = re.compile(r"Listening at: (http://\S+)")


def start(database_url: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a server that is expected to refuse."""
    return subprocess.run(
        [sys.executable, "-m", "dashboard"],
        cwd=ROOT,
        env=environment(database_url, port=free_port()) | variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("variables", "code", "said"),
    [
        ({"GEZHI_PORT": "eighty"}, 2, "GEZHI_PORT='eighty': write a whole number"),
        ({"GEZHI_PROT": "8050"}, 2, "GEZHI_PROT is not a setting"),
        ({"DASH_DEBUG": "true"}, 2, "DASH_DEBUG='true' would let visitors run code; unset it."),
        ({"FLASK_DEBUG": "1"}, 2, "FLASK_DEBUG='1' would let visitors run code; unset it."),
    ],
)
def test_wrong_setting_stops_the_start_with_a_sentence(
    sqlite_url: str, variables: dict[str, str], code: int, said: str
) -> None:
    refused = start(sqlite_url, **variables)
    assert refused.returncode == code
    assert refused.stdout == ""
    assert refused.stderr.startswith(f"Error: {said}")
    assert refused.stderr.count("\n") == 1


def test_database_of_another_shape_names_the_cure(tmp_path: Path) -> None:
    refused = start(f"sqlite:///{tmp_path / 'new.db'}")
    assert refused.returncode == 1
    assert refused.stderr.startswith("Error: The database does not have the tables")
    assert "python -m data upgrade" in refused.stderr


def test_database_that_does_not_answer_is_said() -> None:
    refused = start(f"postgresql://nobody@127.0.0.1:{free_port()}/nothing")
    assert refused.returncode == 1
    assert refused.stderr.startswith("Error: The database does not answer")


def test_port_in_use_is_said(sqlite_url: str) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        refused = start(sqlite_url, GEZHI_PORT=port)
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"Error: Port {port} on 127.0.0.1 is in use")


@pytest.fixture(scope="module")
def town_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = f"sqlite:///{tmp_path_factory.mktemp('town') / 'gezhi.db'}"
    demo_town(url)
    return url


@pytest.fixture(scope="module")
def server(town_url: str) -> Iterator[RunningServer]:
    with running_server(town_url) as running:
        yield running


def test_printed_address_answers_with_the_page(server: RunningServer) -> None:
    answer = server.get("/")
    assert (answer.status, answer.headers.get_content_type()) == (200, "text/html")
    assert "格治" in answer.body.decode()
    assert server.output().count("is ready: ") == 1


def test_server_says_that_it_is_alive_and_ready(server: RunningServer) -> None:
    alive = server.get("/healthz")
    assert (alive.status, alive.headers.get_content_type()) == (200, "application/json")
    ready = server.get("/readyz")
    assert (ready.status, json.loads(ready.body)["status"]) == (200, "ready")


@pytest.mark.parametrize("path", ["/_mcp", "/console", "/wp-login.php", "/api/v1/nothing"])
def test_unknown_path_is_not_the_page(server: RunningServer, path: str) -> None:
    answer = server.get(path)
    assert answer.status == 404
    assert b"_dash-config" not in answer.body


def test_tool_protocol_of_dash_stays_shut(town_url: str) -> None:
    command = ("env", "DASH_MCP_ENABLED=1", sys.executable, "-m", "dashboard")
    with running_server(town_url, command) as server:
        assert server.get("/_mcp").status == 404


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_server_stops_cleanly_and_leaves_nothing(
    town_url: str, tmp_path: Path, how: signal.Signals
) -> None:
    command = ("env", f"HOME={tmp_path}", sys.executable, "-m", "dashboard")
    with running_server(town_url, command) as server:
        assert server.get("/healthz").status == 200
        if how == signal.SIGTERM:
            server.process.terminate()
        assert stop(server.process) == 0
        assert "Traceback" not in server.output()
    assert list(tmp_path.iterdir()) == []


def procfile() -> dict[str, str]:
    lines = (ROOT / "Procfile").read_text().splitlines()
    return dict(line.split(": ", maxsplit=1) for line in lines)


def test_procfile_releases_and_serves(town_url: str) -> None:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    variables = environment(town_url) | {"PATH": path}
    subprocess.run(["sh", "-c", procfile()["release"]], cwd=ROOT, env=variables, check=True)
    web = f"exec {procfile()['web']}"
    command = ("env", f"PATH={path}", f"PORT={free_port()}", "sh", "-c", web)
    with running_server(town_url, command, ready=GUNICORN_LISTENS) as server:
        assert server.get("/").status == 200
        assert server.get("/readyz").status == 200


def run_environment(folder: Path, python: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", ROOT / ".ci" / "environment", python, folder / ".venv"],
        capture_output=True,
        text=True,
        check=False,
    )


def test_missing_python_is_said(tmp_path: Path) -> None:
    refused = run_environment(tmp_path, "python3-that-is-not-there")
    assert refused.returncode == 1
    assert "is not installed; install Python 3.11 or newer" in refused.stderr


def test_old_python_is_said(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2 && exit\nexit 1\n')
    old.chmod(0o755)
    refused = run_environment(tmp_path, str(old))
    assert refused.returncode == 1
    assert refused.stderr.startswith("Error: Python 3.9.2 is too old; Gezhi needs 3.11 or newer")
    assert not (tmp_path / ".venv").exists()


def test_missing_packages_of_the_tests_are_named_to_whom_may_not_install(tmp_path: Path) -> None:
    for program in ("find", "head", "sh"):
        (tmp_path / program).symlink_to(f"/usr/bin/{program}")
    user = tmp_path / "id"
    user.write_text("#!/bin/sh\necho 1000\n")
    user.chmod(0o755)
    refused = subprocess.run(
        ["sh", ROOT / "tests" / "system_packages.sh"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 1
    assert "run: sudo apt-get install chromium" in refused.stderr
