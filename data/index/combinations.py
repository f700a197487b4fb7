"""Which values incidents have together: a small number for each combination that occurs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from data.index.rows import Combination

Codes = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
_NONE = np.zeros(0, dtype=np.int64)


@dataclass(slots=True)
class Combinations:
    """The code of each combination, given in order of arrival."""

    known: list[Combination] = field(default_factory=list)
    _codes: dict[Combination, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._codes = {combination: code for code, combination in enumerate(self.known)}

    def __len__(self) -> int:
        return len(self.known)

    def by_frequency(self, occurring: Sequence[Codes]) -> tuple[Codes, Combinations]:
        """Give the lowest codes, which are counted fastest, to what occurs most.

        Returns
        -------
        ranks, combinations
            The new code of each old one, and the combinations under their new codes.
        """
        often = np.bincount(np.concatenate([_NONE, *occurring]), minlength=len(self))
        order = np.argsort(-often, kind="stable")
        return np.argsort(order), Combinations([self.known[code] for code in order.tolist()])

    def codes_of(self, combinations: Sequence[Combination]) -> Codes:
        """Return the code of each combination; a new one gets the next."""
        return np.fromiter(map(self._code, combinations), np.int64, count=len(combinations))

    def mask(self, is_wanted: Callable[[Combination], bool]) -> Mask:
        """Tell for each code whether it is wanted."""
        return np.fromiter(map(is_wanted, self.known), np.bool_, count=len(self.known))

    def _code(self, combination: Combination) -> int:
        code = self._codes.get(combination)
        if code is None:
            code = self._codes[combination] = len(self.known)
            self.known.append(combination)
        return code
