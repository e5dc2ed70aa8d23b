"""The suite of a dataset's accepted rows, derived from its contract: what the door promised must hold behind it.

One check for each kind of promise, over all columns at once: a check costs Great Expectations five milliseconds, and
one for each column of each dataset would take longer than the night's data work. The rows at fault name the column.
"""

from __future__ import annotations

from collections.abc import Iterable

from expectations.suite import Check, Severity, Suite
from ingest.contracts.model import Column, Contract

# What a pseudonym looks like; a clear worker number behind the door would be a leak.
_PSEUDONYM = "[0-9a-f]{16}"


def raw_suite(contract: Contract, judged: str = "") -> Suite:
    """Return the suite of raw.<dataset>, a table of newly stored rows without tombstones.

    Every check is structural: the door rejects such rows, so one that is found got past it. `judged` says on which
    rows, where it is not all of them.
    """
    stored = [column for column in contract.columns if column.privacy != "drop"]
    required = list(dict.fromkeys(["company_id", *(column.name for column in stored if column.required)]))
    faults = {
        "required_values": (
            f"{', '.join(required)} are never missing.",
            [(name, f"{name} is null") for name in required],
        ),
        "codes": (
            "A code is one of its contract's list.",
            [(column.name, _not_listed(column)) for column in stored if column.codes],
        ),
        "ranges": (
            "A value lies in its contract's range.",
            [(column.name, _outside(column)) for column in stored if column.range],
        ),
        "pseudonyms": (
            "A person is named by a pseudonym.",
            [
                (column.name, f"not regexp_full_match({column.name}, '{_PSEUDONYM}', 'i')")
                for column in stored
                if column.privacy == "pseudonym"
            ],
        ),
        "rules": (
            "A row breaks none of its contract's rules.",
            [(rule.name, f"not ({rule.check})") for rule in contract.rules],
        ),
    }
    checks = [_no_row(name, says, conditions) for name, (says, conditions) in faults.items() if conditions]
    checks.append(_keys_differ(contract))
    if judged:
        checks = [check.model_copy(update={"says": f"{check.says} {judged}"}) for check in checks]
    return Suite(table=f"raw.{contract.dataset}", checks=tuple(checks))


def _not_listed(column: Column) -> str:
    codes = ", ".join(f"'{code}'" for code in column.codes or ())
    return f"{column.name} not in ({codes})"


def _outside(column: Column) -> str:
    """Bounds are cast to the column's type, so that decimals compare exactly and dates as dates."""
    assert column.range is not None
    bounds = ((column.range.min, "<"), (column.range.max, ">"))
    return " or ".join(
        f"{column.name} {comparison} cast('{bound}' as {column.type.duckdb})"
        for bound, comparison in bounds
        if bound is not None
    )


def _no_row(name: str, says: str, conditions: Iterable[tuple[str, str]]) -> Check:
    """A check that no row meets a condition. A row that does is named by where it was delivered, with the first."""
    cases = " ".join(f"when {condition} then '{at_fault}'" for at_fault, condition in conditions)
    query = f"select source_file, source_line, case {cases} end as fault from {{batch}} where fault is not null"
    return Check(
        name=name,
        severity=Severity.STRUCTURAL,
        says=says,
        unexpected_rows=query.replace("{", "{{").replace("}", "}}").replace("{{batch}}", "{batch}"),
    )


def _keys_differ(contract: Contract) -> Check:
    """One delivered file states a key once, unless it tells the order of its changes by changed_at."""
    key = ", ".join(dict.fromkeys(("company_id", *contract.key)))
    return Check(
        name="key",
        severity=Severity.STRUCTURAL,
        says=f"A delivered file holds each ({key}) once.",
        unexpected_rows=f"select {key}, delivery_seq, count(*) as row_count from {{batch}} "
        f"group by {key}, delivery_seq, changed_at having count(*) > 1",
    )
