"""What the demo, an ordinary night, and a night on a long history cost."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ingest import demo
from tests.bench.measure import Cost, python, tieout

HISTORIAN = Path(__file__).parent / "historian"
# Deliveries are made in a process of their own, so that their memory is not taken for that of what is measured.
DELIVER = """
import sys
from pathlib import Path
from tests.bench.factory_papers import write_home
home, machines, first, end, calendar, historian = sys.argv[1:]
write_home(Path(home), int(machines), range(int(first), int(end)), Path(historian), int(calendar))
"""
Say = Callable[[str], None]


@dataclass(frozen=True)
class NightAfterHistory:
    """The first night on so many days, the cheapest of the nights after it, and its seconds of wall by model."""

    history_days: int
    first: Cost
    night: Cost
    models: dict[str, float]


def demo_of_sixty_days(folder: Path) -> Cost:
    """Generate sixty days and publish them: what `make demo` does after it has installed."""
    return tieout(folder / "demo", "demo")


def one_small_night(folder: Path) -> tuple[Cost, Cost]:
    """One new day on a home that knows fifty-nine, and a night on which nothing was delivered."""
    home = folder / "nightly"
    home.mkdir()
    factory = demo.generate(days=60)
    demo.write_configuration(home)
    *history, last = demo.nights(factory)
    for night in history:
        demo.write_extracts(factory, home / "inbox", night)
    tieout(home, "nightly")
    demo.write_extracts(factory, home / "inbox", last)
    return tieout(home, "nightly"), tieout(home, "nightly")


def deliver(home: Path, machines: int, days: range, calendar_days: int = 0) -> None:
    """Put the bench plant's deliveries of these days into the home's inbox."""
    numbers = (machines, days.start, days.stop, max(calendar_days, days.stop))
    python(DELIVER, str(home), *map(str, numbers), str(HISTORIAN))


def night_after_history(folder: Path, machines: int, history_days: int, nights: int, say: Say) -> NightAfterHistory:
    """Publish `history_days` at once, then one more day a night; each machine delivers 50,000 readings a day."""
    home = folder / f"history_{machines}_{history_days}"
    calendar_days = history_days + nights
    say(f"delivering {history_days} days of {machines} machines")
    deliver(home, machines, range(history_days), calendar_days)
    say(f"first night on {history_days} days of {machines} machines")
    first = tieout(home, "nightly")
    costs: list[tuple[Cost, dict[str, float]]] = []
    for day in range(history_days, calendar_days):
        deliver(home, machines, range(day, day + 1), calendar_days)
        say(f"one new day on {day}")
        costs.append((tieout(home, "nightly"), _seconds_by_model(home)))
    night, models = min(costs, key=lambda measured: measured[0].cpu)
    return NightAfterHistory(history_days, first, night, models)


def what_grew(short: NightAfterHistory, long: NightAfterHistory, most: int = 8) -> list[tuple[str, float, float]]:
    """Return the models and tests whose wall seconds grew most, with the seconds of both."""
    grown = [(name, short.models.get(name, 0.0), seconds) for name, seconds in long.models.items()]
    return sorted(grown, key=lambda row: row[1] - row[2])[:most]


def _seconds_by_model(home: Path) -> dict[str, float]:
    results = json.loads((home / "build" / "dbt_target" / "run_results.json").read_bytes())["results"]
    return {result["unique_id"].split(".")[2]: float(result["execution_time"]) for result in results}
