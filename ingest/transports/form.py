"""How a delivered table is written: everything a reader must be told because a file does not say it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal

Format = Literal["csv", "parquet", "jsonl", "excel", "lines"]

_COMPRESSIONS = {".gz", ".zst"}
_FORMATS: dict[str, Format] = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".xlsx": "excel",
    ".xlsb": "excel",
    ".xlsm": "excel",
    ".xls": "excel",
}


@dataclass(frozen=True)
class TableForm:
    """The form of one delivered table.

    `columns` names the columns of a file without header. `delimiter` may be longer than one character.
    `null_values` are texts that mean "no value", beside the empty text.
    """

    format: Format
    sheet: str | int = 0
    header: bool = True
    columns: tuple[str, ...] = ()
    delimiter: str = ","
    encoding: str = "utf-8"
    quote: str = '"'
    null_values: tuple[str, ...] = ()


def compression_of(path: PurePath) -> str | None:
    """Return `.gz` or `.zst` if the name says the file is compressed."""
    return path.suffix.lower() if path.suffix.lower() in _COMPRESSIONS else None


def format_of(path: PurePath) -> Format | None:
    """Return the format that a file's name says, or None if it says none we read."""
    name = path.with_suffix("") if compression_of(path) else path
    return _FORMATS.get(name.suffix.lower())
