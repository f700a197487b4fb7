"""The parts of the counting index; `data.counts` is its face."""
