"""Writes each night's files as the factory's systems deliver them: <source>/<night>/<dataset>.<ending>.

Plant P1's business systems write local time without offset, P2's with offset; P1's gateway sends local time with
offset, P2's sends UTC. States of P1 come as .csv.gz, counters of P1 as Parquet, everything else as CSV.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars

from ingest.demo.clock import WallClock
from ingest.demo.event_log import EventLog, Row
from ingest.demo.plant_layout import PLANTS
from ingest.demo.tables import COLUMNS, SOURCE_OF, is_moment

SENSOR_DATASETS = ("machine_state", "production_counter", "energy_reading", "process_measurement")


@dataclass(frozen=True)
class DeliveredFile:
    """One file of one night: where it goes, and its lines of text (header first) or its Parquet rows."""

    path: str
    dataset: str
    lines: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    is_truncated: bool = False


def csv_field(value: object) -> str:
    """Return a value as CSV text, quoted where it must be."""
    if value is None:
        return ""
    if isinstance(value, str):
        text = value
    elif isinstance(value, Decimal):
        plain = str(value)
        return format(value, "f") if "E" in plain else plain
    elif isinstance(value, bool):
        return "true" if value else "false"
    else:
        return str(value)
    return '"' + text.replace('"', '""') + '"' if "," in text or '"' in text or "\n" in text else text


def row_formatter(dataset: str, clocks: dict[str, WallClock], plant_of_unit: dict[str, str]) -> Callable[[Row], str]:
    """Return the function that turns a typed row of the dataset into one CSV line without line end."""
    columns = COLUMNS[dataset]
    moments = [position for position, column in enumerate(columns) if is_moment(column)]
    sensors = dataset in SENSOR_DATASETS
    plant_at = columns.index("plant_id") if "plant_id" in columns else None
    unit_at = columns.index("work_unit_id") if "work_unit_id" in columns else None
    utc = WallClock("UTC", date(2000, 1, 1), 0)

    def time_text(row: Row) -> Callable[[int], str]:
        plant_id = row[plant_at] if plant_at is not None else plant_of_unit[row[unit_at or 0]]
        clock = clocks.get(plant_id, clocks[PLANTS[0].plant_id])
        if sensors:
            return clock.text_with_offset if plant_id == "P1" else lambda moment: utc.text(moment) + "Z"
        return clock.text if plant_id == "P1" else clock.text_with_offset

    def line(row: Row) -> str:
        fields = [csv_field(value) for value in row]
        if moments:
            as_text = time_text(row)
            for position in moments:
                value = row[position]
                if isinstance(value, int):
                    fields[position] = as_text(value)
        return ",".join(fields)

    return line


def file_of(dataset: str, row: Row, plant_of_unit: dict[str, str]) -> str:
    """Return the name of the file that carries a row; the large sensor datasets have one file a plant."""
    if dataset not in ("machine_state", "production_counter"):
        return f"{dataset}.csv"
    if plant_of_unit.get(row[0], row[0][:2]) == "P1":
        return f"{dataset}_p1.{'csv.gz' if dataset == 'machine_state' else 'parquet'}"
    return f"{dataset}_p2.csv"


def header(dataset: str) -> str:
    """Return the header line of a dataset's CSV files."""
    return ",".join(COLUMNS[dataset])


def clean_files(
    log: EventLog, clocks: dict[str, WallClock], plant_of_unit: dict[str, str]
) -> dict[int, list[DeliveredFile]]:
    """Return every night's files without any planted fault."""
    found: dict[int, list[DeliveredFile]] = {night: [] for night in range(log.days)}
    for dataset in COLUMNS:
        text_of = row_formatter(dataset, clocks, plant_of_unit)
        for night, rows in sorted(log.by_night(dataset).items()):
            parts: dict[str, list[Row]] = {}
            for row in rows:
                parts.setdefault(file_of(dataset, row, plant_of_unit), []).append(row)
            for name, members in parts.items():
                path = f"{SOURCE_OF[dataset]}/{log.date_of_night(night)}/{name}"
                if name.endswith(".parquet"):
                    found[night].append(DeliveredFile(path, dataset, rows=tuple(members)))
                else:
                    lines = (header(dataset), *(text_of(row) for row in members))
                    found[night].append(DeliveredFile(path, dataset, lines=lines))
    return found


def kept_aside_files(
    rows: dict[str, list[Row]], log: EventLog, clocks: dict[str, WallClock], plant_of_unit: dict[str, str]
) -> list[DeliveredFile]:
    """Return files of the night after the last, which no night delivers."""
    return [
        DeliveredFile(
            f"{SOURCE_OF[dataset]}/{log.date_of_night(log.days)}/{dataset}.csv",
            dataset,
            lines=(header(dataset), *map(row_formatter(dataset, clocks, plant_of_unit), of_dataset)),
        )
        for dataset, of_dataset in rows.items()
        if of_dataset
    ]


def write_file(file: DeliveredFile, inbox: Path) -> None:
    """Write one file below `inbox`, replacing what stands there. The same content gives the same bytes."""
    target = inbox / file.path
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.suffix == ".parquet":
        _write_counters(file.rows, target)
        return
    content = "\n".join(file.lines).encode()
    if not file.is_truncated:
        content += b"\n"
    if target.suffix == ".gz":
        content = gzip.compress(content, compresslevel=2, mtime=0)
    target.write_bytes(content)


def _write_counters(rows: tuple[Row, ...], target: Path) -> None:
    """Counter readings as Parquet: time zone aware moments, exact values."""
    columns: dict[str, list[Any]] = {
        column: [row[position] for row in rows] for position, column in enumerate(COLUMNS["production_counter"])
    }
    whole_numbers = ("occurred_at", "value", "rolls_over_at")
    schema = dict.fromkeys(columns, polars.String) | dict.fromkeys(whole_numbers, polars.Int64)
    table = polars.DataFrame(columns, schema=schema).with_columns(
        polars.from_epoch("occurred_at", time_unit="ms").dt.replace_time_zone("UTC"),
        polars.col("value").cast(polars.Decimal(18, 6)),
    )
    table.write_parquet(target)
