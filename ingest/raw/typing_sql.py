"""How delivered text becomes a typed value, as SQL: one expression per column type, null where it cannot be read."""

from __future__ import annotations

from ingest.contracts.model import Column, ColumnType

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


def typed(column: Column, text: str, zone: str) -> str:
    """Return SQL for the typed value of `text` (a SQL expression of trimmed, non-empty text or null).

    Decimals are rounded half away from zero to the type's scale. A local time goes by `zone` (SQL); in a gap of the
    clock, or where the clock shows it twice, it is null.
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
        return utc_time(text, zone)
    if kind is ColumnType.INTEGER:
        return f"""case when regexp_full_match({text}, '[+-]?\\d+') then try_cast({text} as bigint)
      when try_cast({text} as decimal(38, 9)) = trunc(try_cast({text} as decimal(38, 9)))
        then try_cast(try_cast({text} as decimal(38, 9)) as bigint) end"""
    if kind is ColumnType.NUMBER:
        return f"case when isfinite(try_cast({text} as double)) then try_cast({text} as double) end"
    return f"try_cast({text} as {kind.duckdb})"


def names_offset(text: str) -> str:
    """SQL: does the time state its offset from UTC (a sign after the date, as in +02:00)?"""
    return f"(contains(substr({text}, 12), '+') or contains(substr({text}, 12), '-'))"


def local_time(text: str) -> str:
    """SQL: the clock reading of a time without offset."""
    return f"try_cast({text} as timestamp)"


def utc_time(text: str, zone: str) -> str:
    """SQL: the moment in UTC, without zone. The commonest form, a final Z, is also the cheapest.

    Whether the clock skips or repeats a time is asked only on the days that may do so: those in the variable
    clock_changes, a list of days for each year from 1970.
    """
    local = local_time(text)
    # The cast itself knows a Z, though not after every form of time; cutting it off first takes twice as long.
    without_z = f"left({text}, length({text}) - 1)"
    return f"""case when ends_with({text}, 'Z') then
        coalesce(try_cast({text} as timestamp), try_cast({without_z} as timestamp))
      when {names_offset(text)} then timezone('UTC', coalesce(try_cast({text} as timestamptz),
        try_cast(regexp_replace({text}, '([T ]\\d\\d:\\d\\d)([+-])', '\\1:00\\2') as timestamptz)))
      when {zone} is null then null
      when list_contains(getvariable('clock_changes')[year({local}) - 1969], {local}::date)
        then case when {in_gap(local, zone)} or {is_ambiguous(local, zone)} then null
          else timezone('UTC', timezone({zone}, {local})) end
      else timezone('UTC', timezone({zone}, {local})) end"""


def in_gap(local: str, zone: str) -> str:
    """SQL: the clock never shows this time, because it is put forward over it."""
    return f"timezone({zone}, timezone({zone}, {local})) <> {local}"


def is_ambiguous(local: str, zone: str) -> str:
    """SQL: the clock shows this time twice, because it is put back (by an hour, or half of one on Lord Howe)."""
    moment = f"timezone({zone}, {local})"
    shifts = ("interval 1 hour", "-interval 1 hour", "interval 30 minute", "-interval 30 minute")
    return "(" + " or ".join(f"timezone({zone}, {moment} + {shift}) = {local}" for shift in shifts) + ")"
