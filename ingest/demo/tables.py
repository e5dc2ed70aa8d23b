"""The columns of every dataset the simulated factory delivers, its key, and the system it comes from.

Stated here by hand, from the published input layer, so that the simulator stays independent of the contracts that
are tested against it; a test compares the two.
"""

from __future__ import annotations

REFERENCE_AND_ERP = {
    "company": "company_id name currency_code time_zone",
    "plant": "plant_id company_id name time_zone currency_code production_type",
    "work_center": "work_center_id plant_id cost_center_id name",
    "work_unit": "work_unit_id work_center_id plant_id name valid_from valid_to is_bottleneck",
    "item": "item_id company_id name item_type base_uom item_group procurement valuation",
    "uom_conversion": "item_id from_uom to_uom numerator denominator",
    "shift_calendar": "plant_id work_unit_id production_date shift_id start_at end_at",
    "planned_stop": "plant_id work_unit_id start_at end_at stop_type",
    "fiscal_period": "company_id period_id fiscal_year start_date end_date",
    "exchange_rate": "from_currency_code to_currency_code rate_type valid_from rate",
    "cost_center": "cost_center_id company_id plant_id name kind",
    "account": "account_id company_id name account_type role parent_account_id sign",
    "reason": "reason_id plant_id name loss_category",
    "supplier": "supplier_id company_id name",
    "customer": "customer_id company_id name",
    "bom_line": "item_id plant_id version_id line_no component_item_id qty uom base_qty component_scrap_ratio "
    "mix_group line_type operation_no valid_from valid_to",
    "routing_operation": "item_id plant_id version_id operation_no work_center_id setup_seconds run_seconds_per_unit "
    "labour_setup_seconds labour_run_seconds_per_unit base_qty planned_scrap_ratio subcontract_amount valid_from "
    "valid_to",
    "standard_cost": "item_id plant_id version_id cost_component valid_from valid_to amount fixed_amount "
    "price_unit_qty lot_size_qty currency_code",
    "activity_rate": "cost_center_id activity rate_type valid_from valid_to hourly_amount fixed_hourly_amount "
    "expected_idle_ratio currency_code",
    "production_order": "order_id plant_id item_id order_type planned_qty uom bom_version_id routing_version_id "
    "released_at planned_start_at planned_end_at actual_start_at actual_end_at due_date status changed_at",
    "order_operation": "order_id operation_no work_center_id work_unit_id planned_setup_seconds planned_run_seconds "
    "planned_qty",
    "order_component": "order_id line_no item_id planned_qty uom operation_no",
    "confirmation": "confirmation_id order_id operation_no plant_id work_unit_id production_date shift_id start_at "
    "end_at posting_date good_qty scrap_qty rework_qty first_pass_good_qty reason_id setup_seconds machine_seconds "
    "labour_seconds worker_id reversal_of",
    "goods_movement": "movement_id movement_type plant_id item_id order_id operation_no qty uom amount currency_code "
    "lot_id cost_center_id posting_date entered_at reversal_of",
    "purchase_receipt": "receipt_id line_no plant_id supplier_id item_id order_id operation_no qty uom price_amount "
    "price_unit_qty currency_code posting_date",
    "purchase_invoice": "invoice_id line_no receipt_id receipt_line_no plant_id item_id order_id qty amount "
    "currency_code posting_date",
    "ledger_posting": "document_id line_no company_id plant_id account_id cost_center_id order_id item_id posting_date "
    "period_id entered_at amount currency_code transaction_amount transaction_currency_code source_document text "
    "reversal_of",
    "budget": "company_id version_id cost_center_id account_id period_id amount currency_code behaviour driver "
    "driver_qty",
    "inventory_balance": "plant_id item_id location_id balance_date qty uom amount currency_code",
    "lot": "lot_id item_id plant_id order_id produced_at qty uom",
    "inspection": "inspection_id plant_id order_id operation_no item_id lot_id characteristic_id subgroup_id "
    "sampled_at measured_value lower_spec_limit upper_spec_limit target_value result inspected_qty defect_qty",
    "maintenance_order": "maintenance_order_id plant_id work_unit_id order_type is_failure reported_at due_date "
    "started_at finished_at amount currency_code",
    "safety_incident": "incident_id plant_id work_center_id occurred_at severity lost_days",
    "delivery_line": "delivery_id line_no plant_id customer_id item_id order_id ordered_qty uom requested_date "
    "promised_date delivered_at delivered_qty",
}

