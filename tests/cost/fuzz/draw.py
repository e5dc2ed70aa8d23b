"""Draws small manufacturing companies in whose year everything awkward happens to a few orders.

A plant has two production cost centers and a service one, bought and made items on up to three levels, two versions of
the standard, and a handful of orders. What no system delivers but the books know (wages, energy, rent, allocations)
stands in rows of the datasets in `BOOKS_ONLY`, from which the bookkeeper writes the ledger.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from efficiency.case import Row

from cost.fuzz.company import CURRENCY, Company, month_end

BOOKS_ONLY = ("wages", "overhead", "allocation")
ZONES = ("Europe/Berlin", "America/Toronto", "Pacific/Auckland", "UTC")
ACTIVITIES = ("labour", "machine", "setup", "variable_overhead", "fixed_overhead")
COMPONENTS = ("material", "labour", "machine", "setup", "variable_overhead", "fixed_overhead", "subcontract")
BOUGHT = {"R1": "KG", "R2": "KG", "R3": "KG", "R4": "EA", "K1": "EA"}
MADE = {"S2": "semi_finished", "S1": "semi_finished", "F1": "finished", "F2": "finished"}
LATE_STANDARD = "F2"
"""Where a company has no standard of it at first, or two at once."""
FIRST, LAST = date(2026, 1, 8), date(2026, 12, 20)
ROLES = (
    *("raw_material", "finished_goods", "wip", "ppv", "production_variance", "labour_absorbed", "overhead_absorbed"),
    *("labour_actual", "variable_overhead_actual", "fixed_overhead_actual", "goods_received_not_invoiced", "payables"),
    *("wages_payable", "accruals", "scrap", "revaluation", "exchange_difference", "allocation"),
)
Price = dict[str, Decimal]


@dataclass(frozen=True)
class Standard:
    """A version of an item's standard: cost per unit, and from when until when."""

    unit: Decimal
    first: date
    end: date | None


def rounded(value: Decimal, places: int = 2) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


