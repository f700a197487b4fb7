"""Incidents without a grid, default-point piles, impossible times, cameras without legal facts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from data.models import Camera
from data.piles import SMALLEST_PILE, TIMES_OTHERS
from data.quality.finding import MOST_EXAMPLES, Finding, Severity
from data.reads import quality as reads
from data.scope import Scope

FIRST_PLAUSIBLE = datetime(1970, 1, 3, tzinfo=UTC)
"""Systems write 1900-01-01 and 1970-01-01, in whichever zone, where they know no date."""
FIRST_IMPLAUSIBLE = datetime(2100, 1, 1, tzinfo=UTC)
"""Systems write 2999 or 9999 where there is no end."""

SHORTEST_RETENTION_DAYS = 30
"""State Council Order 799, Art. 17."""


def without_grid(session: Session, scope: Scope) -> Iterator[Finding]:
    """Find incidents whose place no grid held when they were reported, and those without place."""
    outside = reads.outside_every_grid()
    count = reads.incident_count(session, scope, outside)
    if count:
        yield Finding(
            "incident_outside_grids",
            Severity.WARNING,
            count,
            f"Incidents outside every grid that was valid when they were reported: {count}.",
            tuple(reads.incident_numbers(session, scope, MOST_EXAMPLES, outside)),
        )
    unplaced = ~reads.has_place()
    count = reads.incident_count(session, scope, unplaced)
    if count:
        yield Finding(
            "incident_without_place",
            Severity.INFO,
            count,
            f"Incidents without coordinates, which count in figures of the whole only: {count}.",
            tuple(reads.incident_numbers(session, scope, MOST_EXAMPLES, unplaced)),
        )


def default_points(session: Session, scope: Scope) -> Iterator[Finding]:
    """Find exact positions with far more incidents than others: places nobody wrote down."""
    sizes = reads.sizes_of_piles(session, scope)
    threshold = pile_threshold(dict(sizes))
    piles = reads.piles(session, scope, threshold)
    if piles:
        total = sum(pile.count for pile in piles)
        yield Finding(
            "default_point",
            Severity.WARNING,
            len(piles),
            f"Exact positions that hold {threshold} incidents or more: {len(piles)}, "
            f"with {total} incidents in all. A pile is at least {SMALLEST_PILE}, and at least "
            f"{TIMES_OTHERS} times what nine positions of ten hold at most; it is often an "
            "office that stands in for an unknown place, and no hot spot.",
            tuple(
                f"{pile.longitude:.6f}, {pile.latitude:.6f} "
                f"({pile.address or 'no address'}): {pile.count}"
                for pile in piles[:MOST_EXAMPLES]
            ),
        )


def pile_threshold(sizes: dict[int, int]) -> int:
    """Return from how many incidents on a position is a pile.

    Parameters
    ----------
    sizes
        How many positions hold how many incidents: positions by incidents each.
    """
    below = 0
    ninth_of_ten = 0
    for incidents in sorted(sizes):
        below += sizes[incidents]
        ninth_of_ten = incidents
        if below * 10 >= sum(sizes.values()) * 9:
            break
    return max(SMALLEST_PILE, TIMES_OTHERS * ninth_of_ten)


def impossible_times(session: Session, scope: Scope) -> Iterator[Finding]:
    """Find cases closed before they were reported, and steps in an impossible order."""
    before = reads.closed_before_reported()
    disordered = reads.out_of_order(reads.STAGE_MOMENTS)
    for key, condition, what in (
        ("closed_before_reported", before, "closed before they were reported"),
        ("steps_out_of_order", disordered, "with a step that lies before an earlier step"),
    ):
        count = reads.incident_count(session, scope, condition)
        if count:
            yield Finding(
                key,
                Severity.ERROR,
                count,
                f"Incidents {what}: {count}.",
                tuple(reads.incident_numbers(session, scope, MOST_EXAMPLES, condition)),
            )


def sentinel_dates(session: Session, scope: Scope) -> Iterator[Finding]:
    """Find times that stand for "unknown" or "never" in the system that they came from."""
    counts = {}
    examples: list[str] = []
    for column in reads.DATED_COLUMNS:
        condition = reads.outside_times(column, FIRST_PLAUSIBLE, FIRST_IMPLAUSIBLE)
        name = reads.column_name(column)
        count = reads.incident_count(session, scope, condition)
        if count:
            counts[name] = count
            numbers = reads.incident_numbers(session, scope, MOST_EXAMPLES, condition)
            examples += [f"{number}: {name}" for number in numbers]
    if counts:
        listed = ", ".join(f"{name} {count}" for name, count in counts.items())
        yield Finding(
            "sentinel_date",
            Severity.ERROR,
            sum(counts.values()),
            f"Times before {FIRST_PLAUSIBLE:%Y-%m-%d} or from {FIRST_IMPLAUSIBLE:%Y} on stand for "
            f"no time at all ({listed}); name them as null sentinels in the mapping.",
            tuple(examples[:MOST_EXAMPLES]),
        )


def legal_facts(session: Session, scope: Scope) -> Iterator[Finding]:
    """Find cameras whose register entry lacks what State Council Order 799 asks for."""
    cameras = reads.cameras(session, scope)
    lacking = [(camera, missing_facts(camera)) for camera in cameras]
    lacking = [entry for entry in lacking if entry[1]]
    if lacking:
        counts: dict[str, int] = {}
        for _, missing in lacking:
            for fact in missing:
                counts[fact] = counts.get(fact, 0) + 1
        listed = ", ".join(f"{fact} {count}" for fact, count in counts.items())
        yield Finding(
            "camera_without_legal_facts",
            Severity.WARNING,
            len(lacking),
            f"Cameras that lack facts that the law asks for: {len(lacking)} of {len(cameras)} "
            f"({listed}).",
            tuple(
                f"{camera.code} {camera.name}: {', '.join(missing)}"
                for camera, missing in lacking[:MOST_EXAMPLES]
            ),
        )


def missing_facts(camera: Camera) -> tuple[str, ...]:
    """Name the legal facts that a camera lacks."""
    present = {
        "manager unit": bool(camera.manager_unit),
        "purpose": bool(camera.purpose),
        "filing number": bool(camera.filing_no),
        "filing date": camera.filing_date is not None,
        "sign posted": camera.sign_posted is True,
        f"retention of {SHORTEST_RETENTION_DAYS} days": camera.retention_days is not None
        and camera.retention_days >= SHORTEST_RETENTION_DAYS,
        "indoors or outdoors": camera.room_type is not None,
    }
    return tuple(fact for fact, is_there in present.items() if not is_there)
