"""Running totals over segments: what many of them hold together is one subtraction."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from data.counting.runs import Sums
from data.counting.segments import Question, Segment


class RunningTotals:
    """Rows by coarse column of the first segments, of one more, and so on, in order of time.

    A change of codes leaves them as they are; another segment, or a removed row, does not.
    """

    def __init__(self) -> None:
        self._held: list[tuple[Segment, int]] = []
        """Segments, and how many of their rows were gone."""
        self._planes: list[Sums] = [np.zeros(0, dtype=np.int32)]
        """One more than there are segments: before the first, and after each."""

    @property
    def nbytes(self) -> int:
        """Return the bytes of the totals."""
        return sum(plane.nbytes for plane in self._planes)

    def add_inside(self, sums: Sums, segments: list[Segment], question: Question) -> None:
        """Add to sums by column the rows of all segments that lie inside the window."""
        ordered = sorted(segments, key=lambda segment: segment.first)
        self._follow([(segment, segment.gone) for segment in ordered])
        inside = [segment.is_inside(question) for segment in ordered]
        stretches = zip(self._planes, pairwise([False, *inside, False]), strict=True)
        for plane, (before, after) in stretches:
            if before and not after:
                sums[: len(plane)] += plane
            elif after and not before:
                sums[: len(plane)] -= plane

    def _follow(self, held: list[tuple[Segment, int]]) -> None:
        """Make the totals those of other segments, from the first one that differs."""
        same = 0
        for (old, then), (new, now) in zip(self._held, held, strict=False):
            if old is not new or then != now:
                break
            same += 1
        planes = self._planes[: same + 1]
        for segment, _ in held[same:]:
            before = planes[-1]
            plane = np.zeros(max(len(before), len(segment.totals)), dtype=np.int32)
            plane[: len(before)] = before
            plane[: len(segment.totals)] += segment.totals
            planes.append(plane)
        self._held, self._planes = held, planes
