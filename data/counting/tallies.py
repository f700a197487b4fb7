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


def merged(parts: list[tuple[Cells, Counts]]) -> tuple[Cells, Counts]:
    """Add up counts by key; the keys of each part ascend, and so do those of the answer."""
    parts = [part for part in parts if len(part[0])]
    if not parts:
        return np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.int64)
    if len(parts) == 1:
        return parts[0]
    keys = np.concatenate([part[0] for part in parts])
    counts = np.concatenate([part[1] for part in parts])
    order = np.argsort(keys, kind="stable")  # merges the runs that are sorted already
    return folded(keys[order], counts[order])


def folded(keys: Cells, counts: Counts) -> tuple[Cells, Counts]:
    """Add up the counts of equal keys, which ascend."""
    if len(keys) == 0:
        return keys, counts
    starts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
    return keys[starts], np.add.reduceat(counts, starts)
