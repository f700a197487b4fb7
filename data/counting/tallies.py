"""Tallies of the counting index: ascending keys and how often each occurs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Cells = npt.NDArray[np.uint64]
Counts = npt.NDArray[np.int64]


def runs(keys: Cells) -> tuple[Cells, Counts]:
    """Return the distinct keys of an ascending array and how often each occurs."""
    if len(keys) == 0:
        return keys, np.zeros(0, dtype=np.int64)
    starts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
    return keys[starts], np.diff(starts, append=len(keys))


def with_more(
    keys: Cells, counts: Counts, more_keys: Cells, more_counts: Counts
) -> tuple[Cells, Counts]:
    """Add a smaller tally to a larger one, whose counts are changed; the keys of both ascend."""
    if len(more_keys) == 0:
        return keys, counts
    at = keys.searchsorted(more_keys)
    is_new = np.ones(len(more_keys), dtype=np.bool_)
    inside = at < len(keys)
    is_new[inside] = keys[at[inside]] != more_keys[inside]
    counts[at[~is_new]] += more_counts[~is_new]
    if not is_new.any():
        return keys, counts
    at = at[is_new]
    return np.insert(keys, at, more_keys[is_new]), np.insert(counts, at, more_counts[is_new])


def folded(keys: Cells, counts: npt.NDArray[np.int32]) -> tuple[Cells, npt.NDArray[np.int32]]:
    """Add up the counts of equal keys, which ascend."""
    if len(keys) == 0:
        return keys, counts
    starts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
    return keys[starts], np.add.reduceat(counts, starts)
