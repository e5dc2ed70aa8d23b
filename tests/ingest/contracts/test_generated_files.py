"""What is generated from the contracts is up to date, and complete."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ingest.contracts.__main__ import PROJECT, generated_files
from ingest.contracts.model import load_contracts
from ingest.contracts.raw_tables import DECISION_TABLES, LEDGER_TABLES, row_columns


@pytest.mark.parametrize("file", generated_files(), ids=lambda file: file.name)
def test_a_generated_file_equals_what_the_contracts_say(file: Path) -> None:
    text = generated_files()[file]
    assert file.read_bytes() == text.encode(), "run `python -m ingest.contracts` and commit the result"


def test_every_dataset_is_a_source_table_with_its_asset_key() -> None:
    document = yaml.safe_load((PROJECT / "dbt/models/staging/_sources.yml").read_text(encoding="utf-8"))
    (source,) = document["sources"]
    assert (source["name"], source["database"], source["schema"]) == ("raw", "scratch", "raw")
    tables = {table["name"]: table for table in source["tables"]}
    assert set(tables) == {*load_contracts(), *(table.name for table in (*LEDGER_TABLES, *DECISION_TABLES))}
    for name, table in tables.items():
        assert table["config"]["meta"]["dagster"]["asset_key"] == ["raw", name]


def test_raw_columns_are_named_once_and_every_row_knows_its_company() -> None:
    for contract in load_contracts().values():
        names = [column.name for column in row_columns(contract)]
        assert len(names) == len(set(names)), contract.dataset
        assert "company_id" in names
        assert ("event_date" in names) == (contract.partition_by is not None)


def test_a_workers_name_is_no_column_of_the_raw_store() -> None:
    assert "name" not in [column.name for column in row_columns(load_contracts()["worker"])]


def test_the_page_has_a_table_for_every_dataset_and_a_row_for_every_column() -> None:
    page = (PROJECT / "docs/input_layer.md").read_text(encoding="utf-8")
    for contract in load_contracts().values():
        section = page.split(f"### {contract.dataset}\n")[1].split("\n### ")[0]
        for column in contract.columns:
            shown = f"**{column.name}**" if column.name in contract.key else column.name
            assert f"| {shown} | {column.type} |" in section
