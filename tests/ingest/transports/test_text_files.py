"""CSV and JSON lines: every field as text, every row with its physical line, every misshapen line shown as it stood."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
import zstandard
from delivered import read

from ingest.transports import TableForm, UnreadableFileError, blocks, examine, relation
from ingest.transports.relation import SMALL_FILE_BYTES

CSV = TableForm("csv")
ROWS = "a, b, source_line, shape_problem"


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_values_stay_text_and_lines_are_physical(tmp_path: Path) -> None:
    file = write(tmp_path / "t.csv", "a,b\n007,1.50\n\n, x \n")
    assert read(file, CSV, ROWS) == [("007", "1.50", 2, None), ("", " x ", 4, None)]


def test_carriage_returns_and_a_byte_order_mark_are_no_content(tmp_path: Path) -> None:
    file = write(tmp_path / "t.csv", b"\xef\xbb\xbfa,b\r\n1,2\r\n3,4")
    assert read(file, CSV, ROWS) == [("1", "2", 2, None), ("3", "4", 3, None)]


def test_lines_with_too_few_or_too_many_fields_are_shown_as_they_stood(tmp_path: Path) -> None:
    file = write(tmp_path / "t.csv", "a,b\n1\n1,2,3\n1,2\n1")
    assert read(file, CSV, "source_line, shape_problem, delivered_line") == [
        (2, "the line has 1 fields where the header has 2", "1"),
        (3, "the line has 3 fields where the header has 2", "1,2,3"),
        (4, None, None),
        (5, "the line has 1 fields where the header has 2", "1"),
    ]


def test_quoted_fields_may_hold_delimiters_quotes_and_line_ends(tmp_path: Path) -> None:
    file = write(tmp_path / "t.csv", 'a,b\n"1,5","say ""so"""\n"two\nlines",x\n3" pipe,y\n')
    assert read(file, CSV, ROWS) == [
        ("1,5", 'say "so"', 2, None),
        ("two\nlines", "x", 3, None),
        ('3" pipe', "y", 5, None),
    ]


def test_a_quote_that_is_never_closed_costs_its_own_line_only(tmp_path: Path) -> None:
    file = write(tmp_path / "t.csv", 'a,b\n"1,x\n2,y\n' + "3,z\n" * 300)
    rows = read(file, CSV, "source_line, shape_problem")
    assert len(rows) == 302
    assert [row for row in rows if row[1]] == [(2, "a quote is opened and never closed")]


@pytest.mark.parametrize("delimiter", [";", "\t", "|", "+|"])
def test_any_delimiter_may_part_the_fields(tmp_path: Path, delimiter: str) -> None:
    file = write(tmp_path / "t.csv", f'a{delimiter}b\n1,0{delimiter}2\n"x{delimiter}y"{delimiter}3\n')
    form = TableForm("csv", delimiter=delimiter)
    assert read(file, form, ROWS) == [("1,0", "2", 2, None), (f"x{delimiter}y", "3", 3, None)]


def test_a_file_without_header_takes_the_names_it_is_given(tmp_path: Path) -> None:
    file = write(tmp_path / "t.csv", "1,2\n3,4\n")
    assert read(file, TableForm("csv", header=False, columns=("a", "b")), ROWS) == [
        ("1", "2", 1, None),
        ("3", "4", 2, None),
    ]


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16", "utf-16-le"])
def test_other_encodings_are_read_when_they_are_named(tmp_path: Path, encoding: str) -> None:
    file = write(tmp_path / "t.csv", "a,b\nMüller,1\n".encode(encoding))
    assert read(file, TableForm("csv", encoding=encoding), ROWS) == [("Müller", "1", 2, None)]


def test_a_wrong_encoding_is_refused_with_the_remedy(tmp_path: Path) -> None:
    file = write(tmp_path / "t.csv", "a,b\nMüller,1\n".encode("latin-1"))
    with pytest.raises(UnreadableFileError, match=r"is not utf-8 text .*name its encoding in source\.yml"):
        examine(file, "t.csv", CSV, tmp_path)


