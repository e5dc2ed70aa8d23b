"""The one statement that judges a batch: delivered rows in, typed rows with all reasons against them out.

Steps: delivered (text) → named (every contract column, trimmed, '' = no value) → owned (company) → placed (plant and
clock) → typed → judged. A row without reasons has null there; only rows with reasons pay for their texts.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ingest.contracts.model import Column, ColumnType, Contract, Rule
from ingest.raw.places import KnownKeys, Places, clock_changes, text_list
from ingest.raw.typing_sql import (
    WRONG_TYPE,
    in_gap,
    is_ambiguous,
    is_number,
    local_time,
    names_offset,
    plain_number,
    typed,
)
from ingest.transports.relation import literal, quoted_name
from settings.configuration import Source

CHANGED_AT = Column(
    name="changed_at",
    type=ColumnType.TIMESTAMP,
    description="Moment of the last change at the source.",
    missing="Not recorded by the source.",
)
IS_DELETED = Column(
    name="is_deleted",
    type=ColumnType.BOOLEAN,
    description="True where the source says that the row is gone.",
    missing="The row stands.",
)
COMPANY_ID = Column(
    name="company_id",
    type=ColumnType.ID,
    description="The company that the row belongs to.",
    missing="Taken from the plant, the source or the only company.",
)


@dataclass(frozen=True)
class Judged:
    """The statement, and the columns in which it flags references that may be unknown (contract column → flag)."""

    sql: str
    doubts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Check:
    """One thing that may be wrong with a row: the condition, and SQL texts for its code and reason."""

    when: str
    code: str
    reason: str


def judge(
    contract: Contract,
    delivered: str,
    delivered_columns: set[str],
    source: Source,
    decimal: str,
    places: Places,
    known: KnownKeys,
    salt: str,
) -> Judged:
    """Return the statement over `delivered` (a SELECT with the columns named, lower case, plus SHAPE_COLUMNS).

    Its rows: delivery_seq, delivery, source_file, source_line, company_id, plant_of_row, the contract's stored columns
    (typed), changed_at, is_deleted, key_hash, row_hash, reasons (code, reason)[] or null, row_json (rejected rows
    only), and one flag per doubtful reference. Needs the table run_file(source_file, delivery_seq, delivery).
    """
    columns = _columns(contract)
    zones = tuple(sorted({*places.zones, *([source.time_zone] if source.time_zone else [])}))
    changes = (
        clock_changes(zones)
        if any(c.type is ColumnType.TIMESTAMP and c.name in delivered_columns for c in columns)
        else "date '1970-01-01'"
    )
    references = [
        c for c in columns if c.references and not (c.name == "company_id" or c.references.dataset == "company")
    ]
    references = [c for c in references if c.references and c.references.dataset != contract.dataset]
    joins, checks, doubts = [], [], {}
    for number, column in enumerate(references):
        check, join = _reference(column, number, known)
        joins.append(join)
        if column.references and column.references.unknown == "warn":
            doubts[column.name] = f"doubt__{column.name}"
        checks.append((column, check))
    rejected = [check for column, check in checks if column.name not in doubts]
    flags = [
        f"coalesce({check.when}, false) as {doubts[column.name]}" for column, check in checks if column.name in doubts
    ]
    all_checks = [
        *_company_checks(contract, places),
        *(check for column in columns for check in _column_checks(column, contract)),
        *rejected,
        *_rule_checks(contract),
    ]
    bad = " or ".join(f"coalesce({check.when}, false)" for check in all_checks)
    reasons = ",\n        ".join(
        f"case when {check.when} then {{'code': {check.code}, 'reason': {check.reason}}} end" for check in all_checks
    )
    stored = [c for c in columns if c.privacy != "drop" and c.name != "company_id"]
    hashed = [quoted_name(c.name) for c in stored if c.name != "changed_at"]
    key = ", ".join(["company_id", *(quoted_name(name) for name in contract.key if name != "company_id")])
    listed = ",\n    ".join(quoted_name(c.name) for c in stored)
    sql = f"""with delivered as (
  {delivered}
),
named as (
  select f.delivery_seq, f.delivery, d.source_file, d.source_line, d.shape_problem, d.delivered_line,
    {_named(columns, delivered_columns, salt)}
  from delivered d join run_file f using (source_file)
),
{_owned(contract, source, places)},
typed as (
  select delivery_seq, delivery, source_file, source_line, shape_problem, delivered_line, company_id, plant_of_row,
    zone, text__company_id,
    {_typed(columns, delivered_columns, decimal, changes)}
  from placed
),
judged as (
  select typed.*, {"".join(f"{flag}, " for flag in flags)}
    case when shape_problem is not null then [{{'code': 'wrong_field_count', 'reason': shape_problem}}]
      when {bad} then list_filter([
        {reasons}
      ], lambda one: one is not null) end as reasons
  from typed
    {" ".join(joins)}
)
select delivery_seq, delivery, source_file, source_line, company_id, plant_of_row,
    {listed},
    {"".join(f"{flag}, " for flag in doubts.values())}
    hash({key}) as key_hash,
    hash(company_id, {", ".join(hashed)}) as row_hash,
    reasons,
    case when reasons is not null then {_row_json(contract, columns)} end as row_json
