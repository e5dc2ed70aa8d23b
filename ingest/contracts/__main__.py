"""Write what is generated from the contracts: `python -m ingest.contracts`, in a checkout of the project."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from ingest.contracts.input_layer_page import render_input_layer_page
from ingest.contracts.model import load_contracts
from ingest.contracts.sources_file import render_sources

PROJECT = Path(__file__).parents[2]


def generated_files() -> Mapping[Path, str]:
    """Return the text of every generated file by its path."""
    contracts = load_contracts()
    return {
        PROJECT / "dbt/models/staging/_sources.yml": render_sources(contracts),
        PROJECT / "docs/input_layer.md": render_input_layer_page(contracts),
    }


def main() -> None:
    """Write every generated file and name it."""
    for file, text in generated_files().items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")
        sys.stdout.write(f"{file.relative_to(PROJECT)}\n")


if __name__ == "__main__":
    main()
