"""What the raw store adds to a delivered row, and the tables in which it accounts for deliveries.

Names and types stand here once: the store's views and dbt's sources are made from them.
"""

from __future__ import annotations

from dataclasses import dataclass

from ingest.contracts.model import Contract


@dataclass(frozen=True)
class RawColumn:
    """A column of the raw store; `type` is its DuckDB type. Timestamps are UTC without zone."""

    name: str
    type: str
    description: str


@dataclass(frozen=True)
class LedgerTable:
    """A table of the raw store that is no dataset: it accounts for what was delivered."""

    name: str
    description: str
    columns: tuple[RawColumn, ...]


COMPANY = RawColumn(
    "company_id",
    "VARCHAR",
    "The company that the row belongs to: as delivered, else of its plant, else of its source.",
)

ROW_COLUMNS = (
    RawColumn("source_system", "VARCHAR", "Name of the source that delivered the row, as in tieout.yml."),
    RawColumn(
        "source_key", "VARCHAR", "The row's key values joined, company left out; names the row across deliveries."
    ),
    RawColumn("source_file", "VARCHAR", "Delivered file, relative to the source's folder."),
    RawColumn("source_line", "BIGINT", "Physical line or row number in the file; the header is line 1."),
    RawColumn("batch_id", "VARCHAR", "The load that took the row in."),
    RawColumn("delivery_seq", "BIGINT", "Rank of the delivered file; a later delivery has a higher one."),
    RawColumn("recorded_at", "TIMESTAMP", "Moment the row became known here, UTC."),
    RawColumn("row_hash", "UBIGINT", "Hash of the row's content, by which an unchanged row is told."),
    RawColumn(
        "changed_at", "TIMESTAMP", "Moment of the last change at the source, UTC. Missing: the source does not say."
    ),
    RawColumn("is_deleted", "BOOLEAN", "Whether this version says that the row no longer exists at its source."),
)

LEDGER_TABLES = (
    LedgerTable(
        "load",
        "One row per load and dataset: how many rows were delivered, and what became of them.",
        (
            RawColumn("batch_id", "VARCHAR", "Identifies the load of one dataset from one source in one run."),
            RawColumn("source_system", "VARCHAR", "Name of the source that delivered."),
            RawColumn("dataset", "VARCHAR", "The canonical dataset that was loaded."),
            RawColumn("recorded_at", "TIMESTAMP", "Moment the load was committed, UTC."),
            RawColumn("delivered_rows", "BIGINT", "Rows read from the delivered files."),
            RawColumn("accepted_rows", "BIGINT", "Rows stored as new or changed."),
            RawColumn(
                "unchanged_rows", "BIGINT", "Rows that were known with the same content and are not stored again."
            ),
            RawColumn("rejected_rows", "BIGINT", "Rows put into quarantine."),
            RawColumn("deleted_rows", "BIGINT", "Rows withdrawn, since a corrected file no longer holds them."),
            RawColumn("healed_rows", "BIGINT", "Rows that left the quarantine."),
            RawColumn("first_event_date", "DATE", "Earliest day of an event in the load. Missing: reference data."),
            RawColumn("last_event_date", "DATE", "Latest day of an event in the load. Missing: reference data."),
            RawColumn("file_count", "BIGINT", "Delivered files that were read."),
        ),
    ),
    LedgerTable(
        "delivered_file",
        "One row per delivered file and content: what came, when, and where it is kept as delivered.",
        (
            RawColumn("delivery_seq", "BIGINT", "Rank of the file; a later delivery has a higher one."),
            RawColumn("source_system", "VARCHAR", "Name of the source that delivered."),
            RawColumn("source_file", "VARCHAR", "The file, relative to the source's folder."),
            RawColumn("table_name", "VARCHAR", "The delivered table that the file is part of."),
            RawColumn("sha256", "VARCHAR", "SHA-256 of the file's bytes in hexadecimal."),
            RawColumn("byte_count", "BIGINT", "Size of the file in bytes."),
            RawColumn("recorded_at", "TIMESTAMP", "Moment the file was taken in, UTC."),
            RawColumn("kept_path", "VARCHAR", "Where the file is kept, relative to the home. Missing: no longer kept."),
            RawColumn(
                "delivery", "VARCHAR", "The night that the file belongs to: the first date in its path, else the run."
            ),
            RawColumn("superseded_by", "BIGINT", "The later file of the same name. Missing: this one still counts."),
        ),
    ),
    LedgerTable(
        "quarantine",
        "One row per rejected row that is still open, with every reason and the money that it stands for.",
        (
            RawColumn("quarantine_id", "VARCHAR", "Identifies the rejected row."),
            RawColumn("company_id", "VARCHAR", "Company of the row. Missing: it could not be told."),
            RawColumn("plant_id", "VARCHAR", "Plant of the row. Missing: it has none, or it could not be told."),
            RawColumn("source_system", "VARCHAR", "Name of the source that delivered the row."),
            RawColumn("dataset", "VARCHAR", "The canonical dataset that the row was meant for."),
            RawColumn("batch_id", "VARCHAR", "The load that rejected the row."),
            RawColumn("source_file", "VARCHAR", "Delivered file, relative to the source's folder."),
            RawColumn("source_line", "BIGINT", "Physical line or row number in the file; the header is line 1."),
            RawColumn("delivery_seq", "BIGINT", "Rank of the delivered file; a later delivery has a higher one."),
            RawColumn("source_key", "VARCHAR", "The row's key values joined. Missing: a key value could not be read."),
            RawColumn("reasons", "VARCHAR[]", "Every reason for the rejection, in words."),
            RawColumn("reason_codes", "VARCHAR[]", "The same reasons as codes, in the same order."),
            RawColumn(
                "row_json", "VARCHAR", "The row as it was mapped; personal values are pseudonymised or left out."
            ),
            RawColumn(
                "event_date", "DATE", "Day of the event the row tells of. Missing: it has none, or it is unreadable."
            ),
            RawColumn(
                "value_at_risk_amount",
                "DECIMAL(18,4)",
                "Money that the rejected row stands for, without sign. Missing: no money stands in the row.",
            ),
            RawColumn("currency_code", "VARCHAR", "Currency of value_at_risk_amount. Missing: no money stands there."),
            RawColumn("rejected_at", "TIMESTAMP", "Moment of the rejection, UTC."),
        ),
    ),
)


def ledger_table(name: str) -> LedgerTable:
    """Return the accounting table of that name; raise StopIteration if there is none."""
    return next(table for table in LEDGER_TABLES if table.name == name)


def row_columns(contract: Contract) -> tuple[RawColumn, ...]:
    """Return every column of the dataset's raw table: the contract's, the company, what the store adds.

    Columns that are dropped at the door are left out. A partitioned dataset has the UTC day of its partition besides.
    """
    delivered = [
        RawColumn(column.name, column.type.duckdb, " ".join(_sentences(column.description, column.missing)))
        for column in contract.columns
        if column.privacy != "drop"
    ]
    company = () if contract.has(COMPANY.name) else (COMPANY,)
    day = (
        (
            RawColumn(
                "event_date", "DATE", f"UTC day of {contract.partition_by}; filter on it to read those days only."
            ),
            RawColumn(
                "is_only_version",
                "BOOLEAN",
                "True on days of which no key has more than one version and nothing is deleted: constant in a file.",
            ),
        )
        if contract.partition_by
        else ()
    )
    return (*delivered, *company, *ROW_COLUMNS, *day)


def _sentences(description: str, missing: str | None) -> list[str]:
    return [description, f"Missing: {missing}"] if missing else [description]