from judged"""
    return Judged(sql, doubts)


def _columns(contract: Contract) -> list[Column]:
    own = [c for c in contract.columns if c.name not in ("company_id", "changed_at", "is_deleted")]
    company = contract.column("company_id") if contract.has("company_id") else COMPANY_ID
    return [company, *own, CHANGED_AT, IS_DELETED]


def _named(columns: list[Column], delivered: set[str], salt: str) -> str:
    lines = []
    for column in columns:
        name = quoted_name(f"text__{column.name}")
        if column.name not in delivered or column.privacy == "drop":
            lines.append(f"null::varchar as {name}")
            continue
        text = f"nullif(trim(d.{quoted_name(column.name)}::varchar), '')"
        if column.type is ColumnType.ID:
            # A workbook or a Parquet file that holds a number for an identifier must not turn 606 into 606.0.
            text = f"nullif(trim({_id_text(f'd.{quoted_name(column.name)}')}), '')"
        if column.privacy == "pseudonym":
            text = f"left(sha256({literal(salt)} || {text}), 16)"
        lines.append(f"{text} as {name}")
    return ",\n    ".join(lines)


def _id_text(value: str) -> str:
    return f"""case when typeof({value}) in ('DOUBLE', 'FLOAT') and ends_with({value}::varchar, '.0')
        then left({value}::varchar, length({value}::varchar) - 2) else {value}::varchar end"""


def _owned(contract: Contract, source: Source, places: Places) -> str:
    """The CTEs that settle each row's company, plant and clock."""
    plant = literal(source.plant_id) if source.plant_id else "null::varchar"
    default_company = f"""coalesce({literal(source.company_id) if source.company_id else "null::varchar"},
      (select any_value(company_id) from place where plant_id = {plant} having count(*) = 1))"""
    only = literal(places.only_company) if places.only_company else "null::varchar"
    has_plant, has_unit = contract.has("plant_id"), contract.has("work_unit_id")
    plant_text = f"coalesce(text__plant_id, {plant})" if has_plant else "null::varchar"
    own_plant = "replace (delivered_plant as text__plant_id)" if has_plant else ""
    unit_text = "text__work_unit_id" if has_unit else "null::varchar"
    zone = literal(source.time_zone) if source.time_zone else "coalesce(p.time_zone, f.time_zone)"
    return f"""owned as (
  select n.*, {plant_text} as delivered_plant,
    coalesce(n.text__company_id, pc.company_id, {default_company}, uc.company_id, {only}) as company_id
  from named n
    left join (select plant_id, any_value(company_id) as company_id from place group by 1 having count(*) = 1) pc
      on pc.plant_id = {plant_text}
    left join (
      select work_unit_id, any_value(company_id) as company_id from unit_place group by 1 having count(*) = 1
    ) uc
      on uc.work_unit_id = {unit_text}
),
placed as (
  select o.* exclude (delivered_plant) {own_plant},
    coalesce(delivered_plant, u.plant_id, {plant}) as plant_of_row,
    {zone} as zone
  from owned o
    left join unit_place u on u.company_id = o.company_id and u.work_unit_id = {unit_text}
    left join place p on p.company_id = o.company_id and p.plant_id = coalesce(delivered_plant, u.plant_id, {plant})
    left join firm f on f.company_id = o.company_id
)"""


def _typed(columns: list[Column], delivered: set[str], decimal: str, changes: str) -> str:
    lines = []
    for column in columns:
        text = quoted_name(f"text__{column.name}")
        if column.name == "company_id":
            continue
        readable = plain_number(text, decimal) if is_number(column.type) else text
        value = typed(column, readable, "zone", changes)
        if column.name not in delivered and column.name != "plant_id":
            value = f"null::{column.type.duckdb}"
        if column is IS_DELETED:
            value = f"coalesce({value}, false)"
        lines.append(f"{text}, {value} as {quoted_name(column.name)}")
    return ",\n    ".join(lines)


def _company_checks(contract: Contract, places: Places) -> list[_Check]:
    checks = [
        _Check(
            "company_id is null",
            "'unknown_company'",
            literal("the row names no company, and neither its plant nor its source tells which one it belongs to"),
        )
    ]
    if places.companies_known and contract.dataset != "company":
        known = "(company_id in (select company_id from firm) or company_id in (select company_id from place))"
        checks.append(
            _Check(
                f"company_id is not null and not {known}",
                "'unknown_company'",
                "'company_id: ''' || company_id || ''' is not among the companies delivered'",
            )
        )
    return checks


