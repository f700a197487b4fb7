"""What an error becomes on the wire: JSON with a code and a sentence, never a traceback."""

from __future__ import annotations

import logging

from flask import Flask, Response, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from dashboard.api.answers import json_answer
from data.errors import (
    AppError,
    InvalidInputError,
    NotFoundError,
    TooLargeError,
    UnavailableError,
)

STATUS: dict[type[AppError], int] = {
    InvalidInputError: 400,
    NotFoundError: 404,
    TooLargeError: 413,
    UnavailableError: 503,
}

_log = logging.getLogger(__name__)


def register(server: Flask) -> None:
    """Attach the answers to errors."""
    server.register_error_handler(AppError, _expected)
    server.register_error_handler(HTTPException, _http)
    server.register_error_handler(SQLAlchemyError, _database)
    server.register_error_handler(Exception, _unexpected)


def _answer(code: str, message: str, status: int) -> Response:
    return json_answer({"error": {"code": code, "message": message}}, status)


def _expected(error: AppError) -> Response:
    return _answer(error.code, str(error), STATUS.get(type(error), 500))


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    if status == 404:
        return _answer("not_found", f"There is nothing at {request.path}.", 404)
    return _answer(error.name.lower().replace(" ", "_"), error.description or error.name, status)


def _database(error: SQLAlchemyError) -> Response:
    _log.error("the database did not answer %s", request.path, exc_info=error)
    return _answer("unavailable", "The database does not answer; try again in a moment.", 503)


def _unexpected(error: Exception) -> Response:
    _log.error("unexpected error at %s", request.path, exc_info=error)
    return _answer("internal", "Something went wrong; it has been logged.", 500)
