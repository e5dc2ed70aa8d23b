"""The ledger's side: every document balanced, from the same movements, confirmations, invoices and wages; a budget.

Stock and work in process are kept at standard; labour and machine time are absorbed at planned rates; what an order
leaves in work in process is settled to production variance the night after it is completed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from ingest.demo.clock import WallClock
from ingest.demo.costs import PriceList, planned_rate, rounded
from ingest.demo.event_log import EventLog
from ingest.demo.exact import split
from ingest.demo.plant_layout import COMPANY_ID, CURRENCY, WORK_CENTERS, WorkUnit
from ingest.demo.products import FIRST_VERSION, ITEM, SECOND_VERSION
from ingest.demo.tables import COLUMNS, KEY_POSITIONS

RAW, PACKAGING, SEMI_FINISHED, WIP, FINISHED = "1300", "1320", "1400", "1450", "1500"
PAYABLES, NOT_INVOICED, WAGES_PAYABLE, ACCRUALS = "2000", "2010", "2100", "5700"
WAGES, DEPRECIATION, ENERGY = "5000", "5100", "5150"
LABOUR_ABSORBED, OVERHEAD_ABSORBED, PRICE_VARIANCE, PRODUCTION_VARIANCE, SCRAP = "5200", "5300", "5400", "5500", "5600"
STOCK_ACCOUNT = {
    "raw": RAW,
    "consumable": RAW,
    "packaging": PACKAGING,
    "semi_finished": SEMI_FINISHED,
    "by_product": SEMI_FINISHED,
    "finished": FINISHED,
}
MOVEMENT_ACCOUNTS = {"issue": (WIP, -1), "return": (WIP, 1), "receipt": (WIP, 1), "by_product": (WIP, 1)}
"""The account against stock, and the sign with which stock moves."""
EURO_PER_KWH = Decimal("0.17")
BUDGET_VERSION = "PLAN"
SERVICE_CENTER = "CC-ADMIN"

Line = tuple[str, str | None, Decimal]
"""Account, cost center, amount: debit positive."""


class Finance:
    """Posts what happened and records the budget. Run it last: it reads the finished log."""

    def __init__(
        self,
        log: EventLog,
        clocks: dict[str, WallClock],
        units: list[WorkUnit],
        prices: PriceList,
        new_version_from: date,
        seed: str,
    ) -> None:
        self._log = log
        self._clocks = clocks
        self._prices = prices
        self._new_version_from = new_version_from
        self._random = Random(f"{seed}/finance")
        self._center_of_unit = {unit.work_unit_id: unit.work_center for unit in units}
        self._wip: dict[str, list[tuple[int, Decimal]]] = defaultdict(list)
        self._documents = 0

    def record(self) -> None:
        """Record all postings and the budget."""
        self._post_movements()
        self._post_purchases()
        self._post_absorption()
        self._settle_orders()
        self._post_months()
        self._record_budget()

    def _final(self, dataset: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield each row as it finally stands, with the night that brought it so."""
        columns, positions = COLUMNS[dataset], KEY_POSITIONS[dataset]
        latest = {
            tuple(row[position] for position in positions): (night, row)
            for night, row in sorted(self._log.rows[dataset], key=lambda entry: entry[0])
        }
        for night, row in latest.values():
            yield night, dict(zip(columns, row, strict=True))

    def _post(
        self, night: int, on: date, plant_id: str | None, lines: list[Line], text: str, **named: str | None
    ) -> None:
        lines = [line for line in lines if line[2]]
        if not lines or night >= self._log.days:
            return
        self._documents += 1
        for number, (account_id, cost_center_id, amount) in enumerate(lines, start=1):
            self._log.add(
                "ledger_posting",
                night,
                document_id=f"FI{self._documents:06d}",
                line_no=number,
                company_id=COMPANY_ID,
                plant_id=plant_id,
                account_id=account_id,
                cost_center_id=cost_center_id,
                posting_date=on,
                period_id=f"{on:%Y-%m}",
                amount=amount,
                currency_code=CURRENCY,
                text=text,
                **named,
            )
            if account_id == WIP and named.get("order_id"):
                self._wip[str(named["order_id"])].append((night, amount))

    # -- daily business -------------------------------------------------------------------------------------------

    def _post_movements(self) -> None:
        for night, row in self._final("goods_movement"):
            item, kind, on = ITEM[row["item_id"]], row["movement_type"], row["posting_date"]
            amount = row["amount"]
            if amount is None:
                amount = self._prices.amount(item.item_id, row["qty"], on)
            if amount is None or kind == "transfer":
                continue
            stock = STOCK_ACCOUNT[item.item_type]
            if kind in MOVEMENT_ACCOUNTS:
                other, sign = MOVEMENT_ACCOUNTS[kind]
                lines: list[Line] = [(stock, None, sign * amount), (other, None, -sign * amount)]
            else:
                sign = -1 if kind == "scrap" else 1
                lines = [(stock, None, sign * amount), (SCRAP, row["cost_center_id"], -sign * amount)]
            named = {"order_id": row["order_id"], "item_id": item.item_id, "source_document": row["movement_id"]}
            self._post(night, on, item.plant_id, lines, kind, **named)

    def _post_purchases(self) -> None:
        received: dict[str, Decimal] = {}
        for night, row in self._final("purchase_receipt"):
            value = rounded(row["qty"] * row["price_amount"] / row["price_unit_qty"])
            received[row["receipt_id"]] = value
            standard = self._prices.amount(row["item_id"], row["qty"], row["posting_date"]) or value
            lines: list[Line] = [
                (STOCK_ACCOUNT[ITEM[row["item_id"]].item_type], None, standard),
                (NOT_INVOICED, None, -value),
                (PRICE_VARIANCE, None, value - standard),
            ]
            named = {"item_id": row["item_id"], "source_document": row["receipt_id"]}
            self._post(night, row["posting_date"], row["plant_id"], lines, "purchase receipt", **named)
        for night, row in self._final("purchase_invoice"):
            value = received[row["receipt_id"]]
            lines = [
                (NOT_INVOICED, None, value),
                (PAYABLES, None, -row["amount"]),
                (PRICE_VARIANCE, None, row["amount"] - value),
            ]
            named = {"item_id": row["item_id"], "source_document": row["invoice_id"]}
            self._post(night, row["posting_date"], row["plant_id"], lines, "purchase invoice", **named)

    def _post_absorption(self) -> None:
        for night, row in self._final("confirmation"):
            center = self._center_of_unit.get(row["work_unit_id"])
            if center is None:
                continue
            on = row["posting_date"]
            version = SECOND_VERSION if on >= self._new_version_from else FIRST_VERSION
            hours = {
                "labour": Decimal(row["labour_seconds"]) / 3600,
                "setup": Decimal(row["setup_seconds"]) / 3600,
                **dict.fromkeys(
                    ("machine", "variable_overhead", "fixed_overhead"), Decimal(row["machine_seconds"]) / 3600
                ),
            }
            absorbed = {
                activity: rounded(hours[activity] * planned_rate(center, activity, version)) for activity in hours
            }
            labour = absorbed.pop("labour")
            overhead = sum(absorbed.values(), Decimal(0))
            lines: list[Line] = [
                (WIP, None, labour + overhead),
                (LABOUR_ABSORBED, center.cost_center_id, -labour),
                (OVERHEAD_ABSORBED, center.cost_center_id, -overhead),
            ]
            named = {"order_id": row["order_id"], "source_document": row["confirmation_id"]}
            self._post(night, on, row["plant_id"], lines, "absorption", **named)

    def _settle_orders(self) -> None:
        for night, row in self._final("production_order"):
            if row["status"] != "completed":
                continue
            settled = night + 1
            balance = sum((amount for at, amount in self._wip[row["order_id"]] if at <= settled), Decimal(0))
            lines: list[Line] = [(PRODUCTION_VARIANCE, None, balance), (WIP, None, -balance)]
            on = self._log.first_date + timedelta(days=settled)
            named = {"order_id": row["order_id"], "item_id": row["item_id"]}
            self._post(settled, on, row["plant_id"], lines, "settlement", **named)

    # -- month ends -----------------------------------------------------------------------------------------------

    def _months(self) -> Iterator[tuple[str, date, int]]:
        """Yield (period, its last day, night of posting) of each month whose books are closed within the nights."""
        month = self._log.first_date.replace(day=1)
        while True:
            following = (month + timedelta(days=32)).replace(day=1)
            night = self._log.night_on(following + timedelta(days=3))
            if night >= self._log.days:
                return
            yield f"{month:%Y-%m}", following - timedelta(days=1), night
            month = following

    def _post_months(self) -> None:
        energy: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for _, row in self._final("energy_reading"):
            on = self._clocks[row["plant_id"]].date_of(row["interval_start_at"])
            center = self._center_of_unit[row["work_unit_id"]]
            energy[f"{on:%Y-%m}", center.work_center_id] += Decimal(row["kwh"])
        hours: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for _, row in self._final("labour_time"):
            if row["activity"] != "absence":
                named = self._center_of_unit.get(row["work_unit_id"])
                cost_center = named.cost_center_id if named else SERVICE_CENTER
                minutes = int(Decimal(row["hours"]) * 60)
                hours[f"{row['work_date']:%Y-%m}", row["plant_id"]][cost_center] += minutes
        wages: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for _, row in self._final("payroll"):
            wages[row["period_id"], row["worker_id"][:2]] += row["amount"]
        for period_id, last_day, night in self._months():
            for center in WORK_CENTERS:
                used = rounded(energy[period_id, center.work_center_id] * EURO_PER_KWH)
                worn = Decimal(len(center.units) * self._random.randrange(2400, 2700))
                for account, amount, text in ((ENERGY, used, "energy"), (DEPRECIATION, worn, "depreciation")):
                    lines: list[Line] = [(account, center.cost_center_id, amount), (ACCRUALS, None, -amount)]
                    self._post(night, last_day, center.plant_id, lines, text)
            for plant_id in self._clocks:
                paid, worked = wages[period_id, plant_id], hours[period_id, plant_id]
                weights = {center_id: minutes for center_id, minutes in sorted(worked.items()) if minutes > 0}
                if paid and weights:
                    cents = split(paid * 100, list(weights.values()))
                    lines = [(WAGES, center, part / 100) for center, part in zip(weights, cents, strict=True)]
                    self._post(night, last_day, plant_id, [*lines, (WAGES_PAYABLE, None, -paid)], "wages")

    def _record_budget(self) -> None:
        """Record one year's budget by month: wages and energy vary with hours, depreciation does not."""
        for center in WORK_CENTERS:
            hours = Decimal(len(center.units) * 320)
            plans = (
                (WAGES, rounded(hours * Decimal(str(center.staffing)) * 26), "variable", "labour_hours"),
                (ENERGY, rounded(hours * 11 * EURO_PER_KWH), "variable", "machine_hours"),
                (DEPRECIATION, Decimal(len(center.units) * 2500), "fixed", None),
            )
            for month in range(1, 13):
                for account_id, amount, behaviour, driver in plans:
                    if amount:
                        self._log.add(
                            "budget",
                            0,
                            company_id=COMPANY_ID,
                            version_id=BUDGET_VERSION,
                            cost_center_id=center.cost_center_id,
                            account_id=account_id,
                            period_id=f"{self._log.first_date.year}-{month:02d}",
                            amount=amount,
                            currency_code=CURRENCY,
                            behaviour=behaviour,
                            driver=driver,
                            driver_qty=hours if driver else None,
                        )
