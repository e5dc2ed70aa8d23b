"""The KPI catalogue is what its cards and notes say, and every figure in it can be worked out again."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from serving.kpi_catalogue import CHAPTER, PAGE, Kpi, kpis, meanings, notes, render_kpi_catalogue

NOTES = notes()
EXPLAINED = [kpi for kpi in kpis() if kpi.schema in CHAPTER]


def worked_out(formula: str, inputs: dict[str, Any]) -> float:
    named = ", ".join(f"{value}::double as {name}" for name, value in inputs.items()) or "1 as nothing"
    (result,) = duckdb.sql(f"select round(({formula})::double, 6) from (select {named})").fetchone() or (None,)
    assert result is not None
    return float(result)


def test_the_page_is_the_one_on_file() -> None:
    assert PAGE.read_text(encoding="utf-8") == render_kpi_catalogue(), "run python -m serving.kpi_catalogue"


@pytest.mark.parametrize("kpi", EXPLAINED, ids=lambda kpi: kpi.card["id"])
def test_every_example_follows_from_the_card_s_formula(kpi: Kpi) -> None:
    note = NOTES["kpis"][kpi.card["id"]]
    assert worked_out(kpi.card["formula"], NOTES["examples"][note["example"]]["inputs"]) == note["result"]
    assert note["aliases"] and note["traps"]


@pytest.mark.parametrize("kpi", EXPLAINED, ids=lambda kpi: kpi.card["id"])
def test_numerator_and_denominator_are_those_of_the_formula(kpi: Kpi) -> None:
    named = Kpi({"formula": f"{kpi.card['numerator']}, {kpi.card['denominator']}"}, "", "", "", ()).components
    # NEE is a product of ratios: its formula names OEE, its card the sums under it.
    assert kpi.card["id"] == "nee" or set(kpi.components) == set(named)


CHECKS = [check for note in NOTES["kpis"].values() for check in note.get("checks", [])]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check["says"][:40])
def test_every_figure_told_in_a_trap_follows_from_its_formula(check: dict[str, Any]) -> None:
    assert worked_out(check["formula"], {}) == check["result"]


def test_the_example_of_losses_adds_up() -> None:
    example = dict(NOTES["losses"]["example"])
    assert example.pop(NOTES["losses"]["total"]) == sum(example.values())


def test_the_example_shift_adds_up() -> None:
    shift = NOTES["examples"]["a_shift"]["inputs"]
    busy = shift["production_seconds"] + shift["setup_seconds"] + shift["delay_seconds"]
    assert shift["busy_seconds"] == busy
    assert shift["planned_busy_seconds"] == busy + shift["down_seconds"] + shift["unknown_seconds"]
    assert shift["oee_ratio"] * shift["planned_busy_seconds"] == shift["standard_good_seconds"]


def test_every_note_belongs_to_a_kpi_and_every_clause_is_held_or_says_what_it_needs() -> None:
    assert set(NOTES["kpis"]) == {kpi.card["id"] for kpi in EXPLAINED}
    held = {kpi.card["iso"] for kpi in kpis()} - {""}
    assert len(NOTES["iso_22400_2"]) == 34
    assert held | set(NOTES["needs"]) == set(NOTES["iso_22400_2"])
    assert held & set(NOTES["needs"]) == set()


def test_every_component_is_explained() -> None:
    meaning = meanings()
    assert {component for kpi in EXPLAINED for component in kpi.components} <= set(meaning)
