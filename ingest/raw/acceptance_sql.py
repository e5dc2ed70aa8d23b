"""The one statement that judges a batch: delivered rows in, typed rows with all reasons against them out.

Steps: delivered (text) → named (every contract column, trimmed, '' = no value) → owned (company) → placed (clock) →
typed → judged. A row without reasons has null there; only rows with reasons pay for their texts. What is the same for
all rows (one company, one clock, one file) is a constant, and what was not delivered is not asked: on 10 million rows
each join or test that is left out counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

from ingest.contracts.model import Column, ColumnType, Contract
from ingest.raw.checks_sql import Check, column_checks, company_checks, reference_check, rule_checks
from ingest.raw.ownership_sql import company_is_certain, owned_and_placed
from ingest.raw.places import ClockOffset, KnownKeys, Places, clock_changes, clock_offsets
from ingest.raw.typing_sql import (
    clock_reading,
    clock_reading_sql,
    is_number,
    is_read_as_delivered,
    plain_number,
    typed,
    typed_as_delivered,
)
from ingest.transports.relation import UNDECLARED, literal, quoted_name
from settings.configuration import Source

CHANGED_AT = Column(
    name="changed_at",
    type=ColumnType.TIMESTAMP,
    description="Moment of the last change at the source.",
    missing="Not recorded by the source.",
)
IS_DELETED = Column(
    name="is_deleted",
    type=ColumnType.BOOLEAN,
    description="True where the source says that the row is gone.",
    missing="The row stands.",
)
COMPANY_ID = Column(
    name="company_id",
    type=ColumnType.ID,
    description="The company that the row belongs to.",
    missing="Taken from the plant, the source or the only company.",
)


@dataclass(frozen=True)
class DeliveredRows:
    """What is to be judged: a SELECT, the contract columns it has (lower case) beside SHAPE_COLUMNS, and its files.

    `files` are (source_file, delivery_seq, delivery). `types` are the columns' DuckDB types; those left out are text.
    """

    sql: str
    columns: frozenset[str]
    files: tuple[tuple[str, int, str], ...]
    decimal: str = "."
    types: Mapping[str, str] = field(default_factory=dict)

    def read_as_delivered(self, column: Column) -> str | None:
        """Return the delivered type of a column that need not be written as text and read again, else None."""
        kind = self.types.get(column.name, "VARCHAR")
        kept = column.name in self.columns and column.privacy is None and is_read_as_delivered(column.type, kind)
        return kind if kept else None


@dataclass(frozen=True)
class Judged:
    """The statement, and the columns in which it flags references that may be unknown (contract column → flag).

    It reads the variable clock_changes, which must be set to the SQL value `clock_changes` before it is run. `absent`
    are columns of its result that the raw store can do without, with the SQL value they have in every row: null for
    what was not delivered. `constants` are texts that are the same in every row and belong in the raw store.
    """

    sql: str
    clock_changes: str
    absent: dict[str, str]
    constants: dict[str, str]
    doubts: dict[str, str] = field(default_factory=dict)


def judge(
    contract: Contract, delivered: DeliveredRows, source: Source, places: Places, known: KnownKeys, salt: str
) -> Judged:
    """Return the statement that judges `delivered`; its rows are the candidates for the raw store.

    They have: delivery_seq, delivery, source_file, source_line, company_id, plant_of_row, the contract's stored columns
    (typed), changed_at, is_deleted, reasons (code, reason)[] or null, row_json (rejected rows only), and one flag per
    doubtful reference. With several files it needs the table run_file(source_file, delivery_seq, delivery).
    """
    columns = _columns(contract)
    zone = source.time_zone or places.only_zone
    offsets = clock_offsets(zone) if zone else ()
    present = delivered.columns | ({"plant_id"} if source.plant_id else frozenset())
    asked = [column for column in columns if column.name in present and column.privacy != "drop"]
    names_company, deletable = "company_id" in present, "is_deleted" in present
    joins: list[str] = []
    rejected: list[Check] = []
    doubts: dict[str, Check] = {}
    for column in asked:
        found = reference_check(contract, column, known, deletable, present)
        if found and column.references:
            joins.append(found.join)
            if column.references.unknown == "warn":
                doubts[column.name] = found.unknown
            else:
                rejected.append(found.unknown)
            rejected += found.not_in_use
    checks = [
        *([] if company_is_certain(names_company, places) else company_checks(contract)),
        *(check for column in columns for check in column_checks(column, contract, column in asked, deletable)),
        *rejected,
        *rule_checks(contract, present, deletable),
    ]
    bad = " or ".join(f"({check.when})" for check in checks) or "false"
    reasons = ",\n        ".join(
        f"case when {check.when} then {{'code': {check.code}, 'reason': {check.reason}}} end" for check in checks
    )
    flags = [f"coalesce({check.when}, false) as doubt__{column}" for column, check in doubts.items()]
    stored = [c for c in columns if c.privacy != "drop" and c.name != "company_id"]
    listed = ",\n    ".join([*(quoted_name(c.name) for c in stored), *(f"doubt__{column}" for column in doubts)])
    sql = f"""with delivered as (
  {delivered.sql}
),
named as (
  select {_file_columns(delivered)}, d.source_line, d.shape_problem, d.delivered_line,
    {_named(columns, delivered, source, salt)}
  from delivered d {"" if len(delivered.files) == 1 else "join run_file f using (source_file)"}
),
{owned_and_placed(contract, names_company, source, places)},
clocked as (
  select *{_clock_readings(asked, delivered)} from placed
),
typed as (
  select delivery_seq, delivery, source_file, source_line, shape_problem, delivered_line, company_id, company_known,
    zone, text__company_id,
    {_typed(columns, present, delivered, offsets)}
  from clocked
),
judged as (
  select typed.*, {"".join(f"{flag}, " for flag in flags)}
    case when shape_problem is not null then [{{'code': {_shape_code()}, 'reason': shape_problem}}]
      when {bad} then list_filter([
        {reasons}
      ], lambda one: one is not null) end as reasons
  from typed
    {" ".join(joins)}
)
select delivery_seq, delivery, source_file, source_line, company_id,
    {"plant_id" if contract.has("plant_id") else "null::varchar"} as plant_of_row,
    {listed},
    reasons,
    case when reasons is not null then {_row_json(contract, asked)} end as row_json
