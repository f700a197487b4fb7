"""Which counts of people may be shown: the one rule for map, drawer, API, export and print.

Of a hierarchy of counts (town, communities, grids; every total the sum of its children) each cell
is shown, banded or withheld:

- below: "<k", for a count under k, zero included;
- withheld: not shown so that a banded one cannot be computed; it may hide any number, and all
  below a withheld cell is withheld.

What is promised, for every banded cell: whatever is subtracted from whatever is published, its
feasible interval stays the whole band from 0 to k-1 (from 1 for one who knows that it is not 0),
and every withheld cell keeps at least k possible numbers. It also holds against a reader who knows
this program, because the choice of what to withhold looks only at which counts are under k, at the
order of the rows, and at sums that are published anyway: so the pattern never says whether a band
hides 0. (Withholding the smallest neighbour, the usual greedy choice, would: see `_is_safe`.)

The promise is about one table. Tables that count the same people over other lattices, windows or
filters are to be published as one, or not (reliability reference §3.2). Sources: domain reference
P-03; reliability reference §3.3 and §3.4 P2 to P4 for k and for rates.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from data.errors import InvalidInputError

K_INSIDE = 5
"""Inside the jurisdiction."""
K_OUTSIDE = 10
"""On walls, in exports and in print."""
LEAST_K = 3
MOST_K = 20


class Mark(StrEnum):
    """What is shown of a count; the code list `count_mark`."""

    SHOWN = "shown"
    BELOW = "below"
    WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class Cell:
    """What may be shown of a count; a value only where it is shown."""

    mark: Mark
    value: int | None = None

    def text(self, k: int) -> str | None:
        """Return the figure or the band; None where a term has to say that it is withheld."""
        if self.mark is Mark.BELOW:
            return f"<{k}"
        return None if self.value is None else str(self.value)


BELOW = Cell(Mark.BELOW)
WITHHELD = Cell(Mark.WITHHELD)


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """Which row is part of which; rows that cost least when withheld come first."""

    parents: tuple[int | None, ...]
    """Position of the parent of each row; None for a total of its own."""

    def __post_init__(self) -> None:
        reached = sum(1 for _ in self.downwards())
        if reached != len(self.parents):
            raise InvalidInputError(
                f"{len(self.parents) - reached} rows lie under no total: a parent is missing, or "
                "rows are their own ancestors. Correct the column of parents."
            )

    def children(self) -> tuple[tuple[int, ...], ...]:
        """Return the children of each row, in the order of rows."""
        found: list[list[int]] = [[] for _ in self.parents]
        for row, parent in enumerate(self.parents):
            if parent is not None and 0 <= parent < len(found):
                found[parent].append(row)
        return tuple(tuple(rows) for rows in found)

    def downwards(self) -> Iterator[int]:
        """Yield the rows, parents before their children."""
        children = self.children()
        waiting = [row for row, parent in enumerate(self.parents) if parent is None]
        while waiting:
            row = waiting.pop()
            yield row
            waiting.extend(children[row])

    def with_only_parents(self, rows: Collection[int]) -> frozenset[int]:
        """Return these rows and every row that one of them makes up alone."""
        children, found = self.children(), set(rows)
        for row in reversed(tuple(self.downwards())):
            if len(children[row]) == 1 and children[row][0] in found:
                found.add(row)
        return frozenset(found)


def publish(
    hierarchy: Hierarchy, counts: Sequence[int], k: int, kept: Collection[int] = ()
) -> tuple[Cell, ...]:
    """Return what may be shown of each row.

    Parameters
    ----------
    hierarchy, counts
        Rows; the count of a row with children is their sum.
    k
        Smallest count that is shown; see `checked_k`.
    kept
        Rows to be withheld in any case: those withheld in the table of a smaller k that the same
        reader may see, or earlier in the year, so that no two tables give what neither does.
    """
    checked_k(k)
    children = hierarchy.children()
    _check_sums(children, [counts])
    kept = hierarchy.with_only_parents(kept)
    cells: dict[int, Cell] = {}
    for row in hierarchy.downwards():
        if row not in cells:  # a total of its own
            cells[row] = _alone(row, counts[row], k, kept)
        if cells[row].mark is Mark.SHOWN:
            cells.update(_siblings(children[row], counts, k, kept))
        else:
            below = {child: WITHHELD if child in kept else cells[row] for child in children[row]}
            cells.update(below)
    return tuple(cells[row] for row in range(len(counts)))


def _alone(row: int, count: int, k: int, kept: Collection[int]) -> Cell:
    if row in kept:
        return WITHHELD
    return BELOW if count < k else Cell(Mark.SHOWN, count)


def _siblings(
    rows: Sequence[int], counts: Sequence[int], k: int, kept: Collection[int]
) -> dict[int, Cell]:
    """Return the cells of all children of a row that is shown."""
    cells = {row: _alone(row, counts[row], k, kept) for row in rows}
    banded = [row for row in rows if cells[row].mark is Mark.BELOW]
    hidden = [row for row in rows if cells[row].mark is not Mark.SHOWN]
    if not hidden:
        return cells
    shown = [row for row in rows if cells[row].mark is Mark.SHOWN]
    for taken in range(len(shown) + 1):
        together = hidden + shown[:taken]
        rest = sum(counts[row] for row in together)
        if _is_safe(rest, len(banded), len(together) - len(banded), k):
            return cells | dict.fromkeys(shown[:taken], WITHHELD)
    return dict.fromkeys(rows, WITHHELD)


def _is_safe(rest: int, banded: int, withheld: int, k: int) -> bool:
    """Tell whether bands and withheld siblings may share what is left of their parent's total.

    `rest` is their sum; it can be computed from what is published. The bound lets one band hold
    k-1 while each other holds 1 and each withheld one holds k. A sum one smaller would do so too:
    then a refusal, which the pattern betrays, would rule that very case out.
    """
    enough = rest >= k * (withheld + 1) + banded - 1
    if withheld == 0:
        return enough and rest <= (banded - 1) * (k - 1)
    return enough and banded + withheld > 1


@dataclass(frozen=True, slots=True)
class PartsTable:
    """What may be shown of counts that are made of parts."""

    totals: tuple[Cell, ...]
    """Of the sums of the parts, as of `publish`."""
    parts_shown: tuple[bool, ...]
    """Whether the parts of a row, and so its shares and rates, may be shown."""


def publish_parts(
    hierarchy: Hierarchy, parts: Sequence[Sequence[int]], k: int, kept: Collection[int] = ()
) -> PartsTable:
    """Return what may be shown of counts in parts, such as the visited and the not visited.

    All parts of a row are shown, or none; a row with any part under k shows none, 0 % and 100 %
    among them, nor does one whose total is not shown. Safe rows are withheld beside them until
    each hidden part has at least k possible numbers, the totals known.

    Parameters
    ----------
    hierarchy, k, kept
        As of `publish`.
    parts
        One sequence for each part, of one count a row. They must not go through `publish` too.
    """
    children = hierarchy.children()
    _check_sums(children, parts)
    totals = publish(hierarchy, [sum(row) for row in zip(*parts, strict=True)], k, kept)
    kept = hierarchy.with_only_parents(kept)
    unsafe = {
        row
        for row, total in enumerate(totals)
        if row in kept or total.mark is not Mark.SHOWN or min(part[row] for part in parts) < k
    }
    may: dict[int, bool] = {}
    for row in hierarchy.downwards():
        if row not in may:
            may[row] = row not in unsafe
        hidden = _withheld_together(children[row], parts, k, unsafe) if may[row] else children[row]
        may.update((child, child not in hidden) for child in children[row])
    return PartsTable(totals, tuple(may[row] for row in range(len(totals))))


def _withheld_together(
    rows: Sequence[int], parts: Sequence[Sequence[int]], k: int, unsafe: Collection[int]
) -> Sequence[int]:
    hidden = [row for row in rows if row in unsafe]
    if not hidden:
        return ()
    safe = [row for row in rows if row not in unsafe]
    for taken in range(len(safe) + 1):
        together = hidden + safe[:taken]
        rest = min(sum(part[row] for row in together) for part in parts)
        if len(together) > 1 and rest >= k * (taken + 1):
            return together
    return rows


def rate_may_be_shown(numerator: int, denominator: int, k: int) -> bool:
    """Tell whether a single rate, of which no other part or total is shown, hides enough people.

    Both the numerator and its complement must reach k, and with them the denominator does.
    """
    checked_k(k)
    return numerator >= k and denominator - numerator >= k


def state_may_be_shown(listed: int, k: int) -> bool:
    """Tell whether the due state of a grid may be shown: it must be that of k subjects or more."""
    checked_k(k)
    return listed >= k


def checked_k(k: int) -> int:
    """Return k, or refuse one outside what may be set."""
    if not LEAST_K <= k <= MOST_K:
        raise InvalidInputError(
            f"The smallest count shown is set to {k}; set it from {LEAST_K} to {MOST_K}."
        )
    return k


def _check_sums(children: Sequence[Sequence[int]], parts: Sequence[Sequence[int]]) -> None:
    for counts in parts:
        if len(counts) != len(children):
            raise InvalidInputError(
                f"There are {len(counts)} counts for {len(children)} rows; give one a row."
            )
        for row, its_children in enumerate(children):
            if counts[row] < 0:
                raise InvalidInputError(f"Row {row} counts {counts[row]}; give 0 or more.")
            if its_children and counts[row] != sum(counts[child] for child in its_children):
                raise InvalidInputError(
                    f"Row {row} counts {counts[row]}, its children together another number; give "
                    "what belongs to no child a row of its own."
                )
