"""Twenty-four items, their three-level bills of material and their routings.

Plant P1 turns bar and castings into valve and pump parts and assembles them; plant P2 cooks sauces and fills them.
Quantities are counted in steps of `quantum`: one piece, or a tenth of a kilogram.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Item:
    """An article master. `price` is what a bought item costs per `price_unit_qty` in the first standard version."""

    item_id: str
    plant_id: str
    name: str
    item_type: str
    base_uom: str
    group: str
    lot_size_qty: int = 0
    price: str = ""
    price_unit_qty: int = 1

    @property
    def is_made(self) -> bool:
        """Whether the plant makes it rather than buys it."""
        return self.lot_size_qty > 0

    @property
    def quantum(self) -> Decimal:
        """The smallest quantity that is counted."""
        return Decimal("0.1") if self.base_uom == "KG" else Decimal(1)


@dataclass(frozen=True)
class BomLine:
    """What `base_qty` of an item takes of one component, or yields of a by-product."""

    item_id: str
    component_id: str
    qty: str
    base_qty: int = 1
    scrap_ratio: str = ""
    line_type: str = "component"
    substitute_id: str = ""
    mix_group: str = ""
    """Components of one group may replace each other."""


@dataclass(frozen=True)
class Operation:
    """One step of a routing; seconds are machine seconds, labour follows the work center's staffing."""

    item_id: str
    operation_no: str
    work_center_id: str
    setup_seconds: int
    run_seconds: str
    base_qty: int = 1
    scrap_ratio: str = "0.01"
    rework_ratio: str = "0"
    subcontract_amount: str = ""


PROTOTYPE_ITEM_ID = "V300"
"""Launched while the factory runs: without standard cost, and without a standard time at the manual stations."""

ITEMS = (
    Item("V100", "P1", "Directional valve V100", "finished", "PC", "Valves", 240),
    Item("V200", "P1", "Directional valve V200", "finished", "PC", "Valves", 200),
    Item("PU50", "P1", "Gear pump PU50", "finished", "PC", "Pumps", 120),
    Item("V300", "P1", "Proportional valve V300, prototype", "finished", "PC", "Valves", 24),
    Item("BODY10", "P1", "Valve body", "semi_finished", "PC", "Valve parts", 280),
    Item("SPOOL10", "P1", "Valve spool", "semi_finished", "PC", "Valve parts", 400),
    Item("SHAFT20", "P1", "Pump shaft, hardened", "semi_finished", "PC", "Pump parts", 240),
    Item("HOUS20", "P1", "Pump housing", "semi_finished", "PC", "Pump parts", 180),
    Item("BAR-ST", "P1", "Steel bar 42CrMo4", "raw", "KG", "Metal", 0, "1.8400"),
    Item("BAR-ST-B", "P1", "Steel bar C45, substitute", "raw", "KG", "Metal", 0, "1.6100"),
    Item("BLANK-AL", "P1", "Aluminium casting", "raw", "PC", "Metal", 0, "742.0000", 100),
    Item("SEAL-KIT", "P1", "Seal kit", "raw", "PC", "Bought parts", 0, "2.3500"),
    Item("SCREW-M6", "P1", "Screw M6x20", "consumable", "PC", "Bought parts", 0, "31.5000", 1000),
    Item("TS500", "P2", "Tomato sauce, jar 500 g", "finished", "PC", "Sauces", 12000),
    Item("PE190", "P2", "Pesto, jar 190 g", "finished", "PC", "Pesto", 9600),
    Item("BASE-TOM", "P2", "Tomato sauce base", "semi_finished", "KG", "Bases", 4000),
    Item("BASE-PES", "P2", "Pesto base", "semi_finished", "KG", "Bases", 1600),
    Item("TOMATO", "P2", "Tomatoes, diced", "raw", "KG", "Produce", 0, "612.0000", 1000),
    Item("OIL", "P2", "Olive oil", "raw", "KG", "Produce", 0, "6.4500"),
    Item("BASIL", "P2", "Basil", "raw", "KG", "Produce", 0, "9.1000"),
    Item("SPICE", "P2", "Spice mix", "raw", "KG", "Produce", 0, "14.2000"),
    Item("JAR", "P2", "Glass jar with lid", "packaging", "PC", "Packaging", 0, "118.0000", 1000),
    Item("LABEL-R", "P2", "Label", "packaging", "PC", "Packaging", 0, "9.6000", 1000),
    Item("TRIM", "P2", "Tomato trim, sold as feed", "by_product", "KG", "By-products", 0, "0.0800"),
)

