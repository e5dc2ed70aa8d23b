"""Failures, setups and counted cycles of random plants, found again by walking through each machine's time.

The walk takes the oracle's states, orders and counter readings; what they make together is decided here, moment by
moment. TIEOUT_FURTHER_PLANTS sets how many plants are drawn.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest

from efficiency.case import Case, current_facts
from efficiency.draw import SEED, drawn, from_environment
from efficiency.oracle import FOREVER, Moment, Oracle
from efficiency.plants import plants
from efficiency.test_arrival_order import NIGHTS, arriving
from efficiency.warehouse import Warehouse, built_at_once, company_of

FURTHER_PLANTS = from_environment("TIEOUT_FURTHER_PLANTS", 200)
MINOR_STOP_MS = 300_000

pytestmark = pytest.mark.slow


class FurtherWarehouse(Warehouse):
    marts = (
        *("reliability_work_unit_period", "changeover", "cycle_time_item_day", "standards_audit", "order_time"),
        "process_measurement_tag_day",
    )


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return drawn(plants(), FURTHER_PLANTS, SEED + 3)


@pytest.fixture(scope="module")
def oracles(cases: list[Case]) -> dict[str, Oracle]:
    return {company_of(number): Oracle(current_facts(case.deliveries)) for number, case in enumerate(cases)}


@pytest.fixture(scope="module")
def built(cases: list[Case], tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    return built_at_once(tmp_path_factory.mktemp("further") / "home", cases, FurtherWarehouse)


def walks(oracle: Oracle) -> Iterator[tuple[str, list[Moment]]]:
    """Each machine with the moments of its shifts, in order of time."""
    slots = sorted(oracle.slots(), key=lambda slot: (slot.unit, slot.start))
    for unit in dict.fromkeys(slot.unit for slot in slots):
        yield unit, [now for slot in slots if slot.unit == unit for now in oracle.moments(slot)]


def is_breakdown(oracle: Oracle, now: Moment) -> bool:
    if now.hold is None or now.state not in ("down", "maintenance"):
        return False
    if category := oracle.loss_of_reason(now.hold.row):
        return category == "breakdown"
    end = (oracle.horizon or 0) if now.hold.end == FOREVER else now.hold.end
    return end - now.hold.start >= MINOR_STOP_MS


def failures(oracle: Oracle, moments: list[Moment]) -> list[int]:
    """The planned busy milliseconds that each failure cost; a state that goes on over a gap is one failure."""
    found: list[int] = []
    reach: int | None = None
    for now in moments:
        if is_breakdown(oracle, now):
            assert now.hold is not None
            if reach is None or now.at > reach:
                found.append(0)
            reach = max(reach or 0, now.hold.end, now.at + now.lasts)
            found[-1] += now.lasts if now.element in ("delay", "down") else 0
    return [lost for lost in found if lost > 0]


def setups(moments: list[Moment]) -> list[tuple[Any, ...]]:
    """(start, end, milliseconds of setup, order before, order after) of all setup between spells of production."""
    found: list[list[Any]] = []
    before, is_open = None, False
    for now in moments:
        if now.state == "setup":
            if not is_open:
                found.append([now.at, 0, 0, before, None])
            is_open = True
            found[-1][1] = now.at + now.lasts
            found[-1][2] += now.lasts
        elif now.state == "producing":
            if is_open:
                found[-1][4] = now.order
            before, is_open = now.order, False
    return [tuple(setup) for setup in found]


def test_failures_and_their_cost_are_those_of_a_walk(built: Warehouse, oracles: dict[str, Oracle]) -> None:
    expected = {
        (company, unit): (len(lost), sum(lost))
        for company, oracle in oracles.items()
        for unit, moments in walks(oracle)
        if (lost := failures(oracle, moments))
    }
    rows = built.rows("""select company_id, work_unit_id, sum(failure_count),
        sum((time_to_restoration_seconds * 1000)::bigint) from maintenance.reliability_work_unit_period
        group by all having sum(failure_count) > 0""")
    assert {(company, unit): (int(count), int(lost)) for company, unit, count, lost in rows} == expected
    assert any(count > 1 for count, _ in expected.values())


def test_changeovers_are_the_setups_of_a_walk(built: Warehouse, oracles: dict[str, Oracle]) -> None:
    expected = {
        (company, unit, *setup[:4], setup[4])
        for company, oracle in oracles.items()
        for unit, moments in walks(oracle)
        for setup in setups(moments)
    }
    rows = built.rows("""select company_id, work_unit_id, epoch_ms(start_at), epoch_ms(end_at),
        (actual_setup_seconds * 1000)::bigint, from_order_id,
        case when changeover_status not like 'provisional%' then to_order_id end from efficiency.changeover""")
    # An order that production does not name is taken from the setup; the walk asks production only.
    named = {row[:6]: row[6] for row in rows}
    assert set(named) == {setup[:6] for setup in expected}
    assert all(named[setup[:6]] == setup[6] for setup in expected if setup[6] is not None)
    assert len(expected) > FURTHER_PLANTS // 4


def test_every_piece_counted_while_producing_is_in_one_bucket(built: Warehouse, oracles: dict[str, Oracle]) -> None:
    expected: dict[tuple[str, Any], int] = defaultdict(int)
    for company, oracle in oracles.items():
        totals = {
            (row["work_unit_id"], row["occurred_at"] // 86_400_000)
            for row in oracle.facts["production_counter"]
            if row["counter"] == "total"
        }
        for slot in oracle.slots():
            spells = [(now.at, now.at + now.lasts) for now in oracle.moments(slot) if now.state == "producing"]
            for counter, at, _, added in oracle.increments(slot.unit):
                is_timed_by = (counter == "total") == ((slot.unit, at // 86_400_000) in totals)
                if is_timed_by and any(start <= at < end for start, end in spells):
                    expected[company, slot.day] += added
    rows = built.rows("""select company_id, production_date, (sum(piece_qty) * 1000000)::bigint
        from efficiency.cycle_time_item_day group by all""")
    assert {(company, day): pieces for company, day, pieces in rows} == {
        key: pieces for key, pieces in expected.items() if pieces
    }
    assert built.rows("select count(*) > 0 from efficiency.cycle_time_item_day where bucket_no > 0") == [(True,)]
    assert len(expected) > FURTHER_PLANTS // 10


def test_nights_in_any_order_give_what_one_build_gives(cases: list[Case], tmp_path: Path) -> None:
    late = [arriving(case, Random(f"{SEED} {number}")) for number, case in enumerate(cases[:100])]
    nightly = FurtherWarehouse.new(tmp_path / "nights")
    nightly.deliver_companies({number: case.zone for number, case in enumerate(late)})
    for night in range(NIGHTS):
        nightly.deliver({number: (case.zone, case.deliveries[night]) for number, case in enumerate(late)})
        nightly.take_in()
        nightly.build(nightly.news() if night else None)
    at_once = FurtherWarehouse.new(tmp_path / "once")
    (at_once.home.root / "raw").symlink_to(nightly.home.root / "raw")
    at_once.build()
    with duckdb.connect() as connection:
        for name, home in (("nights", nightly.home), ("once", at_once.home)):
            connection.execute(f"attach '{home.warehouse}' as {name} (read_only)")
        for mart in FurtherWarehouse.marts:
            [schema] = {"maintenance"} if mart.startswith("reliability") else {"efficiency"}
            for left, right in (("once", "nights"), ("nights", "once")):
                [(extra,)] = connection.sql(
                    f"select count(*) from (from {left}.{schema}.{mart} except all from {right}.{schema}.{mart})"
                ).fetchall()
                assert extra == 0, f"{extra} rows of {mart} are only in the build of {left}"
