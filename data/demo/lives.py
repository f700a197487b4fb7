"""What becomes of the cases: who is done when, which are late, which are still open.

Every case has a course from report to closing, drawn as parts of its whole duration. A closed case
ran through it; an open one has come as far as its age allows. Time limits run on the plain clock,
nights and holidays included; working hours are not known here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from data import catalogue
from data.demo import gazetteer
from data.demo.cases import DAY_S, RHYTHMS, Cases, Whole

Flags = npt.NDArray[np.bool_]

MISSING = np.iinfo(np.int64).min
"""A moment that has not come."""

STEPS = (
    "verified",
    "filed",
    "dispatched",
    "received",
    "handling",
    "handled",
    "checked",
    "closed",
)
"""The steps of a course in order; evaluation follows, if at all."""
_PART_OF_DURATION = (0.05, 0.03, 0.04, 0.08, 0.12, 0.48, 0.13, 0.07)
_STAGE_AFTER_STEPS = (
    "reported",
    "verifying",
    "filed",
    "dispatched",
    "received",
    "handling",
    "handled",
    "checking",
    "closed",
)
_MEDIAN_OF_LIMIT, _SPREAD_OF_LIMIT = 0.42, 0.68
_SHORTEST_S = 600
_RECEIVED, _HANDLED = STEPS.index("received") + 1, STEPS.index("handled") + 1
_UNIT_S = {"urgent_hour": 3600, "work_hour": 3600, "work_day": DAY_S, "natural_day": DAY_S}


@dataclass(frozen=True, slots=True)
class Lives:
    """The course of every case; arrays of shape (n,), moments in seconds since 1970 UTC."""

    stage: npt.NDArray[np.str_]
    priority: npt.NDArray[np.str_]
    moments: dict[str, Whole]
    """By what happened: the steps, "evaluated", and what `histories` tells beside them."""
    ending: npt.NDArray[np.str_]
    """The action that ended a case: closed, rejected or merged; of open ones "closed" to come."""
    due_s: Whole
    extended_s: Whole
    duplicate_of: Whole
    """Position of the earlier case that a merged one repeats, or -1."""

    def last_s(self, reported_s: Whole, part: slice) -> Whole:
        """Return when something last happened to each case of a part."""
        moments = [moment[part] for moment in self.moments.values()]
        last: Whole = np.maximum.reduce([reported_s[part], *moments])
        return last


def limits_s() -> Whole:
    """Return the time limit of each item of the catalogue in seconds of the plain clock."""
    return np.array(
        [item.time_limit_value * _UNIT_S[item.time_limit_unit] for item in catalogue.items()],
        dtype=np.int64,
    )


def live(rng: np.random.Generator, cases: Cases, until_s: int) -> Lives:
    """Draw the course of each case; how many are closed by `until_s` is exact."""
    count = len(cases.item)
    shares = gazetteer.tables(RHYTHMS)["shares"]
    limit = limits_s()[cases.item]
    age = until_s - cases.reported_s
    is_open = _left_open(rng, age, limit, count - round(count * shares["closed"]))
    ending, duplicate_of = _endings(rng, cases, is_open)
    duration, progress = _durations(rng, age, limit, is_open)
    reached = _course(rng, cases.reported_s, duration, progress)
    short = ending != "closed"
    for step in STEPS[1:-1]:
        reached[step][short] = MISSING
    stage, moments = _stages(rng, reached, ending, is_open, until_s)
    moments["evaluated"] = _evaluations(rng, reached["closed"], short, until_s)
    stage[moments["evaluated"] != MISSING] = "evaluated"
    due = cases.reported_s + limit
    extended = _extensions(rng, due, limit, reached, stage, until_s)
    return Lives(stage, _priorities(rng, cases.item), moments, ending, due, extended, duplicate_of)


def _left_open(rng: np.random.Generator, age: Whole, limit: Whole, count: int) -> Flags:
    """Choose which cases are open: young ones most of all, and some that were left lying."""
    scale = 3.0 * limit + 0.006 * age.max(initial=1)
    weight = np.logaddexp(-age / scale, np.log(0.05))
    weight[age < 2 * 3600] += 1e3
    chosen = np.argsort(-(weight + rng.gumbel(size=len(age))), kind="stable")[:count]
    flags = np.zeros(len(age), dtype=bool)
    flags[chosen] = True
    return flags


def _endings(
    rng: np.random.Generator, cases: Cases, is_open: Flags
) -> tuple[npt.NDArray[np.str_], Whole]:
    """Choose which closed cases end by rejection or by merging into an earlier one of the kind."""
    shares = gazetteer.tables(RHYTHMS)["shares"]
    rejected, merged = shares["rejected_of_closed"], shares["merged_of_closed"]
    drawn = rng.uniform(size=len(is_open))
    ending = np.full(len(is_open), "closed", dtype="<U8")
    ending[~is_open & (drawn < rejected)] = "rejected"
    duplicate_of = np.full(len(is_open), -1, dtype=np.int64)
    candidates = np.flatnonzero(~is_open & (drawn > 1.0 - merged))
    earlier = _earlier_of_the_kind(cases.item, ending == "closed", candidates)
    found = earlier >= 0
    duplicate_of[candidates[found]] = earlier[found]
    ending[candidates[found]] = "merged"
    return ending, duplicate_of


def _earlier_of_the_kind(item: Whole, stands: Flags, candidates: Whole) -> Whole:
    """Return for each candidate the last case of its kind before it that stands, or -1."""
    stands = stands.copy()
    stands[candidates] = False
    found = np.full(len(candidates), -1, dtype=np.int64)
    for kind in np.unique(item[candidates]):
        pool = np.flatnonzero(stands & (item == kind))
        mine = np.flatnonzero(item[candidates] == kind)
        before = np.searchsorted(pool, candidates[mine]) - 1
        found[mine[before >= 0]] = pool[before[before >= 0]]
    return found


def _durations(
    rng: np.random.Generator, age: Whole, limit: Whole, is_open: Flags
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the whole duration of each course in seconds, and how much of it has passed."""
    count = len(age)
    natural = limit * _MEDIAN_OF_LIMIT * np.exp(rng.standard_normal(count) * _SPREAD_OF_LIMIT)
    natural = np.maximum(natural, _SHORTEST_S)
    squeezed = age * rng.uniform(0.3, 0.95, count)
    closed = np.where(natural < age, natural, squeezed)
    least = np.where(age > 2 * limit, 0.30, 0.02)
    progress = np.where(is_open, rng.uniform(least, 0.985, count), 1.0)
    return np.where(is_open, age / progress, closed), progress


