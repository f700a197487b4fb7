"""What a run found: counts, warnings, and the rows that were rejected with the reason of each."""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from data.errors import InvalidInputError
from data.intake.fields import RefusalError
from data.intake.table import as_text

_LONGEST_VALUE = 200
_FORMULA_STARTS = tuple("=+-@\t\r\0＝＋－＠")


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that was not accepted."""

    line: int
    column: str
    value: str
    reason: str


@dataclass(slots=True)
class Report:
    """The account of one run; filled while it goes on."""

    subject: str
    file_name: str
    file_sha256: str = ""
    place: str = "line"
    """What the numbers of rows count: line, row or feature."""
    crs: str = ""
    as_of: str = ""
    dry_run: bool = False
    read: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    masked: int = 0
    """Identity and phone numbers in texts of which only a part was kept."""
    dropped_columns: tuple[str, ...] = ()
    """Columns that look personal or secret; they are never read."""
    warnings: list[str] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    rejects_file: str | None = None
    error: str | None = None

    def reject(self, line: int, refusal: RefusalError) -> None:
        """Note a row that is not accepted."""
        value = as_text(refusal.value)[:_LONGEST_VALUE]
        self.rejects.append(Reject(line, refusal.column, value, refusal.reason))

    def warn(self, sentence: str) -> None:
        """Note something that the operator should look at; the rows are accepted all the same."""
        if sentence not in self.warnings:
            self.warnings.append(sentence)

    def first_reject(self) -> str:
        """Describe the first rejected row in a sentence."""
        first = min(self.rejects, key=lambda reject: reject.line)
        column = f", column {first.column}" if first.column else ""
        value = f": {first.value!r} " if first.column else " "
        return f"{self.place} {first.line}{column}{value}{first.reason}."

    def as_json(self) -> dict[str, Any]:
        """Return the report for a file; rejected rows are counted by reason, not listed."""
        reasons = Counter(_kind_of(reject) for reject in self.rejects)
        return {
            "subject": self.subject,
            "file": self.file_name,
            "sha256": self.file_sha256,
            "crs": self.crs,
            "as_of": self.as_of,
            "dry_run": self.dry_run,
            "read": self.read,
            "added": self.added,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "rejected": len(self.rejects),
            "masked": self.masked,
            "dropped_columns": list(self.dropped_columns),
            "warnings": self.warnings,
            "reasons": dict(reasons.most_common(50)),
            "rejects_file": self.rejects_file,
            "error": self.error,
        }


def _kind_of(reject: Reject) -> str:
    """Name the rule that a row broke, without the figures of that row."""
    rule = re.sub(r"\d+(?:[,.:-]\d+)*", "#", reject.reason)
    return f"{reject.column}: {rule}" if reject.column else rule


def write_rejects(report: Report, path: Path) -> None:
    """Write the rejected rows as CSV that a spreadsheet opens without running anything."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8-sig", errors="backslashreplace", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow((report.place, "column", "value", "reason"))
            for reject in sorted(report.rejects, key=lambda reject: reject.line):
                writer.writerow(
                    (
                        reject.line,
                        _inert(reject.column),
                        _inert(reject.value),
                        _inert(reject.reason),
                    )
                )
    except OSError as error:
        raise InvalidInputError(
            f"The rejects file {path} cannot be written ({error.strerror}); "
            "name another by --rejects."
        ) from None
    report.rejects_file = str(path)


def _inert(text: str) -> str:
    """Keep a text from being taken for a formula; numbers stay as they are."""
    if not text.startswith(_FORMULA_STARTS):
        return text
    try:
        float(text)
    except ValueError:
        return "'" + text
    return text