BOM = (
    BomLine("V100", "BODY10", "1", 1, "0.005"),
    BomLine("V100", "SPOOL10", "1"),
    BomLine("V100", "SEAL-KIT", "1", 1, "0.01"),
    BomLine("V100", "SCREW-M6", "4", 1, "0.02"),
    BomLine("V200", "BODY10", "1"),
    BomLine("V200", "SPOOL10", "2"),
    BomLine("V200", "SEAL-KIT", "2", 1, "0.01"),
    BomLine("V200", "SCREW-M6", "6", 1, "0.02"),
    BomLine("PU50", "HOUS20", "1"),
    BomLine("PU50", "SHAFT20", "2"),
    BomLine("PU50", "SEAL-KIT", "1"),
    BomLine("PU50", "SCREW-M6", "8", 1, "0.02"),
    BomLine("V300", "BODY10", "1"),
    BomLine("V300", "SPOOL10", "1"),
    BomLine("V300", "SEAL-KIT", "3"),
    BomLine("BODY10", "BAR-ST", "2.6", 1, "0.03", substitute_id="BAR-ST-B"),
    BomLine("SPOOL10", "BAR-ST", "0.45", 1, "0.03"),
    BomLine("SHAFT20", "BAR-ST", "1.2", 1, "0.03", substitute_id="BAR-ST-B"),
    BomLine("HOUS20", "BLANK-AL", "1"),
    BomLine("TS500", "BASE-TOM", "500", 1000, "0.01"),
    BomLine("TS500", "JAR", "1000", 1000, "0.004"),
    BomLine("TS500", "LABEL-R", "1000", 1000, "0.01"),
    BomLine("PE190", "BASE-PES", "190", 1000, "0.01"),
    BomLine("PE190", "JAR", "1000", 1000, "0.004"),
    BomLine("PE190", "LABEL-R", "1000", 1000, "0.01"),
    BomLine("BASE-TOM", "TOMATO", "1120", 1000, mix_group="RECIPE"),
    BomLine("BASE-TOM", "OIL", "35", 1000, mix_group="RECIPE"),
    BomLine("BASE-TOM", "SPICE", "12", 1000, mix_group="RECIPE"),
    BomLine("BASE-TOM", "TRIM", "95", 1000, line_type="by_product"),
    BomLine("BASE-PES", "OIL", "540", 1000, mix_group="RECIPE"),
    BomLine("BASE-PES", "BASIL", "380", 1000, "0.05", mix_group="RECIPE"),
    BomLine("BASE-PES", "SPICE", "80", 1000, mix_group="RECIPE"),
)

