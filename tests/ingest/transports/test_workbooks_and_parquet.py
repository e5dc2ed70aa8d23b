"""Excel sheets as text by row number; Parquet by position; and the files of both kinds that cannot be read."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
import xlsxwriter
from delivered import read

from ingest.transports import TableForm, UnreadableFileError, examine

EXCEL = TableForm("excel")


def workbook(path: Path) -> Path:
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet = book.add_worksheet("Report")
        sheet.write_row(2, 1, ["id", "qty", "", "moment", "code"])
        sheet.write_row(3, 1, [606, 0.1 + 0.2, "note"])
        sheet.write_datetime(3, 4, datetime(2026, 3, 1, 6, 30, tzinfo=UTC).replace(tzinfo=None), day)
        sheet.write_string(3, 5, "007")
        sheet.write_row(5, 1, ["M", 2])
        book.add_worksheet("Empty")
    return path


def test_a_sheet_is_read_as_text_by_its_own_row_numbers(tmp_path: Path) -> None:
    rows = read(workbook(tmp_path / "t.xlsx"), EXCEL, "id, qty, moment, code, source_line")
    assert rows == [
        ("606", "0.3", "2026-03-01 06:30:00", "007", 4),
        ("M", "2", None, None, 6),
    ]


def test_a_missing_or_blank_sheet_is_named(tmp_path: Path) -> None:
    file = workbook(tmp_path / "t.xlsx")
    with pytest.raises(
        UnreadableFileError, match=r"has no sheet 'Rapport' \(it has Report, Empty\); name one of these"
    ):
        examine(file, "t.xlsx", TableForm("excel", sheet="Rapport"), tmp_path)
    with pytest.raises(UnreadableFileError, match="its sheet 'Empty' is blank"):
        examine(file, "t.xlsx", TableForm("excel", sheet="Empty"), tmp_path)


def test_a_corrupt_workbook_is_refused(tmp_path: Path) -> None:
    file = workbook(tmp_path / "t.xlsx")
    file.write_bytes(file.read_bytes()[:1500])
    with pytest.raises(UnreadableFileError, match="is no readable workbook"):
        examine(file, "t.xlsx", EXCEL, tmp_path)


def test_a_password_protected_workbook_is_refused_with_the_remedy(tmp_path: Path) -> None:
    # Office wraps an encrypted package in a compound file whose directory names the stream EncryptedPackage.
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
    file = tmp_path / "t.xlsx"
    file.write_bytes(header + "EncryptedPackage".encode("utf-16-le") + bytes(2000))
    with pytest.raises(UnreadableFileError, match="is protected by a password; save it without one"):
        examine(file, "t.xlsx", EXCEL, tmp_path)


def test_parquet_keeps_its_types_and_its_order(tmp_path: Path) -> None:
    file = tmp_path / "t.parquet"
    duckdb.sql("select range as a, 'x' || range as b from range(3)").write_parquet(str(file))
    assert read(file, TableForm("parquet"), "a, b, source_file, source_line") == [
        (0, "x0", "t.parquet", 1),
        (1, "x1", "t.parquet", 2),
        (2, "x2", "t.parquet", 3),
    ]


def test_a_truncated_parquet_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "t.parquet"
    duckdb.sql("select range as a from range(1000)").write_parquet(str(file))
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(UnreadableFileError, match="is no whole Parquet file"):
        examine(file, "t.parquet", TableForm("parquet"), tmp_path)