TIMESHEETS = {
    "worker": "worker_id company_id plant_id team grade valid_from valid_to",
    "attendance": "attendance_id worker_id plant_id clock_in_at clock_out_at break_seconds paid_hours pay_code",
    "labour_time": "time_id worker_id plant_id work_date start_at end_at hours activity order_id operation_no "
    "work_unit_id cost_center_id pay_code reversal_of",
    "pay_rate": "worker_id grade valid_from valid_to hourly_amount currency_code",
    "payroll": "worker_id period_id pay_code hours amount currency_code",
}

SENSORS = {
    "machine_state": "work_unit_id occurred_at ended_at state reason_id order_id operation_no",
    "production_counter": "work_unit_id counter occurred_at value reading_kind rolls_over_at order_id",
    "energy_reading": "meter_id interval_start_at interval_end_at work_unit_id plant_id kwh",
    "process_measurement": "work_unit_id tag occurred_at value unit quality",
}

SOURCES = {"erp": REFERENCE_AND_ERP, "timesheets": TIMESHEETS, "sensors": SENSORS}

COLUMNS: dict[str, tuple[str, ...]] = {
    dataset: tuple(columns.split()) for datasets in SOURCES.values() for dataset, columns in datasets.items()
}

SOURCE_OF: dict[str, str] = {dataset: source for source, datasets in SOURCES.items() for dataset in datasets}

KEYS: dict[str, tuple[str, ...]] = {
    "company": ("company_id",),
    "plant": ("plant_id",),
    "work_center": ("work_center_id",),
    "work_unit": ("work_unit_id",),
    "item": ("item_id",),
    "uom_conversion": ("item_id", "from_uom", "to_uom"),
    "shift_calendar": ("plant_id", "work_unit_id", "production_date", "shift_id"),
    "planned_stop": ("plant_id", "work_unit_id", "start_at"),
    "fiscal_period": ("company_id", "period_id"),
    "exchange_rate": ("from_currency_code", "to_currency_code", "rate_type", "valid_from"),
    "cost_center": ("cost_center_id",),
    "account": ("account_id",),
    "reason": ("reason_id",),
    "supplier": ("supplier_id",),
    "customer": ("customer_id",),
    "bom_line": ("item_id", "plant_id", "version_id", "line_no"),
    "routing_operation": ("item_id", "plant_id", "version_id", "operation_no"),
    "standard_cost": ("item_id", "plant_id", "version_id", "cost_component"),
    "activity_rate": ("cost_center_id", "activity", "rate_type", "valid_from"),
    "production_order": ("order_id",),
    "order_operation": ("order_id", "operation_no"),
    "order_component": ("order_id", "line_no"),
    "confirmation": ("confirmation_id",),
    "goods_movement": ("movement_id",),
    "purchase_receipt": ("receipt_id", "line_no"),
    "purchase_invoice": ("invoice_id", "line_no"),
    "ledger_posting": ("document_id", "line_no"),
    "budget": ("company_id", "version_id", "cost_center_id", "account_id", "period_id"),
    "inventory_balance": ("plant_id", "item_id", "location_id", "balance_date"),
    "lot": ("lot_id",),
    "inspection": ("inspection_id",),
    "maintenance_order": ("maintenance_order_id",),
    "safety_incident": ("incident_id",),
    "delivery_line": ("delivery_id", "line_no"),
    "worker": ("worker_id",),
    "attendance": ("attendance_id",),
    "labour_time": ("time_id",),
    "pay_rate": ("worker_id", "grade", "valid_from"),
    "payroll": ("worker_id", "period_id", "pay_code"),
    "machine_state": ("work_unit_id", "occurred_at"),
    "production_counter": ("work_unit_id", "counter", "occurred_at"),
    "energy_reading": ("meter_id", "interval_start_at"),
    "process_measurement": ("work_unit_id", "tag", "occurred_at"),
}

KEY_POSITIONS: dict[str, tuple[int, ...]] = {
    dataset: tuple(COLUMNS[dataset].index(column) for column in key) for dataset, key in KEYS.items()
}


def is_moment(column: str) -> bool:
    """Return whether a column holds moments; a counter's roll-over is a standing."""
    return column.endswith("_at") and column != "rolls_over_at"
