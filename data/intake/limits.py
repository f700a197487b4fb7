"""How large an input may be. Far above what a town needs, far below what harms the machine."""

from __future__ import annotations

from dataclasses import dataclass

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The bounds of one input; each is checked before or while reading, never after."""

    file_bytes: int = 128 * MEBIBYTE
    """Of the data after decompression."""
    document_bytes: int = 64 * MEBIBYTE
    """Of a file that must be held in memory as a whole: GeoJSON, Shapefile."""
    compression_ratio: int = 100
    """Unpacked to packed bytes; honest tables stay under 50."""
    archive_members: int = 200
    rows: int = 500_000
    workbook_rows: int = 200_000
    columns: int = 500
    vertices: int = 2_000_000
    depth: int = 12
    """Nesting of JSON."""


DEFAULT = Limits()


def in_mebibytes(size_bytes: int) -> str:
    """Write a size for a sentence."""
    return f"{size_bytes / MEBIBYTE:,.0f} MB" if size_bytes >= MEBIBYTE else f"{size_bytes:,} bytes"
