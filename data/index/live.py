"""The index of incidents of this process: opened once, brought up to date by whoever asks.

The database is the truth. Before an answer the log of changed incidents is read in the session that
asks; what cannot be followed any more is opened from the newest snapshot or built again.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from data.errors import AppError
from data.index import snapshots, source
from data.index.incidents import IncidentIndex
from data.reads import incident_log
from data.reads.incident_log import LogPosition
from data.scope import BUILT_IN_OPERATOR
from data.store import Store

BUILT_AT_ONCE = 100_000
"""So many incidents take about a second; more are built by a thread."""

UNFIT = (AppError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What rows that no index can hold raise, such as a cell or a time written by hand."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Placed:
    """An index and the place in the history of the database at which it stands."""

    index: IncidentIndex
    position: LogPosition


class LiveIndex:
    """Lends the index to whoever asks; one at a time."""

    def __init__(
        self,
        folder: Path,
        reading: Callable[[], AbstractContextManager[Session]],
        *,
        is_patient: bool = False,
        built_at_once: int = BUILT_AT_ONCE,
    ) -> None:
        """Start without an index.

        Parameters
        ----------
        folder
            Where snapshots lie.
        reading
            Opens a session to follow the log in and to build from.
        is_patient
            Whether whoever asks waits for the index, however long it takes to build.
        built_at_once
            Up to so many incidents whoever asks waits in any case.
        """
        self._folder, self._reading, self._is_patient = folder, reading, is_patient
        self._built_at_once = built_at_once
        self._lock = threading.RLock()
        self._placed: Placed | None = None
        self._refused: LogPosition | None = None
        """Where the database holds what no index can."""
        self._building: threading.Thread | None = None

    @contextmanager
    def lent(self, session: Session) -> Iterator[IncidentIndex | None]:
        """Lend the index, as new as what the session sees or newer; None while there is none."""
        with self._lock:
            yield self._current(session)

    def open_early(self) -> None:
        """Start to open the index before anybody asks; who asks meanwhile waits for it."""
        threading.Thread(target=self._open, name="index", daemon=True).start()

    def _open(self) -> None:
        try:
            with self._reading() as session, self.lent(session):
                pass
        except SQLAlchemyError as error:
            _log.warning("The index of incidents waits for the first question: %s", error)

    def settle(self) -> None:
        """Wait until nothing is being built."""
        if self._building is not None:
            self._building.join()

    def _current(self, session: Session) -> IncidentIndex | None:
        if self._building is not None and self._building.is_alive():
            return None
        if not self._is_settled(session):
            # In a session of its own: the one that asks may have begun before the last change.
            with self._reading() as now:
                self._follow(now)
        if incident_log.has_unannounced(session, BUILT_IN_OPERATOR):
            return None  # written past this program: no revision tells whether it is still so
        return None if self._placed is None else self._placed.index

    def _is_settled(self, session: Session) -> bool:
        """Tell whether nothing is to be done for what the session sees."""
        here = incident_log.position(session, BUILT_IN_OPERATOR)
        return here == self._refused or (self._placed is not None and self._placed.position == here)

    def _follow(self, session: Session) -> None:
        if self._is_settled(session) or incident_log.has_unannounced(session, BUILT_IN_OPERATOR):
            return
        before, self._placed = self._placed, None  # gone if what follows does not succeed
        try:
            self._placed = self._newest(session, before)
        except UNFIT as error:
            _log.warning("The database answers without an index of incidents: %s", error)
            self._refused = incident_log.position(session, BUILT_IN_OPERATOR)

    def _newest(self, session: Session, before: Placed | None) -> Placed | None:
        """Follow the log, from a snapshot if need be; else build, here or in the background."""
        followed = None if before is None else caught_up(session, before)
        if followed is not None:
            return followed
        snapshot = opened(self._folder)
        followed = None if snapshot is None else caught_up(session, snapshot)
        if followed is not None:
            return followed
        if not source.are_more_than(session, self._built_at_once):
            return built(session)
        if self._is_patient:
            return built_and_saved(session, self._folder)
        self._building = threading.Thread(target=self._build, name="index", daemon=True)
        self._building.start()
        return None

    def _build(self) -> None:
        """Build, save, and only then let others ask; the database answers meanwhile."""
        with self._reading() as session:
            here = incident_log.position(session, BUILT_IN_OPERATOR)
            try:
                placed = built_and_saved(session, self._folder)
            except UNFIT as error:
                _log.warning("The database answers without an index of incidents: %s", error)
                self._refused = here
                return
            except SQLAlchemyError as error:
                _log.warning("The index of incidents is built at the next question: %s", error)
                return
        with self._lock:
            self._placed = placed


def attached(store: Store, folder: Path, *, is_patient: bool = False) -> Store:
    """Return the same database with an index that reads ask first."""
    return replace(store, index=LiveIndex(folder, store.reading, is_patient=is_patient))


def caught_up(session: Session, placed: Placed) -> Placed | None:
    """Apply what has changed since; None where the log does not tell."""
    here = incident_log.position(session, BUILT_IN_OPERATOR)
    changed = incident_log.changed_since(session, BUILT_IN_OPERATOR, placed.position)
    if changed is None or source.levels(session) != placed.index.levels:
        return None
    gone = set(changed)
    for rows in source.some(session, placed.index.levels, changed):
        placed.index.apply(rows)
        gone.difference_update(rows.ids.tolist())
    placed.index.forget(sorted(gone))
    return Placed(placed.index, here)


def built(session: Session) -> Placed:
    """Read all incidents of the database into an index."""
    position = incident_log.position(session, BUILT_IN_OPERATOR)
    names = source.levels(session)
    return Placed(IncidentIndex.of(names, source.portions(session, names)), position)


def built_and_saved(session: Session, folder: Path) -> Placed:
    """Read all incidents into an index, and save it for the next process if that can be."""
    placed = built(session)
    try:
        save(folder, placed)
    except AppError as error:
        _log.warning("The index of incidents was built but not saved: %s", error)
    return placed


def opened(folder: Path) -> Placed | None:
    """Open the newest snapshot; None where there is none to trust."""
    snapshot = snapshots.open_newest(folder)
    if snapshot is None:
        return None
    try:
        position = LogPosition(snapshot.facts["revision"], snapshot.facts["mark"])
        return Placed(IncidentIndex.put_together(snapshot.arrays, snapshot.facts), position)
    except UNFIT as error:
        _log.warning("The snapshot in %s is of another form; it is rebuilt: %r", folder, error)
        return None


def save(folder: Path, placed: Placed) -> None:
    """Write a snapshot; raise an AppError where that cannot be."""
    arrays, facts = placed.index.taken_apart()
    position = {"revision": placed.position.revision, "mark": placed.position.mark}
    snapshots.save(folder, arrays, facts | position)
