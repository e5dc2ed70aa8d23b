"""The input layer: one typed contract per canonical dataset, and the model that reads them.

`load_contracts()` is the way in. Everything up to the raw store derives from what it returns.
"""

from ingest.contracts.model import Column, ColumnType, Contract, Reference, Rule, load_contracts

__all__ = ["Column", "ColumnType", "Contract", "Reference", "Rule", "load_contracts"]
