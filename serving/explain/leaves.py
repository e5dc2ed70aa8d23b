"""The variance leaves in words: the formula of each, and what its parts are called in the tree."""

from __future__ import annotations

LEAF_FORMULAS = {
    "MAT.PRICE": "booked {part.booked} − at standard price of the posting dates {part.at_posting_price}",
    "MAT.JOINT": "(booked − at standard price of the posting dates) × ({actual_qty} {uom} used"
    " − {standard_qty} {uom} standard) ÷ {actual_qty} {uom}",
    "MAT.USAGE": "({actual_qty} {uom} used − {standard_qty} {uom} standard) × {standard_unit_price}"
    " − scrap share {part.scrap_share}",
    "MAT.MIX": "({actual_qty} {uom} used − {standard_qty} {uom} in the planned mix) × {standard_unit_price}",
    "MAT.YIELD": "planned mix of what was used {part.mix} − planned {part.planned} − scrap share {part.scrap_share}",
    "MAT.SUBST": "({actual_qty} {uom} used − {standard_qty} {uom} standard) × {standard_unit_price}"
    " − scrap share {part.scrap_share}",
    "BYP": "({standard_qty} {uom} standard − {actual_qty} {uom} credited) × {standard_unit_price}",
    "LAB.RATE": "{actual_hours} h at actual rates {part.actual} − at planned rates {part.booked}",
    "MCH.RATE": "{actual_hours} h at actual rates {part.actual} − at planned rates {part.booked}",
    "LAB.EFF": "({actual_hours} h worked − {standard_hours} h standard) × {standard_unit_price}"
    " − scrap share {part.scrap_share}",
    "MCH.EFF": "({actual_hours} h run − {standard_hours} h standard) × {standard_unit_price}"
    " − scrap share {part.scrap_share}",
    "VOH.EFF": "({actual_hours} h run − {standard_hours} h standard) × {standard_unit_price}"
    " − scrap share {part.scrap_share}",
    "FOH.EFF": "({actual_hours} h run − {standard_hours} h standard) × {standard_unit_price}"
    " − scrap share {part.scrap_share}",
    "REWORK": "{actual_hours} h of rework × the planned rate",
    "LOT": "one set-up of the lot {part.setup} − its share for the good output {part.lot_setup}",
    "SUB.PRICE": "charged {part.booked} − at standard price {part.at_standard_price}",
    "SUB.QTY": "({actual_qty} {uom} done outside − {standard_qty} {uom} standard) × {standard_unit_price}"
    " − scrap share {part.scrap_share}",
    "SCRAP": "{actual_qty} pieces scrapped beyond plan × what one had cost when it was scrapped",
    "OUT.MIXED": "plan of the order's own bill of material and routing {part.plan}"
    " − frozen standard of the output {part.standard_of_output}",
    "OUT.PRICE": "standard of the output {part.output_in_cents} − credited {part.credited}",
    "STD.REVAL": "at the standard of the posting dates − at the standard of the order's standard date",
    "STD.NONE": "everything charged or credited: the item has no standard to measure it by",
    "ROUND": "what rounding bookings to cents leaves",
}
"""By leaf_code: the formula with `{column}` of the row and `{part.step}` of the tree."""

PART_WORDS = {
    "booked": "booked",
    "actual": "at actual rates",
    "at posting price": "at standard price of the posting dates",
    "at standard price": "at standard price of the order's standard date",
    "at posting rate": "at planned rates of the posting dates, unrounded",
    "at standard rate": "at planned rates of the order's standard date",
    "mix": "what was used, in the planned mix",
    "average price": "difference of mix at the average price of the group",
    "planned": "planned for the good output",
    "setup": "one set-up of the lot",
    "lot setup": "set-up share of the good output",
    "scrap": "spent on pieces scrapped beyond plan",
    "scrap share": "share of pieces scrapped beyond plan (shown as SCRAP)",
    "joint": "price difference of the quantity beyond standard (shown as MAT.JOINT)",
    "rework": "rework",
    "standard of output": "frozen standard of the good output, on the order's standard date",
    "output at posting price": "output at the standard of its posting dates, unrounded",
    "output in cents": "output at the standard of its posting dates, in cents",
    "credited": "credited by the books",
    **{
        step: step
        for step in (
            *("material issued", "material returned", "by-product", "labour", "rework labour", "machine hours"),
            *("set-up hours", "variable overhead", "fixed overhead", "outside work", "put out", "settled as variance"),
        )
    },
    "value": "value",
    "standard of what came in": "standard of what came in",
}
"""By kind of part or booking, in the order in which they are told: what the tree calls it."""
