"""A contract file that says something wrong is refused with its name and the place."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.contracts.model import load_contracts, read_contract
from settings.errors import ConfigurationError

WIDGET = """\
dataset: widget
group: erp
title: Widget
grain: One row per widget.
description: Widgets that were counted.
key: [widget_id]
columns:
  - name: widget_id
    type: id
    required: true
    description: Identifies the widget.
  - name: colour
    type: code
    codes: [red, green]
    description: Colour of the widget.
    missing: It was not looked at.
"""


def write(folder: Path, text: str, name: str = "widget") -> Path:
    file = folder / "erp" / f"{name}.yml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def test_a_sound_contract_is_read(tmp_path: Path) -> None:
    contract = read_contract(write(tmp_path, WIDGET))
    assert [column.name for column in contract.columns] == ["widget_id", "colour"]
    assert contract.affects == "all"


@pytest.mark.parametrize(
    ("sound", "wrong", "place"),
    [
        ("title: Widget", "titel: Widget", "title"),
        ("key: [widget_id]", "key: [widget_id]\nowner: me", "owner"),
        ("    required: true", "    requird: true", "columns.0.requird"),
        ("type: id", "type: identifier", "columns.0.type"),
        ("key: [widget_id]", "key: [widget]", "widget is named in key"),
        ("key: [widget_id]", "key: []", "key"),
        ("    codes: [red, green]\n", "", "colour: a code has a list of codes"),
        ("type: code", "type: text", "colour: a code has a list of codes"),
        ("    codes: [red, green]", "    codes: [on, off]", "columns.1.codes.0"),
        ("    missing: It was not looked at.\n", "", "colour: may be missing"),
        ("name: colour", "name: widget_id", "columns named twice"),
        ("name: colour", "name: Colour", "columns.1.name"),
        ("key: [widget_id]", "key: [widget_id]\npartition_by: colour", "partition_by: colour must be a timestamp"),
        ("key: [widget_id]", "key: [widget_id]\naffects: [posting_date]", "posting_date is named in"),
        ("group: erp", "group: sales", "group"),
        ("dataset: widget", "dataset: gadget", "file and content must agree"),
        ("dataset: widget", "dataset: [", "not YAML"),
        (WIDGET, "", "contract"),
    ],
)
def test_a_wrong_contract_is_refused_with_file_and_place(tmp_path: Path, sound: str, wrong: str, place: str) -> None:
    assert sound in WIDGET
    file = write(tmp_path, WIDGET.replace(sound, wrong))
    with pytest.raises(ConfigurationError) as refusal:
        read_contract(file)
    assert str(file) in str(refusal.value)
    assert place in str(refusal.value)


def referring(name: str, target: str, column: str) -> str:
    reference = f"    references: {{dataset: {target}, column: {column}}}\n"
    text = WIDGET.replace("widget", name)
    return text.replace(
        "  - name: colour\n    type: code\n    codes: [red, green]\n", "  - name: other\n    type: id\n"
    ) + (reference)


def test_contracts_that_refer_in_a_circle_are_refused(tmp_path: Path) -> None:
    write(tmp_path, referring("widget", "gadget", "gadget_id"))
    write(tmp_path, referring("gadget", "widget", "widget_id"), "gadget")
    with pytest.raises(ConfigurationError, match="circle: gadget → widget → gadget"):
        load_contracts(tmp_path)


def test_a_dataset_may_refer_to_itself(tmp_path: Path) -> None:
    write(tmp_path, referring("widget", "widget", "widget_id"))
    assert list(load_contracts(tmp_path)) == ["widget"]


@pytest.mark.parametrize(("target", "column"), [("gadget", "gadget_id"), ("widget", "size")])
def test_a_reference_to_nothing_is_refused(tmp_path: Path, target: str, column: str) -> None:
    write(tmp_path, referring("widget", target, column))
    with pytest.raises(ConfigurationError, match=rf"widget: other refers to {target}\.{column}"):
        load_contracts(tmp_path)
