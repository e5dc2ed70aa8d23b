"""Published worked examples as the extracts that a company of their size would deliver.

A textbook states quantities, hours and totals of a period; here they become a bill of material and a routing, an order
with its issues, confirmations and receipt, payroll and ledger postings of one month. One cost center, one product.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from efficiency.case import Row

from cost.fuzz.company import CURRENCY, DEFAULT_CHOICES, Company

PERIOD = "2026-03"
FIRST, MIDDLE, LAST = date(2026, 3, 2), date(2026, 3, 16), date(2026, 3, 31)
HOUR = 3600
Amount = Decimal | Fraction | int | str
ROLES = (
    *("raw_material", "finished_goods", "wip", "ppv", "production_variance", "labour_absorbed", "overhead_absorbed"),
    *("labour_actual", "variable_overhead_actual", "fixed_overhead_actual", "goods_received_not_invoiced", "payables"),
    *("wages_payable", "accruals", "scrap", "revaluation", "exchange_difference"),
)


class Extract:
    """The rows of one small company while they are put together; times are hours."""

    def __init__(self, **choices: str) -> None:
        self.choices = DEFAULT_CHOICES | choices
        self.rows: list[Row] = []
        self.ledger_lines: list[Row] = []
        self.add("plant", plant_id="P", name="P", time_zone="UTC", currency_code=CURRENCY, production_type="discrete")
        self.add("cost_center", cost_center_id="A", plant_id="P", name="A", kind="production")
        self.add("work_center", work_center_id="W", plant_id="P", cost_center_id="A", name="W")
        self.add("work_unit", work_unit_id="M", work_center_id="W", plant_id="P", name="M")
        self.add("worker", worker_id="w", plant_id="P", grade="G")
        for number, role in enumerate(ROLES):
            self.add("account", account_id=f"{1000 + number}", name=role, account_type="expense", role=role)
        self.item("F", "finished")

    def add(self, dataset: str, **values: Any) -> None:
        self.rows.append(Row(dataset, values))

    def item(self, item: str, item_type: str = "raw") -> None:
        self.add("item", item_id=item, name=item, item_type=item_type, base_uom="KG", valuation="standard",
                 procurement="make" if item_type == "finished" else "buy")  # fmt: skip

    def standard(self, item: str, component: str, amount: Amount, price_unit: int = 1, lot: int | None = None,
                 first: date = date(2026, 1, 1), end: date | None = None, version: str = "1") -> None:  # fmt: skip
        """What `price_unit` of the item should cost in this component."""
        self.add("standard_cost", item_id=item, plant_id="P", version_id=version, cost_component=component,
                 valid_from=first, valid_to=end, amount=amount, price_unit_qty=price_unit, lot_size_qty=lot,
                 currency_code=CURRENCY)  # fmt: skip

    def material(self, item: str, price: Amount, qty: Amount, base: Amount = 1, mix_group: str | None = None) -> None:
        """A component: its standard price, and how much of it `base` of the product takes."""
        self.item(item)
        self.standard(item, "material", price)
        self.add("bom_line", item_id="F", plant_id="P", version_id="1", line_no=item, component_item_id=item, qty=qty,
                 uom="KG", base_qty=base, line_type="component", mix_group=mix_group, component_scrap_ratio=None,
                 operation_no=None, valid_from=None, valid_to=None)  # fmt: skip

    def rates(self, idle: Amount | None = None, **hourly: Amount) -> None:
        """Planned rates of the cost center by activity; what is not named costs nothing."""
        for activity in ("labour", "machine", "setup", "variable_overhead", "fixed_overhead"):
            self.add("activity_rate", cost_center_id="A", activity=activity, rate_type="planned",
                     valid_from=date(2026, 1, 1), valid_to=None, hourly_amount=hourly.get(activity, 0),
                     expected_idle_ratio=idle if activity == "labour" else None,
                     currency_code=CURRENCY)  # fmt: skip

    def routing(self, labour: Amount = 0, machine: Amount = 0, setup: Amount = 0, base: Amount = 1) -> None:
        """Standard hours of `base` of the product, and of one set-up."""
        seconds = [Decimal(str(hours)) * HOUR for hours in (labour, machine, setup)]
        self.add("routing_operation", item_id="F", plant_id="P", version_id="1", operation_no=10, work_center_id="W",
                 labour_run_seconds_per_unit=seconds[0], run_seconds_per_unit=seconds[1], setup_seconds=seconds[2],
                 labour_setup_seconds=0, base_qty=base, planned_scrap_ratio=None,
                 subcontract_amount=None)  # fmt: skip

    def order(self, planned: Amount, good: Amount, labour: Amount = 0, machine: Amount = 0, setup: Amount = 0,
              **issued: tuple[Amount, Amount | None]) -> None:  # fmt: skip
        """One finished order: the hours it took, and (quantity, amount) issued of each component."""
        self.add("production_order", order_id="O", plant_id="P", item_id="F", order_type="standard",
                 planned_qty=planned, uom="KG", bom_version_id=None, routing_version_id=None, status="completed",
                 actual_end_at="2026-03-20T12:00:00Z")  # fmt: skip
        self.add("order_operation", order_id="O", operation_no=10, work_center_id="W")
        for item, (qty, amount) in issued.items():
            self.movement("issue", item, qty, amount)
        seconds = [Decimal(str(hours)) * HOUR for hours in (labour, machine, setup)]
        self.add("confirmation", confirmation_id="C", order_id="O", operation_no=10, plant_id="P", work_unit_id="M",
                 posting_date=MIDDLE, good_qty=good, scrap_qty=0, labour_seconds=seconds[0],
                 machine_seconds=seconds[1], setup_seconds=seconds[2], reversal_of=None)  # fmt: skip
        self.movement("receipt", "F", good, None)

    def movement(self, kind: str, item: str, qty: Amount, amount: Amount | None) -> None:
        self.add("goods_movement", movement_id=f"{kind}-{item}", movement_type=kind, plant_id="P", item_id=item,
                 order_id="O", operation_no=None, qty=qty, uom="KG", amount=amount,
                 currency_code=CURRENCY if amount is not None else None, cost_center_id=None, posting_date=MIDDLE,
                 reversal_of=None)  # fmt: skip

    def receipt(self, item: str, qty: Amount, price: Amount, price_unit: int = 1, day: date = FIRST) -> None:
        self.add("purchase_receipt", receipt_id=f"R-{item}", line_no="1", plant_id="P", supplier_id=None, item_id=item,
                 order_id=None, operation_no=None, qty=qty, uom="KG", price_amount=price, price_unit_qty=price_unit,
                 currency_code=CURRENCY, posting_date=day)  # fmt: skip

    def invoice(self, name: str, item: str, qty: Amount | None, amount: Amount, day: date = MIDDLE) -> None:
        """What the supplier charges of the receipt; without a quantity, a later charge."""
        self.add("purchase_invoice", invoice_id=name, line_no="1", receipt_id=f"R-{item}", receipt_line_no="1",
                 plant_id="P", item_id=item if qty is not None else None, order_id=None, qty=qty, amount=amount,
                 currency_code=CURRENCY, posting_date=day)  # fmt: skip

    def wages(self, hours: Amount, amount: Amount) -> None:
        self.add("payroll", worker_id="w", period_id=PERIOD, pay_code="regular", hours=hours, amount=amount,
                 currency_code=CURRENCY)  # fmt: skip
        self.add("wages", cost_center_id="A", plant_id="P", period_id=PERIOD, posting_date=LAST, amount=amount)

    def overhead(self, variable: Amount | None = None, fixed: Amount | None = None) -> None:
        for role, amount in (("variable_overhead_actual", variable), ("fixed_overhead_actual", fixed)):
            if amount is not None:
                self.add("overhead", cost_center_id="A", plant_id="P", role=role, posting_date=LAST, amount=amount)

    def account(self, account: str, account_type: str, name: str) -> None:
        """An account that no figure of production meets."""
        self.add("account", account_id=account, name=name, account_type=account_type, role=None)

    def account_of(self, role: str) -> str:
        [account] = [row.values["account_id"] for row in self.rows
                     if row.dataset == "account" and row.values["role"] == role]  # fmt: skip
        return str(account)

    def budget(self, account: str, amount: Amount, driver: str | None = None, driver_qty: Amount | None = None) -> None:
        self.add("budget", version_id="original", cost_center_id="A", account_id=account, period_id=PERIOD,
                 amount=amount, currency_code=CURRENCY, behaviour="variable" if driver else "fixed", driver=driver,
                 driver_qty=driver_qty)  # fmt: skip

    def fixed_budget(self, amount: Amount) -> None:
        self.budget(self.account_of("fixed_overhead_actual"), amount)

    def posted(self, document: str, *lines: tuple[str, Amount, str | None]) -> None:
        """A document of the ledger that no system of production knows: (account, amount, cost center)."""
        assert sum(Fraction(amount) for _, amount, _ in lines) == 0
        for number, (account, amount, center) in enumerate(lines, start=1):
            self.ledger_lines.append(Row("ledger_posting", {
                "document_id": document, "line_no": str(number), "posting_date": LAST, "period_id": PERIOD,
                "account_id": account, "amount": amount, "currency_code": CURRENCY, "cost_center_id": center,
                "plant_id": "P",
            }))  # fmt: skip

    def company(self) -> Company:
        return Company("UTC", self.choices, (*self.rows, *self.ledger_lines))
