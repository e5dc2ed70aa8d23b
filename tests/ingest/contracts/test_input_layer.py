"""The contracts hold what the input layer promises to those who deliver, and their SQL runs."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from ingest.contracts.model import Column, Contract, header, load_contracts

CONTRACTS = load_contracts()

# The promise, dataset by dataset: * marks a key column, ? one that may be missing. Add freely; never rename.
PROMISED = """
reference.company: *company_id name currency_code time_zone
reference.plant: *plant_id company_id name time_zone currency_code production_type
reference.work_center: *work_center_id plant_id cost_center_id? name
reference.work_unit: *work_unit_id work_center_id plant_id name valid_from? valid_to? is_bottleneck?
reference.item: *item_id company_id name item_type base_uom item_group? procurement valuation
reference.uom_conversion: *item_id? *from_uom *to_uom numerator denominator
reference.shift_calendar: *plant_id *work_unit_id? *production_date *shift_id start_at end_at
reference.planned_stop: *plant_id *work_unit_id? *start_at end_at stop_type
reference.fiscal_period: *company_id *period_id fiscal_year start_date end_date
reference.exchange_rate: *from_currency_code *to_currency_code *rate_type *valid_from rate
reference.cost_center: *cost_center_id company_id plant_id? name kind
reference.account: *account_id company_id name account_type role? parent_account_id? sign?
reference.reason: *reason_id plant_id? name loss_category
reference.supplier: *supplier_id company_id name
reference.customer: *customer_id company_id name
engineering.bom_line: *item_id *plant_id *version_id *line_no component_item_id qty uom base_qty
    component_scrap_ratio? mix_group? line_type operation_no? valid_from? valid_to?
engineering.routing_operation: *item_id *plant_id *version_id *operation_no work_center_id setup_seconds?
    run_seconds_per_unit? labour_setup_seconds? labour_run_seconds_per_unit? base_qty planned_scrap_ratio?
    subcontract_amount? valid_from? valid_to?
engineering.standard_cost: *item_id *plant_id *version_id *cost_component valid_from valid_to? amount fixed_amount?
    price_unit_qty lot_size_qty? currency_code
engineering.activity_rate: *cost_center_id *activity *rate_type *valid_from valid_to? hourly_amount
    fixed_hourly_amount? currency_code
erp.production_order: *order_id plant_id item_id order_type planned_qty uom bom_version_id? routing_version_id?
    released_at? planned_start_at? planned_end_at? actual_start_at? actual_end_at? due_date? status
erp.order_operation: *order_id *operation_no work_center_id work_unit_id? planned_setup_seconds?
    planned_run_seconds? planned_qty?
erp.order_component: *order_id *line_no item_id planned_qty uom operation_no?
erp.confirmation: *confirmation_id order_id operation_no? plant_id work_unit_id? production_date? shift_id?
    start_at? end_at? posting_date good_qty scrap_qty rework_qty? first_pass_good_qty? reason_id? setup_seconds?
    machine_seconds? labour_seconds? worker_id? reversal_of?
erp.goods_movement: *movement_id movement_type plant_id item_id order_id? operation_no? qty uom amount?
    currency_code? lot_id? cost_center_id? posting_date entered_at? reversal_of?
erp.purchase_receipt: *receipt_id *line_no plant_id supplier_id? item_id qty uom price_amount price_unit_qty
    currency_code posting_date
erp.purchase_invoice: *invoice_id *line_no receipt_id? receipt_line_no? plant_id item_id? qty? amount currency_code
    posting_date
erp.ledger_posting: *document_id *line_no company_id plant_id? account_id cost_center_id? order_id? item_id?
    posting_date period_id entered_at? amount currency_code transaction_amount? transaction_currency_code?
    source_document? text? reversal_of?
erp.budget: *company_id *version_id *cost_center_id *account_id *period_id amount currency_code behaviour driver?
    driver_qty?
erp.inventory_balance: *plant_id *item_id *location_id *balance_date qty uom amount? currency_code?
erp.lot: *lot_id item_id plant_id order_id? produced_at? qty? uom?
erp.inspection: *inspection_id plant_id order_id? operation_no? item_id? lot_id? unit_id? characteristic_id
    subgroup_id? sampled_at measured_value? lower_spec_limit? upper_spec_limit? target_value? result? inspected_qty?
    defect_qty? defect_id? opportunities?
