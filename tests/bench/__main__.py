"""`python -m tests.bench`: measure and print; --write also keeps docs/benchmarks.md.

`table` (what `make bench` runs) measures the product and its parts side by side; `nights` a night with a year of
history against one with a month; `billion` one night of a billion rows.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Column, Table

from tests.bench import billion, ledger, page
from tests.bench.csv_ingest import ingest_against_scan
from tests.bench.machine_shift import MachineShiftCosts, machine_shift_job
from tests.bench.measure import Cost
from tests.bench.nights import NightAfterHistory, demo_of_sixty_days, night_after_history, one_small_night, what_grew
from tests.bench.parquet_ingest import parquet_ingest_against_scan

Line = tuple[str, ...]
LONG, SHORT = 365, 30
PARTS = ("product", "ingest", "machine_shift", "nights")
QUICK_MACHINES = 2
SECTIONS = {10_000_000: "Ten million rows", 100_000_000: "A hundred million rows"}
CONSOLE = Console(width=None if sys.stdout.isatty() else 160)


def rows_of(scale: str) -> int:
    """Return the number of rows that a scale such as 10m or 500k names."""
    return int(scale[:-1]) * {"k": 1_000, "m": 1_000_000, "b": 1_000_000_000}[scale[-1].lower()]


def line(what: str, cost: Cost, ratio: float | None = None, goal: str = "", reached: bool | None = None) -> Line:
    """One measured line."""
    verdict = "" if reached is None else "yes" if reached else "NO"
    shown = "" if ratio is None else f"{ratio:.2f}"
    return what, f"{cost.wall:.1f}", f"{cost.cpu:.1f}", f"{cost.peak_mb:,.0f}", shown, goal, verdict


def product(folder: Path) -> list[Line]:
    """The demo and small nights."""
    demo = demo_of_sixty_days(folder)
    night, idle = one_small_night(folder)
    return [
        line("tieout demo: 60 days generated, taken in, published", demo, goal="≤ 60 s, ≤ 1 GB",
             reached=demo.wall <= 60 and demo.peak_mb <= 1024),
        line("tieout nightly: one new small day on 59", night, goal="≤ 20 s, ≤ 1 GB",
             reached=night.wall <= 20 and night.peak_mb <= 1024),
        line("tieout nightly: nothing new (what is not data work)", idle, goal="≤ 15 s", reached=idle.wall <= 15),
    ]  # fmt: skip


def ingests(folder: Path, rows: int) -> list[Line]:
    """CSV and Parquet ingest against scans."""
    csv, csv_scan = ingest_against_scan(folder, rows)
    parquet, parquet_scan = parquet_ingest_against_scan(folder, rows)
    share, times = csv_scan.wall / csv.wall, parquet.cpu / parquet_scan.cpu
    return [
        line(f"CSV ingest with quarantine, {rows:,} sensor rows", csv, share, "≥ 1/3 of the scan's rate, wall",
             share >= 1 / 3),
        line("the same file, DuckDB's bare scan of all columns as text (best of 3)", csv_scan),
        line(f"Parquet ingest with all contract rules, {rows:,} sensor rows", parquet, times, "≤ 3 × the scan, CPU",
             times <= 3),
        line("the same file, DuckDB's plain scan of all columns (best of 3)", parquet_scan),
    ]  # fmt: skip


def machine_shifts(costs: MachineShiftCosts, tenth: MachineShiftCosts | None) -> list[Line]:
    """Events to machine-shifts against a scan, a tenth of the rows, pandas and Spark."""
    rows, ours = f"{costs.rows:,} rows", costs.statements
    scans, leaner = ours.cpu / costs.scan.cpu, costs.pandas.cpu / ours.cpu
    lines = [
        line(f"events → oee_machine_shift, {rows}: the statements dbt compiled", ours, scans,
             "≤ 6 × the scan, CPU", scans <= 6),
        line("… whole dbt runs, starts included", costs.whole),
    ]  # fmt: skip
    if tenth is not None:
        growth = ours.cpu / tenth.statements.cpu
        lines += [
            line(f"… against {tenth.rows:,} rows", tenth.statements, growth, "≤ 10.5 × a tenth, CPU", growth <= 10.5),
            line("… peak memory", costs.whole, goal="≤ 1.5 GB", reached=costs.whole.peak_mb <= 1536),
        ]
    lines += [
        line("filtered scan of the delivered files, all four columns", costs.scan),
        line("the same job in pandas, equal to the ms", costs.pandas, leaner, "≥ 3 × our CPU", leaner >= 3),
    ]
    if costs.spark is None:
        lines.append((f"the same job in Spark local[2]: skipped, {costs.spark_missing}", "", "", "", "", "", ""))
    else:
        faster = costs.spark.wall / ours.wall
        lines.append(line("the same job in Spark local[2], equal to the ms; session start left out", costs.spark,
                          faster, "≥ 5 × our wall", faster >= 5))  # fmt: skip
    lines.append(line(f"taking these {rows} in from the historian's files", costs.ingest))
    return lines


def histories(short: NightAfterHistory, long: NightAfterHistory, machines: int) -> list[Line]:
    """A night with a year of history against one with a month."""
    growth = long.night.cpu / short.night.cpu
    rows = f"{machines * 50_000:,} rows"
    return [
        line(f"tieout nightly: one new day of {rows} on {long.history_days} days", long.night, growth,
             f"≤ 1.2 × on {short.history_days} days, CPU", growth <= 1.2),
        line(f"the same on {short.history_days} days", short.night),
        line(f"first night: {long.history_days} days at once", long.first),
    ]  # fmt: skip


def run_table(options: argparse.Namespace) -> None:
    """Measure the product and its parts."""
    rows = rows_of(options.scale)
    with _folder(options.folder) as folder:
        lines: list[Line] = []
        if "product" in options.only:
            lines += _measured("demo and small nights", lambda: product(folder))
        if "ingest" in options.only:
            lines += _measured("CSV and Parquet ingest", lambda: ingests(folder, min(rows, 10_000_000)))
        if "machine_shift" in options.only:
            CONSOLE.log("events to machine-shifts")
            tenth = machine_shift_job(folder, rows // 10, spark=False) if rows >= 100_000_000 else None
            lines += _measured("…", lambda: machine_shifts(machine_shift_job(folder, rows), tenth))
        if "nights" in options.only:
            lines += histories(*_histories(folder, QUICK_MACHINES), QUICK_MACHINES)
    _show(lines)
    if options.write:
        parts = "" if set(options.only) == set(PARTS) else f" --only {' '.join(options.only)}"
        command = f"python -m tests.bench table --scale {options.scale}{parts} --write"
        page.write_section(SECTIONS.get(rows, "Product and parts"), command, page.table(lines))


def run_nights(options: argparse.Namespace) -> None:
    """Measure nights against history alone."""
    with _folder(options.folder) as folder:
        short, long = _histories(folder, options.machines)
    lines = histories(short, long, options.machines)
    _show(lines)
    grown = [(name, f"{before:.2f}", f"{after:.2f}") for name, before, after in what_grew(short, long)]
    head = ("what grew most, wall s", f"{short.history_days} days", f"{long.history_days} days")
    _show(grown, head)
    if options.write:
        body = f"{page.table(lines)}\n\n{page.table(grown, head)}"
        command = f"python -m tests.bench nights --machines {options.machines} --write"
        page.write_section("Nights against history", command, body)


def run_billion(options: argparse.Namespace) -> None:
    """Run the billion rows once."""
    days, machines = options.days, options.machines or billion.MACHINES
    run = billion.billion(Path(options.folder).resolve(), days, machines, CONSOLE.log)
    cost = run.cost
    rate = run.rows / cost.wall
    lines = [
        line(f"tieout nightly: {run.rows:,} rows, {machines} machines × {days} days, to published OEE",
             Cost(cost.wall, cost.cpu, run.tree_mb), goal="≤ 4 GB, all processes together",
             reached=run.tree_mb <= billion.MEMORY_GOAL_MB),
    ]  # fmt: skip
    _show(lines)
    stages = "\n".join(f"    {stage}" for stage in run.stages)
    body = f"""{page.table(lines)}

