"""Look at a whole delivered file before anything is accepted: is it readable to its last byte, and which columns?

A compressed or oddly encoded text file is unpacked once into the scratch folder as UTF-8, so that every reader after
this sees plain text.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, cast

import polars as pl
import pyarrow as pa
import zstandard

from ingest.transports.excel import read_sheet
from ingest.transports.form import TableForm, compression_of

CHUNK = 8 << 20
_JSON_SAMPLE_LINES = 1000


class UnreadableFileError(Exception):
    """A delivered file cannot be used at all; the message says what is wrong and what to do."""


@dataclass(frozen=True)
class ExaminedFile:
    """A file that can be read to its end.

    `name` is what rows carry as source_file; `path` is where plain content lies now. For text, data start at line
    `first_line` (1-based) and `quoted` says whether the quote character occurs in them. `rows` holds a workbook's
    sheet, already read.
    """

    name: str
    path: Path
    columns: tuple[str, ...]
    first_line: int = 1
    quoted: bool = False
    byte_count: int = 0
    rows: pa.Table | None = None


def examine(path: Path, name: str, form: TableForm, scratch: Path) -> ExaminedFile:
    """Return what `path` holds, read to its end; raise UnreadableFileError if it cannot be used.

    `scratch` is an existing folder for unpacked text; files in it are named after nothing a user knows.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            stream.read(1)
    except PermissionError as error:
        raise UnreadableFileError("no permission to read it; grant this user read access") from error
    except OSError as error:
        raise UnreadableFileError(f"cannot be opened ({error.strerror}); deliver it again") from error
    if size == 0:
        raise UnreadableFileError("is empty (0 bytes); deliver it again, with a header at least")
    found = ExaminedFile(name, path, (), byte_count=size)
    if form.format == "parquet":
        return replace(found, columns=_parquet_columns(path))
    if form.format == "excel":
        try:
            columns, rows = read_sheet(path, form.sheet, form.header, form.columns)
        except ValueError as error:
            raise UnreadableFileError(str(error)) from error
        return replace(found, columns=columns, rows=rows)
    plain = _plain_text(found, form, scratch)
    if form.format == "lines":
        return replace(plain, columns=("line",))
    return _json_columns(plain) if form.format == "jsonl" else _csv_columns(plain, form)


def _parquet_columns(path: Path) -> tuple[str, ...]:
    try:
        return tuple(pl.read_parquet_schema(path))
    except (pl.exceptions.PolarsError, OSError) as error:
        what = str(error).splitlines()[0]
        raise UnreadableFileError(f"is no whole Parquet file ({what}); deliver it again") from error


def _plain_text(found: ExaminedFile, form: TableForm, scratch: Path) -> ExaminedFile:
    """Check every byte's encoding; unpack and transcode where needed."""
    compression = compression_of(found.path)
    encoding = codecs.lookup(form.encoding).name
    try:
        with found.path.open("rb") as raw:
            with _unpacked(raw, compression) as stream:
                start = stream.read(4)
            raw.seek(0)
            if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                encoding = "utf-16"
            elif start.startswith(codecs.BOM_UTF8):
                encoding = "utf-8-sig"
            with _unpacked(raw, compression) as stream:
                if compression is None and encoding == "utf-8":
                    _check_utf8(stream)
                    return found
                target = scratch / f"{abs(hash((str(found.path), form))):x}.txt"
                with target.open("w", encoding="utf-8", newline="") as out:
                    for text in _decoded(stream, encoding):
                        out.write(text)
    except (EOFError, gzip.BadGzipFile, zlib.error, zstandard.ZstdError) as error:
        raise UnreadableFileError(f"is cut short or damaged ({error}); deliver it again") from error
    except UnicodeError as error:
        raise UnreadableFileError(
            f"is not {form.encoding} text ({error}); name its encoding in source.yml or deliver it as UTF-8"
        ) from error
    size = target.stat().st_size
    if size == 0:
        raise UnreadableFileError("holds nothing once unpacked; deliver it again, with a header at least")
    return replace(found, path=target, byte_count=size)