def test_packed_files_are_read_and_a_cut_one_is_refused(tmp_path: Path) -> None:
    text = ("a,b\n" + "".join(f"{number},{number * 7919 % 1000}\n" for number in range(5000))).encode()
    for name, packed in (("t.csv.gz", gzip.compress(text)), ("t.csv.zst", zstandard.ZstdCompressor().compress(text))):
        assert len(read(write(tmp_path / name, packed), CSV)) == 5000
        with pytest.raises(UnreadableFileError, match="is cut short or damaged"):
            examine(write(tmp_path / name, packed[: len(packed) // 2]), name, CSV, tmp_path)
    with pytest.raises(UnreadableFileError, match="is cut short or damaged"):
        examine(write(tmp_path / "t.csv.gz", b"no gzip at all"), "t.csv.gz", CSV, tmp_path)


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"", "is empty"), (b"\n\n", "holds no header"), (b"a,b,A\n1,2,3\n", "names the column 'a' twice")],
)
def test_a_file_without_usable_header_is_refused(tmp_path: Path, content: bytes, told: str) -> None:
    with pytest.raises(UnreadableFileError, match=told):
        examine(write(tmp_path / "t.csv", content), "t.csv", CSV, tmp_path)


def test_a_large_file_is_streamed_with_the_same_result(tmp_path: Path) -> None:
    count = SMALL_FILE_BYTES // 20
    lines = [f"{number},{'x' * 25}" for number in range(count)]
    lines[count // 2] = "cut"
    file = write(tmp_path / "t.csv", "a,b\r\n" + "\r\n".join(lines))
    assert file.stat().st_size > SMALL_FILE_BYTES
    asked = "count(*), min(source_line), max(source_line), count(shape_problem), sum(source_line - a::int - 2)"
    import duckdb

    with duckdb.connect() as connection:
        sql = relation(connection, "delivered", [examine(file, "t.csv", CSV, tmp_path)], CSV)
        connection.execute(f"create table t as {sql}")
        assert connection.execute(f"select {asked} from t where shape_problem is null").fetchall() == [
            (count - 1, 2, count + 1, 0, 0)
        ]
        assert connection.execute("select source_line from t where shape_problem is not null").fetchall() == [
            (count // 2 + 2,)
        ]


def test_files_of_one_table_may_order_their_columns_differently(tmp_path: Path) -> None:
    import duckdb

    files = [
        examine(write(tmp_path / f"{number}.csv", text), f"{number}.csv", CSV, tmp_path)
        for number, text in enumerate(["a,b\n1,2\n", "b,a\n4,3\n", "a,c\n5,6\n"])
    ]
    with duckdb.connect() as connection:
        sql = relation(connection, "delivered", files, CSV)
        assert connection.execute(f"select source_file, a, b, c from ({sql}) order by 1").fetchall() == [
            ("0.csv", "1", "2", None),
            ("1.csv", "3", "4", None),
            ("2.csv", "5", None, "6"),
        ]


def test_texts_that_mean_no_value_become_null(tmp_path: Path) -> None:
    file = write(tmp_path / "t.csv", "a,b\nNULL,-\n-1,x\n")
    assert read(file, TableForm("csv", null_values=("NULL", "-")), "a, b") == [(None, None), ("-1", "x")]


def test_json_lines_give_text_and_a_broken_line_is_shown(tmp_path: Path) -> None:
    file = write(tmp_path / "t.jsonl", '{"a": 1.50, "b": "x"}\n\n{"b": null, "a": true}\n[1]\n{"a": 1, "b"')
    assert read(file, TableForm("jsonl"), ROWS) == [
        ("1.5", "x", 1, None),
        ("true", None, 3, None),
        (None, None, 4, "the line is no whole JSON object"),
        (None, None, 5, "the line is no whole JSON object"),
    ]


@pytest.mark.parametrize("delimiter", [",", "+|"])
@pytest.mark.parametrize(
    "between", ["", "\n\n", "cut\n", "1,2,3\n\r\n", "1,2\r3,4\n\n", "\ufeff1,2\n", "\x1f,2\n", "x" * 500 + ",1\n"]
)
def test_rows_do_not_depend_on_where_a_block_of_lines_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, delimiter: str, between: str
) -> None:
    lines = [f"{number},y\n" for number in range(60)]
    text = "a,b\n" + between + "".join(lines[:30]) + between + "".join(lines[30:]) + between + "cut"
    text = text.replace(",", delimiter)
    expected = [
        (number, *[*line.split(delimiter), None][:2], len(line.split(delimiter)) != 2)
        for number, line in enumerate((line.removesuffix("\r") for line in text.split("\n")), start=1)
        if line and number > 1
    ]
    file = write(tmp_path / "t.csv", text)
    for size in (1, 64, 301, 1 << 20):
        monkeypatch.setattr(blocks, "BLOCK_BYTES", size)
        form = TableForm("csv", delimiter=delimiter)
        assert read(file, form, "source_line, a, b, shape_problem is not null") == expected
