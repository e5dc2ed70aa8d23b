"""The bicycle maker's standards and purchases, worked out from its files alone and by nothing of the product.

A standard holds from its StartDate to its EndDate, a line of a bill likewise, both days included. Nothing has a
routing, so that an assembly is worth what its components are worth.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path

CENT, STEP = Decimal("0.01"), Decimal("0.0001")
Table = list[list[str]]


@dataclass(frozen=True)
class Assembly:
    """A standard of an assembled product against its bill: per unit, in dollars."""

    recorded: Decimal
    priced: Decimal | None
    """What the components with a standard of their own come to, each at the standard of that day; None without any."""
    unpriced: int
    """Lines of the bill whose component has no standard and none that could be calculated."""
    recomputed: Decimal | None
    """Through all levels; None where a component has no value."""


def _table(folder: Path, name: str) -> Table:
    return [line.split("\t") for line in (folder / name).read_text(encoding="utf-8").splitlines()]


def _holds(first: str, last: str, on: date) -> bool:
    return date.fromisoformat(first[:10]) <= on and (not last or on <= date.fromisoformat(last[:10]))


class BicycleMaker:
    """Products by number, as the files tell of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._history: dict[str, Table] = defaultdict(list)
        for row in _table(folder, "ProductCostHistory.csv"):
            self._history[row[0]].append(row)
        self._bill: dict[str, Table] = defaultdict(list)
        self._unit: dict[str, str] = {}
        for row in _table(folder, "BillOfMaterials.csv"):
            self._unit[row[2]] = min(row[5].strip(), self._unit.get(row[2], "~"))
            if row[1]:
                self._bill[row[1]].append(row)

    def standard(self, product: str, on: date) -> list[str] | None:
        """The line of the history that holds on a day."""
        valid = [row for row in self._history.get(product, []) if _holds(row[1], row[2], on)]
        return valid[0] if len(valid) == 1 else None

    def _value(self, product: str, on: date) -> Decimal | None:
        """What others take a product at: calculated where it can be, else as recorded."""
        recorded = self.standard(product, on)
        begins = date.fromisoformat(recorded[1][:10]) if recorded else on
        calculated = self._calculated(product, begins)
        if calculated is None and recorded:
            return Decimal(recorded[3])
        return calculated

    @cache  # noqa: B019 - one object lives as long as the test
    def _calculated(self, product: str, on: date) -> Decimal | None:
        lines = [row for row in self._bill.get(product, []) if _holds(row[3], row[4], on)]
        values = [(Decimal(row[7]), self._value(row[2], on)) for row in lines]
        if not lines or any(value is None for _, value in values):
            return None
        return sum((qty * value for qty, value in values if value is not None), Decimal(0)).quantize(
            STEP, ROUND_HALF_UP
        )

    def assemblies(self) -> dict[tuple[str, str], Assembly]:
        """Every standard of a product with a bill on its first day, by product and first day."""
        found = {}
        for product, history in self._history.items():
            for row in history:
                on = date.fromisoformat(row[1][:10])
                priced, unpriced = Decimal(0), 0
                lines = [line for line in self._bill.get(product, []) if _holds(line[3], line[4], on)]
                for line in lines:
                    recorded = self.standard(line[2], on)
                    value = Decimal(recorded[3]) if recorded else self._value(line[2], on)
                    unpriced += value is None
                    priced += Decimal(line[7]) * (value or 0)
                if lines:
                    found[product, row[1][:10]] = Assembly(
                        Decimal(row[3]),
                        None if unpriced == len(lines) else priced.quantize(STEP, ROUND_HALF_UP),
                        unpriced,
                        self._calculated(product, on),
                    )
        return found

    def purchases(self) -> dict[tuple[str, str], tuple[Decimal, Decimal | None]]:
        """Value and price variance of each received line, by order and line; no variance without unit or standard."""
        shipped = {row[0]: (row[4], row[7][:10]) for row in _table(self._folder, "PurchaseOrderHeader.csv")}
        sold_in = {(row[0], row[1]): row[9].strip() for row in _table(self._folder, "ProductVendor.csv")}
        found = {}
        for row in _table(self._folder, "PurchaseOrderDetail.csv"):
            vendor, on = shipped[row[0]]
            value = (Decimal(row[7]) * Decimal(row[5])).quantize(CENT, ROUND_HALF_UP)
            recorded = self.standard(row[4], date.fromisoformat(on))
            variance = None
            if recorded and sold_in[row[4], vendor] == self._unit.get(row[4], "EA"):
                variance = value - (Decimal(row[7]) * Decimal(recorded[3])).quantize(CENT, ROUND_HALF_UP)
            found[row[0], row[1]] = (value, variance)
        return found