erp.maintenance_order: *maintenance_order_id plant_id work_unit_id order_type is_failure? reported_at? due_date?
    started_at? finished_at? amount? currency_code?
erp.safety_incident: *incident_id plant_id work_center_id? occurred_at severity lost_days?
erp.delivery_line: *delivery_id *line_no plant_id customer_id? item_id order_id? ordered_qty uom requested_date?
    promised_date? delivered_at? delivered_qty?
timesheets.worker: *worker_id company_id plant_id? team? grade? valid_from? valid_to?
timesheets.attendance: *attendance_id worker_id plant_id clock_in_at clock_out_at? break_seconds? paid_hours?
    pay_code?
timesheets.labour_time: *time_id worker_id plant_id work_date start_at? end_at? hours activity order_id?
    operation_no? work_unit_id? cost_center_id? pay_code? reversal_of?
timesheets.pay_rate: *worker_id? *grade? *valid_from valid_to? hourly_amount currency_code
timesheets.payroll: *worker_id *period_id *pay_code hours amount currency_code
sensors.machine_state: *work_unit_id *occurred_at ended_at? state reason_id? order_id? operation_no?
sensors.production_counter: *work_unit_id *counter *occurred_at value reading_kind order_id?
sensors.energy_reading: *meter_id *interval_start_at interval_end_at work_unit_id? plant_id kwh
sensors.process_measurement: *work_unit_id *tag *occurred_at value unit? quality?
"""


def promised() -> Iterator[tuple[str, str, list[str]]]:
    for line in PROMISED.strip().replace("\n    ", " ").splitlines():
        name, columns = line.split(": ")
        group, dataset = name.split(".")
        yield group, dataset, columns.split()


@pytest.mark.parametrize(("group", "dataset", "columns"), promised(), ids=lambda value: str(value)[:20])
def test_every_promised_column_exists_with_its_key_and_optionality(
    group: str, dataset: str, columns: list[str]
) -> None:
    contract = CONTRACTS[dataset]
    assert contract.group == group
    plain = [column.strip("*?") for column in columns]
    assert [name for name in header(contract) if name in plain] == plain, "columns in the promised order"
    assert list(contract.key) == [column.strip("*?") for column in columns if column.startswith("*")]
    for column in columns:
        assert contract.column(column.strip("*?")).required == (not column.endswith("?")), column


def test_no_dataset_exists_that_is_not_promised() -> None:
    assert set(CONTRACTS) == {dataset for _, dataset, _ in promised()}


def test_a_dataset_comes_after_those_it_refers_to() -> None:
    order = list(CONTRACTS)
    for contract in CONTRACTS.values():
        for column in contract.columns:
            if column.references and column.references.dataset != contract.dataset:
                assert order.index(column.references.dataset) < order.index(contract.dataset)


def all_columns() -> Iterator[tuple[Contract, Column]]:
    for contract in CONTRACTS.values():
        for column in contract.columns:
            yield contract, column


def test_every_reference_names_a_key_column_of_its_target() -> None:
    for contract, column in all_columns():
        if column.references:
            target = CONTRACTS[column.references.dataset]
            assert column.references.column in target.key, f"{contract.dataset}.{column.name}"


def test_every_worker_number_is_pseudonymised() -> None:
    for contract, column in all_columns():
        if column.name == "worker_id":
            assert column.privacy == "pseudonym", contract.dataset


def test_a_workers_name_is_dropped_at_the_door() -> None:
    assert CONTRACTS["worker"].column("name").privacy == "drop"
    assert "name" not in header(CONTRACTS["worker"])


def test_every_timesheet_is_personal() -> None:
    assert {c.privacy for c in CONTRACTS.values() if c.group == "timesheets"} == {"personal"}


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)
def test_descriptions_say_something(contract: Contract) -> None:
    assert contract.grain.startswith("One row per ") and contract.grain.endswith(".")
    assert len(contract.description.split()) >= 12
    for column in contract.columns:
        assert len(column.description.split()) >= 3, column.name
        assert column.description.endswith("."), column.name
        assert column.missing is None or column.missing.endswith("."), column.name


def empty_table(contract: Contract) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    columns = ", ".join(f'"{column.name}" {column.type.duckdb}' for column in contract.columns)
    connection.execute(f"create table delivered ({columns})")
    return connection


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)
def test_rules_are_conditions_and_money_at_risk_is_exact(contract: Contract) -> None:
    with empty_table(contract) as connection:
        for rule in contract.rules:
            result = connection.sql(f"select ({rule.check}) from delivered")
            assert [str(kind) for kind in result.types] == ["BOOLEAN"], rule.name
        if contract.value_at_risk:
            result = connection.sql(f"select {contract.value_at_risk} from delivered")
            assert str(result.types[0]).startswith("DECIMAL"), contract.value_at_risk


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)
def test_ranges_can_be_read_as_the_columns_type(contract: Contract) -> None:
    with duckdb.connect() as connection:
        for column in contract.columns:
            for bound in (column.range.min, column.range.max) if column.range else ():
                if bound is not None:
                    connection.execute(f"select cast(? as {column.type.duckdb})", [bound])


def broken_rules(dataset: str, **values: object) -> set[str]:
    """Return the names of the rules that a row of these values breaks; columns not named are missing."""
    contract = CONTRACTS[dataset]
    with empty_table(contract) as connection:
        connection.execute(
            f"insert into delivered ({', '.join(values)}) values ({', '.join('?' * len(values))})", [*values.values()]
        )
        return {
            rule.name
            for rule in contract.rules
            if connection.execute(f"select ({rule.check}) from delivered").fetchall() == [(False,)]
        }


def test_a_negative_quantity_needs_the_confirmation_that_it_takes_back() -> None:
    assert broken_rules("confirmation", good_qty=-5, scrap_qty=0) == {"negative_without_reversal"}
    assert broken_rules("confirmation", good_qty=5, scrap_qty=0, labour_seconds=-1) == {"negative_without_reversal"}
    assert broken_rules("confirmation", good_qty=-5, scrap_qty=0, reversal_of="C1") == set()
    assert broken_rules("confirmation", good_qty=5, scrap_qty=0) == set()


def test_an_adjustment_may_be_negative_and_an_issue_may_not() -> None:
    assert broken_rules("goods_movement", movement_type="adjustment", qty=-2) == set()
    assert broken_rules("goods_movement", movement_type="issue", qty=-2) == {"negative_without_reversal"}
    assert broken_rules("goods_movement", movement_type="issue", qty=-2, reversal_of="M1") == set()


def test_a_confirmation_may_take_no_time_but_a_shift_may_not() -> None:
    moment = "2026-03-02 06:00:00"
    assert broken_rules("confirmation", good_qty=1, scrap_qty=0, start_at=moment, end_at=moment) == set()
    assert broken_rules("shift_calendar", production_date="2026-03-02", start_at=moment, end_at=moment) == {
        "end_not_before_start"
    }


def test_a_night_shift_over_midnight_utc_is_accepted_and_a_shift_of_another_week_is_not() -> None:
    night = {"start_at": "2026-03-01 23:00:00", "end_at": "2026-03-02 07:00:00"}
    assert broken_rules("shift_calendar", production_date="2026-03-02", **night) == set()
    assert broken_rules("shift_calendar", production_date="2026-03-09", **night) == {"production_date_far_from_start"}


def test_a_forgotten_clock_out_is_refused() -> None:
    assert broken_rules("attendance", clock_in_at="2026-03-02 06:00:00", clock_out_at="2026-03-04 14:00:00") == {
        "longer_than_24_hours"
    }


def test_a_currency_in_words_is_refused() -> None:
    assert broken_rules("ledger_posting", currency_code="euro") == {"iso_currency_code"}


@pytest.mark.parametrize(
    ("qty", "price", "price_unit", "value"),
    [
        ("250", "12.5000", "100", "31.2500"),
        ("-250", "12.5000", "100", "31.2500"),
        ("12345.678901", "99.9999", "1000", "1234.5666"),
        ("1", "1", "0", None),
        ("999999999999.999999", "99999999999999.9999", "1", None),
    ],
)
def test_the_money_at_risk_of_a_receipt_is_its_ordered_value(
    qty: str, price: str, price_unit: str, value: str | None
) -> None:
    contract = CONTRACTS["purchase_receipt"]
    with empty_table(contract) as connection:
        connection.execute(
            "insert into delivered (qty, price_amount, price_unit_qty) values (?, ?, ?)", [qty, price, price_unit]
        )
        row = connection.execute(f"select cast({contract.value_at_risk} as varchar) from delivered").fetchone()
    assert row == (value,)
