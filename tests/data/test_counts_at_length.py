"""The counting index over 300,000 rows that arrive in any batches, some late, and change."""

from __future__ import annotations

from collections.abc import Iterator

import h3.api.basic_int as h3
import numpy as np
import numpy.typing as npt
import pytest

from data import cells
from data.counting.merging import Sizes
from data.counts import CountIndex
from tests.plain_counts import Integers, PlainCounts, Pool, listed

ROWS = 300_000
CHANGES = 13_000
LATE_SHARE = 0.02
CHECKS = 10
LEVELS = ("zone", "micro")
START, END = 1_600_000_000, 1_660_000_000
RESOLUTIONS = range(cells.COARSEST_RESOLUTION, cells.FINEST_RESOLUTION + 1)
SMALL = Sizes(segment_rows=20_000, tail_rows=3_000, late_rows=1_500)
"""Small enough that 300,000 rows split segments and spread late rows many times."""
PENTAGON = h3.get_pentagons(6)[3]


@pytest.fixture(scope="module")
def random() -> np.random.Generator:
    return np.random.default_rng(20_260_302)


@pytest.fixture(scope="module")
def pool(random: np.random.Generator) -> Pool:
    """Return 30,000 cells: most in a town, the others on a pentagon and around 180 degrees."""
    latitude, longitude = h3.cell_to_latlng(PENTAGON)
    middles = [(112.30, 30.30, 24_000), (longitude, latitude, 3_000), (180.0, -17.0, 3_000)]
    places = np.concatenate([random.normal(middle[:2], 0.05, (middle[2], 2)) for middle in middles])
    places[:, 0] = (places[:, 0] + 180) % 360 - 180
    return Pool(cells.cells_at(places[:, 0].tolist(), places[:, 1].tolist()).tolist())


def _batches(random: np.random.Generator) -> Iterator[slice]:
    start = 0
    while start < ROWS:
        size = int(random.choice([0, 1, 10, 500, 1_000, 5_000, 30_000]))
        yield slice(start, min(start + size, ROWS))
        start += size


def _times(random: np.random.Generator) -> Integers:
    times = np.sort(random.integers(START, END, ROWS))
    late = random.random(ROWS) < LATE_SHARE
    times[late] = random.integers(START, END, int(late.sum()))
    return times


class Questions:
    """Draws windows, codes and covers."""

    def __init__(self, random: np.random.Generator, pool: Pool) -> None:
        self.random, self.pool = random, pool

    def window(self, times: Integers) -> tuple[int, int]:
        """Return a window that begins and ends anywhere, or at the very second of a row."""
        ends = self.random.integers(START - 1_000, END + 1_000, 2)
        if self.random.random() < 0.5:
            ends = self.random.choice(times, 2) + self.random.integers(0, 2, 2)
        since, until = np.sort(ends).tolist()
        return since, until

    def codes(self) -> set[int] | None:
        """Return no filter, a few codes, or a few of which some are high."""
        most = int(self.random.choice([80, 400]))
        return (
            None if self.random.random() < 0.4 else set(self.random.integers(0, most, 8).tolist())
        )

    def cover(self) -> npt.NDArray[np.uint64] | None:
        """Return no cover, an empty one, one view, or cells of many resolutions."""
        kind = self.random.integers(0, 6)
        if kind < 2:
            return None if kind == 0 else np.zeros(0, dtype=np.uint64)
        if kind == 2:
            return np.array(h3.grid_disk(PENTAGON, 1), dtype=np.uint64)
        if kind == 3:
            middle = h3.latlng_to_cell(-17.0, 180.0, int(self.random.integers(5, 9)))
            return np.array(h3.grid_disk(middle, 4), dtype=np.uint64)
        spots = self.random.integers(0, len(self.pool.cells), 40)
        if kind == 4:
            return self.pool.ancestors(int(self.random.integers(5, 12)))[spots]
        mixed = self.random.integers(3, 16, len(spots))
        found = [
            h3.cell_to_parent(cell, resolution)
            for cell, resolution in zip(
                self.pool.cells[spots].tolist(), mixed.tolist(), strict=True
            )
        ]
        return np.array(found, dtype=np.uint64)


def check(index: CountIndex, plain: PlainCounts, questions: Questions) -> None:
    for resolution in RESOLUTIONS:
        for _ in range(2):
            window, codes, cover = (
                questions.window(plain.times), questions.codes(), questions.cover(),
            )  # fmt: skip
            within = None if cover is None else cover.tolist()
            found = listed(*index.count(resolution, *window, codes, cover))
            assert found == plain.count(resolution, *window, codes, within)
    for position, level in enumerate(LEVELS):
        window, codes = questions.window(plain.times), questions.codes()
        found = listed(*index.count_by_grid(level, *window, codes))
        assert found == plain.count_by_grid(position, *window, codes)


def test_every_answer_is_that_of_all_rows_at_every_moment(
    random: np.random.Generator, pool: Pool
) -> None:
    index, plain = CountIndex(levels=LEVELS, sizes=SMALL), PlainCounts(pool, len(LEVELS))
    questions = Questions(random, pool)
    spots, times = random.integers(0, len(pool.cells), ROWS), _times(random)
    codes = random.integers(0, 80, ROWS)
    grids = np.stack([random.integers(-1, 5, ROWS), random.integers(-1, 50, ROWS)], axis=1)
    checked = 0
    for rows in _batches(random):
        numbers = index.append(pool.cells[spots[rows]], times[rows], codes[rows], grids[rows])
        assert numbers.tolist() == list(range(rows.start, rows.stop))
        plain.append(spots[rows], times[rows], codes[rows], grids[rows])
        changed = random.integers(0, rows.stop, CHANGES * (rows.stop - rows.start) // ROWS)
        changes = random.integers(0, 90 if rows.stop < ROWS // 2 else 400, len(changed))
        index.update(changed, changes)
        plain.update(changed, changes)
        if rows.stop * CHECKS >= checked * ROWS:
            check(index, plain, questions)
            checked += 1
    index.settle()
    check(index, plain, questions)
    assert len(index) == ROWS
    assert checked >= CHECKS
