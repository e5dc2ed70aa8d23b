"""Raw rows behind the door are judged by their contract once more, with the night's rows only."""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import pytest

from expectations.raw_suites import raw_suite
from expectations.suite import Severity
from expectations.validate import preload, validate_raw
from ingest.contracts.model import load_contracts
from settings.home import Home

StoreRaw = Callable[..., None]


def test_every_contract_has_a_suite_that_ends_with_its_key() -> None:
    for contract in load_contracts().values():
        suite = raw_suite(contract)
        assert suite.table == f"raw.{contract.dataset}"
        assert [suite.checks[0].name, suite.checks[-1].name] == ["required_values", "key"]
        assert all(check.severity is Severity.STRUCTURAL for check in suite.checks)


def test_rows_that_keep_their_contract_pass(home: Home, store_raw: StoreRaw) -> None:
    preload().join()
    store_raw()
    results = validate_raw(home, ["night2", "night2b", "night2c"])

    assert {(result.table, result.check) for result in results} == {
        *(("raw.confirmation", check) for check in ("required_values", "ranges", "pseudonyms", "rules", "key")),
        *(("raw.machine_state", check) for check in ("required_values", "codes", "ranges", "rules", "key")),
    }
    assert all(result.passed and result.unexpected_count == 0 for result in results)
    assert (home.data_docs / "index.html").exists()
    assert "raw.confirmation" in (home.data_docs / "raw" / "index.html").read_text()


@pytest.mark.parametrize(
    ("table", "change", "check", "at_fault"),
    [
        ("confirmation", "order_id = null", "required_values", "order_id"),
        ("confirmation", "company_id = null", "required_values", "company_id"),
        ("machine_state", "state = 'dancing'", "codes", "state"),
        ("confirmation", "posting_date = '1899-12-30'", "ranges", "posting_date"),
        ("confirmation", "worker_id = '4711'", "pseudonyms", "worker_id"),
        ("confirmation", "good_qty = -1", "rules", "negative_without_reversal"),
    ],
)
def test_a_planted_fault_is_found_with_its_place(
    home: Home, store_raw: StoreRaw, table: str, change: str, check: str, at_fault: str
) -> None:
    store_raw(f"update raw.{table} set {change} where source_line = 3")
    (failed,) = [result for result in validate_raw(home) if not result.passed]
    assert (failed.table, failed.check, failed.unexpected_count) == (f"raw.{table}", check, 1)
    assert failed.exception is None
    assert failed.blocks
    assert f"source_file {table}.csv, source_line 3, fault {at_fault}" in failed.message


def test_a_key_twice_in_one_delivered_file_is_found_and_a_correction_is_not(home: Home, store_raw: StoreRaw) -> None:
    store_raw(
        """
        insert into raw.confirmation by name select * replace (9 as delivery_seq) from raw.confirmation;
        insert into raw.confirmation from raw.confirmation where confirmation_id = 'C2' and delivery_seq = 7;
        insert into raw.machine_state by name
            select * replace (timestamp '2026-03-02 12:00:00' as changed_at) from raw.machine_state;
        """
    )
    (failed,) = [result for result in validate_raw(home) if not result.passed]
    assert (failed.table, failed.check, failed.observed) == ("raw.confirmation", "key", 1)
    assert "confirmation_id C2" in failed.message


def test_only_the_rows_of_the_named_batches_are_judged(home: Home, store_raw: StoreRaw) -> None:
    store_raw(
        """
        insert into raw.confirmation by name select * replace ('night1' as batch_id, null as order_id)
            from raw.confirmation;
        insert into raw.confirmation by name select * replace (true as is_deleted, null as order_id)
            from raw.confirmation where batch_id = 'night2';
        insert into raw.load values ('confirmation', 'night1', 3);
        """
    )
    assert all(result.passed for result in validate_raw(home, ["night2"]))
    assert {result.table for result in validate_raw(home, ["night2"])} == {"raw.confirmation"}
    assert [result.check for result in validate_raw(home, ["night1"]) if not result.passed] == ["required_values"]
    assert validate_raw(home, []) == []


def test_a_dataset_without_a_view_is_an_error_of_ours_not_bad_data(home: Home, store_raw: StoreRaw) -> None:
    store_raw("drop table raw.machine_state")
    results = validate_raw(home)
    broken = [result for result in results if result.table == "raw.machine_state"]
    assert all(result.exception and result.blocks and result.observed is None for result in broken)
    assert all(result.passed for result in results if result.table == "raw.confirmation")


def test_the_files_are_free_for_a_writer_afterwards(home: Home, store_raw: StoreRaw) -> None:
    store_raw()
    validate_raw(home)
    with duckdb.connect(home.scratch) as connection:
        connection.execute("create table written_afterwards (x integer)")
    assert not (home.build / "new_rows.duckdb").exists()


def test_of_many_new_rows_whole_days_and_keys_are_judged(
    home: Home, store_raw: StoreRaw, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("expectations.validate.ROWS_JUDGED", 2)
    store_raw()
    results = {(result.table, result.check): result for result in validate_raw(home)}
    states = results["raw.machine_state", "codes"]
    assert states.passed and "Judged on" in states.message and "new rows." in states.message
    assert "Judged on" not in results["raw.confirmation", "rules"].message
