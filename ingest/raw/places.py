"""Companies, plants and machines as known so far: whose row is it, and which clock does it go by?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import duckdb

from ingest.contracts.model import Contract, load_contracts
from ingest.raw.store import RawStore
from ingest.transports.relation import literal, quoted_name
from settings.configuration import Configuration


class Places:
    """Temporary tables `firm`, `place`, `unit_place` in the ingest's connection, rebuilt when a run adds to them.

    firm(company_id, time_zone, currency_code), every company known ·
    place(company_id, plant_id, time_zone, currency_code) · unit_place(company_id, work_unit_id, plant_id).
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, store: RawStore, configuration: Configuration) -> None:
        self._connection = connection
        self._store = store
        self._configuration = configuration
        self.only_company: str | None = None
        self.only_zone: str | None = None
        self.zones: tuple[str, ...] = ()
        self.refresh()

    def refresh(self) -> None:
        """Read the companies, plants and machines again."""
        run = self._connection.execute
        run(f"""create or replace temp table firm as
            select company_id, arg_max(time_zone, stamp) as time_zone, arg_max(currency_code, stamp) as currency_code
            from ({self._rows("company", ("company_id", "time_zone", "currency_code"))}) group by all""")
        run(f"""create or replace temp table place as
            select company_id, plant_id, arg_max(time_zone, stamp) as time_zone,
              arg_max(currency_code, stamp) as currency_code
            from ({self._rows("plant", ("company_id", "plant_id", "time_zone", "currency_code"))})
            where company_id is not null group by all""")
        run(f"""create or replace temp table unit_place as
            select company_id, work_unit_id, arg_max(plant_id, stamp) as plant_id
            from ({self._rows("work_unit", ("company_id", "work_unit_id", "plant_id"))}) group by all""")
        run("insert into firm select distinct company_id, null, null from place anti join firm using (company_id)")
        for table in ("firm", "place"):
            run(f"""update {table} set time_zone = null
                where time_zone not in (select name from pg_timezone_names())""")
        companies = run("select company_id from firm").fetchall()
        self.only_company = str(companies[0][0]) if len(companies) == 1 else None
        zones = run("""
            select time_zone from place union
            select time_zone from firm where time_zone is not null or company_id not in (select company_id from place)
            """).fetchall()
        self.zones = tuple(sorted(str(zone) for (zone,) in zones if zone))
        self.only_zone = self.zones[0] if len(zones) == 1 and self.zones else None

    def _rows(self, dataset: str, columns: tuple[str, ...]) -> str:
        contract = load_contracts()[dataset]
        names = ", ".join(columns)
        parts = [f"select {names}, timestamp '1900-01-01' as stamp from ({self._configured(dataset, columns)})"]
        scan = self._store.scan(contract)
        if scan:
            parts.append(f"select {names}, recorded_at as stamp from {scan} where not is_deleted")
        return " union all ".join(parts)

    def _configured(self, dataset: str, columns: tuple[str, ...]) -> str:
        rows = {"company": self._configuration.companies, "plant": self._configuration.plants}.get(dataset, ())
        if not rows:
            return "select " + ", ".join(f"null::varchar as {column}" for column in columns) + " limit 0"
        return " union all ".join(
            "select " + ", ".join(f"{literal(getattr(row, column))} as {column}" for column in columns) for row in rows
        )


