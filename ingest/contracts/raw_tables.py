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

DECISION_TABLES = (
    LedgerTable(
        "closing",
        "One row per closing or reopening of a period: who decided it, why, and what was known then.",
        (
            RawColumn("entry_no", "BIGINT", "Place in the list of decisions, from 1."),
            RawColumn("closing_id", "VARCHAR", "Identifies the closing; a reopening names the closing it undoes."),
            RawColumn("company_id", "VARCHAR", "Company whose period is closed."),
            RawColumn("period_id", "VARCHAR", "The period, as `2026-03`."),
            RawColumn("state", "VARCHAR", "State from here on: `closed`, `soft_closed` or `reopened`."),
            RawColumn("recorded_at", "TIMESTAMP", "Moment of the decision, UTC."),
            RawColumn(
                "known_at", "TIMESTAMP", "Moment up to which rows were known to the figures that were frozen, UTC."
            ),
            RawColumn("build_id", "VARCHAR", "The published build whose figures were frozen."),
            RawColumn("decided_by", "VARCHAR", "Who decided."),
            RawColumn("because", "VARCHAR", "The reason. Missing: none was given."),
            RawColumn("marts", "VARCHAR", "The published tables whose figures were frozen, joined by a comma."),
            RawColumn("despite", "VARCHAR", "What stood against the decision. Missing: nothing did."),
        ),
    ),
    LedgerTable(
        "closed_figure",
        "One row per closing, mart, key of the mart and measure: a figure as it was published when its period closed.",
        (
            RawColumn("closing_id", "VARCHAR", "The closing that froze the figure."),
            RawColumn("company_id", "VARCHAR", "Company of the figure."),
            RawColumn("plant_id", "VARCHAR", "Plant of the figure. Missing: it has none."),
            RawColumn("period_id", "VARCHAR", "The closed period."),
            RawColumn("mart", "VARCHAR", "The published table, as `cost.order_variance`."),
            RawColumn("figure_key", "VARCHAR", "Values of the mart's key columns as text, joined by `|`."),
            RawColumn(
                "figure", "VARCHAR", "What the figure is summed by: its account, variance leaf or the measure itself."
            ),
            RawColumn(
                "dataset",
                "VARCHAR",
                "Dataset of what the figure stands for: of its document, `production_order`, or `account`.",
            ),
            RawColumn("source_key", "VARCHAR", "The document with its line, the order or the account, as delivered."),
            RawColumn("measure", "VARCHAR", "Column of the mart that holds the figure."),
            RawColumn("amount", "DECIMAL(18,4)", "The figure as published. Missing: it was not known."),
        ),
    ),
    LedgerTable(
        "accepted_item",
        "One row per decision to accept a ledger document that no event explains, or to withdraw that.",
        (
            RawColumn("entry_no", "BIGINT", "Place in the list of decisions, from 1."),
            RawColumn("item_id", "VARCHAR", "Identifies the accepted item; a withdrawal names it again."),
            RawColumn("company_id", "VARCHAR", "Company of the ledger document."),
            RawColumn("document_id", "VARCHAR", "The ledger document that is accepted."),
            RawColumn("account_id", "VARCHAR", "Only its lines on this account. Missing: all its lines."),
            RawColumn(
                "amount",
                "DECIMAL(18,4)",
                "What was unexplained of it then, without sign, summed over accounts and periods; once that is another "
                "amount, it is no longer accepted. Missing: any amount.",
            ),
            RawColumn("accepted_at", "TIMESTAMP", "Moment of the decision, UTC."),
            RawColumn("accepted_by", "VARCHAR", "Who decided."),
            RawColumn("because", "VARCHAR", "The reason."),
            RawColumn("is_withdrawn", "BOOLEAN", "Whether the item is no longer accepted from here on."),
        ),
    ),
)
"""What people decided about figures, kept in the home beside the raw store; read like a delivery, never rewritten."""


def ledger_table(name: str) -> LedgerTable:
    """Return the accounting table of that name; raise StopIteration if there is none."""
    return next(table for table in (*LEDGER_TABLES, *DECISION_TABLES) if table.name == name)


def row_columns(contract: Contract) -> tuple[RawColumn, ...]:
    """Return every column of the dataset's raw table: the contract's, the company, what the store adds.

    Columns that are dropped at the door are left out. A partitioned dataset has the UTC day of its partition besides;
    every dataset says where there are versions to choose among.
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
        else (
            RawColumn(
                "restates",
                "BOOLEAN",
                "True in files that hold a deletion or a further version of a key; a key stands once in all others.",
            ),
        )
    )
    return (*delivered, *company, *ROW_COLUMNS, *day)


def _sentences(description: str, missing: str | None) -> list[str]:
    return [description, f"Missing: {missing}"] if missing else [description]
