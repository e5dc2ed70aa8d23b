"""Companies and plants that only tieout.yml knows, as rows of the datasets `company` and `plant`."""

from __future__ import annotations

from ingest.contracts.model import Contract
from ingest.raw.store import RawStore
from ingest.transports.relation import literal, quoted_name
from settings.configuration import Configuration


def configured_rows(configuration: Configuration, store: RawStore, contract: Contract) -> str | None:
    """Return a SELECT over the configured rows that no source has delivered, or None if there are none to look at.

    A source that delivers a company or plant itself knows better, so its keys are left out.
    """
    rows = {"company": configuration.companies, "plant": configuration.plants}.get(contract.dataset, ())
    if not rows:
        return None
    columns = [column.name for column in contract.columns if hasattr(rows[0], column.name)]
    key = contract.key[0]
    values = " union all ".join(
        "select "
        + ", ".join(f"{literal(getattr(row, name))} as {quoted_name(name)}" for name in columns)
        + f", 'tieout.yml' as source_file, {number}::bigint as source_line"
        for number, row in enumerate(rows, start=1)
    )
    scan = store.scan(contract)
    delivered = f"select {key} from {scan} where source_system <> 'tieout.yml'" if scan else "select null where false"
    return f"""select *, null::varchar as shape_problem, null::varchar as delivered_line from ({values})
      where {key} not in ({delivered})"""