def _unpacked(raw: IO[bytes], compression: str | None) -> IO[bytes]:
    if compression == ".gz":
        return cast(IO[bytes], gzip.GzipFile(fileobj=raw))
    if compression == ".zst":
        return cast(IO[bytes], _WholeZstd(raw))
    return cast(IO[bytes], _Borrowed(raw))


class _Borrowed:
    """A stream that stays open when its reader is done with it."""

    def __init__(self, raw: IO[bytes]) -> None:
        self.read = raw.read

    def __enter__(self) -> _Borrowed:
        return self

    def __exit__(self, *_: object) -> None:
        return None


class _WholeZstd:
    """Reads zstd and raises at a cut end, which zstandard's own reader takes for the end of the data."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self._frame = zstandard.ZstdDecompressor().decompressobj()
        self._ahead = b""

    def __enter__(self) -> _WholeZstd:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes, b"" at the end; raise EOFError if the last frame is incomplete."""
        while len(self._ahead) < size:
            packed = self._raw.read(CHUNK // 8)
            if not packed:
                if not self._frame.eof:
                    raise EOFError("the compressed data end before their end marker")
                break
            while packed:
                if self._frame.eof:
                    self._frame = zstandard.ZstdDecompressor().decompressobj()
                self._ahead += self._frame.decompress(packed)
                packed = self._frame.unused_data if self._frame.eof else b""
        taken, self._ahead = self._ahead[:size], self._ahead[size:]
        return taken


def _decoded(stream: IO[bytes], encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    while chunk := stream.read(CHUNK):
        yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)


def _check_utf8(stream: IO[bytes]) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    pending = False
    while chunk := stream.read(CHUNK):
        # isascii is 70 times faster than decoding, and most chunks are ASCII.
        if not pending and chunk.isascii():
            continue
        decoder.decode(chunk)
        pending = bool(decoder.getstate()[0])
    decoder.decode(b"", final=True)


def _csv_columns(found: ExaminedFile, form: TableForm) -> ExaminedFile:
    with found.path.open("rb") as stream:
        first_line, header = 1, b""
        if form.header:
            while not header.strip():
                header = stream.readline()
                if not header:
                    raise UnreadableFileError("holds no header and no rows; deliver it again")
                first_line += 1
        quote = form.quote.encode()
        quoted = False
        while quote and not quoted and (chunk := stream.read(CHUNK)):
            quoted = quote in chunk
    if not form.header:
        return replace(found, columns=form.columns, quoted=quoted)
    columns = header_names(header.decode("utf-8").rstrip("\r\n"), form)
    return replace(found, columns=columns, first_line=first_line, quoted=quoted)


def header_names(line: str, form: TableForm) -> tuple[str, ...]:
    """Split a header line into column names; raise UnreadableFileError if a name stands twice."""
    if form.quote and form.quote in line and len(form.delimiter) == 1:
        fields = next(csv.reader([line], delimiter=form.delimiter, quotechar=form.quote))
    else:
        fields = line.split(form.delimiter)
    return unique_names([field.strip() for field in fields])


def unique_names(names: list[str]) -> tuple[str, ...]:
    """Name nameless columns column_1, column_2 …; raise UnreadableFileError if a name stands twice."""
    named = [name or f"column_{position}" for position, name in enumerate(names, start=1)]
    lowered = [name.lower() for name in named]
    for name, low in zip(named, lowered, strict=True):
        if lowered.count(low) > 1:
            raise UnreadableFileError(f"its header names the column {name!r} twice; rename one")
    return tuple(named)


def _json_columns(found: ExaminedFile) -> ExaminedFile:
    names: dict[str, None] = {}
    with found.path.open(encoding="utf-8") as stream:
        for _, line in zip(range(_JSON_SAMPLE_LINES), stream, strict=False):
            try:
                content = json.loads(line)
            except ValueError:
                continue
            if isinstance(content, dict):
                names.update(dict.fromkeys(content))
    if not names:
        raise UnreadableFileError(f"holds no JSON object in its first {_JSON_SAMPLE_LINES} lines; deliver JSON lines")
    return replace(found, columns=tuple(names))
