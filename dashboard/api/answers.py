"""JSON answers that a browser may keep and ask about again."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import orjson
from flask import Response, request


def json_answer(document: Any, status: int = 200) -> Response:
    """Return a document that is not to be kept."""
    answer = Response(orjson.dumps(document), status=status, mimetype="application/json")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def etag_of(*parts: object) -> str:
    """Return the tag of an answer that is decided by these parts."""
    text = "\x1f".join(str(part) for part in parts)
    return blake2b(text.encode(), digest_size=12).hexdigest()


def is_known(etag: str) -> bool:
    """Tell whether the browser holds the answer with this tag."""
    return request.if_none_match.contains_weak(etag)


def tagged(answer: Response, etag: str) -> Response:
    """Let the browser keep the answer, and ask each time whether it still holds."""
    answer.set_etag(etag, weak=True)  # weak, since compression changes the bytes
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


def not_modified(etag: str) -> Response:
    """Return 304."""
    return tagged(Response(status=304), etag)
