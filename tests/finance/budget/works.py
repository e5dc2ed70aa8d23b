"""A works of one cost center that makes one item in one month, told in textbook terms, as rows that a source delivers.

Hours, pieces and money are Decimals or whole numbers; overheads are charged per machine hour, so where a textbook
counts labour hours, machine hours equal them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from cost.standards.delivered import Delivery

Number = Decimal | int
PERIOD, PRODUCED, CLOSED = "2026-03", date(2026, 3, 10), date(2026, 3, 31)
ACCOUNTS = {
    "5000": ("expense", "labour_actual"),
    "5100": ("expense", "variable_overhead_actual"),
    "5200": ("expense", "fixed_overhead_actual"),
    "5300": ("expense", "allocation"),
    "5400": ("expense", "overhead_actual"),
    "5900": ("expense", "labour_absorbed"),
    "5950": ("expense", "overhead_absorbed"),
    "6000": ("expense", "raw_material_used"),
    "7000": ("expense", None),
    "8000": ("revenue", "sales"),
    "1450": ("asset", "wip"),
}


@dataclass(frozen=True)
class Works:
    """What was planned per piece and hour, and what happened."""

    good: Number
    hours_per_unit: Number
    worked_hours: Number
    fixed_rate: Number = 0
    variable_rate: Number = 0
    labour_rate: Number = 0
    idle_ratio: Number = 0
    paid_hours: Number | None = None
    paid_amount: Number | None = None
    variable_amount: Number | None = None
    fixed_amount: Number | None = None
    budgeted_fixed_amount: Number | None = None
    budgeted_hours: Number | None = None
    absorbed_hours: Number | None = None
    """The hours that overhead was charged for; None: those worked."""

    def deliver(self, to: Delivery, company: str) -> None:
        """Add the works as one company; `company` is also part of nothing else."""
        to.company(company)
        to.item(company, "I", "finished")
        to.add("cost_center", company, cost_center_id="K", plant_id="P", name="Works", kind="production")
        to.add("work_center", company, work_center_id="W", plant_id="P", cost_center_id="K", name="Works")
        to.add("work_unit", company, work_unit_id="M", work_center_id="W", plant_id="P", name="Machine")
        chart(to, company)
        seconds = Decimal(self.hours_per_unit) * 3600
        to.add("routing_operation", company, item_id="I", plant_id="P", version_id="1", operation_no=10,
            work_center_id="W", run_seconds_per_unit=seconds, labour_run_seconds_per_unit=seconds,
            base_qty=1)  # fmt: skip
        rates = {
            "labour": self.labour_rate,
            "variable_overhead": self.variable_rate,
            "fixed_overhead": self.fixed_rate,
        }
        for activity, rate in rates.items():
            idle = {"expected_idle_ratio": self.idle_ratio} if activity == "labour" else {}
            to.add("activity_rate", company, cost_center_id="K", activity=activity, rate_type="planned",
                valid_from=date(2026, 1, 1), hourly_amount=rate, currency_code="EUR", **idle)  # fmt: skip
        to.add("production_order", company, order_id="O", plant_id="P", item_id="I", order_type="standard",
            planned_qty=self.good, uom="PC", status="completed")  # fmt: skip
        to.add("order_operation", company, order_id="O", operation_no=10, work_center_id="W", work_unit_id="M")
        worked = Decimal(self.worked_hours) * 3600
        to.add("confirmation", company, confirmation_id="C", order_id="O", operation_no=10, plant_id="P",
            work_unit_id="M", posting_date=PRODUCED, good_qty=self.good, scrap_qty=0, machine_seconds=worked,
            labour_seconds=worked)  # fmt: skip
        if self.paid_hours is not None:
            to.add("worker", company, worker_id="W1", plant_id="P")
            to.add("payroll", company, worker_id="W1", period_id=PERIOD, pay_code="regular", hours=self.paid_hours,
                amount=self.paid_amount, currency_code="EUR")  # fmt: skip
        for account, amount in (
            ("5000", self.paid_amount),
            ("5100", self.variable_amount),
            ("5200", self.fixed_amount),
        ):
            if amount is not None:
                post(to, company, account, amount)
        post(to, company, "5900", -Decimal(self.worked_hours) * Decimal(self.labour_rate))
        overhead = Decimal(self.variable_rate) + Decimal(self.fixed_rate)
        hours = self.worked_hours if self.absorbed_hours is None else self.absorbed_hours
        post(to, company, "5950", -Decimal(hours) * overhead)
        if self.budgeted_fixed_amount is not None:
            budget(to, company, "5200", self.budgeted_fixed_amount, driver="machine_hours",
                driver_qty=self.budgeted_hours)  # fmt: skip


def chart(to: Delivery, company: str) -> None:
    """Add the accounts."""
    for account_id, (account_type, role) in ACCOUNTS.items():
        to.add("account", company, account_id=account_id, name=account_id, account_type=account_type, role=role,
            sign=-1 if account_type == "revenue" else 1)  # fmt: skip


def post(to: Delivery, company: str, account_id: str, amount: Number, **other: Any) -> None:
    """Add a ledger line on the last day of the month, at cost center K unless another is named."""
    number = len(to.rows["ledger_posting"])
    line = {"document_id": f"D{number}", "line_no": 1, "account_id": account_id, "cost_center_id": "K"}
    line |= {"posting_date": CLOSED, "period_id": PERIOD, "amount": amount, "currency_code": "EUR"}
    to.add("ledger_posting", company, **(line | other))


def budget(to: Delivery, company: str, account_id: str, amount: Number, **other: Any) -> None:
    """Add a fixed budget line of cost center K and version PLAN, unless other is said."""
    line = {"version_id": "PLAN", "cost_center_id": "K", "account_id": account_id, "period_id": PERIOD}
    line |= {"amount": amount, "currency_code": "EUR", "behaviour": "fixed"}
    to.add("budget", company, **(line | other))
