"""What is wrong with the data: every check of `python -m data check`."""

from data.quality.checks import CHECKS, run
from data.quality.finding import Finding, Severity

__all__ = ["CHECKS", "Finding", "Severity", "run"]
