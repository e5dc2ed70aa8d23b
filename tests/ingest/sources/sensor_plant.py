"""A plant in Berlin with two machines, M1 and M2, and a source of sensor readings that a test declares by itself."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

from taken_in import take_in_home

from ingest.mapping import load_source_folder
from settings.configuration import Source
from settings.home import Home

TIEOUT_YML = """
companies: [{company_id: C1, name: Cogs, currency_code: EUR, time_zone: Europe/Berlin}]
plants: [{plant_id: P1, company_id: C1, name: Works, time_zone: Europe/Berlin, currency_code: EUR}]
sources:
  - {name: master, plant_id: P1}
  - {name: machines, system: ./shop, plant_id: P1, time_zone: Europe/Berlin}
"""


class SensorPlant:
    """Declare, deliver, take in, ask."""

    def __init__(self, root: Path, source_yml: str) -> None:
        self.home = Home(root)
        self.declare(source_yml)
        self.deliver("work_center.csv", "work_center_id,plant_id,name\nWC,P1,Mills\n", source="master")
        units = "work_unit_id,work_center_id,plant_id,name\nM1,WC,P1,Mill 1\nM2,WC,P1,Mill 2\n"
        self.deliver("work_unit.csv", units, source="master")

    def declare(self, source_yml: str) -> None:
        folder = self.home.root / "shop"
        folder.mkdir(parents=True, exist_ok=True)
        heading = "system: shop\ndescription: Readings of the mills.\n"
        (folder / "source.yml").write_text(heading + textwrap.dedent(source_yml), encoding="utf-8")

    def load(self) -> None:
        load_source_folder(self.home, Source(name="machines", system="./shop"))

    def deliver(self, name: str, text: str, source: str = "machines") -> Path:
        file = self.home.inbox / source / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
        return file

    def take_in(self) -> SensorPlant:
        self._taken = take_in_home(self.home, TIEOUT_YML)
        return self

    def states(self, more: str = "") -> list[tuple[Any, ...]]:
        return self._events("machine_state", f"work_unit_id, {_time('occurred_at')}, state{more}")

    def counters(self, more: str = "") -> list[tuple[Any, ...]]:
        return self._events(
            "production_counter", f"work_unit_id, {_time('occurred_at')}, counter, value::varchar, reading_kind{more}"
        )

    def measurements(self) -> list[tuple[Any, ...]]:
        return self._events("process_measurement", f"work_unit_id, {_time('occurred_at')}, tag, value, unit")

    def refused(self) -> list[tuple[Any, ...]]:
        """(file line, dataset, codes, reasons, what was delivered) of every quarantined row, by line."""
        return self._taken.rows("""
            select source_line, dataset, array_to_string(reason_codes, ' '), array_to_string(reasons, '; '), row_json
            from quarantine order by all""")

    def refused_lines(self) -> list[tuple[int, str, str]]:
        return [(line, dataset, codes) for line, dataset, codes, _, _ in self.refused()]

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        return self._taken.rows(sql)

    def _events(self, dataset: str, columns: str) -> list[tuple[Any, ...]]:
        return self._taken.rows(f"select {columns} from {dataset} order by all")


def _time(column: str) -> str:
    return f"strftime({column}, '%m-%d %H:%M:%S')"
