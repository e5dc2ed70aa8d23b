"""Which delivered rows say the standards behind a figure: bill of material, routing, standard cost, rates, scrap.

The warehouse says what a standard amounts to; file and line of the standard itself are asked of the rows as taken in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import duckdb

from serving.explain.model import DeliveredRows, SourceRow
from serving.explain.numbers import spoken

_FIRST, _LAST = date.min, date.max


def standards_behind(
    connection: duckdb.DuckDBPyConnection,
    delivered: DeliveredRows,
    row: Mapping[str, Any],
    rows: Sequence[SourceRow],
) -> tuple[tuple[SourceRow, ...], tuple[SourceRow, ...]]:
    """Return the rows, each standard placed in its file and line, and the delivered rows that they rest on."""
    return _Behind(connection, delivered, row).places(rows)


class _Behind:
    def __init__(self, connection: duckdb.DuckDBPyConnection, delivered: DeliveredRows, row: Mapping[str, Any]) -> None:
        self._connection = connection
        self._delivered = delivered
        self._row = row
        self._company = row.get("company_id")
        self._order = self._order_of(row)
        self._standards: dict[tuple[Any, ...], SourceRow] = {}

    def places(self, rows: Sequence[SourceRow]) -> tuple[tuple[SourceRow, ...], tuple[SourceRow, ...]]:
        placed = tuple(self._placed(row) for row in rows)
        return placed, tuple(self._standards.values())

    def _placed(self, row: SourceRow) -> SourceRow:
        match row.dataset:
            case "bom_line":
                return self._bom_line(row)
            case "routing_operation":
                return self._routing_operation(row)
            case "confirmation" if row.source_file is None:
                return self._confirmation(row)
            case _:
                self._rates_and_prices(row)
                return row

    def _order_of(self, row: Mapping[str, Any]) -> dict[str, Any]:
        if not row.get("order_id"):
            return {}
        told = self._connection.execute(
            "select * from core.dim_order where company_id = ? and order_id = ?", [self._company, row["order_id"]]
        )
        names = [str(column[0]) for column in told.description]
        found = told.fetchone()
        return dict(zip(names, found, strict=True)) if found else {}

    def _of_order(self) -> dict[str, Any]:
        return {
            "company_id": self._company,
            "plant_id": self._order.get("plant_id"),
            "item_id": self._order.get("item_id"),
        }

    def _version(self, dataset: str, named: str | None, day: date) -> list[Mapping[str, Any]]:
        """The rows of the order's own version, else of the first by name that is valid on the day."""
        found = [row for row in self._delivered.find(dataset, self._of_order()) if _valid(row, day)]
        if named is not None:
            return [row for row in found if row["version_id"] == named]
        first = min((str(row["version_id"]) for row in found), default=None)
        return [row for row in found if row["version_id"] == first]

    def _bom_line(self, row: SourceRow) -> SourceRow:
        lines = [
            line
            for line in self._version("bom_line", self._order.get("bom_version_id"), row.posting_date)
            if line["component_item_id"] == row.item_id
        ]
        self._price(row.item_id, row.posting_date)
        if row.step in ("mix", "average price"):
            self._used_in_mix()
        if not lines:
            planned = self._delivered.find(
                "order_component",
                {"company_id": self._company, "order_id": self._row.get("order_id"), "item_id": row.item_id},
            )
            if not planned:
                return row
            says = f"{spoken(planned[0]['planned_qty'], 'quantity')} {planned[0]['uom']} for the order"
            return row.placed(
                planned[0], dataset="order_component", document=f"line {planned[0]['line_no']}", note=says
            )
        for line in lines[1:]:
            self._keep("bom_line", f"{line['version_id']}/{line['line_no']}", line, _bom_says(line), row)
        line = lines[0]
        return row.placed(line, document=f"{line['version_id']}/{line['line_no']}", note=_bom_says(line))

    def _used_in_mix(self) -> None:
        """What was used of the items whose mix is planned: all of it stands behind the share of one."""
        used = self._connection.execute(
            """
            select p.source_dataset, p.source_document_id, p.posting_date, p.item_id, p.base_qty, p.source_file,
                p.source_line
            from core.fct_order_posting as p
            where p.company_id = ? and p.order_id = ? and p.cost_component = 'material'
                and p.posting_kind <> 'by_product' and p.item_id in (
                    select component_item_id from cost.order_variance
                    where company_id = p.company_id and order_id = p.order_id
                        and leaf_code in ('MAT.MIX', 'MAT.YIELD')
                )
            order by p.item_id, p.posting_date, p.source_document_id
            """,
            [self._company, self._row.get("order_id")],
        ).fetchall()
        for dataset, document, day, item_id, qty, file, line in used:
            told = {"source_file": file, "source_line": line, "posting_date": day}
            self._keep(dataset, document, told, f"{spoken(qty, 'quantity')} of {item_id} used", None)

    def _routing_operation(self, row: SourceRow) -> SourceRow:
        found = [
            line
            for line in self._version("routing_operation", self._order.get("routing_version_id"), row.posting_date)
            if line["operation_no"] == row.operation_no
        ]
        component = str(self._row.get("cost_component") or "")
        self._rate(self._row.get("cost_center_id"), component, "planned", row.posting_date)
        if not found:
            return row
        line = found[0]
        return row.placed(
            line, document=f"{line['version_id']}/{line['operation_no']}", note=_routing_says(line, component)
        )

    def _confirmation(self, row: SourceRow) -> SourceRow:
        """A confirmation named, or those that scrapped pieces at the leaf's operation."""
        if row.document is not None:
            found = self._delivered.find("confirmation", {"company_id": self._company, "confirmation_id": row.document})
            return row.placed(found[0]) if found else row
        wanted = {"company_id": self._company, "order_id": self._row.get("order_id")}
        at = self._row.get("operation_no") if self._row.get("leaf_code") == "SCRAP" else None
        for told in self._delivered.find("confirmation", wanted):
            if told.get("scrap_qty") and (at is None or told.get("operation_no") in (at, None)):
                says = f"{spoken(told['scrap_qty'], 'quantity')} scrapped at operation {told.get('operation_no')}"
                self._keep("confirmation", told["confirmation_id"], told, says, row)
        spent_at = f"spent at operation {row.operation_no}" if row.operation_no is not None else ""
        return SourceRow(
            row.step,
            "confirmation",
            None,
            row.posting_date,
            row.item_id,
            row.operation_no,
            amount=row.amount,
            note=spent_at or None,
        )

    def _rates_and_prices(self, row: SourceRow) -> None:
        day = row.posting_date
        if day is None:
            return
        if row.hours is not None and row.cost_center_id is not None:
            activity = self._activity(row)
            self._rate(row.cost_center_id, activity, "planned", day)
            self._rate(row.cost_center_id, activity, "actual", day)
        elif row.step == "at standard price" and self._row.get("cost_component") == "subcontract":
            self._outside_price(row)
        elif row.item_id and row.step.startswith(("at ", "standard ", "output ")):
            self._price(row.item_id, day)

    def _outside_price(self, row: SourceRow) -> None:
        """What the routing says of work done outside, at the leaf's operation and the day of the last output."""
        days = self._connection.execute(
            "select max(standard_date) from core.fct_variance_part where company_id = ? and order_id = ?",
            [self._company, self._row.get("order_id")],
        ).fetchone()
        day = days[0] if days and days[0] else row.posting_date
        for line in self._version("routing_operation", self._order.get("routing_version_id"), day):
            if line["operation_no"] == self._row.get("operation_no"):
                says = f"outside work {_routing_says(line, 'subcontract')}"
                self._keep("routing_operation", f"{line['version_id']}/{line['operation_no']}", line, says, None)

    def _activity(self, row: SourceRow) -> str:
        named = {"labour": "labour", "rework labour": "labour", "machine hours": "machine", "set-up hours": "setup"}
        return (
            named.get(row.step, row.step.replace(" ", "_"))
            if not self._row.get("cost_component")
            else str(self._row["cost_component"])
        )

    def _rate(self, cost_center_id: Any, activity: str, kind: str, day: date) -> None:
        if cost_center_id is None:
            return
        found = self._delivered.find(
            "activity_rate",
            {
                "company_id": self._company,
                "cost_center_id": cost_center_id,
                "activity": activity,
                "rate_type": kind,
            },
        )
        valid = [rate for rate in found if _valid(rate, day)]
        if valid:
            rate = max(valid, key=lambda told: told["valid_from"] or _FIRST)
            says = f"{kind} {activity.replace('_', ' ')} rate {spoken(rate['hourly_amount'])} an hour"
            self._keep("activity_rate", str(cost_center_id), rate, says, None)

    def _price(self, item_id: Any, day: date) -> None:
        found = self._delivered.find(
            "standard_cost",
            {
                "company_id": self._company,
                "plant_id": self._order.get("plant_id") or self._row.get("plant_id"),
                "item_id": item_id,
            },
        )
        for cost in found:
            if _valid(cost, day) and cost["amount"]:
                says = (
                    f"{str(cost['cost_component']).replace('_', ' ')} {spoken(cost['amount'])} "
                    f"per {spoken(cost['price_unit_qty'], 'quantity')} of {item_id}"
                )
                self._keep("standard_cost", f"{cost['version_id']}", cost, says, None)

    def _keep(self, dataset: str, document: Any, told: Mapping[str, Any], says: str, row: SourceRow | None) -> None:
        place = (dataset, told["source_file"], told["source_line"])
        self._standards.setdefault(
            place,
            SourceRow(
                step=row.step if row else dataset,
                dataset=dataset,
                document=None if document is None else str(document),
                posting_date=told.get("posting_date") or told.get("valid_from"),
                source_file=told["source_file"],
                source_line=told["source_line"],
                note=says,
            ),
        )