class Drawn:
    """The rows of one company while it is drawn."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.pick = random.choice
        self.zone = self.pick(ZONES)
        self.rows: list[Row] = []
        self.standards: dict[tuple[str, str], list[Standard]] = {}
        self.boms: dict[tuple[str, str], dict[str, list[dict[str, Any]]]] = {}
        self.routings: dict[tuple[str, str], dict[str, list[dict[str, Any]]]] = {}
        self.counted: dict[str, int] = {}
        self.new_standard = date(2026, self.pick((5, 6, 7)), self.pick((1, 1, 9, 15)))
        self.choices = {
            "price_variance_at": self.pick(("purchase", "purchase", "usage")),
            "joint_variance": self.pick(("price", "separate")),
            "mix_method": self.pick(("individual_price", "average_price")),
            "absorption_base": self.pick(("actual_hours", "actual_hours", "standard_hours")),
            "wip_valuation": self.pick(("actual", "target")),
            "exchange_rate_type": self.pick(("daily", "daily", "average")),
        }
        self.budget_versions = self.pick((("original",), ("original",), ("forecast", "original")))
        if len(self.budget_versions) == 2 and self.chance(0.5):
            self.choices["budget_version"] = "original"
        if self.chance(0.15):
            self.choices["labour_from"] = self.pick(("labour_time", "confirmation", "confirmation"))

    # Small tools

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def add(self, dataset: str, **values: Any) -> None:
        self.rows.append(Row(dataset, values))

    def new(self, kind: str) -> str:
        """The next number of this kind of document."""
        self.counted[kind] = self.counted.get(kind, 0) + 1
        return f"{kind}{self.counted[kind]}"

    def money(self, low: int, high: int) -> Decimal:
        """An amount in cents, here and there with four decimals."""
        places = 2 if self.chance(0.85) else 4
        return Decimal(self.random.randrange(low * 10**places, high * 10**places)).scaleb(-places)

    def about(self, value: Decimal, places: int = 2, spread: int = 12) -> Decimal:
        """The value, often a few per cent beside it."""
        if self.chance(0.3):
            return rounded(value, places)
        return rounded(value * (100 + self.random.randrange(-spread, spread + 1)) / 100, places)

    def day(self) -> date:
        """Half of what happens, happens around the new standard."""
        if self.chance(0.5):
            return self.new_standard + timedelta(days=self.random.randrange(-25, 10))
        return FIRST + timedelta(days=self.random.randrange(300))

    def later(self, day: date, most: int) -> date:
        return min(LAST, day + timedelta(days=self.random.randrange(most + 1)))

    def unit_price(self, plant: str, item: str, day: date) -> Decimal | None:
        """The item's standard on a day; None where there is none or two."""
        valid = [one for one in self.standards[plant, item] if one.first <= day and (not one.end or day < one.end)]
        return valid[0].unit if len(valid) == 1 else None

    # Reference data

    def company(self) -> Company:
        self.calendar_and_accounts()
        plants = ["P1", "P2"] if self.chance(0.15) else ["P1"]
        for plant in plants:
            self.plant(plant)
        for plant in plants:
            DrawnPlant(self, plant).events(self.random.randrange(4, 8 if len(plants) == 2 else 13))
        return Company(self.zone, self.choices, tuple(self.rows))

    def calendar_and_accounts(self) -> None:
        kind = self.pick(("none", "none", "months", "weeks", "shifted"))
        if kind != "none":
            start = date(2025, 12, 16) if kind == "shifted" else date(2025, 12, 29) if kind == "weeks" else None
            for number in range(1, 13):
                month = date(2026, number, 1)
                first = start or month
                end = {
                    "months": month_end(month),
                    "shifted": date(2026, number, 15) if number < 12 else date(2027, 1, 15),
                    "weeks": first + timedelta(days=34 if number % 3 == 0 else 27),
                }[kind]
                end = max(end, date(2027, 1, 3)) if number == 12 else end
                self.add("fiscal_period", period_id=f"2026-{number:02d}", fiscal_year=2026, start_date=first,
                         end_date=end)  # fmt: skip
                start = end + timedelta(days=1)
        if self.chance(0.15):
            roles = ["inventory", *(role for role in ROLES if role not in ("raw_material", "finished_goods"))]
        else:
            roles = [*ROLES, *(role for role in ("packaging", "semi_finished_goods") if self.chance(0.6))]
        for number, role in enumerate(roles):
            self.add("account", account_id=f"{1000 + number}", name=role, account_type="expense", role=role)
        for supplier in ("V1", "V2"):
            self.add("supplier", supplier_id=supplier, name=supplier)
        for rate_type in ("daily", "average"):
            for month in range(1, 13):
                rate = Decimal(self.random.randrange(8500, 9900)).scaleb(-4)
                self.add("exchange_rate", from_currency_code="USD", to_currency_code=CURRENCY, rate_type=rate_type,
                         valid_from=date(2026, month, 1 if month == 1 else self.pick((1, 11))), rate=rate)  # fmt: skip
        for item, uom in BOUGHT.items():
            self.item(item, "packaging" if item == "K1" else "raw", uom, "buy")
        self.item("B1", "by_product", "KG", "make")
        for item, item_type in MADE.items():
            self.item(item, item_type, "EA", "make")
        self.add("uom_conversion", item_id=None, from_uom="G", to_uom="KG", numerator=1, denominator=1000)
        self.add("uom_conversion", item_id=None, from_uom="LB", to_uom="KG", numerator=453592, denominator=1000000)
        self.add("uom_conversion", item_id="R2", from_uom="BAG", to_uom="KG", numerator=25, denominator=1)

    def item(self, item: str, item_type: str, uom: str, procurement: str) -> None:
        self.add("item", item_id=item, name=item, item_type=item_type, base_uom=uom, procurement=procurement,
                 valuation="standard")  # fmt: skip

    def plant(self, plant: str) -> None:
        self.add("plant", plant_id=plant, name=plant, time_zone=self.pick((self.zone, "UTC")), currency_code=CURRENCY,
                 production_type="discrete")  # fmt: skip
        for center, kind in (("A", "production"), ("B", "production"), ("S", "service")):
            self.add("cost_center", cost_center_id=f"{plant}{center}", plant_id=plant, name=center, kind=kind)
        for center, cost_center in (("W1", "A"), ("W2", "B"), ("W3", self.pick("AB"))):
            self.add("work_center", work_center_id=plant + center, plant_id=plant,
                     cost_center_id=plant + cost_center, name=center)  # fmt: skip
            self.add("work_unit", work_unit_id=f"{plant}{center}U", work_center_id=plant + center, plant_id=plant,
                     name=center)  # fmt: skip
        self.rates(plant)
        for item in BOUGHT:
            self.standard(plant, item, ("material",))
        self.standard(plant, "B1", ("material",))
        for item in MADE:
            self.standard(plant, item, ("material", *(name for name in COMPONENTS[1:] if self.chance(0.8))))
        for item in MADE:
            self.routing(plant, item)
            self.bom(plant, item)

    def rates(self, plant: str) -> None:
        knows_actual = self.chance(0.5)
        for center in (f"{plant}A", f"{plant}B"):
            for activity in ACTIVITIES:
                if activity.endswith("overhead") and self.chance(0.1):
                    continue
                changed = self.pick((None, None, self.new_standard, self.new_standard + timedelta(days=11)))
                for first, end in ((date(2026, 1, 1), changed), (changed, None)):
                    if first:
                        idle = Decimal("0.05") if activity == "labour" and self.chance(0.3) else None
                        self.add("activity_rate", cost_center_id=center, activity=activity, rate_type="planned",
                                 valid_from=first, valid_to=end, hourly_amount=self.money(4, 80),
                                 expected_idle_ratio=idle, currency_code=CURRENCY)  # fmt: skip
                if not (knows_actual and activity in ("labour", "machine", "setup")):
                    continue
                for month in range(1, 13):
                    if self.chance(0.6):
                        first = date(2026, month, 1)
                        self.add("activity_rate", cost_center_id=center, activity=activity, rate_type="actual",
                                 valid_from=first, valid_to=month_end(first) + timedelta(days=1),
                                 hourly_amount=self.money(4, 80), currency_code=CURRENCY)  # fmt: skip

    def standard(self, plant: str, item: str, components: Sequence[str]) -> None:
        """Two versions of the standard; of one item perhaps only the later one, or both for a while."""
        lot = self.pick((None, 20, 50, 100)) if item in MADE else None
        valid = [(date(2026, 1, 1), self.new_standard), (self.new_standard, None)]
        if item == LATE_STANDARD and self.chance(0.3):
            valid = self.pick((valid[1:], [valid[0], (self.new_standard - timedelta(days=12), None)]))
        found = self.standards[plant, item] = []
        for first, end in valid:
            price_unit = self.pick((1, 1, 100, 1000, 1000, 3))
            total = Decimal(0)
            for component in components:
                amount = rounded(self.money(1, 20) * price_unit)
                per_million = rounded(amount * 1_000_000 / price_unit, 6)
                total += per_million / 1_000_000
                self.add("standard_cost", item_id=item, plant_id=plant, version_id=f"{first:%Y%m%d}",
                         cost_component=component, valid_from=first, valid_to=end, amount=amount,
                         price_unit_qty=price_unit, lot_size_qty=lot, currency_code=CURRENCY)  # fmt: skip
            found.append(Standard(total, first, end))

    def routing(self, plant: str, item: str) -> None:
        versions = self.routings[plant, item] = {}
        for version in self.pick((("1",), ("1",), ("1", "2"))):
            operations = self.pick(((10,), (10, 20), (10, 20), (10, 20, 30)))
            outside = self.pick(operations) if self.chance(0.2) else None
            versions[version] = []
            for number in operations:
                values: dict[str, Any] = {
                    "operation_no": number,
                    "work_center_id": plant + self.pick(("W1", "W2", "W3")),
                    "setup_seconds": self.pick((0, 600, 1800, 5000)),
                    "run_seconds_per_unit": self.pick((20, 75, Decimal("33.333"), 600)),
                    "labour_setup_seconds": self.pick((0, 600, 2700)),
                    "labour_run_seconds_per_unit": self.pick((0, 40, 100, 600)),
                    "base_qty": self.pick((1, 1, 10, 3)),
                    "planned_scrap_ratio": self.pick((None, 0, Decimal("0.02"), Decimal("0.05"), Decimal("0.1"))),
                    "subcontract_amount": None,
                }
                if number == outside:
                    values |= dict.fromkeys(name for name in values if name.endswith(("seconds", "per_unit")))
                    values["subcontract_amount"] = self.money(1, 30)
                versions[version].append(values)
                self.add("routing_operation", item_id=item, plant_id=plant, version_id=version, **values)

    def bom(self, plant: str, item: str) -> None:
        """Two to five lines a version; an item in one plant of ten has no bill of material."""
        versions = self.boms[plant, item] = {}
        if self.chance(0.1):
            return
        below = [*BOUGHT, *list(MADE)[: list(MADE).index(item)]] if item != "F2" else [*BOUGHT, "S1", "S2"]
        names = self.pick((("1",), ("1",), ("1", "2")))
        replaced = len(names) == 2 and self.chance(0.4)
        for version in names:
            base = self.pick((1, 1, 10, 100, 3))
            used = self.random.sample(below, self.random.randrange(2, min(5, len(below)) + 1))
            mixed = [one for one in used if BOUGHT.get(one) == "KG"] if self.chance(0.5) else []
            lines: list[dict[str, Any]] = []
            for component in used:
                qty = Decimal(self.random.randrange(1, 60)).scaleb(-1 if component in ("R1", "R2", "R3") else 0)
                uom = self.uom(component)
                lines.append(
                    {
                        "component_item_id": component,
                        "qty": qty * 1000 if uom == "G" else qty,
                        "uom": uom,
                        "component_scrap_ratio": self.pick((None, None, Decimal("0.05"), Decimal("0.0333"))),
                        "mix_group": "M" if component in mixed else None,
                        "line_type": "component",
                    }
                )
            if self.chance(0.2):
                lines.append(dict(lines[0]))
            if self.chance(0.3):
                lines.append({"component_item_id": "B1", "qty": Decimal("0.4"), "uom": "KG", "line_type": "by_product",
                              "component_scrap_ratio": None, "mix_group": None})  # fmt: skip
            for number, line in enumerate(lines):
                line |= {"base_qty": base, "operation_no": self.pick((None, None, 10, 20, 99))}
                line |= {"valid_from": None, "valid_to": None}
                if replaced:
                    line["valid_to" if version == "1" else "valid_from"] = self.new_standard
                self.add("bom_line", item_id=item, plant_id=plant, version_id=version, line_no=str(number), **line)
            versions[version] = lines

    def uom(self, item: str) -> str:
        uom = BOUGHT.get(item, "KG" if item == "B1" else "EA")
        if uom == "KG" and self.chance(0.25):
            return self.pick(("G", "LB", "BAG") if item == "R2" else ("G", "LB"))
        return uom


