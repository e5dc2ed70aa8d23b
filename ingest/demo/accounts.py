"""The accounts that the simulated factory posts to."""

from __future__ import annotations

EQUITY = "0800"
RAW, PACKAGING, SEMI_FINISHED, WIP, FINISHED = "1300", "1320", "1400", "1450", "1500"
PAYABLES, NOT_INVOICED, WAGES_PAYABLE, ACCRUALS = "2000", "2010", "2100", "5700"
WAGES, DEPRECIATION, RENT, MAINTENANCE, ADMINISTRATION = "5000", "5100", "5110", "5120", "5130"
ENERGY, TOOLS, MACHINE_COST = "5150", "5160", "5170"
LABOUR_ABSORBED, OVERHEAD_ABSORBED = "5200", "5300"
PRICE_VARIANCE, EXCHANGE_DIFFERENCE, PRODUCTION_VARIANCE = "5400", "5450", "5500"
SCRAP, REVALUATION, ALLOCATION = "5600", "5650", "5800"
STOCK_ACCOUNT = {
    "raw": RAW,
    "consumable": RAW,
    "packaging": PACKAGING,
    "semi_finished": SEMI_FINISHED,
    "by_product": SEMI_FINISHED,
    "finished": FINISHED,
}
ACCOUNTS = {
    EQUITY: ("Equity", "equity", "equity"),
    RAW: ("Raw material", "asset", "raw_material"),
    PACKAGING: ("Packaging", "asset", "packaging"),
    SEMI_FINISHED: ("Semi-finished goods", "asset", "semi_finished_goods"),
    WIP: ("Work in process", "asset", "wip"),
    FINISHED: ("Finished goods", "asset", "finished_goods"),
    PAYABLES: ("Trade payables", "liability", "payables"),
    NOT_INVOICED: ("Goods received, not invoiced", "liability", "goods_received_not_invoiced"),
    WAGES_PAYABLE: ("Wages payable", "liability", "wages_payable"),
    WAGES: ("Wages", "expense", "labour_actual"),
    DEPRECIATION: ("Depreciation", "expense", "fixed_overhead_actual"),
    RENT: ("Rent", "expense", "fixed_overhead_actual"),
    MAINTENANCE: ("Maintenance", "expense", "fixed_overhead_actual"),
    ADMINISTRATION: ("Administration", "expense", "fixed_overhead_actual"),
    ENERGY: ("Energy", "expense", "variable_overhead_actual"),
    TOOLS: ("Tools and consumables", "expense", "variable_overhead_actual"),
    MACHINE_COST: ("Machine leasing and service", "expense", "machine_actual"),
    LABOUR_ABSORBED: ("Labour absorbed", "expense", "labour_absorbed"),
    OVERHEAD_ABSORBED: ("Machine and overhead absorbed", "expense", "overhead_absorbed"),
    PRICE_VARIANCE: ("Purchase price variance", "expense", "ppv"),
    EXCHANGE_DIFFERENCE: ("Exchange differences", "expense", "exchange_difference"),
    PRODUCTION_VARIANCE: ("Production variance", "expense", "production_variance"),
    SCRAP: ("Scrap and stock differences", "expense", "scrap"),
    REVALUATION: ("Revaluation of stock", "expense", "revaluation"),
    ACCRUALS: ("Accumulated depreciation and accruals", "liability", "accruals"),
    ALLOCATION: ("Allocated service cost", "expense", "allocation"),
}
"""Name, type and role by number."""
