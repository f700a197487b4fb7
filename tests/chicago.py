"""The crimes of Chicago, as points with a time and a kind."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import polars as pl

FILES = (("crimes_2018.parquet", 156_385), ("crimes_2017_points.parquet", 165_567))
"""Files and how many points each holds."""


def points_of(file: Path) -> pd.DataFrame:
    """Return columns longitude, latitude, at and kind."""
    read = pl.read_parquet(file)
    frame = pd.DataFrame({name: read[name].to_numpy() for name in ("Longitude", "Latitude")})
    return pd.DataFrame(
        {
            "longitude": frame["Longitude"],
            "latitude": frame["Latitude"],
            "at": pd.to_datetime(read["Date"].to_numpy(), utc=True),
            "kind": read["PrimaryType"].to_list() if "PrimaryType" in read.columns else "crime",
        }
    )
