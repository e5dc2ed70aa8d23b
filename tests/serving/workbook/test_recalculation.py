"""LibreOffice opens the workbook, calculates every formula anew, and comes to what the warehouse says."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest
from workbook.warehouse import finance_warehouse
from workbook.xlsx import Cell, read_cells

from serving.workbook.write import write_workbook

pytestmark = pytest.mark.skipif(
    shutil.which("soffice") is None, reason="soffice (LibreOffice Calc) is not on the PATH: nothing calculates here"
)
MANIFEST = {"build_id": "b1"}
ALWAYS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""


def recalculated(file: Path, folder: Path) -> dict[str, dict[str, Cell]]:
    """The cells after LibreOffice has opened the file, calculated everything and saved it."""
    profile = folder / "profile"
    (profile / "user").mkdir(parents=True, exist_ok=True)
    (profile / "user/registrymodifications.xcu").write_text(ALWAYS, encoding="utf-8")
    command = ["soffice", f"-env:UserInstallation=file://{profile}", "--headless"]
    command += ["--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(folder / "calculated"), str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    converted = folder / "calculated" / file.name
    assert converted.exists(), done.stdout + done.stderr
    return read_cells(converted)


def differences(written: dict[str, dict[str, Cell]], calculated: dict[str, dict[str, Cell]]) -> list[str]:
    """Formula cells whose calculated value is not the one written beside the formula."""
    found = []
    for sheet, cells in written.items():
        for ref, cell in cells.items():
            if cell.formula is None:
                continue
            other = calculated[sheet].get(ref)
            value = other.value if other else None
            if cell.number is not None and other is not None and other.number is not None:
                same = abs(cell.number - other.number) <= max(Decimal("0.000001"), abs(cell.number) * Decimal("1e-12"))
            else:
                same = (cell.value or "") == (value or "")
            if not same:
                found.append(f"{sheet}!{ref} ={cell.formula}: {cell.value} written, {value} calculated")
    return found


@pytest.mark.parametrize("companies", [1, 2])
@pytest.mark.parametrize("looked_up", [40_000_000, 10])
def test_every_formula_comes_to_the_warehouses_figure(
    tmp_path: Path, companies: int, looked_up: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.workbook.rows.CELLS_LOOKED_UP", looked_up)
    file = tmp_path / "finance.xlsx"
    with finance_warehouse(tmp_path / "warehouse.duckdb", companies=companies) as connection:
        write_workbook(connection, file, MANIFEST)
    written = read_cells(file)
    calculated = recalculated(file, tmp_path)
    assert list(calculated) == list(written)
    formulas = sum(cell.formula is not None for cells in written.values() for cell in cells.values())
    assert formulas > 300
    assert differences(written, calculated) == []
    assert not [ref for cells in calculated.values() for ref, cell in cells.items() if cell.kind == "e"]


def test_another_period_is_calculated_from_the_lines(tmp_path: Path) -> None:
    file = tmp_path / "finance.xlsx"
    with finance_warehouse(tmp_path / "warehouse.duckdb") as connection:
        write_workbook(connection, file, MANIFEST)
        static, to_date = connection.execute(
            "select sum(static_amount) filter (period_id = '2026-02'), sum(static_amount) from finance.budget_walk "
            "where budget_version_id = 'FORECAST' and period_id <= '2026-02'"
        ).fetchone() or (None, None)
    chosen = tmp_path / "chosen" / "finance.xlsx"
    _rewrite(file, chosen, {"<t>2026-06</t>": "<t>2026-02</t>", "<t>PLAN</t>": "<t>FORECAST</t>"}, sheet="sheet2.xml")
    calculated = recalculated(chosen, tmp_path)["Budget walk"]
    totals = [cell.number for ref, cell in calculated.items() if re.fullmatch(r"[A-Z]+5", ref)]
    assert static in totals
    assert to_date in totals


def test_a_wrong_value_in_the_file_would_be_found(tmp_path: Path) -> None:
    file = tmp_path / "finance.xlsx"
    with finance_warehouse(tmp_path / "warehouse.duckdb") as connection:
        write_workbook(connection, file, MANIFEST)
    planted = tmp_path / "planted" / "finance.xlsx"
    text = zipfile.ZipFile(file).read("xl/worksheets/sheet4.xml").decode()
    first = re.search(r"</f><v>(-?\d+\.\d+)</v>", text)
    assert first is not None
    wrong = first[0].replace(first[1], str(Decimal(first[1]) + Decimal("0.01")))
    _rewrite(file, planted, {first[0]: wrong}, sheet="sheet4.xml", times=1)
    assert len(differences(read_cells(planted), recalculated(planted, tmp_path))) == 1


def _rewrite(file: Path, target: Path, changes: dict[str, str], *, sheet: str, times: int = -1) -> None:
    target.parent.mkdir()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith(f"/{sheet}"):
                text = content.decode()
                for before, after in changes.items():
                    assert before in text
                    text = text.replace(before, after, times)
                content = text.encode()
            new.writestr(name, content)
