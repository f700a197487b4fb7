"""How long a layer takes to answer, whole and when nothing has changed, and how large it is."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from pathlib import Path

import layers
from tests.benchmarks.measure import Row, milliseconds
from tests.running_server import demo_town, running_server

VIEW = "period=12m&z=13"


class Client:
    """One connection that is kept open, as a browser's is."""

    def __init__(self, url: str) -> None:
        self.connection = http.client.HTTPConnection(url.removeprefix("http://"))

    def get(self, path: str, etag: str = "") -> tuple[int, str, int]:
        """Return status, ETag and number of bytes on the wire."""
        headers = {"Accept-Encoding": "gzip", "If-None-Match": etag}
        self.connection.request("GET", path, headers=headers)
        answer = self.connection.getresponse()
        body = answer.read()
        return answer.status, answer.getheader("ETag") or "", len(body)


def rows(folder: Path) -> Iterator[Row]:
    """Yield each layer of the demonstration town; the peer is the answer 304 in the same run."""
    url = f"sqlite:///{folder / 'gezhi.db'}"
    demo_town(url)
    with running_server(url) as server:
        client = Client(server.url)
        for layer in layers.LAYERS:
            path = f"/api/v1/layers/{layer.key}?{VIEW}"
            status, etag, size = client.get(path)
            unchanged, _, _ = client.get(path, etag)
            if (status, unchanged) != (200, 304):
                raise SystemExit(f"{path} answered {status}, then {unchanged}")
            whole = milliseconds(lambda path=path: client.get(path))
            nothing_new = milliseconds(lambda path=path, etag=etag: client.get(path, etag))
            yield Row(f"layer {layer.key}, whole against unchanged", whole, "ms", nothing_new)
            yield Row(f"layer {layer.key}, size with gzip", size / 1024, "KB")
        changes = milliseconds(lambda: client.get("/api/v1/changes?since=0"))
        alive = milliseconds(lambda: client.get("/healthz"))
        yield Row("change feed against /healthz", changes, "ms", alive)
