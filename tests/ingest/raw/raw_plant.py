"""A small company's home into which a test delivers files, and what the ingest made of them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from ingest.raw import IngestReport, create_raw_views, ingest
from settings.configuration import Configuration, parse_configuration
from settings.home import Home

COMPANY = {"company_id": "C1", "name": "Cogs", "currency_code": "EUR", "time_zone": "Europe/Berlin"}
PLANT = {
    "plant_id": "P1",
    "company_id": "C1",
    "name": "Works",
    "time_zone": "Europe/Berlin",
    "currency_code": "EUR",
}
ONE_PLANT = {"companies": [COMPANY], "plants": [PLANT], "sources": [{"name": "erp", "plant_id": "P1"}]}


class Plant:
    """A home, its configuration, and the two things a test does: deliver and take in."""

    def __init__(self, root: Path, configuration: dict[str, Any]) -> None:
        self.home = Home(root)
        self.configure(configuration)

    def configure(self, configuration: dict[str, Any]) -> None:
        self.configuration: Configuration = parse_configuration(configuration, Path("tieout.yml"))

    def path(self, name: str, source: str = "erp") -> Path:
        path = self.home.inbox / source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def deliver(self, name: str, text: str | bytes, source: str = "erp") -> Path:
        path = self.path(name, source)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def deliver_machines(self, *units: str) -> None:
        self.deliver("2026-03-01/work_center.csv", "work_center_id,plant_id,name\nWC,P1,Mills\n")
        rows = "".join(f"{unit},WC,P1,Mill {unit}\n" for unit in units or ("M1", "M2"))
        self.deliver("2026-03-01/work_unit.csv", "work_unit_id,work_center_id,plant_id,name\n" + rows)

    def take_in(self, recorded_at: datetime | None = None) -> IngestReport:
        return ingest(self.home, self.configuration, recorded_at=recorded_at)

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect() as connection:
            connection.execute("set timezone = 'UTC'")
            create_raw_views(connection, self.home)
            return connection.execute(sql).fetchall()

    def current(self, dataset: str, columns: str) -> list[tuple[Any, ...]]:
        """The latest version of every row that is not deleted, by the rule that staging follows."""
        return self.ask(f"""select {columns} from (
            select * from raw.{dataset} qualify row_number() over (partition by company_id, source_key
              order by recorded_at desc, delivery_seq desc, source_line desc) = 1)
            where not is_deleted order by all""")

    def rejected(self, dataset: str) -> list[tuple[Any, ...]]:
        return self.ask(f"""select source_line, reason_codes, reasons from raw.quarantine
            where dataset = '{dataset}' order by delivery_seq, source_line""")

    def reasons(self, dataset: str) -> dict[int, list[str]]:
        return {line: reasons for line, _, reasons in self.rejected(dataset)}

    def codes(self, dataset: str) -> dict[int, list[str]]:
        return {line: codes for line, codes, _ in self.rejected(dataset)}

    def everything_stored(self) -> list[str]:
        """Every file below raw/, quarantine/ and delivered/, with its size."""
        return sorted(
            f"{file.relative_to(self.home.root)} {file.stat().st_size}"
            for folder in (self.home.raw, self.home.quarantine, self.home.delivered)
            for file in folder.rglob("*")
            if file.is_file()
        )


def utc(text: str) -> datetime:
    """The moment as the raw store holds it: UTC without zone."""
    return datetime.fromisoformat(text)
