"""What the index of incidents answers.

Cells, grids and codes over whole seconds are asked of the counting index; what depends on the exact
position, on the grid or on the end of single cases is read from the table of facts. Both are exact.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from data import cells as h3_cells
from data.cells import NOWHERE
from data.counting.arrivals import FIRST_S, LAST_S
from data.counting.spots import in_ranges
from data.counting.tallies import runs
from data.index.incidents import SECOND_US, SHARED_CODE, IncidentIndex
from data.index.rows import NEVER_US, Cells, Integers
from data.index.table import Column, Selection

Counts = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Gathered:
    """Located incidents gathered by cell; all of one length, ascending by cell."""

    counts: Counts
    longitudes: npt.NDArray[np.float64]
    latitudes: npt.NDArray[np.float64]
    """Mean of the positions."""
    overdue: Counts
    ids: Integers
    """The only incident of a cell; of several, without meaning."""

    def rows(self) -> Iterator[tuple[float, float, int, int]]:
        """Yield longitude, latitude, count and overdue of each cell."""
        columns = (self.longitudes, self.latitudes, self.counts, self.overdue)
        yield from zip(*(column.tolist() for column in columns), strict=True)


def count_by_cell(
    index: IncidentIndex, asked: Selection, resolution: int, within: Cells | None = None
) -> tuple[Cells, Counts]:
    """Return the cells that hold incidents, ascending, and how many each holds.

    `within` takes only those whose cell descends from one of these. Incidents without a place are
    in no cell.
    """
    counted = _as_counted(asked)
    if counted is not None:
        cells, counts = index.counts.count(resolution, *counted, within)
        # The stand-in has the highest number of all cells, at any resolution.
        is_nowhere = len(cells) and cells[-1] == h3_cells.ancestors(_NOWHERE, resolution)[0]
        return (cells[:-1], counts[:-1]) if is_nowhere else (cells, counts)
    (cells,) = index.table.picked(asked, "cells")
    cells = cells[cells != np.uint64(NOWHERE)]
    if within is not None:
        cells = cells[in_ranges(cells, h3_cells.base_ranges(within))]
    shift = np.uint64(h3_cells.digit_shift(resolution))
    prefixes, counts = runs(np.sort(cells >> shift))
    return h3_cells.from_prefixes(prefixes, resolution), counts


_NOWHERE = np.array([NOWHERE], dtype=np.uint64)


def _as_counted(asked: Selection) -> tuple[int, int, Codes | None] | None:
    """Return window and codes as the counting index takes them; None where it cannot answer."""
    if any(one is not None for one in _beyond_counting(asked)):
        return None
    since_s, until_s = asked.since_us // SECOND_US, asked.until_us // SECOND_US
    if asked.since_us % SECOND_US or asked.until_us % SECOND_US:
        return None
    if since_s <= FIRST_S or until_s > LAST_S:
        return None
    codes = None
    if asked.codes is not None:
        shared = asked.codes[SHARED_CODE:]
        if shared.any() and not shared.all():
            return None
        codes = np.flatnonzero(asked.codes[: SHARED_CODE + 1])
    return since_s, until_s, codes


def _beyond_counting(asked: Selection) -> tuple[object, ...]:
    return asked.places, asked.bbox, asked.open_at_us, asked.overdue_at_us


def located(index: IncidentIndex, asked: Selection) -> int:
    """Return how many incidents have a place."""
    return int(count_by_cell(index, asked, h3_cells.COARSEST_RESOLUTION)[1].sum())


def without_place(index: IncidentIndex, asked: Selection) -> int:
    """Return how many incidents have no place."""
    (cells,) = index.table.picked(asked, "cells")
    return int(np.count_nonzero(cells == np.uint64(NOWHERE)))


def received_by_grid(index: IncidentIndex, asked: Selection, level: str) -> dict[int, int]:
    """Return how many incidents each grid of a level holds."""
    counted = _as_counted(asked)
    if counted is not None:
        grids, counts = index.counts.count_by_grid(level, *counted)
        return dict(zip(grids.tolist(), counts.tolist(), strict=True))
    (places,) = index.table.picked(asked, "places")
    return _by_grid(index, level, places)


def open_by_grid(
    index: IncidentIndex, asked: Selection, at_us: int, level: str
) -> tuple[dict[int, int], dict[int, int]]:
    """Return how many incidents of each grid are open, and how many of them are overdue."""
    places, due = index.table.picked(replace(asked, open_at_us=at_us), "places", "due")
    return _by_grid(index, level, places), _by_grid(index, level, places[due < at_us])


def _by_grid(index: IncidentIndex, level: str, places: Column) -> dict[int, int]:
    grids = index.counts.places[:, index.levels.index(level)][places]
    held, counts = np.unique(grids[grids >= 0], return_counts=True)
    return dict(zip(held.tolist(), counts.tolist(), strict=True))


def gathered(index: IncidentIndex, asked: Selection, at_us: int, resolution: int) -> Gathered:
    """Gather the located incidents by cell."""
    cells, longitudes, latitudes, closed, due, ids = index.table.picked(
        asked, "cells", "longitudes", "latitudes", "closed", "due", "ids"
    )
    there = np.flatnonzero(cells != np.uint64(NOWHERE))
    prefixes = cells[there] >> np.uint64(h3_cells.digit_shift(resolution))
    held, counts = np.unique(prefixes, return_counts=True)
    which = np.searchsorted(held, prefixes)  # three times as fast as to have it from np.unique
    is_overdue = (closed[there] > at_us) & (due[there] < at_us)
    only = np.zeros(len(held), dtype=np.int64)
    only[which] = ids[there]
    return Gathered(
        counts,
        np.bincount(which, longitudes[there], len(held)) / counts,
        np.bincount(which, latitudes[there], len(held)) / counts,
        np.bincount(which[is_overdue], minlength=len(held)),
        only,
    )


def newest(index: IncidentIndex, asked: Selection, limit: int) -> Integers:
    """Return the ids of the located incidents, the latest reported first, at most `limit`."""
    cells, reported, ids = index.table.picked(asked, "cells", "reported", "ids")
    there = cells != np.uint64(NOWHERE)
    ids, reported = ids[there], reported[there]
    if len(ids) > limit:
        earliest = np.partition(reported, len(reported) - limit)[len(reported) - limit]
        ids, reported = ids[reported >= earliest], reported[reported >= earliest]
    order = np.lexsort((ids, reported))[::-1]
    return np.asarray(ids[order[:limit]])


def incident_tallies(index: IncidentIndex, asked: Selection, at_us: int) -> Mapping[str, int]:
    """Return the counts behind the key figures of incidents, as they stood at a moment."""
    closed, due = index.table.picked(asked, "closed", "due")
    is_closed, has_due = closed <= at_us, due != NEVER_US
    counts = {
        "received": np.ones(len(closed), dtype=np.bool_),
        "closed": is_closed,
        "open": ~is_closed,
        "overdue_open": ~is_closed & (due < at_us),
        "closed_late": is_closed & (closed > due),
        "closed_on_time": is_closed & has_due & (closed <= due),
        "closed_with_due": is_closed & has_due,
        "with_due": has_due,
    }
    return {name: int(np.count_nonzero(mask)) for name, mask in counts.items()}


def handling_quantiles_s(
    index: IncidentIndex, asked: Selection, at_us: int, shares: tuple[float, ...]
) -> list[float | None]:
    """Return quantiles of handling time in s, linear between the two nearest; None without any."""
    reported, closed = index.table.picked(asked, "reported", "closed")
    done = closed <= at_us
    taken_s = closed[done] // SECOND_US - reported[done] // SECOND_US
    if len(taken_s) == 0:
        return [None] * len(shares)
    positions = [share * (len(taken_s) - 1) for share in shares]
    nearest = sorted({rank for at in positions for rank in (math.floor(at), math.ceil(at))})
    ordered = np.partition(taken_s, nearest)
    return [
        float(
            ordered[math.floor(at)]
            + (ordered[math.ceil(at)] - ordered[math.floor(at)]) * (at - math.floor(at))
        )
        for at in positions
    ]
