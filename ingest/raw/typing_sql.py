"""How delivered text becomes a typed value, as SQL: one expression per column type, null where it cannot be read."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.contracts.model import Column, ColumnType
from ingest.raw.places import ClockOffset
from ingest.transports.relation import names_offset

_NUMBERS = {
    ColumnType.INTEGER,
    ColumnType.MONEY,
    ColumnType.QUANTITY,
    ColumnType.SECONDS,
    ColumnType.HOURS,
    ColumnType.RATIO,
    ColumnType.NUMBER,
}

WRONG_TYPE = {
    ColumnType.DATE: "is no date (YYYY-MM-DD)",
    ColumnType.TIMESTAMP: "is no time (ISO 8601)",
    ColumnType.PERIOD: "is no month (YYYY-MM)",
    ColumnType.BOOLEAN: "is neither true nor false",
    ColumnType.INTEGER: "is no whole number",
}
"""What a reason says of a text that cannot be read; "is no number" for every other type."""


def is_number(kind: ColumnType) -> bool:
    """Say whether values of the type are numbers."""
    return kind in _NUMBERS


def plain_number(text: str, decimal: str) -> str:
    """Return SQL that makes a delivered number readable: decimal comma and points between thousands, trailing minus."""
    if decimal == ".":
        return text
    return f"""case
      when regexp_full_match({text}, '[+-]?\\d{{1,3}}(\\.\\d{{3}})+(,\\d*)?-?')
        then {_minus_first(f"replace(replace({text}, '.', ''), ',', '.')")}
      when regexp_full_match({text}, '[+-]?\\d*(,\\d*)?-?') then {_minus_first(f"replace({text}, ',', '.')")}
    end"""


def _minus_first(text: str) -> str:
    return f"case when ends_with({text}, '-') then '-' || rtrim({text}, '-') else {text} end"


_WHOLE_TYPES = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER")
_FRACTION_TYPES = ("FLOAT", "DOUBLE")
_TIME_TYPES = ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE")


def is_read_as_delivered(kind: ColumnType, delivered: str) -> bool:
    """Say whether a value of the DuckDB type `delivered` becomes a typed one without being written as text first."""
    if kind is ColumnType.TIMESTAMP:
        return delivered in _TIME_TYPES
    if kind is ColumnType.NUMBER:
        return delivered in (*_WHOLE_TYPES, *_FRACTION_TYPES) or delivered.startswith("DECIMAL")
    if kind is ColumnType.INTEGER:
        return delivered in _WHOLE_TYPES
    if kind in _NUMBERS:
        return delivered in (*_WHOLE_TYPES, "DOUBLE") or delivered.startswith("DECIMAL")
    if kind in (ColumnType.DATE, ColumnType.BOOLEAN):
        return delivered == kind.duckdb
    return False


def typed_as_delivered(kind: ColumnType, value: str, delivered: str, zone: str, offsets: Sequence[ClockOffset]) -> str:
    """Return SQL for the typed value of `value`, whose type `delivered` is one of those read as they are."""
    if delivered == "TIMESTAMP WITH TIME ZONE":
        return f"case when isfinite({value}) then make_timestamp(epoch_us({value})) end"
    if delivered == "TIMESTAMP":
        return f"case when {zone} is not null then {from_local(value, zone, offsets)} end"
    if kind is ColumnType.NUMBER:
        number = value if delivered == "DOUBLE" else f"{value}::double"
        return f"case when isfinite({number}) then {number} end"
    if delivered == "DOUBLE":
        # The text of a fraction is rounded by its decimal digits; its binary value may lie just below the half.
        whole = f"{value} = trunc({value}) and abs({value}) < 1e9"
        return f"case when {whole} then {value}::{kind.duckdb} else try_cast({value}::varchar as {kind.duckdb}) end"
    return value if delivered == kind.duckdb else f"try_cast({value} as {kind.duckdb})"


def typed(column: Column, text: str, zone: str, offsets: Sequence[ClockOffset]) -> str:
    """Return SQL for the typed value of `text` (a SQL expression of trimmed, non-empty text or null).

    Decimals are rounded half away from zero to the type's scale. A local time goes by `zone` (SQL), and by `offsets`
    where they are known; in a gap of the clock, or where the clock shows it twice, it is null. A time is read from the
    column clock_reading(column) beside its text.
    """
    kind = column.type
    if kind in (ColumnType.ID, ColumnType.TEXT, ColumnType.CODE):
        return text
    if kind is ColumnType.PERIOD:
        return f"case when regexp_full_match({text}, '\\d{{4}}-(0[1-9]|1[0-2])') then {text} end"
    if kind is ColumnType.BOOLEAN:
        return f"""case when lower({text}) in ('true', '1', 'yes') then true
      when lower({text}) in ('false', '0', 'no') then false end"""
    if kind is ColumnType.DATE:
        return f"""case when length({text}) = 10 then try_cast({text} as date)
      when regexp_full_match({text}, '\\d{{4}}-\\d{{2}}-\\d{{2}}[T ]00:00(:00(\\.0+)?)?') then
        try_cast(left({text}, 10) as date) end"""
    if kind is ColumnType.TIMESTAMP:
        return utc_time(text, clock_reading(column), zone, offsets)
    if kind is ColumnType.INTEGER:
        return f"""case when regexp_full_match({text}, '[+-]?\\d+') then try_cast({text} as bigint)
      when try_cast({text} as decimal(38, 9)) = trunc(try_cast({text} as decimal(38, 9)))
        then try_cast(try_cast({text} as decimal(38, 9)) as bigint) end"""
    if kind is ColumnType.NUMBER:
        return f"case when isfinite(try_cast({text} as double)) then try_cast({text} as double) end"
    return f"try_cast({text} as {kind.duckdb})"


def local_time(text: str) -> str:
    """SQL: the clock reading of a time without offset."""
    return f"try_cast({text} as timestamp)"


def clock_reading(column: Column) -> str:
    """The column (SQL) that holds what a delivered time's clock showed: local time, or UTC where it ends with Z."""
    return f'"clock__{column.name}"'


