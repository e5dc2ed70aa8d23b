"""A works of one machine, one material and one product, its events and the books its ERP keeps of them.

Material S costs 2.00 a kilogram (2.50 from 15 March), product G 30.00 a piece. The machine's cost center charges 36.00
an hour for labour, for the machine and for overhead. Every method adds an event and posts what the books make of it;
where the two are to differ, the caller says so. Orders are settled with whatever the books have on them.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

TIEOUT_YML = """
companies: [{company_id: LC, name: Ledger Co, currency_code: EUR, time_zone: Europe/Berlin}]
plants:
  - {plant_id: LP, company_id: LC, name: Ledger plant, time_zone: Europe/Berlin, currency_code: EUR}
sources:
  - {name: erp, system: canonical, plant_id: LP}
"""
STOCK, PRODUCTS, WIP, VARIANCE = "1300", "1500", "1450", "5500"
LABOUR, MACHINE, SCRAP, PPV, REVALUED, EXCHANGE = "5200", "5300", "5600", "5400", "5700", "5800"
RECEIVED, PAYABLES, WAGES, WAGES_PAYABLE = "2010", "2000", "5000", "2100"
BANK, NO_ROLE, NOT_IN_CHART = "1000", "6900", "8888"
ROLES = {
    STOCK: "raw_material",
    PRODUCTS: "finished_goods",
    WIP: "wip",
    VARIANCE: "production_variance",
    LABOUR: "labour_absorbed",
    MACHINE: "overhead_absorbed",
    SCRAP: "scrap",
    PPV: "ppv",
    REVALUED: "revaluation",
    EXCHANGE: "exchange_difference",
    RECEIVED: "goods_received_not_invoiced",
    PAYABLES: "payables",
    WAGES: "labour_actual",
    WAGES_PAYABLE: "wages_payable",
    BANK: "",
    NO_ROLE: "",
}
NEW_STANDARD = "2026-03-15"
Row = dict[str, object]
Lines = list[tuple[str, object]]
"""Account and amount, debit positive."""


def cents(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


class Works:
    """What is delivered, by dataset."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Row]] = defaultdict(list)
        self._documents = 0
        self._master_data()

    def add(self, dataset: str, **row: object) -> None:
        self.rows[dataset].append(row)

    def _master_data(self) -> None:
        self.add("work_center", work_center_id="W", cost_center_id="CC", name="Workshop")
        self.add("work_unit", work_unit_id="M", work_center_id="W", name="Mill")
        self.add("cost_center", cost_center_id="CC", company_id="LC", plant_id="LP", name="Workshop", kind="production")
        self.add("worker", worker_id="W1", company_id="LC", plant_id="LP")
        for item, kind, unit, how in (("S", "raw", "KG", "buy"), ("G", "finished", "EA", "make")):
            self.add(
                "item",
                item_id=item,
                company_id="LC",
                name=item,
                item_type=kind,
                base_uom=unit,
                procurement=how,
                valuation="standard",
            )
        for account, role in ROLES.items():
            self.add(
                "account", account_id=account, company_id="LC", name=role or "Other", account_type="asset", role=role
            )
        for item, version, first, end, amount in (
            ("S", "1", "2026-01-01", NEW_STANDARD, "2.00"),
            ("S", "2", NEW_STANDARD, "", "2.50"),
            ("G", "1", "2026-01-01", "", "30.00"),
        ):
            self.add(
                "standard_cost",
                item_id=item,
                plant_id="LP",
                version_id=version,
                cost_component="material",
                valid_from=first,
                valid_to=end,
                amount=amount,
                price_unit_qty=1,
                currency_code="EUR",
            )
        for activity, rate in (("labour", 36), ("machine", 36), ("fixed_overhead", 36)):
            self.add(
                "activity_rate",
                cost_center_id="CC",
                activity=activity,
                rate_type="planned",
                valid_from="2026-01-01",
                hourly_amount=rate,
                currency_code="EUR",
            )
        self.add(
            "exchange_rate",
            from_currency_code="USD",
            to_currency_code="EUR",
            rate_type="daily",
            valid_from="2026-01-01",
            rate="0.80",
        )

    # -- books ------------------------------------------------------------------------------------------------------

    def post(self, on: str, lines: Lines, **named: object) -> str:
        """Post a document and return its number; `named` goes to every line."""
        self._documents += 1
        document = str(named.pop("document_id", f"FI{self._documents:04d}"))
        for number, (account, amount) in enumerate(lines, start=1):
            line = {
                "document_id": document,
                "line_no": number,
                "company_id": "LC",
                "plant_id": "LP",
                "account_id": account,
                "posting_date": on,
                "period_id": on[:7],
                "amount": amount,
                "currency_code": "EUR",
            }
            self.add("ledger_posting", **{**line, **named})
        return document

    # -- events and what the books make of them -----------------------------------------------------------------------

    def order(self, order: str, ended: str | None) -> None:
        self.add(
            "production_order",
            order_id=order,
            plant_id="LP",
            item_id="G",
            order_type="standard",
            planned_qty=10,
            uom="EA",
            actual_start_at="2026-03-02T06:00:00",
            actual_end_at=f"{ended}T15:00:00" if ended else "",
            status="completed" if ended else "in_process",
        )

    def move(self, kind: str, movement: str, on: str, qty: object, amount: object, **more: object) -> None:
        """Deliver a movement; of an order it moves S in and G out."""
        row: Row = {
            "movement_id": movement,
            "movement_type": kind,
            "plant_id": "LP",
            "item_id": "G" if kind == "receipt" else "S",
            "qty": qty,
            "uom": "EA" if kind == "receipt" else "KG",
            "amount": amount,
            "currency_code": "EUR" if amount != "" else "",
            "posting_date": on,
        }
        self.add("goods_movement", **{**row, **more})

    def issue(
        self,
        order: str,
        movement: str,
        on: str,
        kg: object,
        worth: object,
        *,
        booked: object = None,
        booked_on: str | None = None,
        **named: object,
    ) -> str:
        """Issue material to an order; the books may say otherwise what it is worth and when."""
        self.move("issue", movement, on, kg, worth, order_id=order)
        amount = worth if booked is None else booked
        lines: Lines = [(WIP, amount), (STOCK, -Decimal(str(amount)))]
        return self.post(booked_on or on, lines, order_id=order, source_document=movement, **named)

    def confirm(self, order: str, confirmation: str, on: str, seconds: int, posted_seconds: int | None = None) -> str:
        """Confirm work of `seconds` of labour and machine alike."""
        self.add(
            "confirmation",
            confirmation_id=confirmation,
            order_id=order,
            operation_no=10,
            plant_id="LP",
            work_unit_id="M",
            posting_date=on,
            good_qty=10,
            scrap_qty=0,
            machine_seconds=seconds,
            labour_seconds=seconds,
        )
        worked = Decimal(seconds if posted_seconds is None else posted_seconds)
        labour = cents(worked * 36 / 3600)
        machine = 2 * labour
        lines: Lines = [(WIP, labour + machine), (LABOUR, -labour), (MACHINE, -machine)]
        return self.post(on, lines, order_id=order, source_document=confirmation)

    def output(self, order: str, movement: str, on: str) -> str:
        self.move("receipt", movement, on, 10, "300.00", order_id=order)
        return self.post(on, [(PRODUCTS, 300), (WIP, -300)], order_id=order, source_document=movement)

    def settle(self, order: str, on: str) -> str:
        """Settle what the books have on the order."""
        balance = sum(
            (
                Decimal(str(line["amount"]))
                for line in self.rows["ledger_posting"]
                if line["account_id"] == WIP and line.get("order_id") == order
            ),
            Decimal(0),
        )
        return self.post(on, [(VARIANCE, balance), (WIP, -balance)], order_id=order)

    def run_order(self, order: str, on: str, *, worth: object = "120.00", **named: object) -> str:
        """A whole order in a day: 60 kg issued, an hour worked, ten pieces made; return the document of the issue."""
        self.order(order, on)
        document = self.issue(order, f"M{order}1", on, 60, worth, booked="120.00", **named)
        self.confirm(order, f"C{order}", on, 3600)
        self.output(order, f"M{order}2", on)
        return document

    def receive(self, receipt: str, on: str, kg: int, price: object, posted: object, **more: object) -> str:
        """Buy material; `posted` is its value in the books."""
        row = {
            "receipt_id": receipt,
            "line_no": 1,
            "plant_id": "LP",
            "item_id": "S",
            "qty": kg,
            "uom": "KG",
            "price_amount": price,
            "price_unit_qty": 1,
            "currency_code": "EUR",
            "posting_date": on,
        }
        named = {key: more.pop(key) for key in ("transaction_currency_code", "transaction_amount") if key in more}
        self.add("purchase_receipt", **{**row, **more})
        standard = Decimal(kg) * Decimal("2.00" if on < NEW_STANDARD else "2.50")
        value = Decimal(str(posted))
        lines: Lines = [(STOCK, standard), (RECEIVED, -value), (PPV, value - standard)]
        return self.post(on, [line for line in lines if line[1]], item_id="S", source_document=receipt, **named)

    def invoice(self, invoice: str, receipt: str, on: str, amount: object, value: object, posted: object) -> str:
        """An invoice of a receipt of `value`, booked at `posted`."""
        self.add(
            "purchase_invoice",
            invoice_id=invoice,
            line_no=1,
            receipt_id=receipt,
            receipt_line_no=1,
            plant_id="LP",
            item_id="S",
            qty=100,
            amount=amount,
            currency_code="EUR",
            posting_date=on,
        )
        charged, received = Decimal(str(posted)), Decimal(str(value))
        lines: Lines = [(RECEIVED, received), (PAYABLES, -charged), (PPV, charged - received)]
        return self.post(on, [line for line in lines if line[1]], item_id="S", source_document=invoice)

    def pay(self, period: str, paid: object, posted: object) -> str:
        self.add(
            "payroll", worker_id="W1", period_id=period, pay_code="BASE", hours=100, amount=paid, currency_code="EUR"
        )
        return self.post(f"{period}-28", [(WAGES, posted), (WAGES_PAYABLE, -Decimal(str(posted)))], cost_center_id="CC")

    def revalue(self, on_hand: Decimal) -> str:
        """Post what the new standard makes of the stock on hand."""
        gain = cents(on_hand * Decimal("0.50"))
        return self.post(
            NEW_STANDARD, [(STOCK, gain), (REVALUED, -gain)], item_id="S", source_document=f"REVAL-LP-S-{NEW_STANDARD}"
        )

    def on_hand_before_the_new_standard(self) -> Decimal:
        """Kilograms of S by all that is delivered and accepted with an earlier date."""
        total = Decimal(0)
        for row in self.rows["goods_movement"]:
            if row["item_id"] == "S" and str(row["posting_date"]) < NEW_STANDARD:
                total += Decimal(str(row["qty"])) * {"adjustment": 1, "transfer": 0}.get(str(row["movement_type"]), -1)
        for row in self.rows["purchase_receipt"]:
            if str(row["posting_date"]) < NEW_STANDARD:
                total += Decimal(str(row["qty"]))
        return total

    def write(self, inbox: Path) -> None:
        """Write one CSV a dataset."""
        inbox.mkdir(parents=True, exist_ok=True)
        for dataset, rows in self.rows.items():
            columns = list(dict.fromkeys(name for row in rows for name in row))
            with (inbox / f"{dataset}.csv").open("w", newline="", encoding="utf-8") as stream:
                writer = csv.DictWriter(stream, columns, restval="", lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows)
