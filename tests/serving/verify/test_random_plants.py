"""No false alarm: what the models make of random plants, odd as they are, holds for the verifier as well."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from serving.publish import publish
from serving.verify.build import open_build
from serving.verify.verify import by_identity, verify

PLANTS, SEED = 60, 909
PROVED = {
    "TIME.CALENDAR",
    "TIME.PLANNED_BUSY",
    "I7.PLANT_DAY",
    "I13.PRODUCED",
    "I13.CONFIRMED",
    "I14.LOSSES",
    "I14.EVENTS",
}


@pytest.mark.slow
def test_machine_time_of_random_plants_is_published_and_holds(tmp_path: Path) -> None:
    sys.path.append(str(Path(__file__).parents[2]))
    from efficiency.draw import drawn
    from efficiency.plants import plants
    from efficiency.warehouse import Warehouse, built_at_once

    class Whole(Warehouse):
        marts = (*Warehouse.marts, "yield_order_operation", "yield_item_day", "scrap_reason_day", "labour_worker_shift")

    warehouse = built_at_once(tmp_path / "plants", drawn(plants(), PLANTS, SEED), Whole)
    folder = publish(warehouse.home, "b1", keep_builds=1, manifest={})
    status = {proof.identity_id: proof.status for proof in by_identity(verify(open_build(folder)))}
    assert {name for name, each in status.items() if each == "broken"} == set()
    assert {name for name, each in status.items() if each == "holds"} >= PROVED
