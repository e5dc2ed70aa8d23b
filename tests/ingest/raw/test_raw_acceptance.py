"""What a delivered row must be to enter the raw store, and what the person who delivered it is told if it is not."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from raw_plant import COMPANY, PLANT, Plant, utc

CONFIRMATION = (
    "confirmation_id,order_id,plant_id,work_unit_id,posting_date,start_at,end_at,good_qty,scrap_qty,worker_id\n"
)


def test_values_are_typed_exactly_and_times_are_utc(plant: Plant) -> None:
    plant.deliver_machines()
    plant.deliver(
        "2026-03-01/confirmation.csv",
        CONFIRMATION + "K1,O1,P1,M1,2026-03-01T00:00:00,2026-03-01T08:00,2026-03-01T09:30+02:00, 0.1 ,2,\n",
    )
    plant.take_in()
    assert plant.current("confirmation", "posting_date, start_at, end_at, good_qty, scrap_qty, worker_id") == [
        (
            date(2026, 3, 1),
            utc("2026-03-01 07:00:00"),
            utc("2026-03-01 07:30:00"),
            Decimal("0.100000"),
            Decimal(2),
            None,
        )
    ]


def test_a_row_is_rejected_with_all_its_reasons_and_its_place(plant: Plant) -> None:
    plant.deliver_machines()
    plant.deliver(
        "2026-03-01/confirmation.csv",
        CONFIRMATION + "K1,,P1,M99,2026-02-30,2026-03-01T11:00:00,2026-03-01T10:00:00,abc,1,\n",
    )
    plant.take_in()
    assert plant.rejected("confirmation") == [
        (
            2,
            ["missing_value", "rule:end_not_before_start", "unknown_reference", "wrong_type"],
            [
                "order_id: is missing and must be given",
                "posting_date: '2026-02-30' is no date (YYYY-MM-DD)",
                "good_qty: 'abc' is no number",
                "work_unit_id: 'M99' is not among the work units delivered",
                "the work ends before it starts (start_at 2026-03-01T11:00:00, end_at 2026-03-01T10:00:00)",
            ],
        )
    ]
    assert plant.ask("select source_file, row_json ->> '$.good_qty' from raw.quarantine") == [
        ("2026-03-01/confirmation.csv", "abc")
    ]


def test_a_negative_quantity_needs_the_row_that_it_takes_back(plant: Plant) -> None:
    header = "confirmation_id,order_id,plant_id,posting_date,good_qty,scrap_qty,reversal_of\n"
    plant.deliver("2026-03-01/confirmation.csv", header + "K1,O1,P1,2026-03-01,-5,0,\nK2,O1,P1,2026-03-01,-5,0,K0\n")
    plant.take_in()
    assert plant.codes("confirmation") == {2: ["rule:negative_without_reversal"]}
    assert plant.current("confirmation", "confirmation_id") == [("K2",)]


def test_numbers_that_only_look_like_numbers_are_refused(plant: Plant) -> None:
    plant.deliver_machines("M1")
    header = "work_unit_id,tag,occurred_at,value\n"
    rows = [f"M1,t,2026-03-01T00:0{minute}:00Z,{text}\n" for minute, text in enumerate(["nan", "inf", "1e400", "1,5"])]
    plant.deliver(
        "2026-03-01/process_measurement.csv", header + "".join(rows[:3]) + 'M1,t,2026-03-01T00:03:00Z,"1,5"\n'
    )
    plant.take_in()
    assert plant.codes("process_measurement") == {line: ["wrong_type"] for line in (2, 3, 4, 5)}


def test_a_whole_number_may_be_written_with_zeros_after_the_point_but_is_never_rounded(plant: Plant) -> None:
    header = "confirmation_id,order_id,operation_no,plant_id,posting_date,good_qty,scrap_qty\n"
    plant.deliver(
        "2026-03-01/confirmation.csv", header + "K1,O1,10.0,P1,2026-03-01,1,0\nK2,O1,10.7,P1,2026-03-01,1,0\n"
    )
    plant.take_in()
    assert plant.current("confirmation", "confirmation_id, operation_no") == [("K1", 10)]
    assert plant.reasons("confirmation") == {3: ["operation_no: '10.7' is no whole number"]}


def test_a_local_time_in_the_gap_and_one_that_happens_twice_are_refused(plant: Plant) -> None:
    plant.deliver_machines("M1")
    plant.deliver(
        "2026-03-29/machine_state.csv",
        "work_unit_id,occurred_at,state\n"
        "M1,2026-03-29T01:59:59,producing\n"
        "M1,2026-03-29T02:00:00,down\n"
        "M1,2026-03-29T02:30:00,down\n"
        "M1,2026-03-29T03:00:00,setup\n"
        "M1,2026-10-25T02:00:00,down\n"
        "M1,2026-10-25T02:00:00+02:00,idle\n"
        "M1,2026-10-25T02:00:00+01:00,off\n"
        "M1,2026-10-25T03:00:00,producing\n",
    )
    plant.take_in()
    assert plant.codes("machine_state") == {
        3: ["time_in_dst_gap"],
        4: ["time_in_dst_gap"],
        6: ["ambiguous_local_time"],
    }
    assert plant.current("machine_state", "occurred_at, state") == [
        (utc("2026-03-29 00:59:59"), "producing"),
        (utc("2026-03-29 01:00:00"), "setup"),
        (utc("2026-10-25 00:00:00"), "idle"),
        (utc("2026-10-25 01:00:00"), "off"),
        (utc("2026-10-25 02:00:00"), "producing"),
    ]


def test_each_plant_goes_by_its_own_clock_and_a_machine_by_its_plants(plant: Plant) -> None:
    toronto = {**PLANT, "plant_id": "P2", "time_zone": "America/Toronto"}
    plant.configure({"companies": [COMPANY], "plants": [PLANT, toronto], "sources": [{"name": "erp"}]})
    plant.deliver("2026-03-01/work_center.csv", "work_center_id,plant_id,name\nA,P1,a\nB,P2,b\n")
    plant.deliver("2026-03-01/work_unit.csv", "work_unit_id,work_center_id,plant_id,name\nM1,A,P1,one\nM2,B,P2,two\n")
    states = "work_unit_id,occurred_at,state\nM1,2026-03-01T12:00:00,down\nM2,2026-03-01T12:00:00,down\n"
    plant.deliver("2026-03-01/machine_state.csv", states)
    plant.take_in()
    assert plant.current("machine_state", "work_unit_id, occurred_at") == [
        ("M1", utc("2026-03-01 11:00:00")),
        ("M2", utc("2026-03-01 17:00:00")),
    ]


def test_two_companies_may_use_the_same_ids(plant: Plant) -> None:
    other = {**COMPANY, "company_id": "C2", "name": "Other"}
    plant.configure(
        {
            "companies": [COMPANY, other],
            "plants": [PLANT, {**PLANT, "plant_id": "P2", "company_id": "C2"}],
            "sources": [{"name": "erp", "company_id": "C1"}, {"name": "old_erp", "company_id": "C2"}],
        }
    )
    header = "item_id,name,item_type,base_uom,procurement,valuation\n"
    plant.deliver("2026-03-01/item.csv", header + "I1,Cog,finished,pc,make,standard\nI2,Pin,raw,pc,buy,standard\n")
    plant.deliver("2026-03-01/item.csv", header + "I1,Wheel,finished,pc,make,standard\n", source="old_erp")
    uom = "item_id,from_uom,to_uom,numerator,denominator\nI2,kg,pc,10,1\n"
    plant.deliver("2026-03-01/uom_conversion.csv", uom)
    plant.deliver("2026-03-01/uom_conversion.csv", uom, source="old_erp")
    plant.take_in()
    assert plant.current("item", "company_id, item_id, name") == [
        ("C1", "I1", "Cog"),
        ("C1", "I2", "Pin"),
        ("C2", "I1", "Wheel"),
    ]
    assert plant.current("uom_conversion", "company_id") == [("C1",)]
    assert plant.ask("select company_id, reasons from raw.quarantine") == [
        ("C2", ["item_id: 'I2' is not among the items delivered"])
    ]


def test_a_row_that_could_belong_to_either_of_two_companies_is_refused(plant: Plant) -> None:
    other = {**COMPANY, "company_id": "C2", "name": "Other"}
    plant.configure({"companies": [COMPANY, other], "sources": [{"name": "erp"}]})
    plant.deliver("2026-03-01/supplier.csv", "company_id,supplier_id,name\n,S1,Nobody's\nC1,S2,Ours\nC9,S3,Typo\n")
    plant.take_in()
    assert plant.codes("supplier") == {2: ["unknown_company"], 4: ["unknown_company"]}
    assert plant.current("supplier", "company_id, supplier_id") == [("C1", "S2")]


def test_people_are_pseudonyms_and_names_are_never_stored(plant: Plant) -> None:
    plant.deliver(
        "2026-03-01/worker.csv", "worker_id,name,grade,valid_from\n4711,Erika Musterfrau,G1,\n4712,Max,G1,x\n"
    )
    plant.deliver(
        "2026-03-01/pay_rate.csv", "worker_id,valid_from,hourly_amount,currency_code\n4711,2026-01-01,30,EUR\n"
    )
    plant.take_in()
    (worker_id, company_id), *_ = plant.current("worker", "worker_id, company_id")
    assert (len(worker_id), company_id) == (16, "C1")
    assert plant.current("pay_rate", "worker_id") == [(worker_id,)]
    assert (plant.home.raw / "pseudonym.salt").stat().st_mode & 0o077 == 0
    quarantined = str(plant.ask("select row_json, reasons, source_key from raw.quarantine"))
    assert "4712" not in quarantined and "Max" not in quarantined


def test_an_unknown_column_is_a_warning_and_a_doubtful_reference_too(plant: Plant) -> None:
    plant.deliver_machines("M1")
    plant.deliver("2026-03-01/reason.csv", "reason_id,name,loss_category,colour\nR1,Jam,breakdown,red\n")
    plant.deliver(
        "2026-03-01/machine_state.csv", "work_unit_id,occurred_at,state,reason_id\nM1,2026-03-01T06:00:00Z,down,R9\n"
    )
    warnings = plant.take_in().warnings
    assert [warning.partition("2026-03-01/")[2] for warning in warnings if "colour" in warning] == [
        "reason.csv: reason has no column colour; not read"
    ]
    assert "erp: machine_state: 1 rows name a reason_id that was never delivered, for example R9" in warnings
    assert plant.rejected("machine_state") == []
