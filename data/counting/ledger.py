"""The rows of the counting index: an unsorted tail, sorted segments, and where each row lies.

A full tail is merged into the newest segment by a background thread. Rows that arrive late gather
in a segment of their own until there are enough of them to be worth building the old ones again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from data.counting.locations import NO_NUMBER, Locations, Numbers
from data.counting.merging import TAIL_SHARE, Built, Merge, Pile, Plan, Sizes
from data.counting.rows import Codes, Rows
from data.counting.saving import Held
from data.counting.segments import GONE, Segment

_TAIL = 0
"""Slot of the tail."""


class Ledger:
    """Rows, numbered in the order of arrival. One thread writes; `lock` guards what readers see."""

    def __init__(
        self,
        sizes: Sizes,
        build: Callable[[Rows], Segment],
        column_of: Callable[[np.uint64], int],
        *,
        in_background: bool,
    ) -> None:
        """Start without rows.

        Parameters
        ----------
        build
            Makes a segment of rows in the order of cells.
        column_of
            Returns the histogram column of a base cell.
        in_background
            Whether a full tail is merged by a thread or at once.
        """
        self.lock = threading.RLock()
        self._sizes, self._build, self._column_of = sizes, build, column_of
        self._in_background = in_background
        self._merging: threading.Thread | None = None
        self._failure: BaseException | None = None
        self._slots: list[Segment | None] = [None]
        self._timeline: list[int] = []
        """Slots of the segments that share the timeline, the oldest first."""
        self._late = _TAIL
        """Slot of the late segment; the tail's own slot while there is none."""
        self._tail = _empty_rows(TAIL_SHARE * sizes.tail_rows)
        self._tail_numbers = np.zeros(TAIL_SHARE * sizes.tail_rows, dtype=np.int64)
        """Row number of each row of the tail."""
        self._tail_size = 0
        self._locations = Locations()

    @property
    def size(self) -> int:
        """Return how many numbers were given."""
        return self._locations.size

    def segments(self) -> list[Segment]:
        """Return the segments, in no order."""
        return [segment for segment in self._slots if segment is not None]

    def tail(self) -> Rows:
        """Return the rows that are in no segment yet."""
        return self._tail.part(0, self._tail_size)

    def nbytes(self) -> tuple[int, int]:
        """Return the bytes of the rows, the room of the tail among them, and of the histograms."""
        with self.lock:
            held = [segment.nbytes for segment in self.segments()]
            room = sum(column.nbytes for column in self._tail.columns())
            rows = sum(rows for rows, _ in held) + room + self._tail_numbers.nbytes
            return rows + self._locations.nbytes, sum(histograms for _, histograms in held)

    def append(self, rows: Rows) -> Numbers:
        """Add rows and return their numbers.

        What has stopped a merge before is raised first, so that rows are added or refused as one.
        """
        self._raise_failure()
        with self.lock:
            numbers = np.arange(self.size, self.size + len(rows))
            self._locations.reserve(self.size + len(rows))
            fits = self._tail_size + len(rows) <= len(self._tail)
            if fits:
                self._to_tail(rows, numbers)
                self._locations.size += len(rows)
        if not fits:
            self.settle()
            self._merge(Pile(rows, numbers))
        elif self._tail_size >= self._sizes.tail_rows:
            self._start_merging()
        return numbers

    def recode(self, number: int, code: int) -> None:
        """Give a row another code; the caller holds the lock."""
        segment, position = self._found(number)
        if segment is None:
            self._widen_tail(code)
            self._tail.codes[position] = code
        else:
            segment.recode(position, self._column_of(segment.rows.cells[position]), code)

    def remove(self, number: int) -> None:
        """Take a row out of every answer; its number is not given again."""
        self.settle()  # what is being merged are copies, which would not learn of it
        with self.lock:
            segment, position = self._found(number)
            if segment is None:
                self._tail.times[position] = GONE
                self._tail_numbers[position] = NO_NUMBER
            else:
                segment.remove(position, self._column_of(segment.rows.cells[position]))
            self._locations.remove(number)

    def refuse_removed(self, numbers: Numbers) -> None:
        """Raise InvalidInputError where one of the rows was removed."""
        self._locations.refuse_removed(numbers)

    def _found(self, number: int) -> tuple[Segment | None, int]:
        """Return the segment of a row, None for the tail, and its position there."""
        slot, position = self._locations.find(number)
        return self._slots[slot], position

    def settle(self) -> None:
        """Wait until no merge is under way; raise what stopped the last one."""
        if self._merging is not None:
            self._merging.join()
            self._merging = None
        self._raise_failure()

    def held(self) -> Held:
        """Return all rows, after moving those of the tail into segments."""
        self.settle()
        self._merge()
        late = [] if self._late == _TAIL else [self._late]
        slots = {slot: number for number, slot in enumerate([*self._timeline, *late], 1)}
        return Held(
            [self._segment(slot) for slot in self._timeline],
            self._segment(self._late) if late else None,
            self._locations.with_slots(slots),
        )

    def take_over(self, held: Held) -> None:
        """Start with the rows of another ledger, which has no more use for them."""
        late = [] if held.late is None else [held.late]
        self._slots = [None, *held.timeline, *late]
        self._timeline = list(range(1, len(held.timeline) + 1))
        self._late = len(held.timeline) + 1 if late else _TAIL
        self._locations = Locations(held.locations)

    def _raise_failure(self) -> None:
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure

    def _to_tail(self, rows: Rows, numbers: Numbers) -> None:
        start, stop = self._tail_size, self._tail_size + len(rows)
        if len(rows):
            self._widen_tail(int(rows.codes.max()))
        for held, given in zip(self._tail.columns(), rows.columns(), strict=True):
            held[start:stop] = given
        self._tail_numbers[start:stop] = numbers
        self._locations.put(numbers, _TAIL, start)
        self._tail_size = stop

    def _widen_tail(self, code: int) -> None:
        if code > np.iinfo(self._tail.codes.dtype).max:
            self._tail = replace(self._tail, codes=self._tail.codes.astype(np.uint16))

    def _start_merging(self) -> None:
        if not self._in_background:
            self._merge_safely()
        elif self._merging is None or not self._merging.is_alive():
            self._merging = threading.Thread(target=self._merge_safely, name="merge", daemon=True)
            self._merging.start()

    def _merge_safely(self) -> None:
        """Merge; what stops it is raised later in the writing thread, and no row is lost by it."""
        try:
            self._merge()
        except BaseException as failure:  # noqa: BLE001 - raised by the next append() or settle()
            self._failure = failure

    def _merge(self, more: Pile | None = None) -> None:
        """Move the rows of the tail, and more, into segments.

        The segments are built without the lock, from copies; codes that change meanwhile are found
        by comparing and are carried over when the new segments take their place.
        """
        with self.lock:
            taken = self._tail_size
            arrived = Pile(self._tail.part(0, taken).copy(), self._tail_numbers[:taken].copy())
        copies = {_TAIL: arrived.rows.codes}
        if more is not None:
            arrived = arrived + more
        if len(arrived) == 0:
            return

        def pile_of(position: int) -> Pile:
            return self._pile(self._timeline[position], copies)

        merge = Merge(self._sizes, self._build)
        starts = [self._segment(slot).first for slot in self._timeline]
        late = None if self._late == _TAIL else self._pile(self._late, copies)
        plan = merge.plan(arrived, starts, pile_of, late)
        with self.lock:
            changed = self._changed(copies, taken)
            self._swap(plan, taken)
            if more is not None:
                self._locations.size += len(more)
            for number, code in changed:
                self.recode(number, code)

    def _segment(self, slot: int) -> Segment:
        segment = self._slots[slot]
        if segment is None:
            raise AssertionError(f"slot {slot} holds no segment")
        return segment

    def _numbers_in(self, slot: int) -> Numbers:
        """Return the number of the row at each position of a segment, or NO_NUMBER."""
        return self._locations.numbers_in(slot, len(self._segment(slot).rows))

    def _pile(self, slot: int, copies: dict[int, Codes]) -> Pile:
        with self.lock:
            rows = self._segment(slot).rows
            copies[slot] = rows.codes.copy()
        return Pile(replace(rows, codes=copies[slot]), self._numbers_in(slot))

    def _changed(self, copies: dict[int, Codes], taken: int) -> list[tuple[int, int]]:
        """Return the rows whose codes have changed since they were copied, with the new codes."""
        found: list[tuple[int, int]] = []
        for slot, copied in copies.items():
            now = self._tail.codes[:taken] if slot == _TAIL else self._segment(slot).rows.codes
            at = np.flatnonzero(now != copied)
            if len(at):
                numbers = self._tail_numbers[:taken] if slot == _TAIL else self._numbers_in(slot)
                found += zip(numbers[at].tolist(), now[at].tolist(), strict=True)
        return found

    def _swap(self, plan: Plan, taken: int) -> None:
        """Put the new segments in their places and drop the rows that they took from the tail."""
        left = self._tail.part(taken, self._tail_size).copy()
        left_numbers = self._tail_numbers[taken : self._tail_size].copy()
        timeline: list[int] = []
        for position in range(max(len(self._timeline), 1)):
            built = plan.replaced.get(position)
            if built is None:
                timeline += self._timeline[position : position + 1]
                continue
            if position < len(self._timeline):
                self._slots[self._timeline[position]] = None
            timeline += [self._install(one) for one in built]
        self._timeline = timeline
        if not plan.late_stays:
            if self._late != _TAIL:
                self._slots[self._late] = None
            self._late = _TAIL if plan.late is None else self._install(plan.late)
        self._tail_size = 0
        self._to_tail(left, left_numbers)

    def _install(self, built: Built) -> int:
        free = (slot for slot, held in enumerate(self._slots) if held is None and slot != _TAIL)
        slot = next(free, len(self._slots))
        if slot == len(self._slots):
            self._slots.append(built.segment)
        self._slots[slot] = built.segment
        self._locations.put(built.numbers, slot)
        return slot


def _empty_rows(size: int) -> Rows:
    return Rows(
        np.zeros(size, np.uint64),
        np.zeros(size, np.int32),
        np.zeros(size, np.uint8),
        np.zeros(size, np.uint16),
    )
