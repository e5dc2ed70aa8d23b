"""A small plant with a ledger, delivered night by night, and asked through the command line."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from settings.home import Home

INBOX = Path(__file__).parents[2] / "small_plant" / "inbox" / "erp"
START = "from dagster_project.command_line.main import run; run()"

ACCOUNTS = """\
account_id,company_id,name,account_type,role
1400,SMALL,Raw material,asset,raw_material
1450,SMALL,Work in process,asset,wip
1600,SMALL,Goods received,liability,goods_received_not_invoiced
5000,SMALL,Price variances,expense,ppv
6000,SMALL,Rent,expense,
"""
SUPPLIERS = """\
supplier_id,company_id,name
ACE,SMALL,Ace Steel
"""
RECEIPTS = """\
receipt_id,line_no,plant_id,supplier_id,item_id,qty,uom,price_amount,price_unit_qty,currency_code,posting_date
R1,1,SP,ACE,STEEL,100,KG,5.20,1,EUR,2026-03-05
"""
STANDARD_OF_STEEL = """\
item_id,plant_id,version_id,cost_component,valid_from,valid_to,amount,price_unit_qty,currency_code
STEEL,SP,2026A,material,2026-01-01,,5,1,EUR
"""
LEDGER_HEADER = (
    "document_id,line_no,company_id,plant_id,account_id,order_id,posting_date,period_id,amount,currency_code,"
    "source_document,reversal_of"
)
LEDGER = f"""\
{LEDGER_HEADER}
L1,1,SMALL,SP,1450,A,2026-03-27,2026-03,5100.00,EUR,1,
L1,2,SMALL,SP,1400,A,2026-03-27,2026-03,-5100.00,EUR,1,
L2,1,SMALL,SP,1400,,2026-03-05,2026-03,500.00,EUR,R1,
L2,2,SMALL,SP,1600,,2026-03-05,2026-03,-520.00,EUR,R1,
L2,3,SMALL,SP,5000,,2026-03-05,2026-03,20.00,EUR,R1,
L3,1,SMALL,SP,6000,,2026-03-31,2026-03,800.00,EUR,,
L3,2,SMALL,SP,1600,,2026-03-31,2026-03,-800.00,EUR,,
"""


@dataclass(frozen=True)
class Answer:
    """What a command returned."""

    status: int
    out: str
    err: str


class Books:
    """A home and what a person does with it; nothing here knows how figures come about."""

    def __init__(self, root: Path) -> None:
        self.home = Home(root)
        (root / "inbox" / "erp").mkdir(parents=True)
        (root / "tieout.yml").write_text("sources: [{name: erp, plant_id: SP}]\n", encoding="utf-8")
        self.environment = {**os.environ, "PYTHONUNBUFFERED": "1"}

    def deliver(self, night: str, **datasets: str) -> None:
        """Put CSV texts into the inbox, in a folder of that night."""
        folder = self.home.inbox / "erp" / night
        folder.mkdir(parents=True, exist_ok=True)
        for dataset, text in datasets.items():
            (folder / f"{dataset}.csv").write_text(text, encoding="utf-8")

    def deliver_first(self, **more: str) -> None:
        """Deliver the small plant as it stands, with accounts, a purchase and a ledger."""
        for file in INBOX.glob("*.csv"):
            if file.stem != "standard_cost":
                shutil.copyfile(file, self.home.inbox / "erp" / file.name)
        standards = (INBOX / "standard_cost.csv").read_text(encoding="utf-8").strip()
        self.deliver(
            "2026-04-01",
            account=ACCOUNTS,
            supplier=SUPPLIERS,
            purchase_receipt=RECEIPTS,
            standard_cost=f"{standards}\n{STANDARD_OF_STEEL.splitlines()[1]}\n",
            ledger_posting=LEDGER,
            **more,
        )

    def run(self, *arguments: str, code: str = START) -> Answer:
        """Run the command line in a process of its own; `code` starts it."""
        done = subprocess.run(
            [sys.executable, "-c", code, "--home", str(self.home.root), *arguments],
            capture_output=True,
            text=True,
            check=False,
            env=self.environment,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def must(self, *arguments: str) -> str:
        """Run a command that must succeed and return what it printed."""
        answer = self.run(*arguments)
        assert answer.status == 0, answer.err
        return answer.out

    def night(self) -> Path:
        """Run the nightly and return the published build."""
        self.must("nightly")
        return self.home.current.resolve()

    def ask(self, sql: str, *options: str) -> list[dict[str, Any]]:
        """Return the rows that `tieout query` answers with."""
        rows: list[dict[str, Any]] = json.loads(self.must("query", sql, "--format", "json", *options) or "[]")
        return rows


def moment() -> str:
    """Now, as --as-of takes it."""
    return datetime.now(UTC).isoformat()


def differences(one: Path, other: Path, left_out: set[str]) -> dict[str, int]:
    """Return the number of rows that only one of two warehouse files has, by table; equal tables are left out."""
    with duckdb.connect() as connection:
        for name, file in (("one", one), ("other", other)):
            connection.execute(f"attach '{file}' as {name} (read_only)")
        tables = connection.execute(
            "select distinct schema_name, table_name from duckdb_tables() where database_name in ('one', 'other')"
        ).fetchall()
        found = {}
        for schema, table in tables:
            if f"{schema}.{table}" in left_out:
                continue
            a, b = (f'(from {name}."{schema}"."{table}")' for name in ("one", "other"))
            row = connection.execute(
                f"select count(*) from (({a} except all {b}) union all ({b} except all {a}))"
            ).fetchone()
            if row and row[0]:
                found[f"{schema}.{table}"] = int(row[0])
        return found