Finished after {cost.wall / 60:.0f} minutes, {rate:,.0f} rows a second from extract to published figures.
{run.delivered_gb:.1f} GB were delivered, {run.store_gb:.1f} GB are kept in the raw store; published were
{run.machine_shifts:,} machine-shifts, {run.known_oee:,} of them with an OEE. The largest single process took
{cost.peak_mb:,.0f} MB. The night's own progress:

{stages}"""
    CONSOLE.print(body, soft_wrap=True, highlight=False)
    command = f"python -m tests.bench billion --folder {options.folder}"
    if (days, machines) != (billion.DAYS, billion.MACHINES):
        CONSOLE.print("not a billion rows: docs/benchmarks.md is left as it is")
    else:
        page.write_section("One billion rows", command, body)


def run_books(options: argparse.Namespace) -> None:
    """Variance, work in process and reconciliation of so many orders: first all of them, then one in a hundred more."""
    with _folder(options.folder) as folder:
        first, more = ledger.books(folder, options.orders, CONSOLE.log)
    orders = options.orders
    lines = [
        line(f"{orders:,} orders, {orders * 20:,} movements, {orders * 10:,} ledger lines: leaves, WIP, books",
             first, goal="≤ 60 s", reached=first.wall <= 60),
        line("a night with 1 % new", more, more.wall / first.wall, goal="≤ 15 s", reached=more.wall <= 15),
    ]  # fmt: skip
    _show(lines)
    if options.write:
        command = f"python -m tests.bench books --orders {orders} --write"
        page.write_section("A year of costs and books", command, page.table(lines))


def _histories(folder: Path, machines: int) -> tuple[NightAfterHistory, NightAfterHistory]:
    short, long = (night_after_history(folder, machines, days, 2, CONSOLE.log) for days in (SHORT, LONG))
    return short, long


def _measured(what: str, lines: Callable[[], list[Line]]) -> list[Line]:
    CONSOLE.log(what)
    return lines()


def _show(lines: list[Line], head: Line = page.HEAD) -> None:
    table = Table(head[0], *(Column(name, justify="right", no_wrap=True) for name in head[1:5]), *head[5:])
    for cells in lines:
        table.add_row(*cells)
    CONSOLE.print(table)


@contextmanager
def _folder(named: str | None) -> Iterator[Path]:
    if named:
        Path(named).mkdir(parents=True, exist_ok=True)
        yield Path(named).resolve()
    else:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("table", help="the product and its parts")
    one.add_argument("--scale", default="10m", help="rows, for example 1m, 10m or 100m")
    one.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="measure only these")
    one.set_defaults(run=run_table)
    two = commands.add_parser("nights", help="one new day on a year of history against one on a month")
    two.add_argument("--machines", type=int, default=20, help="each delivers 50,000 rows a day")
    two.set_defaults(run=run_nights)
    books = commands.add_parser("books", help="variance, work in process and the ledger of a year's orders")
    books.add_argument("--orders", type=int, default=100_000)
    books.set_defaults(run=run_books)
    three = commands.add_parser("billion", help="one night of a billion rows; always writes its section")
    three.add_argument("--days", type=int, default=billion.DAYS)
    three.add_argument("--machines", type=int, default=billion.MACHINES)
    three.set_defaults(run=run_billion)
    for command in (one, two, books):
        command.add_argument("--folder", help="work here and keep it; default: a temporary folder")
        command.add_argument("--write", action="store_true", help="write the section of docs/benchmarks.md")
    three.add_argument("--folder", required=True, help="the home; its inbox is filled where it is not")
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
