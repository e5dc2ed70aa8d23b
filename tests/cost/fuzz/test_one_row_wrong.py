"""One row wrong by a cent, a piece or a second: every identity holds, and the difference is found where it belongs.

Either named leaves take it, which then add up to the change of actual − standard, or the reconciliation names the
document of the row. Base companies and their mutants stand in one build.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from random import Random
from typing import Any

import pytest
from efficiency.warehouse import number_of

from cost.fuzz.company import Company
from cost.fuzz.compare import answers, compared, published
from cost.fuzz.conftest import SEED
from cost.fuzz.mutants import LEDGER, Mutant, mutants_of
from cost.fuzz.told import MARTS, NO_SUBLEDGER
from cost.fuzz.warehouse import CostWarehouse

BASES = 8
OF_ONE_DOCUMENT = ("movement amount", "movement quantity", "receipt price", "invoice amount", "good pieces",
                   "scrapped pieces", "machine time", "set-up time", "labour time", LEDGER)  # fmt: skip
OF_STOCK = ("movement quantity", "good pieces")
"""Another stock on hand, and so another revaluation when the standard changes."""
FIGURES = ("order_variance", "order_cost", "int_order_period", "purchase_price_variance", "cost_center_variance",
           "budget_walk")  # fmt: skip

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Built:
    """The home, its first companies without a fault, and after them those with one."""

    warehouse: CostWarehouse
    bases: list[Company]
    mutants: list[Mutant]

    def number(self, at: int) -> int:
        return len(self.bases) + at

    @cached_property
    def figures(self) -> dict[int, dict[tuple[Any, ...], dict[str, Any]]]:
        """company → (mart and key) → values"""
        found: dict[int, dict[tuple[Any, ...], dict[str, Any]]] = defaultdict(dict)
        with self.warehouse.connected() as connection:
            for mart in MARTS:
                if mart.name in FIGURES:
                    for (company, *key), values in published(connection, mart).items():
                        found[number_of(company)][mart.name, *key] = values
        return found

    @cached_property
    def items(self) -> dict[int, list[dict[str, Any]]]:
        names = ("named_document", "document_id", "source_document_id", "order_id", "follows_from", "account_role",
                 "reconciling_amount", "reconciling_kind", "is_explained")  # fmt: skip
        found: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for company, *values in self.warehouse.rows(
            f"select company_id, {', '.join(names)} from finance.reconciling_item"
        ):
            found[number_of(company)].append(dict(zip(names, values, strict=True)))
        return found

    @cached_property
    def unexplained(self) -> dict[int, list[dict[str, Any]]]:
        left = {number: [one for one in items if not one["is_explained"]] for number, items in self.items.items()}
        return defaultdict(list, {number: items for number, items in left.items() if items})


@pytest.fixture(scope="module")
def built(companies: list[Company], built_once: Callable[..., CostWarehouse]) -> Built:
    bases, random = companies[:BASES], Random(SEED)
    mutants = [mutant for number, base in enumerate(bases) for mutant in mutants_of(number, base, random)]
    warehouse = built_once("mutants", [*bases, *(mutant.company for mutant in mutants)])
    return Built(warehouse, bases, mutants)


def test_every_kind_of_fault_is_there(built: Built) -> None:
    assert min(Counter(mutant.kind for mutant in built.mutants).values()) >= 2


def test_marts_of_companies_with_a_fault_equal_the_oracle_too(built: Built) -> None:
    marts = [mart for mart in MARTS if mart.name != "gl_reconciliation"]
    told = answers([*built.bases, *(mutant.company for mutant in built.mutants)], marts)
    with built.warehouse.connected() as connection:
        found = compared(connection, told, marts)
    kinds = [None] * len(built.bases) + [mutant.kind for mutant in built.mutants]
    assert {(number, kinds[number]): lines[:3] for number, lines in found.items()} == {}


def test_no_identity_breaks(built: Built) -> None:
    assert built.warehouse.rows("select * from meta.proof where status = 'broken'") == []


def test_companies_without_a_fault_leave_nothing_unexplained(built: Built) -> None:
    assert {number: lines for number, lines in built.unexplained.items() if number < len(built.bases)} == {}


def test_leaves_move_by_what_actual_less_credit_moves_by(built: Built) -> None:
    """Order by order: the change of the sum of its leaves is the change of what it was charged less credited."""
    for at, mutant in enumerate(built.mutants):
        was, now = order_sums(built, mutant.base), order_sums(built, built.number(at))
        for order in was.keys() | now.keys():
            (leaves, total), (leaves_now, total_now) = was.get(order, (0, 0)), now.get(order, (0, 0))
            if total is not None and total_now is not None:
                assert leaves_now - leaves == total_now - total, (mutant.kind, mutant.row, order)


def order_sums(built: Built, number: int) -> dict[str, tuple[Fraction, Fraction | None]]:
    """order → the sum of its leaves, and actual − credit where it is known"""
    figures = built.figures[number]
    leaves: dict[str, Fraction] = defaultdict(Fraction)
    for (mart, *key), values in figures.items():
        if mart == "order_variance":
            leaves[key[0]] += values["amount"]
    found = {}
    for order, amount in leaves.items():
        values = figures["order_cost", order]
        actual, credit = values["actual_amount"], values["credit_amount"]
        found[order] = (amount, None if actual is None or credit is None else actual - credit)
    return found


def test_a_fault_of_one_document_is_named_with_the_document(built: Built) -> None:
    """Nothing else is unexplained but what follows from it: settlements, invoices of a receipt, revaluations."""
    for at, mutant in enumerate(built.mutants):
        if mutant.kind not in OF_ONE_DOCUMENT:
            continue
        documents = {mutant.document}
        if mutant.kind == "receipt price":
            invoices = mutant.company.facts["purchase_invoice"]
            documents |= {row["invoice_id"] for row in invoices if row["receipt_id"] == mutant.document}
        for item in built.unexplained[built.number(at)]:
            named = {item["named_document"], item["document_id"], item["source_document_id"], item["follows_from"]}
            of_order = mutant.row.values.get("order_id")
            if mutant.kind in OF_STOCK and str(item["source_document_id"]).startswith("REVAL-"):
                continue
            assert documents & named or (of_order is not None and item["order_id"] == of_order), (mutant, item)


def test_no_fault_goes_unseen(built: Built) -> None:
    """A figure moves or a document is named. A wage without hours, and what rounds away, moves no cent."""
    unseen: Counter[str] = Counter()
    for at, mutant in enumerate(built.mutants):
        number = built.number(at)
        is_seen = built.figures[number] != built.figures[mutant.base] or built.unexplained[number]
        unseen[mutant.kind] += not is_seen
    surely_seen = ("movement amount", "invoice amount", LEDGER, "budget", "payroll hours")
    assert {kind: unseen[kind] for kind in surely_seen if unseen[kind]} == {}


def test_a_ledger_line_that_is_wrong_by_a_cent_is_named(built: Built) -> None:
    """A cent is unexplained, unless it brings the document nearer to what was rounded: then it is rounding."""
    for at, mutant in enumerate(built.mutants):
        roles = {row["account_id"]: row["role"] for row in mutant.company.facts["account"]}
        role = roles[mutant.row.values["account_id"]] if mutant.kind == LEDGER else None
        if role is None or role in (*NO_SUBLEDGER, "labour_actual"):
            continue
        named = [item for item in built.items[built.number(at)] if item["account_role"] == role]
        assert [item["reconciling_amount"] for item in named] == [Fraction(1, 100)], (mutant.row, named)
        assert {item["reconciling_kind"] for item in named} <= {"unexplained", "rounding"}, (mutant.row, named)
