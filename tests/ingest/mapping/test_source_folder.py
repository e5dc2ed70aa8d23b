"""A source folder says what is wrong with it in one line, before any file is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.mapping import load_source_folder, match_files
from settings.configuration import Source
from settings.errors import ConfigurationError
from settings.home import Home

SOURCE_YML = """
system: shop
description: The shop floor's own lists.
tables:
  orders: {files: "orders/**/*.csv", format: csv, delimiter: ";"}
  items: {files: items.xlsx, format: excel, sheet: List}
"""
SELECT = """
with recent as (select * from orders)
select r.no as order_id, i.id as item_id, r.source_file, r.source_line
from recent as r left join items as i on i.id = r.item;
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "source.yml").write_text(SOURCE_YML)
    (folder / "production_order.sql").write_text(SELECT)
    return Home(tmp_path)


SHOP = Source(name="erp", system="./shop")


def refused(home: Home, source: Source = SHOP) -> str:
    with pytest.raises(ConfigurationError) as error:
        load_source_folder(home, source)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_the_table_in_from_drives_and_the_others_are_joined(home: Home) -> None:
    mapping = load_source_folder(home, SHOP).mappings["production_order"]
    assert (mapping.driving, mapping.joined) == (("orders",), ("items",))


def test_a_folder_may_be_named_absolutely_or_from_the_home(home: Home) -> None:
    for system in ("shop", "./shop", str(home.root / "shop")):
        assert load_source_folder(home, Source(name="erp", system=system)).system == "shop"


def test_files_are_matched_by_pattern_and_unfinished_ones_left_alone(home: Home) -> None:
    names = [
        "orders/a.csv",
        "orders/2026/03/b.csv",
        "items.xlsx",
        "~$items.xlsx",
        "orders/c.csv.part",
        ".x",
        "readme.md",
    ]
    matched, strangers = match_files(load_source_folder(home, SHOP), names)
    assert {name: table for name, (table, _) in matched.items()} == {
        "orders/a.csv": "orders",
        "orders/2026/03/b.csv": "orders",
        "items.xlsx": "items",
    }
    assert strangers == ["readme.md"]


def test_the_longest_dataset_name_decides_in_the_canonical_source(tmp_path: Path) -> None:
    folder = load_source_folder(Home(tmp_path), Source(name="erp"))
    names = ["order_operation_2026.csv.gz", "x/item.parquet", "worker.jsonl", "plan.csv", "item.xlsx"]
    matched, strangers = match_files(folder, names)
    assert {name: (table, form.format) for name, (table, form) in matched.items()} == {
        "order_operation_2026.csv.gz": ("order_operation", "csv"),
        "x/item.parquet": ("item", "parquet"),
        "worker.jsonl": ("worker", "jsonl"),
    }
    assert strangers == ["item.xlsx", "plan.csv"]


def test_an_unknown_system_lists_the_known_ones(home: Home) -> None:
    assert "no source folder 'sap_hana'; write one of" in refused(home, Source(name="erp", system="sap_hana"))


def test_a_typo_in_source_yml_is_named(home: Home) -> None:
    file = home.root / "shop/source.yml"
    file.write_text(SOURCE_YML.replace("delimiter:", "delimeter:"))
    assert refused(home) == f"{file}: tables.orders.delimeter: unknown key; check its spelling"


def test_broken_yaml_is_named(home: Home) -> None:
    (home.root / "shop/source.yml").write_text("tables: [")
    assert "is not YAML" in refused(home)


def test_a_table_without_header_needs_columns(home: Home) -> None:
    (home.root / "shop/source.yml").write_text(SOURCE_YML.replace("format: csv,", "format: csv, header: false,"))
    assert "a table without header needs `columns`" in refused(home)


def test_a_mapping_for_no_dataset_is_refused(home: Home) -> None:
    (home.root / "shop/prodction_order.sql").write_text(SELECT)
    assert "there is no dataset 'prodction_order'" in refused(home)


def test_a_table_that_is_not_listed_is_refused(home: Home) -> None:
    (home.root / "shop/item.sql").write_text("select * from itmes")
    assert "reads the table 'itmes', which source.yml does not list (orders, items)" in refused(home)


def test_a_select_that_is_none_is_refused(home: Home) -> None:
    (home.root / "shop/item.sql").write_text("select * form items")
    assert "item.sql" in refused(home)
    (home.root / "shop/item.sql").write_text("delete from items")
    assert "must hold exactly one SELECT" in refused(home)
