"""The checks, in the order in which they are reported."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from data.quality import ground, registers
from data.quality.finding import Finding
from data.reads import quality as reads
from data.scope import Scope

Check = Callable[[Session, Scope, datetime], Iterable[Finding]]


def _ground(session: Session, scope: Scope, at: datetime) -> Iterable[Finding]:
    return ground.find(session, scope, reads.levels(session, scope, at))


def _sizes(session: Session, scope: Scope, at: datetime) -> Iterable[Finding]:
    return ground.oversized(reads.levels(session, scope, at))


def _timeless(check: Callable[[Session, Scope], Iterable[Finding]]) -> Check:
    """Make a check of one that does not depend on the division of a day."""

    def asked(session: Session, scope: Scope, at: datetime) -> Iterable[Finding]:
        _ = at
        return check(session, scope)

    return asked


CHECKS: tuple[Check, ...] = (
    _ground,
    _sizes,
    _timeless(registers.without_grid),
    _timeless(registers.default_points),
    _timeless(registers.impossible_times),
    _timeless(registers.sentinel_dates),
    _timeless(registers.legal_facts),
)


def run(session: Session, scope: Scope, at: datetime) -> list[Finding]:
    """Return everything that the checks find.

    Parameters
    ----------
    at
        The moment whose division into grids is checked, aware UTC.
    """
    return [finding for check in CHECKS for finding in check(session, scope, at)]
