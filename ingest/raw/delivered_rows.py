"""Single rows as taken in, and the very lines that they were delivered as: what an explanation of a figure ends with.

In: the ledger, the Parquet files it has committed, and the files kept as delivered. Nothing is written but unpacked
text in a temporary folder. What is personal stays masked, also where the kept file shows it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import duckdb

from ingest.contracts.model import ColumnType, Contract, load_contracts
from ingest.mapping.folder import SourceFolder, SourceTable, load_source_folder
from ingest.mapping.match import match_files
from ingest.raw.ledger import committed_parts, ledger_file, open_ledger
from ingest.raw.views import dataset_sql
from ingest.transports.examine import ExaminedFile, UnreadableFileError, examine
from ingest.transports.relation import SHAPE_COLUMNS, quoted_name, relation
from settings.configuration import Configuration
from settings.home import Home

MASKED = "***"
_FOUND = 1000


class DeliveredRows:
    """The accepted rows of a home, as far as they were known at a moment; the latest version of each."""

    def __init__(self, home: Home, configuration: Configuration, known_at: datetime | None) -> None:
        self._home = home
        self._sources = {source.name: source for source in configuration.sources}
        self._known_at = known_at
        self._connection = duckdb.connect()
        self._connection.execute("set TimeZone = 'UTC'")
        self._datasets: dict[str, str | None] = {}
        self._found: dict[tuple[str, tuple[tuple[str, Any], ...]], list[dict[str, Any]]] = {}
        self._files: dict[int, tuple[SourceFolder, SourceTable, ExaminedFile] | None] = {}
        self._unpacked = tempfile.TemporaryDirectory(prefix="tieout-")

    def find(self, dataset: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the rows with these values, in the order of files and lines: columns, source_file, source_line."""
        asked = (dataset, tuple(values.items()))
        if asked not in self._found:
            self._found[asked] = self._find(dataset, values)
        return self._found[asked]

    def text(self, dataset: str, source_file: str, source_line: int) -> str | None:
        """Return the delivered line, personal columns masked; None where its file is not kept or not readable."""
        rows = self._rows(dataset, {"source_file": source_file, "source_line": source_line}, latest=False)
        if not rows:
            return None
        accepted = rows[-1]
        opened = self._opened(int(accepted["delivery_seq"]))
        if opened is None:
            return None
        folder, table, file = opened
        form = table.form
        delivered = self._connection.execute(
            f"select * from ({relation(self._connection, 'delivered', [file], form)}) where source_line = ?",
            [source_line],
        )
        names = [str(column[0]) for column in delivered.description or ()]
        told = delivered.fetchone()
        if told is None:
            return None
        cells = dict(zip(names, told, strict=True))
        columns = [name for name in names if name not in SHAPE_COLUMNS]
        contract = load_contracts()[dataset]
        shown = {name: _shown(contract, folder, name, cells[name], accepted) for name in columns}
        line = cells.get("delivered_line")
        if line is not None and all(shown.values()):
            return str(line)
        texts = [str(cells[name] if cells[name] is not None else "") if shown[name] else MASKED for name in columns]
        if form.format in ("csv", "excel"):
            return form.delimiter.join(texts)
        return ", ".join(f"{name}: {text}" for name, text in zip(columns, texts, strict=True))

    def _find(self, dataset: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        return self._rows(dataset, values, latest=True)

    def _rows(self, dataset: str, values: Mapping[str, Any], *, latest: bool) -> list[dict[str, Any]]:
        rows = self._dataset(dataset)
        if rows is None:
            return []
        contract = load_contracts()[dataset]
        known = "where recorded_at <= $known_at" if self._known_at else ""
        day = ", event_date" if contract.partition_by else ""
        order = "order by recorded_at desc, delivery_seq desc, source_line desc"
        newest = f"qualify row_number() over (partition by company_id, source_key{day} {order}) = 1" if latest else ""
        conditions = " and ".join(f"{quoted_name(name)} is not distinct from ${name}" for name in values)
        result = self._connection.execute(
            f"""with known as (select * from ({rows}) {known}),
            asked as (
              select * from known where (company_id, source_key) in (
                select (company_id, source_key) from known where {conditions}
              ) {newest}
            )
            select * from asked where {conditions} and not is_deleted
            order by delivery_seq, source_file, source_line limit {_FOUND}""",
            {**values, **({"known_at": self._known_at} if self._known_at else {})},
        )
        names = [str(column[0]) for column in result.description or ()]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def _dataset(self, dataset: str) -> str | None:
        """SQL of all versions of a dataset's rows; None where nothing of it was taken in."""
        if dataset not in self._datasets:
            self._datasets[dataset] = None
            contract = load_contracts().get(dataset)
            if contract is not None and ledger_file(self._home).is_file():
                with open_ledger(self._home) as ledger:
                    parts = committed_parts(ledger, dataset)
                if parts:
                    self._datasets[dataset] = dataset_sql(self._home, contract, parts)
        return self._datasets[dataset]

    def _opened(self, delivery_seq: int) -> tuple[SourceFolder, SourceTable, ExaminedFile] | None:
        if delivery_seq not in self._files:
            self._files[delivery_seq] = self._open(delivery_seq)
        return self._files[delivery_seq]

    def _open(self, delivery_seq: int) -> tuple[SourceFolder, SourceTable, ExaminedFile] | None:
        with open_ledger(self._home) as ledger:
            row = ledger.execute("select * from delivered_file where delivery_seq = ?", [delivery_seq]).fetchone()
        if row is None or row["source"] not in self._sources:
            return None
        path, name = self._home.root / row["kept_path"], str(row["source_file"])
        folder = load_source_folder(self._home, self._sources[row["source"]])
        matched, _ = match_files(folder, [name])
        if name not in matched or not path.is_file():
            return None
        table = matched[name][1]
        unpacked = Path(self._unpacked.name) / str(delivery_seq)
        unpacked.mkdir(exist_ok=True)
        try:
            return folder, table, examine(path, name, table.form, unpacked)
        except UnreadableFileError:
            return None


def _shown(contract: Contract, folder: SourceFolder, name: str, value: Any, accepted: Mapping[str, Any]) -> bool:
    """Whether a delivered value may be shown: it is known to be neither a person's name nor a person's pay.

    A file that holds the dataset as it is goes by the contract. Where a mapping made the row, a value is shown that
    was stored openly, or of a column that the mapping reads for a dataset without personal columns.
    """
    if folder.identity:
        return contract.has(name) and not _is_personal(contract, name)
    open_columns = [column.name for column in contract.columns if not _is_personal(contract, column.name)]
    if _text(value) in {_text(accepted.get(column)) for column in open_columns}:
        return True
    mapping = folder.mappings.get(contract.dataset)
    has_personal = any(_is_personal(contract, column.name) for column in contract.columns)
    return mapping is not None and not has_personal and name.lower() in mapping.sql.lower()


def _is_personal(contract: Contract, name: str) -> bool:
    column = contract.column(name)
    return column.privacy is not None or (contract.privacy == "personal" and column.type is ColumnType.MONEY)


def _text(value: Any) -> str:
    """A value as it can be compared: numbers without the zeros that say nothing."""
    text = "" if value is None else str(value).strip()
    try:
        return f"{Decimal(text).normalize():f}"
    except InvalidOperation:
        return text