def _valid(row: Mapping[str, Any], day: date) -> bool:
    return (row.get("valid_from") or _FIRST) <= day < (row.get("valid_to") or _LAST)


def _bom_says(line: Mapping[str, Any]) -> str:
    says = f"{spoken(line['qty'], 'quantity')} {line['uom']} for {spoken(line['base_qty'], 'quantity')}"
    if line.get("component_scrap_ratio"):
        says += f", {spoken(100 * line['component_scrap_ratio'], 'quantity')} % component scrap"
    return says


def _routing_says(line: Mapping[str, Any], component: str) -> str:
    if component == "subcontract":
        return f"{spoken(line['subcontract_amount'])} for {spoken(line['base_qty'] or 1, 'quantity')}"
    prefix = "labour_" if component == "labour" else ""
    run, setup = line.get(f"{prefix}run_seconds_per_unit"), line.get(f"{prefix}setup_seconds")
    says = []
    if run and component != "setup":
        says.append(f"{spoken(run, 'seconds')} s for {spoken(line['base_qty'] or 1, 'quantity')}")
    if setup and component in ("labour", "setup"):
        says.append(f"set-up {spoken(setup, 'seconds')} s")
    if line.get("planned_scrap_ratio"):
        says.append(f"{spoken(100 * line['planned_scrap_ratio'], 'quantity')} % planned scrap")
    return ", ".join(says)
