"""Runs of equal cells of one resolution in a segment, and how many rows of each a filter keeps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from data.counting.spots import Positions, Spots

_WORD_BITS = np.uint32(5)
_IN_WORD = np.uint32(31)
_ONE = np.uint32(1)

Sums = npt.NDArray[np.int32]
"""Twice as fast as 64 bits to add up, and more than a process can hold rows."""
Ends = npt.NDArray[np.uint32]
Columns = npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Runs:
    """One run after the other, from the first row to the last."""

    ends: Ends
    """Position after the last row of each run."""
    columns: Columns
    """What each run is of: the column that a register has given to its cell."""

    @property
    def nbytes(self) -> int:
        """Return the bytes of both arrays."""
        return self.ends.nbytes + self.columns.nbytes

    def lengths(self) -> Sums:
        """Return how many rows each run has."""
        return np.diff(self.ends, prepend=np.uint32(0)).astype(np.int32)

    def at(self, spots: Spots) -> Runs:
        """Return the runs that make up spots, as if there were no other rows."""
        starts, stops = spots.starts.astype(np.uint32), spots.stops.astype(np.uint32)
        firsts = self.ends.searchsorted(starts, side="right")
        lasts = self.ends.searchsorted(stops, side="left") + 1
        chosen = Spots.between(firsts, lasts)
        skipped = stops - (stops - starts).cumsum(dtype=np.uint32)
        ends = chosen.take(self.ends) - skipped.repeat(lasts - firsts)
        return Runs(ends, chosen.take(self.columns))


def kept(keep: npt.NDArray[np.bool_], ends: Ends) -> Sums:
    """Return how many rows of each run are kept.

    Notes
    -----
    The filter is packed to words of bits. What is kept before a row is what is kept before its
    word, of which there is one sum for 32 rows, and the bits of the word below it.
    """
    words = np.zeros((len(keep) >> int(_WORD_BITS)) + 1, dtype="<u4")
    bits = np.packbits(keep, bitorder="little")
    words.view(np.uint8)[: len(bits)] = bits
    before = np.zeros(len(words), dtype=np.int32)
    np.bitwise_count(words[:-1]).cumsum(out=before[1:])
    at: Positions = (ends >> _WORD_BITS).astype(np.intp)
    found = words.take(at)
    found &= (_ONE << (ends & _IN_WORD)) - _ONE
    counts = before.take(at)
    counts += np.bitwise_count(found)
    counts[1:] -= counts[:-1].copy()
    return counts
