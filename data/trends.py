"""How hot spots develop over the last twelve weeks.

The classes are those of Esri's Emerging Hot Spot Analysis ("How Emerging Hot Spot Analysis works",
ArcGIS Pro, https://pro.arcgis.com/en/pro-app/latest/tool-reference/space-time-pattern-mining/
learnmoreemerging.htm), adapted. A week is hot or cold where its z is significant (`data.hotspots`).

| class        | hot in the last week, and                                                       |
|--------------|---------------------------------------------------------------------------------|
| new          | never hot before                                                                |
| intensifying | hot in at least 90 % of the weeks, z rising significantly                       |
| persistent   | hot in at least 90 % of the weeks, z neither rising nor falling significantly   |
| diminishing  | hot in at least 90 % of the weeks, z falling significantly                      |
| oscillating  | hot in less than 90 % of the weeks, hot before, and cold in at least one        |
| sporadic     | hot in less than 90 % of the weeks, hot before, and never cold                  |

What differs from Esri: there are twelve weeks, so 90 % are eleven; z is that of each week alone,
without neighbours in time; a trend of z is significant at 5 % by the Mann-Kendall test; Esri's
"consecutive" (an unbroken run at the end) counts as sporadic or oscillating; a cell that was cold
and is hot for the first time is new; cold spots and what is no longer hot in the last week (Esri's
"historical", and a "persistent" one that has ended) have no class.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import numpy.typing as npt

TREND_WEEKS = 12
MOST_WEEKS = 11
"""The least number of weeks that is 90 % of `TREND_WEEKS`."""
SIGNIFICANT_Z = 1.959963984540054
"""The normal distribution leaves 5 % outside of plus and minus this."""

Matrix = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Classes = npt.NDArray[np.int8]


class Trend(IntEnum):
    """The class of a cell."""

    NONE = 0
    NEW = 1
    INTENSIFYING = 2
    PERSISTENT = 3
    DIMINISHING = 4
    SPORADIC = 5
    OSCILLATING = 6


def classify(z: Matrix, hot: Flags, cold: Flags) -> Classes:
    """Return the `Trend` of each cell.

    Parameters
    ----------
    z, hot, cold
        Shape (n, 12), the last week last; z is NaN where a week could not be tested.
    """
    if z.shape[1] != TREND_WEEKS:
        raise ValueError(f"trends are made of {TREND_WEEKS} weeks, not {z.shape[1]}")
    weeks_hot = hot.sum(axis=1)
    mostly = weeks_hot >= MOST_WEEKS
    slope = np.zeros(len(z))
    slope[mostly] = mann_kendall(z[mostly])
    cases = [
        (weeks_hot == 1, Trend.NEW),
        (mostly & (slope >= SIGNIFICANT_Z), Trend.INTENSIFYING),
        (mostly & (slope <= -SIGNIFICANT_Z), Trend.DIMINISHING),
        (mostly, Trend.PERSISTENT),
        (cold.any(axis=1), Trend.OSCILLATING),
        (weeks_hot > 1, Trend.SPORADIC),
    ]
    classes = np.select([met for met, _ in cases], [trend.value for _, trend in cases], 0)
    return np.where(hot[:, -1], classes, Trend.NONE.value).astype(np.int8)


def mann_kendall(series: Matrix) -> Matrix:
    """Return the z of the Mann-Kendall test for a monotone trend, of each row.

    Parameters
    ----------
    series
        Shape (n, t), in order of time. NaN is passed over.

    Notes
    -----
    Normal approximation with continuity correction and the variance for ties: Kendall, M. G.
    (1975), Rank Correlation Methods, 4th ed., ch. 4; Mann, H. B. (1945), Econometrica 13, 245-259.
    """
    differences = series[:, None, :] - series[:, :, None]
    later = np.triu(np.ones(differences.shape[1:]), k=1)
    score = (np.nan_to_num(np.sign(differences)) * later).sum(axis=(1, 2))
    number = np.isfinite(series).sum(axis=1)
    # Every one of t equal values adds its share of Kendall's t (t - 1) (2 t + 5).
    equal = (differences == 0).sum(axis=2)
    ties = np.where(equal > 0, (equal - 1) * (2 * equal + 5), 0).sum(axis=1)
    variance = (number * (number - 1) * (2 * number + 5) - ties) / 18
    corrected = score - np.sign(score)
    z = np.zeros(len(series))
    np.divide(corrected, np.sqrt(variance), out=z, where=variance > 0)
    return z
