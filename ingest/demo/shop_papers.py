"""What the ERP hears of the shop floor: orders and their states, confirmations, goods movements and lots."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from random import Random

from ingest.demo.clock import HOUR, MINUTE, SECOND, WallClock
from ingest.demo.costs import PriceList
from ingest.demo.event_log import EventLog
from ingest.demo.machine import Run
from ingest.demo.plant_layout import CURRENCY
from ingest.demo.products import (
    FIRST_VERSION,
    ITEM,
    REROUTED_ITEM_ID,
    SECOND_VERSION,
    BomLine,
    Item,
    components_of,
    operations_of,
)
from ingest.demo.shop_floor import Order

ISSUED_IN_GRAMS = "SPICE"
RECEIVED_IN_CASES = "PE190"
PIECES_PER_CASE = 12


@dataclass(frozen=True)
class Confirmed:
    """A confirmation as entered: its runs (none for work done outside) and the moment of entry."""

    confirmation_id: str
    order: Order
    runs: tuple[Run, ...]
    entered_at: int
    good: Decimal
    row: dict[str, object]


def whole_seconds(moment: int) -> int:
    """Cut a moment to the second, as the ERP keeps it."""
    return moment - moment % SECOND


class ShopPapers:
    """Writes the papers of every order into the log, in order of entry."""

    def __init__(
        self, log: EventLog, clocks: dict[str, WallClock], prices: PriceList, new_version_from: date, seed: str
    ) -> None:
        self._log = log
        self._clocks = clocks
        self._prices = prices
        self._new_version_from = new_version_from
        self._random = Random(f"{seed}/papers")
        self._movement_no = 0

    def record(self, orders: list[Order]) -> list[Confirmed]:
        """Record every paper of `orders`; return the confirmations in order of entry."""
        drafts: list[tuple[int, str, Order, tuple[Run, ...]]] = []
        for order in orders:
            self._record_order(order)
            for operation_no, runs in groupby(order.runs, key=lambda run: run.operation.operation_no):
                drafts += self._drafts(order, operation_no, list(runs))
            if order.outside:
                drafts.append((order.outside[1], order.outside[2].operation_no, order, ()))
        drafts.sort(key=lambda draft: (draft[0], draft[2].order_id, draft[1]))
        confirmed = [self._confirm(f"CF{number:06d}", *draft) for number, draft in enumerate(drafts, start=1)]
        by_order: dict[str, list[Confirmed]] = {}
        for confirmation in confirmed:
            by_order.setdefault(confirmation.order.order_id, []).append(confirmation)
        for order in orders:
            self._record_materials(order, by_order.get(order.order_id, []))
        return confirmed

    # -- orders ---------------------------------------------------------------------------------------------------

    def _record_order(self, order: Order) -> None:
        item = order.item
        clock = self._clocks[item.plant_id]
        released_on = clock.date_of(order.released_at)
        version = None
        if item.item_id == REROUTED_ITEM_ID and self._random.random() < 0.5:
            version = SECOND_VERSION if released_on >= self._new_version_from else FIRST_VERSION
        elif item.plant_id == "P2":
            version = FIRST_VERSION
        values = {
            "order_id": order.order_id,
            "plant_id": item.plant_id,
            "item_id": item.item_id,
            "order_type": order.order_type,
            "planned_qty": order.quantity * item.quantum,
            "uom": item.base_uom,
            "bom_version_id": FIRST_VERSION,
            "routing_version_id": version,
            "released_at": order.released_at,
            "planned_start_at": order.planned_start,
            "planned_end_at": order.planned_end,
            "due_date": clock.date_of(order.planned_end),
        }
        log = self._log
        night = log.night_of(order.released_at)
        log.add("production_order", night, **values, status="released", changed_at=order.released_at)
        if order.started_at is not None:
            started = whole_seconds(order.started_at)
            values["actual_start_at"] = started
            log.add("production_order", log.night_of(started), **values, status="in_process", changed_at=started)
        if order.finished_at is not None:
            done = whole_seconds(order.finished_at) + HOUR
            values["actual_end_at"] = whole_seconds(order.finished_at)
            log.add("production_order", log.night_of(done), **values, status="completed", changed_at=done)
        self._record_operations(order, night)
        for number, line in enumerate(self._inputs(item), start=1):
            needed = self._needed(line, order.quantity * item.quantum)
            log.add(
                "order_component",
                night,
                order_id=order.order_id,
                line_no=number * 10,
                item_id=line.component_id,
                planned_qty=needed,
                uom=ITEM[line.component_id].base_uom,
                operation_no="10",
            )

    def _record_operations(self, order: Order, night: int) -> None:
        """Record the operations; plant P2 names the work unit as soon as it is chosen."""
        for operation in operations_of(order.item.item_id):
            quantity = order.quantity * order.item.quantum
            run = Decimal(operation.run_seconds or 0) * quantity / operation.base_qty
            values = {
                "order_id": order.order_id,
                "operation_no": operation.operation_no,
                "work_center_id": operation.work_center_id,
                "planned_setup_seconds": operation.setup_seconds,
                "planned_run_seconds": run.quantize(Decimal("0.001")),
                "planned_qty": quantity,
            }
            self._log.add("order_operation", night, **values)
            runs = [run for run in order.runs if run.operation is operation]
            if runs and order.item.plant_id == "P2":
                chosen_at = self._log.night_of(runs[0].start)
                self._log.add("order_operation", chosen_at, **values, work_unit_id=runs[0].unit.work_unit_id)

    # -- confirmations --------------------------------------------------------------------------------------------

    def _drafts(
        self, order: Order, operation_no: str, runs: list[Run]
    ) -> list[tuple[int, str, Order, tuple[Run, ...]]]:
        if runs[0].unit.habits.confirms == "whole":
            if not runs[-1].is_last:
                return []
            groups = [tuple(runs)]
        else:
            groups = [(run,) for run in runs if run.end - run.start >= SECOND]
        return [
            (whole_seconds(group[-1].end) + self._random.randrange(60, 900) * SECOND, operation_no, order, group)
            for group in groups
        ]

    def _confirm(
        self, confirmation_id: str, entered_at: int, operation_no: str, order: Order, runs: tuple[Run, ...]
    ) -> Confirmed:
        quantum = order.item.quantum
        clock = self._clocks[order.item.plant_id]
        row: dict[str, object] = {
            "confirmation_id": confirmation_id,
            "order_id": order.order_id,
            "operation_no": operation_no,
            "plant_id": order.item.plant_id,
            "posting_date": clock.date_of(entered_at),
        }
        if runs:
            unit = runs[0].unit
            good = sum(run.good for run in runs) * quantum
            rework = sum(run.rework for run in runs) * quantum
            row["work_unit_id"] = unit.work_unit_id
            row["good_qty"], row["rework_qty"] = good, rework
            row["scrap_qty"] = sum(run.scrap for run in runs) * quantum
            row["reason_id"] = next((run.scrap_reason_id for run in runs if run.scrap_reason_id), None)
            if runs[0].operation.rework_ratio != "0":
                row["first_pass_good_qty"] = good
            worked = sum(run.setup + run.producing for run in runs)
            stated = unit.habits.reports_states
            row["setup_seconds"] = sum(run.setup for run in runs) // SECOND if stated else 0
            row["machine_seconds"] = sum(run.producing for run in runs) // SECOND if stated else 0
            if unit.work_center.books_labour:
                row["labour_seconds"] = int(worked * unit.work_center.staffing) // SECOND
            if unit.habits.confirms == "shift":
                row["production_date"], row["shift_id"] = runs[0].shift.production_date, runs[0].shift.shift_id
            if stated:
                row["start_at"], row["end_at"] = whole_seconds(runs[0].start), whole_seconds(runs[-1].end)
        else:
            assert order.outside is not None
            good = order.outside[3] * quantum
            row |= {"good_qty": good, "scrap_qty": 0, "setup_seconds": 0, "machine_seconds": 0, "labour_seconds": 0}
        self._log.add("confirmation", self._log.night_of(entered_at), **row)
        return Confirmed(confirmation_id, order, runs, entered_at, good, row)

    # -- materials ------------------------------------------------------------------------------------------------

    @staticmethod
    def _inputs(item: Item) -> list[BomLine]:
        return [line for line in components_of(item.item_id) if line.line_type == "component"]

    @staticmethod
    def _needed(line: BomLine, quantity: Decimal) -> Decimal:
        needed = quantity * Decimal(line.qty) / line.base_qty * (1 + Decimal(line.scrap_ratio or 0))
        step = Decimal(1) if ITEM[line.component_id].base_uom == "PC" else Decimal("0.001")
        return needed.quantize(step)

    def _move(
        self, movement_type: str, item: Item, quantity: Decimal, entered_at: int, order: Order | None, **more: object
    ) -> None:
        """Record a movement of `quantity` base units, valued at the standard of its posting date."""
        if not quantity:
            return
        self._movement_no += 1
        posting_date = self._clocks[item.plant_id].date_of(entered_at)
        amount = self._prices.amount(item.item_id, quantity, posting_date)
        if movement_type == "issue" and item.item_type == "packaging" and self._random.random() < 0.05:
            amount = None  # some packaging is posted without value and valued by the reader
        uom = item.base_uom
        if item.item_id == ISSUED_IN_GRAMS:
            quantity, uom = quantity * 1000, "G"
        elif movement_type == "receipt" and item.item_id == RECEIVED_IN_CASES and quantity % PIECES_PER_CASE == 0:
            quantity, uom = quantity / PIECES_PER_CASE, "CS"
        self._log.add(
            "goods_movement",
            self._log.night_of(entered_at),
            movement_id=f"GM{self._movement_no:06d}",
            movement_type=movement_type,
            plant_id=item.plant_id,
            item_id=item.item_id,
            order_id=order.order_id if order else None,
            qty=quantity,
            uom=uom,
            amount=amount,
            currency_code=CURRENCY,
            posting_date=posting_date,
            entered_at=entered_at,
            **more,
        )

    def _record_materials(self, order: Order, confirmed: list[Confirmed]) -> None:
        if order.started_at is None:
            return
        random, item = self._random, order.item
        begun = whole_seconds(order.started_at) + random.randrange(60, 1200) * SECOND
        quantity = order.quantity * item.quantum
        for line in self._inputs(item):
            component = ITEM[line.component_id]
            if line.substitute_id and random.random() < 0.08:
                component = ITEM[line.substitute_id]
            needed = self._needed(line, quantity)
            self._move("issue", component, needed, begun, order, operation_no="10")
            surplus = (needed * Decimal(random.randint(-30, 45)) / 1000).quantize(
                Decimal(1) if component.base_uom == "PC" else Decimal("0.001")
            )
            if order.finished_at is not None:
                settled = whole_seconds(order.finished_at) + random.randrange(5, 50) * MINUTE
                self._move("return" if surplus < 0 else "issue", component, abs(surplus), settled, order)
        self._record_output(order, confirmed)

    def _record_output(self, order: Order, confirmed: list[Confirmed]) -> None:
        item, random = order.item, self._random
        last_operation = operations_of(item.item_id)[-1]
        straight_to_assembly = item.item_id == "HOUS20" and random.random() < 0.15
        lot_id = f"L{order.order_id}"
        for confirmation in confirmed:
            if confirmation.row["operation_no"] != last_operation.operation_no or straight_to_assembly:
                continue
            received = confirmation.entered_at + random.randrange(60, 2400) * SECOND
            whole_cases = confirmation.good - confirmation.good % PIECES_PER_CASE
            if item.item_id != RECEIVED_IN_CASES:
                whole_cases = confirmation.good
            self._move("receipt", item, whole_cases, received, order, lot_id=lot_id)
            self._move("receipt", item, confirmation.good - whole_cases, received, order, lot_id=lot_id)
        self._log.add(
            "lot",
            self._log.night_of(whole_seconds(order.runs[0].start)),
            lot_id=lot_id,
            item_id=item.item_id,
            plant_id=item.plant_id,
            order_id=order.order_id,
        )
        if order.finished_at is None:
            return
        finished = whole_seconds(order.finished_at) + HOUR
        made = sum((c.good for c in confirmed if c.row["operation_no"] == last_operation.operation_no), Decimal(0))
        self._log.add(
            "lot",
            self._log.night_of(finished),
            lot_id=lot_id,
            item_id=item.item_id,
            plant_id=item.plant_id,
            order_id=order.order_id,
            produced_at=finished,
            qty=made,
            uom=item.base_uom,
        )
        for line in components_of(item.item_id):
            if line.line_type == "by_product":
                expected = made * Decimal(line.qty) / line.base_qty * random.randint(900, 1100) / 1000
                self._move("by_product", ITEM[line.component_id], expected.quantize(Decimal("0.001")), finished, order)

    def record_stock_moves(self) -> None:
        """Record corrections, transfers and scrapping of stock that belong to no order."""
        random = self._random
        stocked = [item for item in ITEM.values() if not item.is_made]
        for day in range(self._log.days):
            item = random.choice(stocked)
            kind = random.choice(("adjustment", "transfer", "scrap", ""))
            if kind:
                quantity = Decimal(random.randrange(1, 40)) * (1 if kind == "scrap" else random.choice((1, -1)))
                entered = self._log.begin + day * 24 * HOUR + random.randrange(14 * 3600, 18 * 3600) * SECOND
                more = {"cost_center_id": "CC-ADMIN"} if kind == "scrap" else {}
                self._move(kind, item, quantity, entered, None, **more)
