"""What the demo and an ordinary night cost."""

from __future__ import annotations

from pathlib import Path

from ingest import demo
from tests.bench.measure import Cost, tieout


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
