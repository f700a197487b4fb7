"""Run `python -m dashboard`: see that the server can start, then serve until Ctrl-C.

Exit 2 is a wrong setting, exit 1 anything else that keeps the server from starting.
"""

from __future__ import annotations

import errno
import http.client
import os
import socket
import sys
import threading
import time
from typing import Any

from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]
from gunicorn.util import import_app  # type: ignore[import-untyped]

from dashboard.services import settings_of
from data.errors import AppError, SettingsError, UnavailableError
from data.settings import Settings
from data.store import is_at_head, open_store

THREADS = 8
SECONDS_TO_FINISH = 5
SECONDS_BETWEEN_LOOKS = 0.1


def main() -> int:
    """Start the server from the environment; return the exit code."""
    try:
        settings = settings_of(os.environ)
        check_database(settings)
        check_port(settings)
    except SettingsError as error:
        sys.stderr.write(f"Error: {error}\n")
        return 2
    except AppError as error:
        sys.stderr.write(f"Error: {error}\n")
        return 1
    Server(settings).run()
    return 0


def check_database(settings: Settings) -> None:
    """Raise UnavailableError unless the database answers and has the expected tables."""
    store = open_store(settings.database_url)
    try:
        at_head = is_at_head(store)
    finally:
        # The workers are forked: a connection made here must not be shared with them.
        store.engine.dispose()
    if not at_head:
        raise UnavailableError(
            "The database does not have the tables of this version; run: python -m data upgrade."
        )


def check_port(settings: Settings) -> None:
    """Raise UnavailableError when another program listens on the port, or it is not ours to use."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                reason = "is in use by another program"
            else:
                reason = f"cannot be used ({error.strerror})"
            raise UnavailableError(
                f"Port {settings.port} on {settings.host} {reason}; "
                "stop what uses it, or choose another with GEZHI_PORT."
            ) from None


def address(settings: Settings) -> str:
    """Return host and port as they stand in a URL."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"{host}:{settings.port}"


class Server(BaseApplication):  # type: ignore[misc]
    """Gunicorn with threads: half-sent requests then hold up nobody else."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        super().__init__()

    def load_config(self) -> None:
        """Configure Gunicorn; its own command line, files and variables play no part."""
        options: dict[str, Any] = {
            "bind": address(self.settings),
            "worker_class": "gthread",
            "workers": 1,
            "threads": THREADS,
            "graceful_timeout": SECONDS_TO_FINISH,
            "loglevel": "warning",
            # Gunicorn opens a control socket in the home folder unless told not to.
            "control_socket_disable": True,
            "post_worker_init": self.announce,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Return the WSGI application; called in the worker."""
        return import_app("dashboard.wsgi:server")

    def announce(self, worker: Any) -> None:
        """Print the address once the page answers.

        Called by the worker when it is ready: a thread in the parent would not survive its forks.
        """
        if worker.age == 1:
            threading.Thread(target=print_when_ready, args=(self.settings,), daemon=True).start()


def print_when_ready(settings: Settings) -> None:
    """Ask for the page until it comes, then print its address."""
    while not page_answers(settings):
        time.sleep(SECONDS_BETWEEN_LOOKS)
    sys.stdout.write(f"Gezhi is ready: http://{address(settings)} (Ctrl-C stops it)\n")
    sys.stdout.flush()


def page_answers(settings: Settings) -> bool:
    """Tell whether the page comes with status 200."""
    connection = http.client.HTTPConnection(settings.host, settings.port, timeout=30)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
