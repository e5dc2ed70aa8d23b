"""Before any warehouse: two independent readings of the same year agree.

The bookkeeper books event by event and settles what is left of each order; the oracle explains each order by cause.
Neither knows the other's arithmetic, so that an order settled with what its variances add up to is no accident.
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

from cost.fuzz.bookkeeper import Bookkeeper
from cost.fuzz.company import Company
from cost.fuzz.told import Oracle


def test_variances_add_up_to_what_each_order_was_settled_with(companies: list[Company]) -> None:
    wrong = []
    for number, company in enumerate(companies):
        books, oracle = Bookkeeper(company), Oracle(company)
        for order, variance in oracle.variances.items():
            settled = Fraction(books.settled_of(order), 100)
            if settled != variance.on_production_variance:
                explained = float(variance.on_production_variance)
                wrong.append(f"company {number}, {order}: settled {float(settled)}, explained {explained}")
    assert wrong == []


def test_every_ledger_document_balances_and_names_known_accounts(companies: list[Company]) -> None:
    for company in companies:
        accounts = {row.values["account_id"] for row in company.rows if row.dataset == "account"}
        balance: Counter[str] = Counter()
        for line in Bookkeeper(company).ledger():
            assert line.values["account_id"] in accounts
            balance[line.values["document_id"]] += line.values["amount"]
        assert not any(balance.values())


def test_the_companies_hold_what_they_are_meant_to_hold(companies: list[Company]) -> None:
    """Without every cause, choice and accident among them, equality would say little."""
    seen: Counter[str] = Counter()
    for company in companies[:200]:
        oracle = Oracle(company)
        for choice, value in company.choices.items():
            seen[f"{choice}: {value}"] += 1
        for variance in oracle.variances.values():
            for component, leaves in variance.in_cents().items():
                for (leaf, *_), amount in leaves.items():
                    seen[leaf] += bool(amount)
                    seen[f"{leaf} of {component}"] += bool(amount)
        for order in oracle.reference.orders.values():
            seen[f"order {order['status']}"] += 1
            seen[f"order {order['order_type']}"] += 1
        for line in oracle.purchases:
            seen["exchange difference"] += bool(line.exchange_part)
            seen["outside work"] += line.order is not None
            seen[line.kind] += 1
        for row in company.rows:
            seen[f"movement {row.values.get('movement_type')}"] += row.dataset == "goods_movement"
            seen["reversal"] += row.values.get("reversal_of") is not None
        seen["periods that are no months"] += any(row["start_date"].day != 1 for row in oracle.facts["fiscal_period"])
        seen["two plants"] += len(oracle.facts["plant"]) == 2
    expected = [
        *("MAT.PRICE", "MAT.JOINT", "MAT.USAGE", "MAT.MIX", "MAT.YIELD", "MAT.SUBST", "BYP", "STD.REVAL of material"),
        *("STD.REVAL of labour", "LAB.RATE", "LAB.EFF", "REWORK of labour", "LOT of labour", "LOT of setup"),
        *("MCH.RATE", "MCH.EFF", "VOH.EFF", "FOH.EFF", "SUB.PRICE", "SUB.QTY", "SCRAP", "OUT.MIXED", "OUT.PRICE"),
        *("STD.NONE", "ROUND", "order completed", "order closed", "order cancelled", "order in_process"),
        *("order rework", "exchange difference", "outside work", "receipt", "invoice", "charge", "movement return"),
        *("movement scrap", "movement adjustment", "movement by_product", "reversal", "periods that are no months"),
        *("two plants", "price_variance_at: usage", "joint_variance: separate", "mix_method: average_price"),
        *("absorption_base: standard_hours", "wip_valuation: target", "exchange_rate_type: average"),
    ]
    assert {name: seen[name] for name in expected if seen[name] < 5} == {}