from judged"""
    absent = {c.name: f"null::{c.type.duckdb}" for c in stored if c.name not in present and c is not IS_DELETED}
    if not contract.has("plant_id"):
        absent["plant_of_row"] = "null::varchar"
    constants: dict[str, str] = {}
    if company_is_certain(names_company, places):
        constants["company_id"] = str(places.only_company)
    if len(delivered.files) == 1:
        constants["source_file"] = delivered.files[0][0]
        absent["delivery"] = literal(delivered.files[0][2])
    flagged = {column: f"doubt__{column}" for column in doubts}
    return Judged(sql, _clock_changes(asked, source, places), absent, constants, flagged)


def _columns(contract: Contract) -> list[Column]:
    own = [c for c in contract.columns if c.name not in ("company_id", "changed_at", "is_deleted")]
    company = contract.column("company_id") if contract.has("company_id") else COMPANY_ID
    return [company, *own, CHANGED_AT, IS_DELETED]


def _file_columns(delivered: DeliveredRows) -> str:
    if len(delivered.files) != 1:
        return "f.delivery_seq, f.delivery, d.source_file"
    name, delivery_seq, delivery = delivered.files[0]
    return f"""{delivery_seq}::bigint as delivery_seq, {literal(delivery)} as delivery,
    {literal(name)} as source_file"""


def _clock_changes(asked: Sequence[Column], source: Source, places: Places) -> str:
    """The days on which a local time may not exist or be ambiguous; found only if times were delivered."""
    if not any(column.type is ColumnType.TIMESTAMP for column in asked):
        return "cast([] as date[][])"
    return clock_changes((source.time_zone,) if source.time_zone else places.zones)


def _named(columns: Sequence[Column], delivered: DeliveredRows, source: Source, salt: str) -> str:
    lines = []
    for column in columns:
        text = "null::varchar"
        if delivered.read_as_delivered(column):
            text = f"d.{quoted_name(column.name)}"
        elif column.name in delivered.columns and column.privacy != "drop":
            value = f"d.{quoted_name(column.name)}"
            kind = delivered.types.get(column.name, "VARCHAR")
            # A workbook or a Parquet file that holds a number for an identifier must not turn 606 into 606.0.
            if column.type is ColumnType.ID and kind in ("DOUBLE", "FLOAT"):
                value = _id_text(value)
            elif kind != "VARCHAR":
                value = f"{value}::varchar"
            # Trimming every text takes 0.4 s a column of 10 million rows, asking first what it begins with (a text
            # below '!' is empty or begins with a blank or control character) and ends with 0.04 s.
            text = f"case when {value} < '!' or ends_with({value}, ' ') then nullif(trim({value}), '') else {value} end"
            if column.privacy == "pseudonym":
                text = f"left(sha256({literal(salt)} || {text}), 16)"
        if column.name == "plant_id" and source.plant_id:
            text = f"coalesce({text}, {literal(source.plant_id)})"
        lines.append(f"{text} as {quoted_name(f'text__{column.name}')}")
    return ",\n    ".join(lines)


def _id_text(value: str) -> str:
    return f"""case when ends_with({value}::varchar, '.0')
        then left({value}::varchar, length({value}::varchar) - 2) else {value}::varchar end"""


def _clock_readings(asked: Sequence[Column], delivered: DeliveredRows) -> str:
    """What the clock showed at each delivered time that is text; a step of its own, so that each is read once."""
    return "".join(
        f",\n    {clock_reading_sql(quoted_name(f'text__{column.name}'))} as {clock_reading(column)}"
        for column in asked
        if column.type is ColumnType.TIMESTAMP and not delivered.read_as_delivered(column)
    )


def _typed(
    columns: Sequence[Column], present: Set[str], delivered: DeliveredRows, offsets: Sequence[ClockOffset]
) -> str:
    lines = []
    for column in columns:
        if column.name == "company_id":
            continue
        text = quoted_name(f"text__{column.name}")
        readable = plain_number(text, delivered.decimal) if is_number(column.type) else text
        as_delivered = delivered.read_as_delivered(column)
        if as_delivered:
            value = typed_as_delivered(column.type, text, as_delivered, "zone", offsets)
        elif column.name in present:
            value = typed(column, readable, "zone", offsets)
        else:
            value = f"null::{column.type.duckdb}"
        if column is IS_DELETED:
            value = f"coalesce({value}, false)"
        lines.append(f"{text}, {value} as {quoted_name(column.name)}")
    return ",\n    ".join(lines)


def _shape_code() -> str:
    return f"case when starts_with(shape_problem, {literal(UNDECLARED)}) then 'undeclared' else 'wrong_field_count' end"


def _row_json(contract: Contract, held: Sequence[Column]) -> str:
    """What was delivered, as JSON: personal values as pseudonyms or not at all, a misshapen line as it stood."""
    values = ", ".join(f"{quoted_name(c.name)}: {quoted_name(f'text__{c.name}')}::varchar" for c in held)
    line = "delivered_line"
    if any(c.privacy for c in contract.columns):
        line = "'withheld, because the line holds personal data'"
    return f"""case when shape_problem is not null then json_object('line', {line})
      else json_merge_patch('{{}}', to_json({{{values}}})) end"""
