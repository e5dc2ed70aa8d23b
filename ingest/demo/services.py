"""What happens around production: purchases, maintenance, inspections, deliveries, stock counts and incidents."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random

from ingest.demo.clock import DAY, HOUR, MINUTE, SECOND, WallClock
from ingest.demo.costs import PriceList, bought_price, rounded
from ingest.demo.event_log import EventLog
from ingest.demo.exchange import FOREIGN_CURRENCY, PLANNED_RATE
from ingest.demo.plant_layout import CURRENCY, WORK_CENTERS
from ingest.demo.products import FIRST_VERSION, ITEMS, PROTOTYPE_ITEM_ID, Item
from ingest.demo.shifts import PlannedStop
from ingest.demo.shop_floor import Order, ShopFloor
from ingest.demo.shop_papers import whole_seconds
from ingest.demo.tables import COLUMNS

SUPPLIER_OF_PLANT = {"P1": ("S100", "S110"), "P2": ("S200", "S210")}
SUPPLIER_CURRENCY = {"S210": FOREIGN_CURRENCY}
SUBCONTRACTOR = "S120"
CUSTOMER_OF_PLANT = {"P1": "K100", "P2": "K200"}
LARGE_OPENING_STOCK = {
    "BAR-ST": 140_000,
    "SCREW-M6": 160_000,
    "BASE-TOM": 560_000,
    "BASE-PES": 45_000,
    "TOMATO": 1_200_000,
    "OIL": 140_000,
    "JAR": 4_500_000,
    "LABEL-R": 4_500_000,
}
"""Stock before the first day, in base units, of what two months use up faster than it is made or bought."""
STOCK_SIGN = {
    "issue": -1,
    "return": 1,
    "receipt": 1,
    "by_product": 1,
    "scrap": -1,
    "transfer": 0,
    "adjustment": 1,
}
BASE_UNITS_PER = {"G": Decimal("0.001"), "CS": Decimal(12)}


def opening_stock(item: Item) -> Decimal:
    """Return what is in stock before the first day; the prototype is not stocked, it goes straight to trials."""
    if item.item_id == PROTOTYPE_ITEM_ID:
        return Decimal(0)
    usual = item.lot_size_qty * 12 if item.is_made else 90_000
    return Decimal(LARGE_OPENING_STOCK.get(item.item_id, usual))


def opening_date(log: EventLog) -> date:
    """Return the day on which the opening stock was taken."""
    return log.first_date - timedelta(days=2)


class Services:
    """Records the papers of purchasing, maintenance, quality, dispatch, stores and safety."""

    def __init__(self, log: EventLog, clocks: dict[str, WallClock], prices: PriceList, seed: str) -> None:
        self._log = log
        self._clocks = clocks
        self._prices = prices
        self._random = Random(f"{seed}/services")
        self._outside = Random(f"{seed}/outside work")

    def record(self, floor: ShopFloor, stops: list[PlannedStop]) -> None:
        """Record all of them."""
        self._record_purchases()
        self._record_outside_work(floor)
        self._record_maintenance(floor, stops)
        for order in floor.orders:
            if order.finished_at is not None and order.finished_at < self._log.end:
                self._record_inspections(order, order.finished_at)
                if order.item.item_type == "finished":
                    self._record_delivery(order, order.finished_at)
        self._record_incidents()

    def _record_purchases(self) -> None:
        """Each bought item comes in every few days; the invoice follows and now and then differs in price."""
        random, log = self._random, self._log
        number = 0
        for item in ITEMS:
            if item.is_made or item.item_type == "by_product":
                continue
            day = random.randrange(0, 4)
            while day < log.days:
                number += 1
                self._purchase(item, number, log.begin + day * DAY + random.randrange(13 * 3600, 20 * 3600) * SECOND)
                day += random.randrange(3, 8)

    def _purchase(self, item: Item, number: int, arrived: int) -> None:
        random, log, clock = self._random, self._log, self._clocks[item.plant_id]
        quantity = Decimal(random.randrange(4, 30) * 100)
        price = bought_price(item, FIRST_VERSION) * random.randint(960, 1060) / 1000
        supplier_id = random.choice(SUPPLIER_OF_PLANT[item.plant_id])
        currency = SUPPLIER_CURRENCY.get(supplier_id, CURRENCY)
        price = rounded(price / PLANNED_RATE if currency == FOREIGN_CURRENCY else price, Decimal("0.0001"))
        common = {
            "plant_id": item.plant_id,
            "item_id": item.item_id,
            "qty": quantity,
            "currency_code": currency,
        }
        log.add(
            "purchase_receipt",
            log.night_of(arrived),
            receipt_id=f"PR{number:05d}",
            line_no=10,
            supplier_id=supplier_id,
            uom=item.base_uom,
            price_amount=price,
            price_unit_qty=item.price_unit_qty,
            posting_date=clock.date_of(arrived),
            **common,
        )
        invoiced = arrived + random.randrange(2, 15) * DAY
        drift = random.choice((1000, 1000, 1000, 1000, 1012, 985))
        log.add(
            "purchase_invoice",
            log.night_of(invoiced),
            invoice_id=f"PI{number:05d}",
            line_no=10,
            receipt_id=f"PR{number:05d}",
            receipt_line_no=10,
            amount=rounded(quantity * price / item.price_unit_qty * drift / 1000),
            posting_date=clock.date_of(invoiced),
            **common,
        )

    def _record_outside_work(self, floor: ShopFloor) -> None:
        """Record what comes back from a subcontractor as a receipt on its order; some invoices charge another price."""
        random, log = self._outside, self._log
        number = 0
        for order in floor.orders:
            if order.outside is None:
                continue
            _, back, operation, pieces = order.outside
            item, clock = order.item, self._clocks[order.item.plant_id]
            number += 1
            price = rounded(Decimal(operation.subcontract_amount) * random.randint(970, 1050) / 1000, Decimal("0.0001"))
            common = {
                "plant_id": item.plant_id,
                "item_id": item.item_id,
                "order_id": order.order_id,
                "qty": pieces * item.quantum,
                "currency_code": CURRENCY,
            }
            log.add(
                "purchase_receipt",
                log.night_of(back),
                receipt_id=f"PS{number:05d}",
                line_no=10,
                supplier_id=SUBCONTRACTOR,
                operation_no=operation.operation_no,
                uom=item.base_uom,
                price_amount=price,
                price_unit_qty=operation.base_qty,
                posting_date=clock.date_of(back),
                **common,
            )
            invoiced = back + random.randrange(2, 12) * DAY
            drift = random.choice((1000, 1000, 1000, 1000, 1020, 985))
            log.add(
                "purchase_invoice",
                log.night_of(invoiced),
                invoice_id=f"PT{number:05d}",
                line_no=10,
                receipt_id=f"PS{number:05d}",
                receipt_line_no=10,
                amount=rounded(pieces * item.quantum * price / operation.base_qty * drift / 1000),
                posting_date=clock.date_of(invoiced),
                **common,
            )

    def _record_maintenance(self, floor: ShopFloor, stops: list[PlannedStop]) -> None:
        """A corrective order for each longer breakdown, a preventive one for each planned maintenance."""
        random, log = self._random, self._log
        jobs = [
            (start, start + lasts, unit_id, "corrective")
            for unit_id, machine in floor.machines.items()
            for start, lasts, _ in machine.breakdowns
            if lasts > HOUR
        ]
        jobs += [
            (stop.start, stop.end, stop.work_unit_id, "preventive")
            for stop in stops
            if stop.stop_type == "planned_maintenance" and stop.work_unit_id
        ]
        plants = {unit_id: machine.unit.plant_id for unit_id, machine in floor.machines.items()}
        for number, (start, end, unit_id, order_type) in enumerate(sorted(jobs), start=1):
            plant_id = plants[unit_id]
            delay = random.randrange(5, 40) * MINUTE
            amount = Decimal(random.randrange(80, 240)) + Decimal(end - start) / HOUR * 70
            log.add(
                "maintenance_order",
                log.night_of(end),
                maintenance_order_id=f"MO{number:05d}",
                plant_id=plant_id,
                work_unit_id=unit_id,
                order_type=order_type,
                is_failure=order_type == "corrective",
                reported_at=whole_seconds(start) if order_type == "corrective" else start - 14 * DAY,
                due_date=self._clocks[plant_id].date_of(start),
                started_at=whole_seconds(start) + (delay if order_type == "corrective" else 0),
                finished_at=whole_seconds(end),
                amount=rounded(amount),
                currency_code=CURRENCY,
            )

    def _record_inspections(self, order: Order, finished: int) -> None:
        """Five measured pieces of every finished order, one characteristic."""
        random, log, item = self._random, self._log, order.item
        target, tolerance = (
            (Decimal("24.000"), Decimal("0.050")) if item.plant_id == "P1" else (Decimal(500), Decimal(12))
        )
        low, high = target - tolerance, target + tolerance
        sampled_at = whole_seconds(finished) - 10 * MINUTE
        for number in range(1, 6):
            value = rounded(target + tolerance * Decimal(str(random.gauss(0.05, 0.33))), Decimal("0.001"))
            log.add(
                "inspection",
                log.night_of(sampled_at),
                inspection_id=f"I{order.order_id}-{number}",
                plant_id=item.plant_id,
                order_id=order.order_id,
                item_id=item.item_id,
                lot_id=f"L{order.order_id}",
                characteristic_id="BORE-DIAMETER" if item.plant_id == "P1" else "FILL-WEIGHT",
                subgroup_id=order.order_id,
                sampled_at=sampled_at + number * MINUTE,
                measured_value=value,
                lower_spec_limit=low,
                upper_spec_limit=high,
                target_value=target,
                result="pass" if low <= value <= high else "fail",
                inspected_qty=1,
                defect_qty=0 if low <= value <= high else 1,
            )

    def _record_delivery(self, order: Order, finished: int) -> None:
        random, log, item = self._random, self._log, order.item
        delivered = whole_seconds(finished) + random.randrange(10, 60) * HOUR
        promised = self._clocks[item.plant_id].date_of(order.planned_end)
        quantity = sum(run.good for run in order.runs if run.operation is order.runs[-1].operation) * item.quantum
        log.add(
            "delivery_line",
            log.night_of(delivered),
            delivery_id=f"D{order.order_id}",
            line_no=10,
            plant_id=item.plant_id,
            customer_id=CUSTOMER_OF_PLANT[item.plant_id],
            item_id=item.item_id,
            order_id=order.order_id,
            ordered_qty=order.quantity * item.quantum,
            uom=item.base_uom,
            requested_date=promised,
            promised_date=promised + timedelta(days=1),
            delivered_at=delivered,
            delivered_qty=quantity,
        )

    def _record_incidents(self) -> None:
        random, log = self._random, self._log
        severities = ("near_miss", "near_miss", "first_aid", "first_aid", "recordable", "lost_time")
        for number in range(1, log.days // 5 + 1):
            occurred = log.begin + random.randrange(0, log.days * 24 * 60) * MINUTE
            center = random.choice(WORK_CENTERS)
            severity = random.choice(severities)
            log.add(
                "safety_incident",
                log.night_of(occurred),
                incident_id=f"S{number:04d}",
                plant_id=center.plant_id,
                work_center_id=center.work_center_id,
                occurred_at=occurred,
                severity=severity,
                lost_days=random.randrange(1, 9) if severity == "lost_time" else 0,
            )

    def record_stock_counts(self) -> None:
        """Record balances: the opening stock, then what was left at the end of day one and of each month.

        A day ends by its plant's clock, so that its balance comes a night later.
        """
        log = self._log
        stock = {item.item_id: opening_stock(item) for item in ITEMS}
        self._count(opening_date(log), 0, stock)
        changes: dict[date, list[tuple[str, Decimal]]] = {}
        for dataset in ("goods_movement", "purchase_receipt"):
            for _, row in log.rows[dataset]:
                values = dict(zip(COLUMNS[dataset], row, strict=True))
                if dataset == "purchase_receipt" and values["order_id"] is not None:
                    continue  # work done outside, no stock
                quantity = Decimal(values["qty"]) * BASE_UNITS_PER.get(values["uom"], Decimal(1))
                sign = STOCK_SIGN[values.get("movement_type", "receipt")]
                changes.setdefault(values["posting_date"], []).append((values["item_id"], sign * quantity))
        for number in range(-1, log.days):
            day = log.first_date + timedelta(days=number)
            for item_id, quantity in changes.get(day, []):
                stock[item_id] += quantity
            if number == 0 or (number > 0 and (day + timedelta(days=1)).day == 1):
                self._count(day, number + 1, stock)

    def _count(self, day: date, night: int, stock: dict[str, Decimal]) -> None:
        for item in ITEMS:
            if item.item_id == PROTOTYPE_ITEM_ID:
                continue
            quantity = stock[item.item_id]
            self._log.add(
                "inventory_balance",
                night,
                plant_id=item.plant_id,
                item_id=item.item_id,
                location_id=f"{item.plant_id}-MAIN",
                balance_date=day,
                qty=quantity,
                uom=item.base_uom,
                amount=self._prices.amount(item.item_id, quantity, day),
                currency_code=CURRENCY,
            )
