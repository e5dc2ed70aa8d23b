"""Everything that may be wrong with one row: conditions over its text and typed columns, with code and reason.

Reasons are for the person who can mend the delivery: column, value as delivered, what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from ingest.contracts.model import Column, ColumnType, Contract, Rule
from ingest.raw.places import KnownKeys, text_list
from ingest.raw.typing_sql import WRONG_TYPE, in_gap, is_ambiguous, local_time
from ingest.transports.relation import literal, names_offset, quoted_name


@dataclass(frozen=True)
class Check:
    """One fault: the condition under which a row has it, and SQL texts for its code and its reason."""

    when: str
    code: str
    reason: str


def company_checks(contract: Contract) -> list[Check]:
    """A row must belong to a company, and to one that is known."""
    checks = [
        Check(
            "company_id is null",
            "'unknown_company'",
            literal("the row names no company, and neither its plant nor its source tells which one it belongs to"),
        )
    ]
    if contract.dataset != "company":
        checks.append(
            Check(
                "company_id is not null and not company_known",
                "'unknown_company'",
                "'company_id: ''' || company_id || ''' is not among the companies delivered'",
            )
        )
    return checks


def column_checks(column: Column, contract: Contract, delivered: bool, deletable: bool) -> list[Check]:
    """Missing value, wrong type, unknown code, out of range. A deleted row needs no more than its key."""
    name, text = quoted_name(column.name), quoted_name(f"text__{column.name}")
    if column.name == "company_id" or column.privacy == "drop":
        return []
    alive = " and not is_deleted" if deletable and column.name not in contract.key else ""
    checks = []
    if column.required:
        reason = literal(f"{column.name}: is missing and must be given")
        checks.append(Check(f"{text} is null{alive}", "'missing_value'", reason))
    if not delivered:
        return checks
    if column.type is ColumnType.TIMESTAMP:
        checks.append(_time_check(column.name, name, text))
    elif column.type not in (ColumnType.ID, ColumnType.TEXT, ColumnType.CODE):
        unread = f"{text} is not null and {name} is null"
        if column.name == "is_deleted":
            unread = f"{text} is not null and lower({text}::varchar) not in ('true', '1', 'yes', 'false', '0', 'no')"
        what = WRONG_TYPE.get(column.type, "is no number")
        checks.append(Check(unread, "'wrong_type'", _said(column.name, text, what)))
    if column.codes is not None:
        codes = ", ".join(literal(code) for code in column.codes)
        reason = _said(column.name, text, f"is none of {', '.join(column.codes)}")
        checks.append(Check(f"{name} not in ({codes}){alive}", "'unknown_code'", reason))
    if column.range:
        bounds = ((column.range.min, "<", "is below"), (column.range.max, ">", "is above"))
        checks += [
            Check(
                f"{name} {sign} {literal(bound)}::{column.type.duckdb}{alive}",
                "'out_of_range'",
                _said(column.name, text, f"{word} {bound}"),
            )
            for bound, sign, word in bounds
            if bound is not None
        ]
    return checks


def _time_check(column: str, name: str, given: str) -> Check:
    text = f"{given}::varchar"
    local = local_time(text)
    is_local = f"not (ends_with({text}, 'Z') or {names_offset(text)}) and {local} is not null"
    gap = f"{is_local} and zone is not null and {in_gap(local, 'zone')}"
    twice = f"{is_local} and zone is not null and {is_ambiguous(local, 'zone')}"
    code = f"""case when {is_local} and zone is null then 'ambiguous_local_time'
          when {gap} then 'time_in_dst_gap' when {twice} then 'ambiguous_local_time' else 'wrong_type' end"""
    reason = f"""{literal(column + ": '")} || {text} || case
          when {is_local} and zone is null then ''' has no offset from UTC, and no plant tells its clock'
          when {gap} then ''' does not exist: the clock in ' || zone || ' was put forward over it'
          when {twice} then ''' happened twice: the clock in ' || zone || ' was put back; deliver it with its offset'
          else ''' is no time (ISO 8601)' end"""
    return Check(f"{given} is not null and {name} is null", code, reason)


@dataclass(frozen=True)
class ReferenceCheck:
    """The checks of one reference and the join that they need: is the value known, and in use at the row's time?"""

    unknown: Check
    not_in_use: tuple[Check, ...]
    join: str


def reference_check(
    contract: Contract, column: Column, known: KnownKeys, deletable: bool, present: Set[str]
) -> ReferenceCheck | None:
    """The checks of one reference; None where there is nothing to compare with.

    Companies have checks of their own, and rows of one dataset may refer to each other in any order.
    """
    target = column.references
    if target is None or target.dataset in ("company", contract.dataset):
        return None
    table, companies = known.table(target.dataset, target.column)
    if not companies:
        return None
    alias, name, text = f"known__{column.name}", quoted_name(column.name), quoted_name(f"text__{column.name}")
    join = f"""left join {table} {alias}
      on {alias}.known_company_id = typed.company_id and {alias}.known_value = typed.{name}"""
    alive = " and not is_deleted" if deletable else ""
    when = (
        f"{name} is not null and {alias}.known_value is null{alive}"
        f" and list_contains({text_list(companies)}, typed.company_id)"
    )
    thing = target.dataset.replace("_", " ")
    unknown = Check(when, "'unknown_reference'", _said(column.name, text, f"is not among the {thing}s delivered"))
    if target.in_use is None or target.in_use.at not in present:
        return ReferenceCheck(unknown, (), join)
    moment, at = quoted_name(target.in_use.at), quoted_name(f"text__{target.in_use.at}")
    bounds = (
        (f"{moment} < {alias}.known_first", "before", target.in_use.first, f"({alias}.known_first::date + 1)"),
        (f"{moment} >= {alias}.known_end", "after", target.in_use.end, f"({alias}.known_end::date - 1)"),
    )
    out_of_use = tuple(
        Check(
            f"{outside}{alive}",
            "'not_in_use'",
            f"{_said(target.in_use.at, at, f'lies {word} the {thing} ')} || {text} || "
            f"{literal(f' was in use ({date} ')} || {day} || ')'",
        )
        for outside, word, date, day in bounds
    )
    return ReferenceCheck(unknown, out_of_use, join)


def rule_checks(contract: Contract, present: Set[str], deletable: bool) -> list[Check]:
    """The contract's own rules, those at least that look at a delivered column."""
    alive = " and not is_deleted" if deletable else ""
    return [
        Check(f"(({rule.check}) is false){alive}", literal(f"rule:{rule.name}"), _rule_reason(rule, contract))
        for rule in contract.rules
        if _words(rule.check) & present
    ]


def _rule_reason(rule: Rule, contract: Contract) -> str:
    """The rule's reason, then the values of the columns that it looks at."""
    seen = [c for c in contract.columns if c.name in _words(rule.check) and c.privacy is None]
    if not seen:
        return literal(rule.reason)
    values = " || ".join(
        f"coalesce({literal(', ' + c.name + ' ')} || {quoted_name(f'text__{c.name}')}, '')" for c in seen
    )
    return f"{literal(rule.reason)} || coalesce(' (' || nullif(substr({values}, 3), '') || ')', '')"


def _words(text: str) -> set[str]:
    return set("".join(letter if letter.isalnum() or letter == "_" else " " for letter in text).split())


def _said(column: str, text: str, what: str) -> str:
    """SQL text: column: 'value' what."""
    opening, closing = literal(column + ": '"), literal("' " + what)
    return f"{opening} || {text} || {closing}"
