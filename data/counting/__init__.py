"""The parts of the counting index; `data.counts` is its face.

To read in this order: `rows` and `segments` (what is kept, and how one stretch of time answers),
`spots` and `runs` (where the rows of a view lie, and how many of each cell), `by_cell` and `totals`
(all stretches together), `ledger`, `locations` and `merging` (how rows arrive and become segments),
`registers` (small dictionaries), `arrivals` (what is refused), `saving` (arrays for a snapshot),
`tallies` (keys with their numbers).
"""
