"""The causes of variance in words: what each leaf is and how it is worked out, in the letters of cost accounting."""

from __future__ import annotations

LETTERS = (
    "AQ, SQ: actual and standard quantity of the good output. SP: standard price. AH, SH: hours booked, standard hours "
    "of the good output. SR, R, v, f: planned rates of labour, machine, variable and fixed overhead."
)

GROUPS = {
    "MAT": "Material",
    "LAB": "Labour",
    "MCH": "Machine and set-up",
    "VOH": "Variable overhead",
    "FOH": "Fixed overhead",
    "OH": "Overhead in the ledger",
    "SUB": "Outside work",
    "LOT": "Lot size",
    "SCRAP": "Scrap",
    "REWORK": "Rework",
    "BYP": "By-products",
    "OUT": "Output",
    "STD": "Standards",
    "ROUND": "Rounding",
}

LEAVES = {
    "MAT.PRICE": ("Material price at use", "booked − AQ × SP"),
    "MAT.JOINT": ("Price and quantity together", "MAT.PRICE × (AQ − SQ) ÷ AQ, where it is kept apart"),
    "MAT.USAGE": ("Material usage", "(AQ − SQ) × SP, less what scrap took"),
    "MAT.MIX": ("Mix", "(AQ − share of the standard mix × all used) × SP"),
    "MAT.YIELD": ("Yield of the mix", "(share of the standard mix × all used − SQ) × SP, less what scrap took"),
    "MAT.SUBST": ("Substitution", "used beside the bill of material: AQ × SP; planned and never issued: −SQ × SP"),
    "LAB.RATE": ("Labour rate", "hours at the actual rate − hours at the planned rate"),
    "LAB.EFF": ("Labour efficiency", "(AH − SH) × SR, less what scrap took"),
    "LAB.IDLE": ("Idle labour", "hours paid and expected to be worked − hours worked, at the rate of an hour worked"),
    "LAB.UNSPLIT": ("Labour, rate and idle time together", "paid − charged to orders, where no payroll is delivered"),
    "LAB.LEDGER": ("Labour in the ledger", "credit in the ledger + what orders were charged; 0 where it reconciles"),
    "MCH.RATE": ("Machine rate", "hours at the actual rate − hours at the planned rate"),
    "MCH.EFF": ("Machine efficiency", "(AH − SH) × R, less what scrap took"),
    "MCH.POOL": ("Machine cost within overhead", "machine and set-up hours that overhead accounts pay"),
    "VOH.SPEND": ("Variable overhead spending", "actual − v × AH"),
    "VOH.EFF": ("Variable overhead efficiency", "(AH − SH) × v, less what scrap took"),
    "FOH.SPEND": ("Fixed overhead spending", "actual − budgeted"),
    "FOH.VOL": ("Fixed overhead volume", "budgeted − f × SH; the sum of FOH.CAP and FOH.EFF"),
    "FOH.CAP": ("Capacity", "budgeted − f × AH"),
    "FOH.ALLOC": ("Service cost allocated", "allocated − budgeted allocation"),
    "FOH.UNCHARGED": ("Fixed overhead of service cost centers", "budgeted, and not charged to orders"),
    "FOH.UNSPLIT": ("Fixed overhead, spending and capacity together", "actual − f × AH, where nothing is budgeted"),
    "FOH.EFF": ("Fixed overhead efficiency", "(AH − SH) × f, less what scrap took"),
    "OH.LEDGER": ("Overhead in the ledger", "credit in the ledger + what orders were charged; 0 where it reconciles"),
    "SUB.PRICE": ("Price of outside work", "booked − AQ × SP"),
    "SUB.QTY": ("Quantity of outside work", "(AQ − SQ) × SP, less what scrap took"),
    "LOT": ("Lot size", "set-up × rate × (1 − good output ÷ standard lot)"),
    "SCRAP": ("Scrap beyond plan", "(scrapped − planned scrap) × standard cost reached at the operation"),
    "REWORK": ("Rework", "rework hours × SR; of rework orders all that they cost"),
    "BYP": ("By-products", "standard credit − credit booked"),
    "OUT.MIXED": (
        "Own bill and routing",
        "standard by the order's own versions − standard that the output is credited",
    ),
    "OUT.PRICE": ("Output not booked at standard", "standard value of the output − credit booked"),
    "STD.REVAL": ("Standard changed meanwhile", "quantity × (standard when booked − standard of the order)"),
    "STD.NONE": ("No standard to compare with", "all that was booked"),
    "ROUND": ("Rounding of bookings to cents", "booked − exact; bounded and proved"),
}


def leaf_name(leaf_code: str) -> str:
    """The leaf in words; its code where the list does not know it."""
    return LEAVES.get(leaf_code, (leaf_code, ""))[0]


def group_name(leaf_group: str) -> str:
    """The group of leaves in words."""
    return GROUPS.get(leaf_group, leaf_group)