def _column_checks(column: Column, contract: Contract) -> list[_Check]:
    name, text = quoted_name(column.name), quoted_name(f"text__{column.name}")
    if column.name == "company_id" or column.privacy == "drop":
        return []
    alive = "" if column.name in contract.key else " and not is_deleted"
    checks = []
    if column.required:
        checks.append(
            _Check(f"{text} is null{alive}", "'missing_value'", literal(f"{column.name}: is missing and must be given"))
        )
    if column.type is ColumnType.TIMESTAMP:
        checks.append(_time_check(column.name, name, text))
    elif column.type not in (ColumnType.ID, ColumnType.TEXT, ColumnType.CODE):
        what = WRONG_TYPE.get(column.type, "is no number")
        unread = f"{text} is not null and {name} is null"
        if column is IS_DELETED:
            unread = f"{text} is not null and lower({text}) not in ('true', '1', 'yes', 'false', '0', 'no')"
        checks.append(_Check(unread, "'wrong_type'", _said(column.name, text, what)))
    if column.codes is not None:
        codes = ", ".join(literal(code) for code in column.codes)
        checks.append(
            _Check(
                f"{name} not in ({codes}){alive}",
                "'unknown_code'",
                _said(column.name, text, f"is none of {', '.join(column.codes)}"),
            )
        )
    if column.range:
        bounds = ((column.range.min, "<", "is below"), (column.range.max, ">", "is above"))
        checks += [
            _Check(
                f"{name} {sign} {literal(bound)}::{column.type.duckdb}{alive}",
                "'out_of_range'",
                _said(column.name, text, f"{word} {bound}"),
            )
            for bound, sign, word in bounds
            if bound is not None
        ]
    return checks


def _time_check(column: str, name: str, text: str) -> _Check:
    local = local_time(text)
    is_local = f"not (ends_with({text}, 'Z') or {names_offset(text)}) and {local} is not null"
    gap = f"{is_local} and zone is not null and {in_gap(local, 'zone')}"
    twice = f"{is_local} and zone is not null and {is_ambiguous(local, 'zone')}"
    code = f"""case when {is_local} and zone is null then 'ambiguous_local_time'
          when {gap} then 'time_in_dst_gap' when {twice} then 'ambiguous_local_time' else 'wrong_type' end"""
    return _Check(
        f"{text} is not null and {name} is null",
        code,
        f"""{literal(column + ": '")} || {text} || case
          when {is_local} and zone is null then ''' has no offset from UTC, and no plant tells its clock'
          when {gap} then ''' does not exist: the clock in ' || zone || ' was put forward over it'
          when {twice} then ''' happened twice: the clock in ' || zone || ' was put back; deliver it with its offset'
          else ''' is no time (ISO 8601)' end""",
    )


def _reference(column: Column, number: int, known: KnownKeys) -> tuple[_Check, str]:
    assert column.references is not None
    target = column.references
    table, companies = known.table(target.dataset, target.column)
    alias, name, text = f"known_{number}", quoted_name(column.name), quoted_name(f"text__{column.name}")
    join = f"""left join {table} {alias}
      on {alias}.known_company_id = typed.company_id and {alias}.known_value = typed.{name}"""
    if not companies:
        return _Check("false", "''", "''"), ""
    check = _Check(
        f"{name} is not null and {alias}.known_value is null and not is_deleted"
        f" and list_contains({text_list(companies)}, typed.company_id)",
        "'unknown_reference'",
        _said(column.name, text, f"is not among the {target.dataset.replace('_', ' ')}s delivered"),
    )
    return check, join


def _rule_checks(contract: Contract) -> list[_Check]:
    return [
        _Check(
            f"(({rule.check}) is false) and not is_deleted", literal(f"rule:{rule.name}"), _rule_reason(rule, contract)
        )
        for rule in contract.rules
    ]


def _rule_reason(rule: Rule, contract: Contract) -> str:
    """The rule's reason, then the values of the columns that it looks at."""
    seen = [c for c in contract.columns if c.name in _words(rule.check) and c.privacy is None]
    values = " || ".join(
        f"coalesce({literal(', ' + c.name + ' ')} || {quoted_name(f'text__{c.name}')}, '')" for c in seen
    )
    return (
        f"{literal(rule.reason)} || coalesce(' (' || nullif(substr({values}, 3), '') || ')', '')"
        if seen
        else literal(rule.reason)
    )


def _words(text: str) -> set[str]:
    return set("".join(letter if letter.isalnum() or letter == "_" else " " for letter in text).split())


def _said(column: str, text: str, what: str) -> str:
    """SQL text: column: 'value' what."""
    opening, closing = literal(column + ": '"), literal("' " + what)
    return f"{opening} || {text} || {closing}"


def _row_json(contract: Contract, columns: list[Column]) -> str:
    """What was delivered, as JSON: personal values as pseudonyms or not at all, a misshapen line as it stood."""
    held = [c for c in columns if c.privacy != "drop"]
    values = ", ".join(f"{quoted_name(c.name)}: {quoted_name(f'text__{c.name}')}" for c in held)
    line = "delivered_line"
    if any(c.privacy for c in contract.columns):
        line = "'withheld, because the line holds personal data'"
    return f"""case when shape_problem is not null then json_object('line', {line})
      else json_merge_patch('{{}}', to_json({{{values}}})) end"""
