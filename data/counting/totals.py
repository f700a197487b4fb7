"""Running totals over segments: what many of them hold together is one subtraction."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from data.counting.runs import Counts
from data.counting.segments import Question, Segment


class RunningTotals:
    """Rows by coarse column of the first segments, of one more, and so on, in order of time.

    A change of codes leaves them as they are; a segment that is replaced by another does not.
    """

    def __init__(self) -> None:
        self._segments: list[Segment] = []
        self._planes: list[Counts] = [np.zeros(0, dtype=np.int64)]
        """One more than there are segments: before the first, and after each."""

    @property
    def nbytes(self) -> int:
        """Return the bytes of the totals."""
        return sum(plane.nbytes for plane in self._planes)

    def add_inside(self, sums: Counts, segments: list[Segment], question: Question) -> None:
        """Add to sums by column the rows of all segments that lie inside the window."""
        self._follow(sorted(segments, key=lambda segment: segment.first))
        inside = [segment.is_inside(question) for segment in self._segments]
        stretches = zip(self._planes, pairwise([False, *inside, False]), strict=True)
        for plane, (before, after) in stretches:
            if before and not after:
                sums[: len(plane)] += plane
            elif after and not before:
                sums[: len(plane)] -= plane

    def _follow(self, segments: list[Segment]) -> None:
        """Make the totals those of other segments, from the first one that differs."""
        pairs = zip(self._segments, segments, strict=False)
        same = next(
            (number for number, (old, new) in enumerate(pairs) if old is not new),
            min(len(self._segments), len(segments)),
        )
        planes = self._planes[: same + 1]
        for segment in segments[same:]:
            before = planes[-1]
            plane = np.zeros(max(len(before), segment.histogram.shape[1]), dtype=np.int64)
            plane[: len(before)] = before
            plane[segment.coarse.columns] += segment.coarse.lengths()
            planes.append(plane)
        self._segments, self._planes = segments, planes