def _course(
    rng: np.random.Generator,
    reported_s: Whole,
    duration: npt.NDArray[np.float64],
    progress: npt.NDArray[np.float64],
) -> dict[str, Whole]:
    """Return when each step came, or MISSING where the case has not come so far."""
    parts = rng.standard_gamma(4.0, (len(duration), len(STEPS))) * np.array(_PART_OF_DURATION)
    passed = np.cumsum(parts, axis=1)
    passed /= passed[:, -1:]
    moments = {}
    for position, step in enumerate(STEPS):
        moment = reported_s + np.floor(passed[:, position] * duration).astype(np.int64)
        moments[step] = np.where(passed[:, position] <= progress, moment, MISSING)
    return moments


def _stages(
    rng: np.random.Generator,
    reached: dict[str, Whole],
    ending: npt.NDArray[np.str_],
    is_open: Flags,
    until_s: int,
) -> tuple[npt.NDArray[np.str_], dict[str, Whole]]:
    """Return the stage of each case, and all its moments: the steps and what came between."""
    count = len(is_open)
    steps = np.sum([moment != MISSING for moment in reached.values()], axis=0)
    stage = np.array(_STAGE_AFTER_STEPS, dtype="<U10")[steps]
    stage[~is_open] = ending[~is_open]
    drawn = rng.uniform(size=(4, count))
    last = np.maximum.reduce(list(reached.values()))
    waiting = is_open & (last != MISSING)
    rest = last + (np.where(waiting, until_s - last, 0) * drawn[0]).astype(np.int64)
    suspended = waiting & (steps >= _RECEIVED) & (drawn[1] < 0.09)
    checking = waiting & (steps == _HANDLED) & (drawn[1] > 0.5)
    stage[suspended], stage[checking] = "suspended", "checking"
    return stage, reached | {
        "returned": _between(reached["dispatched"], reached["received"], drawn[0], drawn[2] < 0.05),
        "reworked": _between(reached["handling"], reached["handled"], drawn[0], drawn[3] < 0.04),
        "put_to_check": np.where(checking, rest, MISSING),
        "suspended": np.where(suspended, rest, MISSING),
    }


def _between(start: Whole, end: Whole, part: npt.NDArray[np.float64], chosen: Flags) -> Whole:
    """Return a moment between two, where chosen and both have come."""
    both = chosen & (start != MISSING) & (end != MISSING)
    span = np.where(both, end - np.where(both, start, 0), 0)
    return np.where(both, start + (span * part).astype(np.int64), MISSING)


def _evaluations(rng: np.random.Generator, closed_s: Whole, short: Flags, until_s: int) -> Whole:
    share = gazetteer.tables(RHYTHMS)["shares"]["evaluated_of_closed"]
    chosen = (closed_s != MISSING) & ~short & (rng.uniform(size=len(short)) < share)
    delay = 1800 + (rng.standard_exponential(len(short)) * DAY_S).astype(np.int64)
    moment = np.where(chosen, closed_s + delay, MISSING)
    return np.where(moment <= until_s, moment, MISSING)


def _extensions(
    rng: np.random.Generator,
    due: Whole,
    limit: Whole,
    reached: dict[str, Whole],
    stage: npt.NDArray[np.str_],
    until_s: int,
) -> Whole:
    """Return the extended due time where one was granted: some late cases, all suspended ones."""
    is_open = reached["closed"] == MISSING
    end = np.where(is_open, until_s, reached["closed"])
    lucky = rng.uniform(size=len(due)) < np.where(is_open, 0.6, 0.4)
    granted = (reached["received"] != MISSING) & (end > due) & lucky
    granted |= stage == "suspended"
    least = np.where(is_open, 1.0, 0.7)
    longer = np.maximum(limit, end - due) * rng.uniform(least, least + 1.0)
    return np.where(granted, due + longer.astype(np.int64), MISSING)


def _priorities(rng: np.random.Generator, item: Whole) -> npt.NDArray[np.str_]:
    units = np.array([entry.time_limit_unit for entry in catalogue.items()])
    long = np.array(
        [
            entry.time_limit_unit == "natural_day" and entry.time_limit_value >= 7
            for entry in catalogue.items()
        ]
    )
    drawn = rng.uniform(size=len(item))
    priority = np.full(len(item), "minor", dtype="<U6")
    priority[drawn < np.where(long, 0.45, 0.10)[item]] = "major"
    priority[drawn > np.where(units == "urgent_hour", 0.15, 0.97)[item]] = "urgent"
    return priority
