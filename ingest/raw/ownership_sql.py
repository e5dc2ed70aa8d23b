"""Whose row is it, and which clock does it go by? The SQL steps that settle both."""

from __future__ import annotations

from ingest.contracts.model import Contract
from ingest.raw.places import Places
from ingest.transports.relation import literal
from settings.configuration import Source


def company_is_certain(names_company: bool, places: Places) -> bool:
    """Say whether every row belongs to the only company there is."""
    return places.only_company is not None and not names_company


def owned_and_placed(contract: Contract, names_company: bool, source: Source, places: Places) -> str:
    """Return the CTEs `owned` and `placed`, which add company_id, company_known and zone to `named`.

    The clock is the source's, else the row's plant's (or its machine's plant's), else the source's plant's, else the
    company's.
    """
    if company_is_certain(names_company, places):
        owned = f"select n.*, {literal(str(places.only_company))} as company_id, true as company_known from named n"
    else:
        owned = _owned_by_one_of_many(contract, source, places)
    zone = source.time_zone or places.only_zone
    if zone:
        return f"owned as (\n  {owned}\n),\nplaced as (\n  select *, {literal(zone)} as zone from owned\n)"
    return f"""owned as (
  {owned}
),
placed as (
  select o.*, coalesce(p.time_zone, f.time_zone) as zone
  from owned o
    {_machine(contract)}
    left join place p on p.company_id = o.company_id and p.plant_id = {_plant(contract, source)}
    left join firm f on f.company_id = o.company_id
)"""


def _machine(contract: Contract) -> str:
    if contract.has("plant_id") or not contract.has("work_unit_id"):
        return ""
    return "left join unit_place u on u.company_id = o.company_id and u.work_unit_id = o.text__work_unit_id"


def _plant(contract: Contract, source: Source) -> str:
    default = literal(source.plant_id) if source.plant_id else "null::varchar"
    if contract.has("plant_id"):
        return f"coalesce(o.text__plant_id, {default})"
    return f"coalesce(u.plant_id, {default})" if contract.has("work_unit_id") else default


def _owned_by_one_of_many(contract: Contract, source: Source, places: Places) -> str:
    """The company is named, or its plant's, the source's, the source's plant's, its machine's, or the only one."""
    answers, joins = ["n.text__company_id"], []
    if contract.has("plant_id"):
        answers.append("pc.company_id")
        joins.append(f"left join ({_owners('place', 'plant_id')}) pc on pc.owned_id = n.text__plant_id")
    if source.company_id:
        answers.append(literal(source.company_id))
    if source.plant_id:
        owners = _owners("place", "plant_id")
        answers.append(f"(select company_id from ({owners}) where owned_id = {literal(source.plant_id)})")
    if contract.has("work_unit_id"):
        answers.append("uc.company_id")
        joins.append(f"left join ({_owners('unit_place', 'work_unit_id')}) uc on uc.owned_id = n.text__work_unit_id")
    if places.only_company:
        answers.append(literal(places.only_company))
    return f"""select r.*, w.company_id is not null or not exists (from firm) as company_known from (
      select n.*, coalesce({", ".join(answers)}, null) as company_id
      from named n {" ".join(joins)}
    ) r left join firm w on w.company_id = r.company_id"""


def _owners(table: str, column: str) -> str:
    """The things that belong to one company only, and which."""
    return f"""select {column} as owned_id, any_value(company_id) as company_id
      from {table} group by 1 having count(*) = 1"""