ROUTINGS = (
    Operation("V100", "10", "P1-ASSY", 1200, "58", scrap_ratio="0.012"),
    Operation("V100", "20", "P1-MAN", 300, "85", scrap_ratio="0.004"),
    Operation("V200", "10", "P1-ASSY", 1500, "72", scrap_ratio="0.012"),
    Operation("V200", "20", "P1-MAN", 300, "98", scrap_ratio="0.004"),
    Operation("PU50", "10", "P1-ASSY", 1800, "115", scrap_ratio="0.015"),
    Operation("PU50", "20", "P1-MAN", 600, "150", scrap_ratio="0.006"),
    Operation("V300", "10", "P1-ASSY", 2400, "95", scrap_ratio="0.05"),
    Operation("V300", "20", "P1-MAN", 900, "", scrap_ratio="0.05"),
    Operation("BODY10", "10", "P1-SAW", 600, "26.5", scrap_ratio="0.004"),
    Operation("BODY10", "20", "P1-MILL", 2700, "104.2", scrap_ratio="0.018", rework_ratio="0.012"),
    Operation("BODY10", "30", "P1-WASH", 300, "11", scrap_ratio="0"),
    Operation("SPOOL10", "10", "P1-TURN", 2400, "71.3", scrap_ratio="0.016"),
    Operation("SPOOL10", "20", "P1-GRIND", 1800, "38.7", scrap_ratio="0.011", rework_ratio="0.006"),
    Operation("SPOOL10", "30", "P1-WASH", 300, "7.5", scrap_ratio="0"),
    Operation("SHAFT20", "10", "P1-SAW", 600, "33", scrap_ratio="0.004"),
    Operation("SHAFT20", "20", "P1-TURN", 2700, "118.6", scrap_ratio="0.014"),
    Operation("SHAFT20", "30", "P1-EXT", 0, "", scrap_ratio="0", subcontract_amount="1.1500"),
    Operation("SHAFT20", "40", "P1-GRIND", 1800, "44.1", scrap_ratio="0.012"),
    Operation("SHAFT20", "50", "P1-WASH", 300, "9", scrap_ratio="0"),
    Operation("HOUS20", "10", "P1-MILL", 3000, "146", scrap_ratio="0.021", rework_ratio="0.015"),
    Operation("HOUS20", "20", "P1-WASH", 300, "14", scrap_ratio="0"),
    Operation("TS500", "10", "P2-FILL", 2100, "905", 1000, "0.008"),
    Operation("TS500", "20", "P2-LABEL", 900, "410", 1000, "0.004"),
    Operation("TS500", "30", "P2-PACK", 600, "780", 1000, "0.002"),
    Operation("PE190", "10", "P2-FILL", 2700, "1010", 1000, "0.009"),
    Operation("PE190", "20", "P2-LABEL", 900, "430", 1000, "0.004"),
    Operation("PE190", "30", "P2-PACK", 600, "720", 1000, "0.002"),
    Operation("BASE-TOM", "10", "P2-MIX", 1200, "1450", 1000, "0.002"),
    Operation("BASE-TOM", "20", "P2-COOK", 1800, "4700", 1000, "0.006", "0.004"),
    Operation("BASE-PES", "10", "P2-MIX", 1500, "3300", 1000, "0.003"),
    Operation("BASE-PES", "20", "P2-COOK", 1800, "3900", 1000, "0.006"),
)

REROUTED_ITEM_ID = "SPOOL10"
REROUTED_RUN_SECONDS = {"10": "68.9", "20": "37.2", "30": "7.5"}
"""The spool's second routing version, valid from the day of the new standards."""

FIRST_VERSION, SECOND_VERSION = "1", "2"

ITEM = {item.item_id: item for item in ITEMS}


def run_seconds_of(operation: Operation, version: str) -> Decimal | None:
    """Return the operation's machine seconds in the routing of that version; None where none are planned."""
    if operation.item_id == REROUTED_ITEM_ID and version == SECOND_VERSION:
        return Decimal(REROUTED_RUN_SECONDS[operation.operation_no])
    return Decimal(operation.run_seconds) if operation.run_seconds else None


def components_of(item_id: str) -> list[BomLine]:
    """Return the bill of material of an item in line order; empty for a bought item."""
    return [line for line in BOM if line.item_id == item_id]


def operations_of(item_id: str) -> list[Operation]:
    """Return the routing of an item in operation order."""
    return [operation for operation in ROUTINGS if operation.item_id == item_id]
