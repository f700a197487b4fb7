"""Where each row of the counting index lies, in 4 bytes a row: slot << 20 | position."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from data.errors import InvalidInputError

Numbers = npt.NDArray[np.int64]
NO_NUMBER = -1
"""Stands for the number of a row that was removed."""

_POSITION_BITS = 20
_POSITION = np.uint32((1 << _POSITION_BITS) - 1)
_GONE = np.uint32(np.iinfo(np.uint32).max)
_GROWTH = 16
"""Room grows by one part in this many, to keep a row at 4 bytes."""


class Locations:
    """Slot and position by row number."""

    def __init__(self, held: npt.NDArray[np.uint32] | None = None) -> None:
        """Start without rows, or with those of an array that may be changed."""
        self._held = np.zeros(0, dtype=np.uint32) if held is None else held
        self.size = len(self._held)

    def reserve(self, wanted: int) -> None:
        """Make room for so many rows."""
        if wanted > len(self._held):
            grown = np.zeros(wanted + wanted // _GROWTH, dtype=np.uint32)
            grown[: self.size] = self._held[: self.size]
            self._held = grown

    @property
    def held(self) -> npt.NDArray[np.uint32]:
        """Return the location of every row."""
        return self._held[: self.size]

    @property
    def nbytes(self) -> int:
        """Return the bytes of all rows and of the room for more."""
        return self._held.nbytes

    def put(self, numbers: Numbers, slot: int, start: int = 0) -> None:
        """Place rows one after the other into a slot, from a position on."""
        positions = np.arange(start, start + len(numbers), dtype=np.uint32)
        self._held[numbers] = np.uint32(slot << _POSITION_BITS) | positions

    def refuse_removed(self, numbers: Numbers) -> None:
        """Raise InvalidInputError where one of the rows was removed."""
        removed = numbers[self._held[numbers] == _GONE]
        if len(removed):
            raise InvalidInputError(f"Row {removed[0]:,} was removed.")

    def find(self, number: int) -> tuple[int, int]:
        """Return slot and position of a row that was not removed."""
        location = self._held[number]
        return int(location >> _POSITION_BITS), int(location & _POSITION)

    def remove(self, number: int) -> None:
        """Forget where a row lies."""
        self._held[number] = _GONE

    def numbers_in(self, slot: int, rows: int) -> Numbers:
        """Return the number of the row at each position of a slot, or NO_NUMBER."""
        held = self.held  # rows may be added meanwhile, though none to this slot
        is_there = (held >> np.uint32(_POSITION_BITS) == slot) & (held != _GONE)
        numbers = np.flatnonzero(is_there)
        by_position = np.full(rows, NO_NUMBER)
        by_position[held[numbers] & _POSITION] = numbers
        return by_position

    def with_slots(self, renamed: dict[int, int]) -> npt.NDArray[np.uint32]:
        """Return the locations with every slot under another number."""
        slots = self.held >> np.uint32(_POSITION_BITS)
        table = np.zeros(int(slots.max(initial=0)) + 1, dtype=np.uint32)
        for before, after in renamed.items():
            table[before] = after
        moved = (table[slots] << np.uint32(_POSITION_BITS)) | (self.held & _POSITION)
        return np.where(self.held == _GONE, _GONE, moved).astype(np.uint32)