def clock_reading_sql(text: str) -> str:
    """SQL: the time as it stands in the text, null where it is none. The commonest form, a final Z, is the cheapest."""
    # The cast itself knows a Z, though not after every form of time; cutting it off first takes twice as long.
    without_z = f"left({text}, length({text}) - 1)"
    return f"""coalesce(try_cast({text} as timestamp),
      case when ends_with({text}, 'Z') then try_cast({without_z} as timestamp) end)"""


def utc_time(text: str, reading: str, zone: str, offsets: Sequence[ClockOffset]) -> str:
    """SQL: the moment in UTC, without zone, of a time whose clock showed `reading`."""
    return f"""case when ends_with({text}, 'Z') then {reading}
      when {names_offset(text)} then timezone('UTC', coalesce(try_cast({text} as timestamptz),
        try_cast(regexp_replace({text}, '([T ]\\d\\d:\\d\\d)([+-])', '\\1:00\\2') as timestamptz)))
      when {zone} is null then null
      else {from_local(reading, zone, offsets)} end"""


def from_local(local: str, zone: str, offsets: Sequence[ClockOffset]) -> str:
    """SQL: the moment in UTC at which the clock shows `local`, null where it never does or does so twice.

    Whether the clock skips or repeats a time is asked only on the days that may do so: those in the variable
    clock_changes, a list of days for each year from 1970.
    """
    asked = f"""case when list_contains(getvariable('clock_changes')[year({local}) - 1969], {local}::date)
        then case when {in_gap(local, zone)} or {is_ambiguous(local, zone)} then null
          else timezone('UTC', timezone({zone}, {local})) end
      else timezone('UTC', timezone({zone}, {local})) end"""
    return f"coalesce({_minus_offset(local, offsets)}, {asked})" if offsets else asked


def _minus_offset(local: str, offsets: Sequence[ClockOffset]) -> str:
    """SQL: a search in halves for the stretch that `local` lies in; null where it lies in none."""
    if len(offsets) == 1:
        (only,) = offsets
        within = f"{local} >= timestamp '{only.first}' and {local} < timestamp '{only.end}'"
        return f"case when {within} then make_timestamp(epoch_us({local}) - {only.microseconds}) end"
    half = len(offsets) // 2
    earlier, later = offsets[:half], offsets[half:]
    return f"""case when {local} < timestamp '{later[0].first}' then {_minus_offset(local, earlier)}
      else {_minus_offset(local, later)} end"""


def in_gap(local: str, zone: str) -> str:
    """SQL: the clock never shows this time, because it is put forward over it."""
    return f"timezone({zone}, timezone({zone}, {local})) <> {local}"


def is_ambiguous(local: str, zone: str) -> str:
    """SQL: the clock shows this time twice, because it is put back (by an hour, or half of one on Lord Howe)."""
    moment = f"timezone({zone}, {local})"
    shifts = ("interval 1 hour", "-interval 1 hour", "interval 30 minute", "-interval 30 minute")
    return "(" + " or ".join(f"timezone({zone}, {moment} + {shift}) = {local}" for shift in shifts) + ")"
