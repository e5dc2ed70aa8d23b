"""Hundreds of random companies, each with a year of its own, in one ingest and one build: every mart of cost and
finance equals the oracle, row for row and to the last digit.

TIEOUT_COMPANIES sets how many are drawn, TIEOUT_SEED which; the seed of a run stands in its output.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from efficiency.warehouse import number_of

from cost.fuzz.company import Company
from cost.fuzz.compare import Answer, compared, differences, published
from cost.fuzz.conftest import SEED
from cost.fuzz.failing import as_text, smallest
from cost.fuzz.told import MARTS
from cost.fuzz.warehouse import CostWarehouse

pytestmark = pytest.mark.slow


def test_every_mart_of_every_company_equals_the_oracle(
    companies: list[Company], told: dict[str, Answer], warehouse: CostWarehouse, tmp_path: Path
) -> None:
    with warehouse.connected() as connection:
        found = compared(connection, told)
    if found:
        number = min(found, key=lambda one: companies[one].row_count)
        company, lines = smallest(companies[number], tmp_path)
        pytest.fail(
            f"{len(found)} of {len(companies)} companies differ (TIEOUT_SEED={SEED}); one of them, number {number}, "
            + "shows\n"
            + "\n".join(found[number][:8])
            + f"\nand of it these {company.row_count} rows still show\n"
            + "\n".join([*lines[:8], as_text(company)])
        )


def test_a_cent_more_would_be_found(told: dict[str, Answer], warehouse: CostWarehouse) -> None:
    """One value wrong by a millionth, each measure in another company: all are named, and no more."""
    with warehouse.connected() as connection:
        for mart in MARTS:
            held = published(connection, mart)
            planted: dict[int, str] = {}
            wrong = dict(held)
            for key, values in held.items():
                left = [
                    name for name in mart.measures
                    if name not in planted.values() and values[name] is not None and not isinstance(values[name], str)
                ]  # fmt: skip
                if left and number_of(key[0]) not in planted:
                    planted[number_of(key[0])] = left[0]
                    wrong[key] = values | {left[0]: values[left[0]] + Fraction(1, 10**6)}
            found = differences(told[mart.name], wrong)
            assert {company: len(lines) for company, lines in found.items()} == dict.fromkeys(planted, 1)


def test_every_proof_of_every_company_holds(warehouse: CostWarehouse) -> None:
    """No identity of ours is broken, and the books of companies without faults leave nothing unexplained."""
    rows = warehouse.rows("select * from meta.proof where status <> 'holds' limit 20")
    assert rows == []
