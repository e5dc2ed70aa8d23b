"""The raw stage: one asset a contract dataset, all filled by one ingest of what was delivered.

Descriptions, columns and types are the contracts'; counts are the ingest's report.
"""

from collections.abc import Iterator

import dagster as dg

from dagster_project.build_state import Stage, move_build_to
from dagster_project.defs.failures import expected_failures, retried_transport
from dagster_project.defs.home import HOME
from dagster_project.night import Night
from ingest.contracts.model import Contract, load_contracts
from ingest.contracts.raw_tables import DECISION_TABLES
from ingest.raw.report import IngestReport

_OWNERS = {
    "reference": "team:master-data",
    "engineering": "team:engineering",
    "erp": "team:controlling",
    "timesheets": "team:personnel",
    "sensors": "team:production",
}

_LEDGER = {
    "load": "One row per batch: what was delivered, accepted, unchanged and rejected, and which dates it touched.",
    "quarantine": "One row per rejected row that is still open, with all its reasons, its file and its line.",
    "delivered_file": "One row per file as delivered, with its digest and the place where it is kept.",
}


def decision_specs() -> list[dg.AssetSpec]:
    """Return one asset for each list of what people decided; commands write them, no run does."""
    return [
        dg.AssetSpec(
            key=["raw", table.name],
            description=table.description,
            group_name="raw",
            owners=["team:controlling"],
            kinds={"json"},
        )
        for table in DECISION_TABLES
    ]


def raw_specs() -> list[dg.AssetSpec]:
    """Return one asset a contract dataset, keyed raw/<dataset>, and one for each table of the ledger."""
    return [*(_spec(contract) for contract in load_contracts().values()), *(_ledger_spec(name) for name in _LEDGER)]


def _spec(contract: Contract) -> dg.AssetSpec:
    columns = [
        dg.TableColumn(name=column.name, type=column.type.duckdb, description=column.description)
        for column in contract.columns
    ]
    return dg.AssetSpec(
        key=["raw", contract.dataset],
        description=f"**{contract.title}.** {contract.grain}\n\n{contract.description}",
        group_name="raw",
        owners=[_OWNERS[contract.group]],
        kinds={"parquet"},
        tags={"group": contract.group, "privacy": contract.privacy},
        metadata={"dagster/column_schema": dg.TableSchema(columns=columns)},
    )


def _ledger_spec(table: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        key=["raw", table], description=_LEDGER[table], group_name="raw", owners=["team:data"], kinds={"parquet"}
    )


def raw_assets(night: Night) -> dg.AssetsDefinition:
    """Return the step that takes in everything delivered since the last night."""

    @dg.multi_asset(
        name="ingest",
        specs=raw_specs(),
        required_resource_keys={HOME},
        description="Take in what was delivered: accept rows by their contract or quarantine them with reasons.",
    )
    def ingest_delivered(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        from ingest.raw import ingest

        with expected_failures(), retried_transport():
            move_build_to(night.home, Stage.OUTDATED)
            night.progress("ingest", 0, 1)
            report = ingest(
                night.home,
                night.configuration,
                progress=lambda what, done, of: night.progress("ingest", min(done, of - 1), of),
            )
            night.progress("ingest", len(load_contracts()), len(load_contracts()))
        for warning in report.warnings:
            context.log.warning(warning)
        for key in context.selected_asset_keys:
            yield dg.MaterializeResult(asset_key=key, metadata=_counts(report, key.path[-1]))

    return ingest_delivered


def _counts(report: IngestReport, dataset: str) -> dict[str, int]:
    """Return the rows of all of tonight's batches of a dataset, by what became of them."""
    batches = [batch for batch in report.batches if batch.dataset == dataset]
    return {
        "delivered_rows": sum(batch.delivered_rows for batch in batches),
        "accepted_rows": sum(batch.accepted_rows for batch in batches),
        "unchanged_rows": sum(batch.unchanged_rows for batch in batches),
        "rejected_rows": sum(batch.rejected_rows for batch in batches),
    }
