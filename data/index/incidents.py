"""All incidents of an installation in memory: the counting index, and the facts of every row."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from data.counting.arrivals import FIRST_S, LAST_S, MOST_CODES
from data.counting.saving import Arrays, Facts
from data.counts import CountIndex
from data.index.combinations import Codes, Combinations
from data.index.rows import AREA_LEVEL, Combination, IncidentRows, Integers
from data.index.table import COLUMNS, GONE_US, Column, IncidentTable, Mask

SECOND_US = 1_000_000
NO_ROW = -1
SHARED_CODE = MOST_CODES - 1
"""Code in the counting index of all combinations beyond those that it can tell apart."""


class IncidentIndex:
    """Counts and facts of incidents. The caller lets nobody ask while rows are applied.

    A row has the same number in the counting index and in the table of facts.
    """

    def __init__(self, levels: tuple[str, ...], combinations: Combinations | None = None) -> None:
        """Make an empty index.

        Parameters
        ----------
        levels
            Names of the columns of grids, AREA_LEVEL the last.
        combinations
            Known ones, the most frequent first.
        """
        if levels[-1:] != (AREA_LEVEL,):
            raise ValueError(f"the last level is {AREA_LEVEL!r}")
        self.levels = levels
        self.combinations = combinations or Combinations()
        self.counts = CountIndex(levels=levels)
        self.table = IncidentTable()
        self._loaded = np.zeros((2, 0), dtype=np.int64)
        """Ids, ascending, and numbers of the rows that were loaded at first."""
        self._later: dict[int, int] = {}
        """Number by id of the rows that came or moved since; NO_ROW for those that have gone."""

    @classmethod
    def of(cls, levels: tuple[str, ...], portions: Iterable[IncidentRows]) -> IncidentIndex:
        """Load all incidents, given ascending by id."""
        met = Combinations()
        # The combinations themselves are let go: a number does for each of millions of rows.
        held = [
            (replace(rows, combinations=()), met.codes_of(rows.combinations)) for rows in portions
        ]
        ranks, ranked = met.by_frequency([codes for _, codes in held])
        index = cls(levels, ranked)
        for rows, codes in held:
            index._append(rows, ranks[codes])
        index.counts.settle()
        index.number_ids()
        return index

    def taken_apart(self) -> tuple[Arrays, Facts]:
        """Return named arrays and plain facts from which `put_together` makes the same index."""
        self.number_ids()
        counted, about = self.counts.taken_apart()
        arrays = {f"counts-{name}": array for name, array in counted.items()}
        arrays |= {f"table-{name}": self.table.column(name) for name in COLUMNS}
        arrays["loaded"] = self._loaded
        return arrays, {"counts": about, "combinations": self.combinations.known}

    @classmethod
    def put_together(cls, arrays: Mapping[str, Column], facts: Mapping[str, Any]) -> IncidentIndex:
        """Make an index of arrays, which are taken over as they are and may be changed."""
        counted = _named("counts-", arrays)
        combinations = Combinations([Combination(*values) for values in facts["combinations"]])
        index = cls(tuple(facts["counts"]["levels"]), combinations)
        index.counts = CountIndex.put_together(counted, facts["counts"])
        index.table = IncidentTable.of(_named("table-", arrays))
        index._loaded = arrays["loaded"]
        return index

    def __len__(self) -> int:
        """Return the number of rows, those among them that have gone."""
        return self.table.size

    def apply(self, rows: IncidentRows) -> None:
        """Take over incidents as they now are: new ones, changed ones and moved ones."""
        numbers = self._numbers_of(rows.ids)
        stays = self._stays(rows, numbers)
        self._change(rows.part(stays), numbers[stays])
        self._forget(numbers[~stays & (numbers != NO_ROW)])
        fresh = rows.part(~stays)
        start = len(self)
        self._append(fresh, self.combinations.codes_of(fresh.combinations))
        self._later.update(zip(fresh.ids.tolist(), range(start, len(self)), strict=True))

    def forget(self, incident_ids: Sequence[int]) -> None:
        """Drop incidents that there are no more; those that are not known are passed over."""
        ids = np.array(incident_ids, dtype=np.int64)
        numbers = self._numbers_of(ids)
        self._forget(numbers[numbers != NO_ROW])
        self._later.update(dict.fromkeys(incident_ids, NO_ROW))

    def number_ids(self) -> None:
        """Write down which row each incident has, so that it can be looked up and saved."""
        ids, reported = self.table.column("ids"), self.table.column("reported")
        there = np.flatnonzero(reported != GONE_US)
        order = np.argsort(ids[there], kind="stable")
        self._loaded, self._later = np.stack([ids[there][order], there[order]]), {}

    def places_of_grids(self, grid_ids: Collection[int]) -> Mask:
        """Tell for each place whether it lies in one of these grids."""
        return np.asarray(np.isin(self.counts.places[:, :-1], list(grid_ids)).any(axis=1))

    def places_of_areas(self, area_ids: Collection[int]) -> Mask:
        """Tell for each place whether it lies in one of these areas, given with all below them."""
        return np.asarray(np.isin(self.counts.places[:, -1], list(area_ids)))

    def _numbers_of(self, ids: Integers) -> Integers:
        """Return the number of each incident's row; NO_ROW for those that are not here."""
        loaded, numbers = self._loaded
        if len(loaded) == 0:
            found = np.full(len(ids), NO_ROW)
        else:
            at = np.minimum(np.searchsorted(loaded, ids), len(loaded) - 1)
            found = np.where(loaded[at] == ids, numbers[at], NO_ROW)
        for at_, id_ in enumerate(ids.tolist()):
            found[at_] = self._later.get(id_, found[at_])
        return found

    def _stays(self, rows: IncidentRows, numbers: Integers) -> Mask:
        """Tell for each row whether it is known with this cell, time of report and place."""
        places = self.counts.places_of(rows.grids)
        return np.array(
            [
                number != NO_ROW
                and self.table.get("cells", number) == rows.cells[at]
                and self.table.get("reported", number) == rows.reported_us[at]
                and self.table.get("places", number) == places[at]
                for at, number in enumerate(numbers.tolist())
            ],
            dtype=np.bool_,
        )

    def _change(self, rows: IncidentRows, numbers: Integers) -> None:
        codes = self.combinations.codes_of(rows.combinations)
        facts = {
            "codes": codes,
            "closed": rows.closed_us,
            "due": rows.due_us,
            "longitudes": rows.longitudes,
            "latitudes": rows.latitudes,
        }
        for name, values in facts.items():
            for number, value in zip(numbers.tolist(), values, strict=True):
                self.table.put(name, number, value)
        self.counts.update(numbers, counted_codes(codes))

    def _forget(self, numbers: Integers) -> None:
        for number in numbers.tolist():
            self.table.put("reported", number, GONE_US)
        self.counts.remove(numbers)

    def _append(self, rows: IncidentRows, codes: Codes) -> None:
        places = self.counts.places_of(rows.grids)
        # The table keeps the true moment, and answers where a window reaches as far as this.
        seconds = np.clip(rows.reported_us // SECOND_US, FIRST_S, LAST_S)
        self.counts.append(rows.cells, seconds, counted_codes(codes), places=places)
        self.table.append(
            {
                "ids": rows.ids,
                "cells": rows.cells,
                "longitudes": rows.longitudes,
                "latitudes": rows.latitudes,
                "reported": rows.reported_us,
                "closed": rows.closed_us,
                "due": rows.due_us,
                "codes": codes,
                "places": places,
            }
        )


def _named(start: str, arrays: Mapping[str, Column]) -> Arrays:
    return {
        name.removeprefix(start): array for name, array in arrays.items() if name.startswith(start)
    }


def counted_codes(codes: Codes) -> Codes:
    """Return the codes that the counting index knows rows by."""
    return np.minimum(codes, SHARED_CODE)