class KnownKeys:
    """Temporary tables of the keys that references may name, built when first needed.

    known_<dataset>_<column>(known_company_id, known_value, known_first, known_end). A reference to the key lies in
    [known_first, known_end), UTC, where these are known: the dates of its last version and a day more on either side.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, store: RawStore) -> None:
        self._connection = connection
        self._store = store
        self._built: dict[tuple[str, str], tuple[str, tuple[str, ...]]] = {}

    def table(self, dataset: str, column: str) -> tuple[str, tuple[str, ...]]:
        """Return the table of known keys, and the companies that have delivered the dataset."""
        if (dataset, column) not in self._built:
            name = f"known_{dataset}_{column}"
            contract = load_contracts()[dataset]
            scan = self._store.scan(contract)
            dates = ", ".join(f"'{kind}': {_date_in_use(contract, column, kind)}" for kind in ("first", "end"))
            last = f"arg_max({{{dates}}}, (recorded_at, delivery_seq, coalesce(source_line, 0)))"
            rows = (
                f"""select known_company_id, known_value, last.first as known_first, last.end as known_end from (
                  select company_id as known_company_id, {column} as known_value, {last} as last
                  from {scan} group by 1, 2)"""
                if scan
                else """select null::varchar as known_company_id, null::varchar as known_value,
                  null::timestamp as known_first, null::timestamp as known_end limit 0"""
            )
            self._connection.execute(f"create or replace temp table {name} as {rows}")
            companies = self._connection.execute(
                f"select distinct known_company_id from {name} order by all"
            ).fetchall()
            self._built[dataset, column] = (name, tuple(str(company) for (company,) in companies))
        return self._built[dataset, column]

    def forget(self, dataset: str) -> None:
        """A dataset has new rows: read its keys again when they are needed next."""
        self._built = {key: value for key, value in self._built.items() if key[0] != dataset}


def _date_in_use(contract: Contract, column: str, kind: str) -> str:
    """SQL: the first moment, or the end, of the time in which `column` can be referred to; null for always."""
    for other in load_contracts().values():
        for referring in other.columns:
            target = referring.references
            if target and target.in_use and (target.dataset, target.column) == (contract.dataset, column):
                # A night shift may begin the day before its production date and end the day after; and the date is
                # one of the plant's clock, which is up to 14 hours off UTC.
                name, days = (target.in_use.first, "- 1") if kind == "first" else (target.in_use.end, "+ 1")
                return f"({quoted_name(name)} {days})::timestamp"
    return "null::timestamp"


@lru_cache(maxsize=64)
def clock_change_days(time_zone: str) -> tuple[str, ...]:
    """Return the local days from 1970 to 2100 on which the zone's clock changes, as YYYY-MM-DD."""
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        rows = connection.execute(
            """with day as (
              select unnest(generate_series(timestamp '1970-01-01', '2100-12-31', interval 1 day)) as midnight
            )
            select strftime(midnight, '%Y-%m-%d') from day
            where timezone(?, midnight + interval 1 day) - timezone(?, midnight) <> interval 24 hours""",
            [time_zone, time_zone],
        ).fetchall()
    return tuple(str(day) for (day,) in rows)


@lru_cache(maxsize=64)
def clock_changes(time_zones: tuple[str, ...]) -> str:
    """Return SQL: for each year from 1970 to 2100 the list of days on which one of the zones' clocks changes.

    A list of lists, because DuckDB turns `in (hundreds of dates)` into a join that every row must pass.
    """
    days = sorted({day for zone in time_zones for day in clock_change_days(zone)})
    years: dict[int, list[str]] = {year: [] for year in range(1970, 2101)}
    for day in days:
        years[int(day[:4])].append(f"date '{day}'")
    listed = ", ".join(f"[{', '.join(year)}]" for year in years.values())
    return f"cast([{listed}] as date[][])"


@dataclass(frozen=True)
class ClockOffset:
    """A stretch of a clock's local time, [first, end) in days, in which it is always `microseconds` ahead of UTC."""

    first: date
    end: date
    microseconds: int


@lru_cache(maxsize=64)
def clock_offsets(time_zone: str) -> tuple[ClockOffset, ...]:
    """Return the zone's offsets of the years 2000 to 2049, oldest first; days on which its clock changes are left out.

    DuckDB asks its time zone library row by row, 4 s of CPU on 10 million; a subtraction takes a tenth of that.
    """
    first, end = date(2000, 1, 1), date(2050, 1, 1)
    changes = [day for text in clock_change_days(time_zone) if first <= (day := date.fromisoformat(text)) < end]
    starts = [first, *(day + timedelta(days=1) for day in changes)]
    stretches = [(start, stop) for start, stop in zip(starts, [*changes, end], strict=True) if start < stop]
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        rows = connection.execute(
            """select epoch_us(start) - epoch_us(timezone('UTC', timezone($1, start)))
            from (select unnest($2::timestamp[]) as start, generate_subscripts($2, 1) as place) order by place""",
            [time_zone, [start for start, _ in stretches]],
        ).fetchall()
    return tuple(ClockOffset(start, stop, int(ahead)) for (start, stop), (ahead,) in zip(stretches, rows, strict=True))


def text_list(values: tuple[str, ...]) -> str:
    """Return a SQL list of texts."""
    return f"[{', '.join(literal(value) for value in values)}]::varchar[]"
