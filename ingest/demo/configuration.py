"""The tieout.yml of a home that the simulated factory delivers to."""

from __future__ import annotations

from pathlib import Path

_TIEOUT_YML = """\
# A simulated factory: two plants, delivered night by night as canonical extracts.
# Companies and plants are delivered by the sources themselves, so they are not listed here.
sources:
  - name: erp
    system: canonical
    path: inbox/erp
  - name: timesheets
    system: canonical
    path: inbox/timesheets
  - name: sensors
    system: canonical
    path: inbox/sensors
costing: {budget_version: PLAN}
schedule: {at: "02:00", time_zone: Europe/Berlin}
"""


def write_configuration(home_root: Path) -> Path:
    """Write tieout.yml into the home, creating the folder; return the file."""
    home_root.mkdir(parents=True, exist_ok=True)
    file = home_root / "tieout.yml"
    file.write_text(_TIEOUT_YML, encoding="utf-8")
    return file