FACTORS = {"G": Decimal("0.001"), "LB": Decimal("0.453592"), "BAG": Decimal(25), "KG": Decimal(1), "EA": Decimal(1)}


class DrawnPlant:
    """What happens at one plant in the year."""

    def __init__(self, company: Drawn, plant: str) -> None:
        self.of = company
        self.plant = plant
        self.random, self.pick, self.chance, self.add = company.random, company.pick, company.chance, company.add
        self.delivers_receipts = self.chance(0.85)
        self.has_labour_time = self.chance(0.5)
        self.cost_center = {
            row.values["work_center_id"]: row.values["cost_center_id"]
            for row in company.rows
            if row.dataset == "work_center"
        }

    def events(self, orders: int) -> None:
        for item in BOUGHT:
            if self.chance(0.7):
                self.movement("adjustment", item, Decimal(self.random.randrange(100, 900)), FIRST)
        for _ in range(self.random.randrange(2, 6)):
            self.purchase()
        for _ in range(orders):
            self.order()
        for _ in range(self.random.randrange(3)):
            self.other_movement()
        self.month_ends()

    # Goods

    def movement(self, kind: str, item: str, qty: Decimal, day: date, order: str | None = None, **more: Any) -> None:
        """A movement in some unit, perhaps reversed; with or without an amount, at standard or beside it."""
        uom = self.of.uom(item)
        qty = rounded(qty / FACTORS[uom], 3)
        base = rounded(qty * FACTORS[uom], 6)
        price = self.of.unit_price(self.plant, item, day)
        at_usage = self.of.choices["price_variance_at"] == "usage"
        fate = self.random.random()
        if price is None:
            amount: Decimal | None = self.of.about(base * 30)
        elif fate < 0.35:
            amount = None
        elif fate < (0.5 if at_usage else 0.9) or kind in ("transfer", "adjustment"):
            amount = rounded(base * price)
        else:
            amount = self.of.about(base * price)
        values: dict[str, Any] = {
            "movement_id": self.of.new("M"), "movement_type": kind, "plant_id": self.plant, "item_id": item,
            "order_id": order, "operation_no": None, "qty": qty, "uom": uom, "amount": amount,
            "currency_code": CURRENCY if amount is not None else None, "cost_center_id": None, "posting_date": day,
            "reversal_of": None, **more,
        }  # fmt: skip
        self.add("goods_movement", **values)
        if order and self.chance(0.06):
            back = {"qty": -qty, "amount": None if amount is None else -amount, "reversal_of": values["movement_id"]}
            day = self.of.later(day, 5)
            if amount is None and self.of.unit_price(self.plant, item, day) is None:
                return
            self.add("goods_movement", **(values | back | {"movement_id": self.of.new("M"), "posting_date": day}))
            if self.chance(0.5):
                self.add("goods_movement", **(values | {"movement_id": self.of.new("M"), "posting_date": day}))

    def other_movement(self) -> None:
        kind = self.pick(("scrap", "adjustment", "transfer", "receipt"))
        qty = Decimal(self.random.randrange(1, 50))
        more = {"cost_center_id": f"{self.plant}A"} if kind == "scrap" else {}
        item = self.pick((*BOUGHT, "S1", "F1"))
        self.movement(kind, item, -qty if kind == "adjustment" and self.chance(0.5) else qty, self.of.day(), **more)

    # Purchases

    def purchase(self) -> None:
        """A receipt of one or two lines, its invoices, and what is charged later."""
        receipt, day = self.of.new("PR"), self.of.day()
        currency = self.pick((CURRENCY, CURRENCY, "USD"))
        for number in range(self.pick((1, 1, 2))):
            item = self.pick(tuple(BOUGHT))
            uom = self.of.uom(item)
            qty = rounded(Decimal(self.random.randrange(20, 900)) / FACTORS[uom], 3)
            qty = -qty if self.chance(0.05) else qty
            price_unit = self.pick((1, 100, 1000))
            unit = self.of.unit_price(self.plant, item, day) or Decimal(9)
            price = self.of.about(unit * FACTORS[uom] * price_unit, self.pick((2, 4)), 25)
            self.add("purchase_receipt", receipt_id=receipt, line_no=str(number), plant_id=self.plant,
                     supplier_id=self.pick(("V1", "V2", None)), item_id=item, order_id=None, operation_no=None,
                     qty=qty, uom=uom, price_amount=price, price_unit_qty=price_unit, currency_code=currency,
                     posting_date=day)  # fmt: skip
            value = qty * price / price_unit
            self.invoices(receipt, str(number), item, None, rounded(qty * FACTORS[uom], 6), value, currency, day)
        if self.chance(0.25):
            self.add("purchase_invoice", invoice_id=self.of.new("PI"), line_no="1", receipt_id=receipt,
                     receipt_line_no=None, plant_id=self.plant, item_id=None, order_id=None, qty=None,
                     amount=self.of.money(1, 90), currency_code=currency,
                     posting_date=self.of.later(day, 70))  # fmt: skip

    def invoices(
        self, receipt: str, line: str, item: str, order: str | None, qty: Decimal, value: Decimal, currency: str,
        day: date,
    ) -> None:  # fmt: skip
        """The line is invoiced in one or two parts, in part, or not at all."""
        for share in self.pick(((1,), (1,), (0.5, 0.5), (0.3,), ())):
            part = rounded(qty * Decimal(str(share)), 6)
            self.add("purchase_invoice", invoice_id=self.of.new("PI"), line_no="1", receipt_id=receipt,
                     receipt_line_no=line, plant_id=self.plant, item_id=item, order_id=order, qty=part,
                     amount=self.of.about(value * Decimal(str(share)), 2, 5), currency_code=currency,
                     posting_date=self.of.later(day, 60))  # fmt: skip

    # Orders

    def order(self) -> None:
        item = self.pick((*MADE, "F1", "F2"))
        order, start = self.of.new("O"), self.of.day()
        planned = self.pick((10, 20, 37, 50, 100))
        status = self.pick((*("completed",) * 5, "closed", "closed", "cancelled", "in_process", "in_process"))
        boms, routings = self.of.boms[self.plant, item], self.of.routings[self.plant, item]
        routing_version = self.pick((None, *routings))
        bom_version = self.pick((None, *boms))
        operations = routings[routing_version or min(routings)]
        at = len(self.of.rows)
        last = start
        cur = Decimal(planned) * self.pick((100, 100, 110, 90, 50, 120)) / 100
        stops_at = self.random.randrange(len(operations) + 1) if status in ("cancelled", "in_process") else 99
        if status in ("completed", "closed") and self.chance(0.06):
            stops_at = self.random.randrange(len(operations))
        lines = boms.get(bom_version or min(boms, default=""), [])
        last = max(last, self.issues(order, item, planned, cur, lines, start))
        for number, operation in enumerate(operations):
            if number >= stops_at:
                cur = Decimal(0)
                break
            start = self.of.later(start, 3)
            scrap = min(cur, Decimal(self.pick((0, 0, 1, 2, 5)))).to_integral_value()
            last = max(last, self.confirmations(order, item, operation, cur - scrap, scrap, start))
            cur -= scrap
        by_hand = status in ("completed", "closed") and self.chance(0.08)
        if self.delivers_receipts and not by_hand and cur > 0:
            last = max(last, self.receipts(order, item, cur, self.of.later(last, 4)))
        end = None
        if status in ("completed", "closed", "cancelled"):
            ended = datetime.combine(last, time(self.pick((0, 1, 12, 22, 23)), 30), ZoneInfo(self.of.zone))
            end = ended.astimezone(UTC).isoformat().replace("+00:00", "Z") if self.chance(0.85) else None
            if self.chance(0.12) and lines:
                line = self.pick(lines)
                self.movement("issue", line["component_item_id"], Decimal(3), self.of.later(last, 45), order)
        order_type = "rework" if self.chance(0.1) else "standard"
        self.of.rows.insert(at, Row("production_order", {
            "order_id": order, "plant_id": self.plant, "item_id": item, "order_type": order_type,
            "planned_qty": planned, "uom": "EA", "bom_version_id": bom_version, "routing_version_id": routing_version,
            "actual_end_at": end, "status": status,
        }))  # fmt: skip
        for operation in operations:
            self.add("order_operation", order_id=order, operation_no=operation["operation_no"],
                     work_center_id=operation["work_center_id"])  # fmt: skip
        if (not lines and self.chance(0.7)) or self.chance(0.1):
            for number, component in enumerate(self.random.sample(tuple(BOUGHT), 2)):
                self.add("order_component", order_id=order, line_no=str(number), item_id=component,
                         planned_qty=self.of.money(5, 90), uom=self.of.uom(component),
                         operation_no=self.pick((None, 10, 20)))  # fmt: skip

    def issues(
        self, order: str, item: str, planned: int, started: Decimal, lines: Sequence[dict[str, Any]], start: date
    ) -> date:
        """Material for the quantity that is started: some too much, some never, some in place of another."""
        last = start
        for line in lines:
            needed = started * line["qty"] / line["base_qty"] * FACTORS[line["uom"]]
            needed *= 1 + (line["component_scrap_ratio"] or 0)
            component = line["component_item_id"]
            if line["line_type"] == "by_product":
                if self.chance(0.8):
                    last = max(last, day := self.of.later(start, 9))
                    self.movement("by_product", component, self.of.about(needed, 2), day, order)
                continue
            if self.chance(0.12):
                continue
            parts = self.pick((1, 1, 2))
            for _ in range(parts):
                last = max(last, day := self.of.later(start, 6))
                self.movement("issue", component, self.of.about(needed / parts, 2), day, order)
            if self.chance(0.12):
                last = max(last, day := self.of.later(start, 12))
                self.movement("return", component, rounded(needed / 10, 2), day, order)
        if not lines or self.chance(0.15):
            others = sorted({*BOUGHT} - {line["component_item_id"] for line in lines})
            if others:
                last = max(last, day := self.of.later(start, 6))
                self.movement("issue", self.pick(others), Decimal(self.random.randrange(2, 40)), day, order)
        if self.chance(0.04) and not any(line["line_type"] == "by_product" for line in lines):
            self.movement("by_product", "B1", Decimal(2), last, order)
        return last

    def confirmations(
        self, order: str, item: str, operation: dict[str, Any], good: Decimal, scrap: Decimal, start: date
    ) -> date:
        """One or two reports on an operation, or the outside work that stands for them, with the labour they took."""
        last = start
        parts = self.pick((1, 1, 2))
        goods = [good] if parts == 1 else [rounded(good / 3, 0), good - rounded(good / 3, 0)]
        made = good + scrap
        for number, part in enumerate(goods):
            last = day = max(last, self.of.later(start, 4))
            processed = part + (scrap if number == 0 else 0)
            run, base = operation["run_seconds_per_unit"], operation["base_qty"]
            labour = operation["labour_run_seconds_per_unit"]
            unit = f"{operation['work_center_id']}U"
            if self.chance(0.1):
                unit = self.pick([f"{self.plant}{one}U" for one in ("W1", "W2", "W3")])
            elif self.chance(0.1):
                unit = None
            values: dict[str, Any] = {
                "confirmation_id": self.of.new("C"), "order_id": order, "operation_no": operation["operation_no"],
                "plant_id": self.plant, "work_unit_id": unit,
                "production_date": self.pick((None, day, day - timedelta(days=1))), "posting_date": day,
                "good_qty": part, "scrap_qty": scrap if number == 0 else 0, "rework_qty": None,
                "setup_seconds": None, "machine_seconds": None, "labour_seconds": None, "reversal_of": None,
            }  # fmt: skip
            if run is not None:
                values["machine_seconds"] = self.of.about(processed * run / base, self.pick((0, 3)))
                if number == 0:
                    values["setup_seconds"] = self.of.about(Decimal(operation["setup_seconds"]), 0)
                if labour is not None:
                    of_setup = Decimal(operation["labour_setup_seconds"] or 0) if number == 0 else Decimal(0)
                    values["labour_seconds"] = self.of.about(processed * labour / base + of_setup, 0)
            if self.chance(0.04) and unit:
                values["operation_no"] = None
            self.add("confirmation", **values)
            self.labour_time(values, operation)
            if self.chance(0.07):
                signed = ("good_qty", "scrap_qty", "setup_seconds", "machine_seconds", "labour_seconds")
                back = {name: None if values[name] is None else -values[name] for name in signed}
                back |= {"confirmation_id": self.of.new("C"), "reversal_of": values["confirmation_id"]}
                self.add("confirmation", **(values | back))
                self.add("confirmation", **(values | {"confirmation_id": self.of.new("C")}))
        if operation["subcontract_amount"] is not None and made and self.chance(0.9):
            last = max(last, day := self.of.later(last, 6))
            receipt, price = self.of.new("PR"), self.of.about(operation["subcontract_amount"], 2)
            currency = self.pick((CURRENCY, CURRENCY, "USD"))
            price_unit = operation["base_qty"]
            self.add("purchase_receipt", receipt_id=receipt, line_no="1", plant_id=self.plant, supplier_id="V2",
                     item_id=item, order_id=order, operation_no=operation["operation_no"], qty=made, uom="EA",
                     price_amount=price, price_unit_qty=price_unit, currency_code=currency,
                     posting_date=day)  # fmt: skip
            self.invoices(receipt, "1", item, self.pick((order, None)), made, made * price / price_unit, currency, day)
        return last

    def labour_time(self, confirmed: dict[str, Any], operation: dict[str, Any]) -> None:
        if not self.has_labour_time or confirmed["labour_seconds"] is None:
            return
        hours = rounded(Decimal(confirmed["labour_seconds"]) / 3600, self.pick((2, 4)))
        center = self.cost_center[operation["work_center_id"]]
        values: dict[str, Any] = {
            "time_id": self.of.new("T"), "worker_id": f"{center}w", "plant_id": self.plant,
            "work_date": confirmed["posting_date"], "hours": hours,
            "activity": self.pick(("direct", "direct", "direct", "setup", "rework")),
            "order_id": confirmed["order_id"], "operation_no": operation["operation_no"],
            "work_unit_id": None, "cost_center_id": self.pick((None, center)), "reversal_of": None,
        }  # fmt: skip
        if not -24 <= hours <= 24:
            return
        self.add("labour_time", **values)
        if self.chance(0.05):
            back = {"time_id": self.of.new("T"), "hours": -hours, "reversal_of": values["time_id"]}
            self.add("labour_time", **(values | back))

    def receipts(self, order: str, item: str, good: Decimal, day: date) -> date:
        if good > 10 and self.chance(0.3):
            self.movement("receipt", item, Decimal(7), day, order)
            good, day = good - 7, self.of.later(day, 20)
        self.movement("receipt", item, good, day, order)
        return day

    # Month ends

    def month_ends(self) -> None:
        """Wages, energy and rent of some periods, what the service center charges on, and the budgets."""
        production = [f"{self.plant}A", f"{self.plant}B"]
        for center in production:
            self.add("worker", worker_id=f"{center}w", plant_id=self.plant, grade="G")
        periods = [row.values for row in self.of.rows if row.dataset == "fiscal_period"] or [
            {"period_id": f"2026-{month:02d}", "end_date": month_end(date(2026, month, 1))} for month in range(1, 13)
        ]
        periods = sorted(self.random.sample(periods, 4), key=lambda one: one["period_id"])
        for period in periods:
            name, day = period["period_id"], period["end_date"]
            for center in production:
                hours, amount = self.of.money(5, 60), self.of.money(100, 900)
                if self.has_labour_time:
                    for activity in ("idle", "indirect"):
                        if self.chance(0.5):
                            self.add("labour_time", time_id=self.of.new("T"), worker_id=f"{center}w",
                                     plant_id=self.plant, work_date=day, hours=self.of.money(1, 6), activity=activity,
                                     order_id=None, operation_no=None, work_unit_id=None, cost_center_id=center,
                                     reversal_of=None)  # fmt: skip
                self.add("payroll", worker_id=f"{center}w", period_id=name, pay_code="regular",
                         hours=rounded(hours, 2), amount=rounded(amount), currency_code=CURRENCY)  # fmt: skip
                self.add("wages", cost_center_id=center, plant_id=self.plant, period_id=name, posting_date=day,
                         amount=rounded(amount))  # fmt: skip
            for center in (*production, f"{self.plant}S"):
                for role in ("variable_overhead_actual", "fixed_overhead_actual"):
                    self.add("overhead", cost_center_id=center, plant_id=self.plant, role=role, posting_date=day,
                             amount=rounded(self.of.money(20, 500)))  # fmt: skip
            if self.chance(0.6):
                sent = rounded(self.of.money(20, 300))
                share = rounded(sent / 3)
                self.add("allocation", sender=f"{self.plant}S", plant_id=self.plant, posting_date=day,
                         received={production[0]: share, production[1]: sent - share})  # fmt: skip
            self.budgets(name, production)

    def budgets(self, period: str, production: Sequence[str]) -> None:
        accounts = {row.values["role"]: row.values["account_id"] for row in self.of.rows if row.dataset == "account"}
        for center, version in ((center, version) for center in production for version in self.of.budget_versions):
            for role, behaviour, driver in (
                ("variable_overhead_actual", "variable", "machine_hours"),
                ("fixed_overhead_actual", "fixed", None),
                ("labour_actual", "variable", "labour_hours"),
            ):
                if self.chance(0.85):
                    self.add("budget", version_id=version, cost_center_id=center, account_id=accounts[role],
                             period_id=period, amount=rounded(self.of.money(50, 900)), currency_code=CURRENCY,
                             behaviour=behaviour, driver=driver,
                             driver_qty=self.random.randrange(1, 90) if driver else None)  # fmt: skip


def drawn_companies(count: int, seed: int) -> list[Company]:
    """Return `count` companies, the same for the same seed."""
    return [Drawn(Random(f"{seed}-{number}")).company() for number in range(count)]
