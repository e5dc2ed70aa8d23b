"""A customer's own tables, mapped by SELECTs: what drives, what is joined, and mistakes in a mapping."""

from __future__ import annotations

import pytest
from raw_plant import ONE_PLANT, Plant

from settings.errors import ConfigurationError

SOURCE_YML = """
system: shop
description: The shop floor's own lists.
tables:
  orders: {files: "orders*.csv", format: csv, delimiter: ";", decimal: ",", null_values: ["-"]}
  parts: {files: "parts*.csv", format: csv, delivery: replaces_table}
  notes: {files: "notes*.csv", format: csv, optional: true}
"""
ORDERS = """
select o.no as order_id, p.item as item_id, 'standard' as order_type, o.qty as planned_qty, 'pc' as uom,
  'released' as status, o.due as due_date, n.bom as bom_version_id, o.source_file, o.source_line
from orders as o
left join parts as p on p.part = o.part
left join notes as n on n.no = o.no
"""


@pytest.fixture
def shop(plant: Plant) -> Plant:
    folder = plant.home.root / "shop"
    folder.mkdir(parents=True)
    (folder / "source.yml").write_text(SOURCE_YML)
    (folder / "production_order.sql").write_text(ORDERS)
    plant.configure({**ONE_PLANT, "sources": [{"name": "erp", "system": "shop", "plant_id": "P1"}]})
    return plant


def test_rows_are_mapped_and_keep_their_place(shop: Plant) -> None:
    shop.deliver("orders_2026-03-01.csv", "no;part;qty;due\nO1;a;1.234,5;2026-04-01\nO2;a;12,5-;-\nO3;a\nO4;a;1.5;-\n")
    shop.deliver("parts_2026-03-01.csv", "part,item\na,I1\n")
    shop.take_in()
    assert shop.current(
        "production_order", "order_id, item_id, planned_qty::varchar, due_date::varchar, source_line"
    ) == [("O1", "I1", "1234.500000", "2026-04-01", 2)]
    assert shop.codes("production_order") == {
        3: ["out_of_range"],
        4: ["wrong_field_count"],
        5: ["wrong_type"],
    }


def test_new_rows_of_a_joined_table_map_the_kept_files_again(shop: Plant) -> None:
    shop.deliver("orders_2026-03-01.csv", "no;part;qty;due\nO1;a;1;-\nO2;b;1;-\n")
    assert any("waits for parts" in warning for warning in shop.take_in().warnings)
    shop.deliver("parts_2026-03-02.csv", "part,item\na,I1\nb,I2\n")
    shop.take_in()
    assert shop.current("production_order", "order_id, item_id") == [("O1", "I1"), ("O2", "I2")]
    shop.deliver("parts_2026-03-03.csv", "part,item\na,I1\nb,I9\n")
    (batch,) = shop.take_in().batches
    assert (batch.delivered_rows, batch.accepted_rows, batch.unchanged_rows) == (2, 1, 1)
    assert shop.current("production_order", "order_id, item_id") == [("O1", "I1"), ("O2", "I9")]


def test_only_new_files_of_the_driving_table_are_mapped(shop: Plant) -> None:
    shop.deliver("parts_2026-03-01.csv", "part,item\na,I1\n")
    shop.deliver("orders_2026-03-01.csv", "no;part;qty;due\nO1;a;1;-\n")
    shop.take_in()
    shop.deliver("orders_2026-03-02.csv", "no;part;qty;due\nO2;a;1;-\n")
    (batch,) = shop.take_in().batches
    assert batch.delivered_rows == 1


def test_a_column_that_the_dataset_does_not_have_is_named_with_the_nearest(shop: Plant) -> None:
    file = shop.home.root / "shop/production_order.sql"
    file.write_text(ORDERS.replace("planned_qty", "planed_qty"))
    shop.deliver("orders.csv", "no;part;qty;due\nO1;a;1;-\n")
    shop.deliver("parts.csv", "part,item\na,I1\n")
    with pytest.raises(ConfigurationError) as error:
        shop.take_in()
    assert str(error.value) == (
        f"{file}: the dataset production_order has no column 'planed_qty'; did you mean planned_qty?"
    )


def test_a_delivered_column_that_is_missing_is_named(shop: Plant) -> None:
    shop.deliver("orders.csv", "no;part;menge;due\nO1;a;1;-\n")
    shop.deliver("parts.csv", "part,item\na,I1\n")
    with pytest.raises(ConfigurationError, match=r"production_order\.sql: .*qty"):
        shop.take_in()


def test_a_mapping_must_say_where_its_rows_stand(shop: Plant) -> None:
    (shop.home.root / "shop/production_order.sql").write_text(ORDERS.replace(", o.source_line", ""))
    shop.deliver("orders.csv", "no;part;qty;due\nO1;a;1;-\n")
    shop.deliver("parts.csv", "part,item\na,I1\n")
    with pytest.raises(ConfigurationError, match="yields no source_line; select it from orders"):
        shop.take_in()


def test_each_branch_of_a_union_drives(shop: Plant) -> None:
    """An item list made of two files: news, corrections and withdrawals of either count."""
    (shop.home.root / "shop" / "source.yml").write_text("""
system: shop
description: Two lists of items.
tables:
  made: {files: "made*.csv", format: csv}
  bought: {files: "bought*.csv", format: csv}
""")
    (shop.home.root / "shop" / "production_order.sql").unlink()
    branch = (
        "select id as item_id, 'C1' as company_id, id as name, 'raw' as item_type, 'pc' as base_uom, "
        "'{how}' as procurement, 'standard' as valuation, source_file, source_line from {table}"
    )
    (shop.home.root / "shop" / "item.sql").write_text(
        branch.format(how="make", table="made") + " union all " + branch.format(how="buy", table="bought")
    )
    shop.deliver("made_2026-03-01.csv", "id\nA\nB\n")
    shop.deliver("bought_2026-03-01.csv", "id\nX\nY\nZ,1\n")
    shop.take_in()
    shop.deliver("bought_2026-03-02.csv", "id\nW\n")
    shop.take_in()
    assert shop.current("item", "item_id, procurement") == [
        ("A", "make"),
        ("B", "make"),
        ("W", "buy"),
        ("X", "buy"),
        ("Y", "buy"),
    ]
    assert shop.codes("item") == {4: ["wrong_field_count"]}
    shop.deliver("bought_2026-03-01.csv", "id\nX\n")
    shop.deliver("made_2026-03-03.csv", "id\nC\n")
    shop.take_in()
    assert [item for (item,) in shop.current("item", "item_id")] == ["A", "B", "C", "W", "X"]
