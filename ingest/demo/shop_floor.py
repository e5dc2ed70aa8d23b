"""Orders on their way through the plant: release, operations on whichever unit is free, completion.

Each product family keeps a fixed number of open orders: when one is finished the next is released, so that the
plant is loaded as its bottleneck allows and never starves. Operations of one order do not overlap.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from heapq import heappop, heappush
from random import Random

from ingest.demo.clock import DAY, HOUR, MINUTE, SECOND
from ingest.demo.machine import Machine, Run
from ingest.demo.plant_layout import WorkUnit
from ingest.demo.products import ITEM, PROTOTYPE_ITEM_ID, Item, Operation, operations_of
from ingest.demo.shifts import Segment


@dataclass(frozen=True)
class Family:
    """Items made on the same route, in turn, with so many orders open at a time for each copy of the units."""

    plant_id: str
    item_ids: tuple[str, ...]
    open_orders: int
    prefix: str


FAMILIES = (
    Family("P1", ("BODY10", "SPOOL10", "HOUS20", "SHAFT20", "SPOOL10", "BODY10"), 13, "10"),
    Family("P1", ("V100", "V200", "V100", "PU50"), 4, "11"),
    Family("P2", ("BASE-TOM", "BASE-TOM", "BASE-PES"), 4, "20"),
    Family("P2", ("TS500", "PE190", "TS500"), 7, "21"),
)


@dataclass
class Order:
    """A production order and what became of it. Quantities in quanta of its item."""

    order_id: str
    item: Item
    order_type: str
    quantity: int
    released_at: int
    planned_start: int
    planned_end: int
    runs: list[Run] = field(default_factory=list)
    outside: tuple[int, int, Operation, int] | None = None
    """Heat treatment: sent, back, the operation, quanta that came back."""
    finished_at: int | None = None

    @property
    def started_at(self) -> int | None:
        """The moment work on it began."""
        return self.runs[0].start if self.runs else None


@dataclass
class ShopFloor:
    """Everything that happened: orders in release order, and each unit's machine with its states and readings."""

    orders: list[Order]
    machines: dict[str, Machine]


def simulate(
    units: list[WorkUnit],
    segments: dict[str, list[Segment]],
    begin: int,
    end: int,
    copies: int,
    prototypes_from: int,
    seed: str,
) -> ShopFloor:
    """Run the plant from `begin` until no operation can start before `end`."""
    random = Random(f"{seed}/orders")
    machines = {
        unit.work_unit_id: Machine(unit, segments[unit.work_unit_id], Random(f"{seed}/{unit.work_unit_id}"), begin)
        for unit in units
    }
    centers: dict[str, list[Machine]] = defaultdict(list)
    for machine in machines.values():
        centers[machine.unit.work_center.work_center_id].append(machine)
    floor = ShopFloor([], machines)
    queue: list[tuple[int, int, Order, int, int, int]] = []
    released = [0] * len(FAMILIES)
    ticket = 0

    def release(family_no: int, at: int) -> None:
        nonlocal ticket
        family = FAMILIES[family_no]
        item = ITEM[family.item_ids[released[family_no] % len(family.item_ids)]]
        order_type = "standard"
        if family.prefix == "11" and at >= prototypes_from and random.random() < 0.1:
            item, order_type = ITEM[PROTOTYPE_ITEM_ID], "trial"
        released[family_no] += 1
        ticket += 1
        per_unit = int(1 / item.quantum)
        quantity = int(item.lot_size_qty * random.choice((0.75, 1.0, 1.0, 1.0, 1.25))) * per_unit
        planned_start = at + 2 * HOUR
        order = Order(
            f"{family.prefix}{ticket:05d}", item, order_type, quantity, at, planned_start, planned_start + 3 * DAY
        )
        floor.orders.append(order)
        heappush(queue, (at + 30 * MINUTE, ticket, order, 0, quantity, family_no))

    for family_no, family in enumerate(FAMILIES):
        for number in range(family.open_orders * copies):
            release(family_no, begin + number * 47 * MINUTE // copies)
    while queue:
        ready, number, order, step, quantity, family_no = heappop(queue)
        operations = operations_of(order.item.item_id)
        if step == len(operations) or quantity <= 0:
            order.finished_at = ready
            if ready < end:
                release(family_no, ready + random.randrange(5, 90) * MINUTE)
            continue
        operation = operations[step]
        candidates = centers[operation.work_center_id]
        if not candidates:
            back = ready + random.randrange(20, 44) * HOUR
            back -= back % SECOND
            if back < end:
                order.outside = (ready, back, operation, quantity)
                heappush(queue, (back + HOUR, number, order, step + 1, quantity, family_no))
            continue
        machine = min(candidates, key=lambda candidate: candidate.free_at)
        start = machine.next_work(max(ready, machine.free_at))
        if start is None or start >= end:
            continue
        machine.wait_until(start)
        runs = machine.work(order.order_id, operation, quantity, int(1 / order.item.quantum), start)
        order.runs += runs
        if runs and runs[-1].is_last:
            passed = sum(run.good + run.rework for run in runs)
            after = random.randrange(3, 25) * MINUTE
            heappush(
                queue, (machine.free_at - machine.free_at % SECOND + after, number, order, step + 1, passed, family_no)
            )
    for machine in machines.values():
        machine.wait_until(max(end, machine.free_at))
    return floor
