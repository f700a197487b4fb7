"""Combinations: one code each, the lowest to what occurs most."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from data.index.combinations import Combinations
from data.index.rows import Combination
from tests.plain_incidents import combinations

lists = st.lists(combinations, max_size=20)


@given(batches=st.lists(lists, max_size=4))
def test_code_stands_for_its_combination_and_no_other(batches: list[list[Combination]]) -> None:
    known = Combinations()
    for batch in batches:
        codes = known.codes_of(batch)
        assert [known.known[code] for code in codes.tolist()] == batch
    assert len(known) == len({one for batch in batches for one in batch})


@given(batches=st.lists(lists, max_size=4))
def test_rank_keeps_what_a_code_stands_for_and_lowest_ranks_are_the_most_frequent(
    batches: list[list[Combination]],
) -> None:
    met = Combinations()
    codes = [met.codes_of(batch) for batch in batches]
    ranks, ranked = met.by_frequency(codes)
    everything = [one for batch in batches for one in batch]
    renamed = [rank for batch in codes for rank in ranks[batch].tolist()]
    assert [ranked.known[rank] for rank in renamed] == everything
    often = [everything.count(one) for one in ranked.known]
    assert often == sorted(often, reverse=True)
    assert ranked.codes_of(everything).tolist() == renamed


@given(batch=lists, category=st.sampled_from(["c1", "c9"]))
def test_mask_tells_which_codes_are_wanted(batch: list[Combination], category: str) -> None:
    known = Combinations()
    codes = known.codes_of(batch)
    mask = known.mask(lambda one: one.category == category)
    assert mask.dtype == np.bool_
    assert mask[codes].tolist() == [one.category == category for one in batch]
