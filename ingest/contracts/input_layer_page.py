"""The documentation page of the input layer, made from the contracts for those who deliver data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import get_args

from ingest.contracts.model import Column, ColumnType, Contract, Group, header

_GROUP_TITLES: dict[str, str] = {
    "reference": "Reference data",
    "engineering": "Engineering and standards",
    "erp": "ERP transactions",
    "timesheets": "Timesheets",
    "sensors": "Sensors",
}

_TYPE_MEANINGS = {
    ColumnType.ID: "identifier; kept exactly as delivered, leading zeros included",
    ColumnType.TEXT: "free text",
    ColumnType.CODE: "one of the values listed",
    ColumnType.DATE: "calendar date, `2026-03-31`",
    ColumnType.TIMESTAMP: "moment, ISO 8601 with offset, or local time by the plant's clock",
    ColumnType.PERIOD: "fiscal period, `2026-03`",
    ColumnType.BOOLEAN: "`true` or `false`",
    ColumnType.INTEGER: "whole number",
    ColumnType.MONEY: "amount of money, at most four decimals",
    ColumnType.QUANTITY: "quantity, at most six decimals",
    ColumnType.SECONDS: "duration in seconds, at most three decimals",
    ColumnType.HOURS: "duration in hours, at most six decimals",
    ColumnType.RATIO: "ratio, at most nine decimals; 5 % is `0.05`",
    ColumnType.NUMBER: "physical measurement; the only kind that is not exact",
}

_INTRODUCTION = """\
<!-- Generated from the contracts by `python -m ingest.contracts`. Change the contracts instead. -->
# The input layer

Whatever system your figures come from, they are brought into the datasets of this page before anything is computed.
A source of the system `canonical` delivers them directly: files named `<dataset>*.csv`, `.csv.gz`, `.parquet` or
`.jsonl` with exactly the headers below, in any order. Every other source maps its own tables to them.

Deliver what you have. A dataset or column that is left out makes the figures that need it "not available"; it never
makes them 0.

## How to read the tables

* **Bold** columns form the key. Two rows with the same key are two versions of the same thing, and the later delivery
  holds. The company belongs to every key: the same number in two companies is two things.
* *Required* columns must hold a value in every row. For the others, "if missing" says what their absence means.
* *Values* lists the allowed codes, or the least and greatest value allowed, both included.
* *Refers to* names the dataset in which the value must exist, once that dataset has been delivered for the company.
  A row with an unknown value is rejected, or, where it says *warns*, accepted and reported.
* A rejected row goes into quarantine with all its reasons and is not counted anywhere; the rest of its file is
  accepted. It can be replayed once the cause is mended.
* Signed amounts are debit positive. A time interval includes its start and excludes its end. `valid_to` is the first
  day on which something no longer holds.
* `plant_id` and `company_id` may be left out where the source names a plant or a company in `tieout.yml`.
* Columns marked *pseudonym* are replaced by a salted hash before they are stored; *dropped* ones are never stored.

Every dataset may carry three more columns: `company_id`, where several companies deliver through one source;
`changed_at`, the moment of the last change at the source, which decides between two versions in one delivery; and
`is_deleted`, `true` for a row that no longer exists at its source.

## Kinds of value
"""


def render_input_layer_page(contracts: Mapping[str, Contract]) -> str:
    """Return the page as Markdown: how to read it, then one table a dataset, by group."""
    lines = [_INTRODUCTION, "| kind | what is delivered |", "|---|---|"]
    lines += [f"| {kind.value} | {meaning} |" for kind, meaning in _TYPE_MEANINGS.items()]
    lines.append("")
    for group in get_args(Group):
        members = [contract for contract in contracts.values() if contract.group == group]
        lines += [f"## {_GROUP_TITLES[group]}", ""]
        lines += [" · ".join(f"[{member.dataset}](#{member.dataset})" for member in members), ""]
        for member in members:
            lines += _dataset(member)
    return "\n".join(lines)


def _dataset(contract: Contract) -> Iterator[str]:
    yield from (f"### {contract.dataset}", "", f"{contract.grain} {contract.description}", "")
    facts = [contract.title, f"privacy: {contract.privacy}"]
    if contract.isa95:
        facts.insert(1, f"ISA-95: {contract.isa95}")
    yield from (" · ".join(facts), "", "```text", ",".join(header(contract)), "```", "")
    yield "| column | kind | unit | required | values | refers to | meaning |"
    yield "|---|---|---|---|---|---|---|"
    for column in contract.columns:
        yield "| " + " | ".join(_cell(text) for text in _row(contract, column)) + " |"
    yield ""
    refusals = [f"* {rule.reason} (`{rule.name}`)" for rule in contract.rules] + _out_of_use(contract)
    if refusals:
        yield from ("A row is rejected when", "", *refusals)
        yield ""


def _out_of_use(contract: Contract) -> list[str]:
    """What is refused because the thing named was not in use: one line a reference that is checked for it."""
    return [
        f"* {target.in_use.at} lies more than a day before {target.in_use.first} of the {target.dataset}, or a day or "
        f"more after its {target.in_use.end} (`not_in_use`); the day allows for shifts over midnight"
        for column in contract.columns
        if (target := column.references) and target.in_use
    ]


def _row(contract: Contract, column: Column) -> list[str]:
    meaning = column.description
    if column.missing:
        meaning += f" *If missing:* {column.missing}"
    if column.privacy:
        meaning += f" *{'Pseudonym' if column.privacy == 'pseudonym' else 'Dropped'}.*"
    return [
        f"**{column.name}**" if column.name in contract.key else column.name,
        column.type.value,
        column.unit or "",
        "yes" if column.required else "",
        _values(column),
        _reference(column),
        meaning,
    ]


def _values(column: Column) -> str:
    if column.codes:
        return ", ".join(f"`{code}`" for code in column.codes)
    if not column.range:
        return ""
    least, greatest = column.range.min, column.range.max
    if least and greatest:
        return f"{least} to {greatest}"
    return f"at least {least}" if least else f"at most {greatest}"


def _reference(column: Column) -> str:
    target = column.references
    if not target:
        return ""
    return f"[{target.dataset}](#{target.dataset})" + (" (warns)" if target.unknown == "warn" else "")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
