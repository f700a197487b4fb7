"""Writing many rows at once: the driver's own way in, past the object mapper."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, Table, select, text
from sqlalchemy import func as sql

_ROWS_A_STATEMENT = 500  # of at most 32,766 values together

Columns = Mapping[str, Sequence[Any]]


def moments(seconds: npt.NDArray[np.int64], missing: int) -> list[str | None]:
    """Write seconds since 1970 UTC as the databases keep times; `missing` becomes None."""
    known = np.where(seconds == missing, 0, seconds).astype("datetime64[s]")
    texts = np.datetime_as_string(known, unit="us").astype("<U26")
    # The mapper writes a blank between date and time on SQLite; text compares only if alike.
    texts.view("<U1").reshape(len(texts), 26)[:, 10] = " "
    written: list[str | None] = texts.tolist()
    for position in np.flatnonzero(seconds == missing).tolist():
        written[position] = None
    return written


def insert_columns(connection: Connection, target: Table, columns: Columns) -> None:
    """Insert rows given as columns of equal length, in the forms that the database keeps."""
    rows = list(zip(*columns.values(), strict=True))
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        _copy(connection, target, list(columns), rows)
        return
    # Many rows a statement: with triggers, SQLite keeps the pages of each to take it back.
    holes = f"({', '.join('?' * len(columns))})"
    for start in range(0, len(rows), _ROWS_A_STATEMENT):
        portion = rows[start : start + _ROWS_A_STATEMENT]
        statement = (
            f"INSERT INTO {target.name} ({', '.join(columns)}) "  # noqa: S608 - our own names
            f"VALUES {', '.join([holes] * len(portion))}"
        )
        connection.exec_driver_sql(statement, tuple(itertools.chain.from_iterable(portion)))


def _copy(
    connection: Connection, target: Table, names: list[str], rows: list[tuple[Any, ...]]
) -> None:
    driver = connection.connection.driver_connection
    if driver is None:
        raise TypeError("the connection has no driver")
    with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY {target.name} ({', '.join(names)}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)


def continue_numbers(connection: Connection, target: Table) -> None:
    """Let PostgreSQL give the next row a number above those that were written here."""
    if connection.dialect.name != "postgresql":
        return
    highest = select(sql.max(target.c.id)).scalar_subquery()
    sequence = sql.pg_get_serial_sequence(target.name, "id")
    connection.execute(select(sql.setval(sequence, highest)))


def set_time_zone(connection: Connection) -> None:
    """Make PostgreSQL read the times of `moments` as UTC, for this transaction only."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL TIME ZONE 'UTC'"))
